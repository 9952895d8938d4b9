// GET /api/v1/tenants/{tenantCode}/clients — the registered applications, by their id.
import { showClient } from '../../src/core/oidc/client-metadata.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { pageOfClients } from '../../src/store/clients.ts'
import { isNameable, readQuery } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { addressOf, cursorPage, readCursor, readPageSize, writeCursor } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { tenantUrl } from '../api/representation.ts'
import type { ManagementNeeds } from './desk.ts'

type Place = readonly [clientId: string]

const isPlace = (parts: unknown): parts is Place =>
  Array.isArray(parts) && parts.length === 1 && typeof parts[0] === 'string' && isNameable(parts[0])

export const handle = forCaller('clients:read', async ({ db, stage }: ManagementNeeds, call: Call): Promise<Answer> => {
  const query = readQuery(call, ['pageSize', 'cursor'])
  if (!query.ok) return answerTo(query)
  const size = readPageSize(query.value.pageSize)
  if (!size.ok) return answerTo(size)
  const { cursor } = query.value
  const start = cursor === undefined ? undefined : readCursor(cursor, isPlace)
  if (start?.ok === false) return answerTo(start)

  const limit = size.value
  const { items, next } = await pageOfClients(db, { limit, ...(start === undefined ? {} : { after: start.value[0] }) })
  const last = next === undefined ? undefined : items.at(-1)
  const at = (place: string | undefined): string =>
    addressOf(`${tenantUrl(stage)}/clients`, { pageSize: limit, cursor: place })
  return cursorPage(items.map(showClient), limit, {
    self: at(cursor),
    ...(last === undefined ? {} : { next: at(writeCursor([last.clientId])) }),
  })
})
