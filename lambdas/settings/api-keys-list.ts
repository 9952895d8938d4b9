// GET /api/v1/tenants/{tenantCode}/api-keys — the API keys, the newest first; those that were revoked, too.
import type { Answer, Call } from '../../src/http/call.ts'
import { listApiKeys } from '../../src/store/api-keys.ts'
import { readNumber, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { numberedPage, pageIndexes, readPageSize } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import type { ManagementNeeds } from '../management/desk.ts'
import { showApiKeyRecord } from './key-desk.ts'

export const handle = forCaller(
  'api-keys:read',
  async ({ db, now, stage }: ManagementNeeds, call: Call): Promise<Answer> => {
    const query = readQuery(call, ['pageIndex', 'pageSize'])
    if (!query.ok) return answerTo(query)
    const pageIndex = readNumber('pageIndex', query.value.pageIndex, pageIndexes)
    if (!pageIndex.ok) return answerTo(pageIndex)
    const pageSize = readPageSize(query.value.pageSize)
    if (!pageSize.ok) return answerTo(pageSize)
    const keys = await listApiKeys(db)
    const shown = keys
      .sort((one, other) => other.createdAt - one.createdAt || (one.id < other.id ? -1 : 1))
      .map((key) => showApiKeyRecord(key, now()))
    const base = `${tenantUrl(stage)}/api-keys`
    return numberedPage(shown, { pageIndex: pageIndex.value, pageSize: pageSize.value, base })
  },
)
