// POST /api/v1/tenants/{tenantCode}/api-keys — another API key, shown this once.
import { makeApiKey, shownApiKey } from '../../src/api-key-admin.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { type ManagementNeeds, readDocumentOf } from '../management/desk.ts'
import { keyDeskOf, keyUrl, showApiKeyRecord } from './key-desk.ts'

export const handle = forCaller(
  'api-keys:write',
  async (needs: ManagementNeeds, call: Call, caller: ApiCaller): Promise<Answer> => {
    const document = readDocumentOf(call)
    if (!document.ok) return answerTo(document)
    const made = await makeApiKey(keyDeskOf(needs, call, caller), document.value)
    if (!made.ok) return answerTo(made)
    const { key, secret } = made.value
    const headers = { location: keyUrl(needs, key.id), etag: shownApiKey(key).etag }
    return json(201, { apiKey: showApiKeyRecord(key, needs.now()), secret }, headers)
  },
)
