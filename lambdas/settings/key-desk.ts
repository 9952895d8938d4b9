/** What the routes of API keys share: the desk, with what a caller may give, and how a key is shown: never its secret, nor its hash. */
import { type KeyDesk, shownApiKey } from '../../src/api-key-admin.ts'
import type { ApiKey } from '../../src/core/api-key.ts'
import type { Seconds } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import type { ApiCaller } from '../api/caller.ts'
import { dateTime, tenantUrl } from '../api/representation.ts'
import { deskOf, type ManagementNeeds } from '../management/desk.ts'

export const keyDeskOf = (needs: ManagementNeeds, call: Call, caller: ApiCaller): KeyDesk => ({
  ...deskOf(needs, call, caller),
  mayGive: (scope) => caller.scopes.includes(scope),
})

export const keyUrl = ({ stage }: Pick<World, 'stage'>, id: string): string =>
  `${tenantUrl(stage)}/api-keys/${encodeURIComponent(id)}`

/** What `newId` makes; nothing else is looked for. */
export const keyIdIn = ({ params }: Call): string =>
  /^[\w-]{1,64}$/.test(params.keyId ?? '') ? (params.keyId ?? '') : 'none'

const stateOf = ({ revokedAt, expiresAt }: ApiKey, now: Seconds): 'active' | 'expired' | 'revoked' => {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'active'
}

export function showApiKeyRecord(key: ApiKey, now: Seconds): Record<string, unknown> {
  const { id, name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt } = key
  const given = { lastUsedDateTime: lastUsedAt, expiresDateTime: expiresAt, revokedDateTime: revokedAt }
  const dates = Object.entries(given).flatMap(([member, at]) => (at === undefined ? [] : [[member, dateTime(at)]]))
  return {
    ...{ id, name, scopes, state: stateOf(key, now), createdDateTime: dateTime(createdAt) },
    ...Object.fromEntries(dates),
  }
}

export const answerKey = (key: ApiKey, now: Seconds): Answer =>
  json(200, showApiKeyRecord(key, now), { etag: shownApiKey(key).etag })
