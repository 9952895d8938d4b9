/**
 * What an administrator does to API keys: the API and the command `npm run admin` do it with these. Each change is one
 * transaction with its audit record. The key itself is answered once and kept hashed.
 */
import { type Desk, type Expects, type Shown, shown } from './administration.ts'
import { type ApiKey, type ApiScope, showApiKey } from './core/api-key.ts'
import { type ApiKeyChange, type NewApiKey, readApiKeyChange, readNewApiKey } from './core/api-key-document.ts'
import type { AuditEvent } from './core/audit-event.ts'
import { differences } from './core/difference.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from './core/result.ts'
import { hashSecret, newId, newSecret } from './core/secret.ts'
import { changedApiKey, createdApiKey, readApiKeyRecord, revokedApiKey } from './store/api-keys.ts'
import { recorded } from './store/audit.ts'
import type { Write } from './store/db.ts'

/** `mayGive`: nobody makes a key that may do what they may not themselves. */
export type KeyDesk = Desk & { mayGive?: (scope: ApiScope) => boolean }

export type KeyRefusal =
  | 'malformed-api-key'
  | 'api-key-not-found'
  | 'scope-beyond-caller'
  | 'changed-since'
  | 'changed-meanwhile'

/** `secret`: the whole key, as it goes into a request. */
export type Made = { key: ApiKey; secret: string }

export async function createApiKey(desk: Desk, { name, scopes, expiresAt }: NewApiKey): Promise<Made> {
  const halves = { id: newId(), secret: newSecret() }
  const key: ApiKey = {
    ...{ id: halves.id, name, scopes, secretHash: hashSecret(halves.secret), createdAt: desk.now() },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
  const detail = `${name} (${halves.id}): ${scopes.join(' ')}${untilDay(expiresAt)}`
  const done = await commit(desk, [createdApiKey(key)], { type: 'api-key.created', detail })
  if (!done) throw new Error(`There was an API key ${halves.id} already`)
  return { key, secret: showApiKey(halves) }
}

const untilDay = (at: Seconds | undefined): string =>
  at === undefined ? '' : `, until ${new Date(at * 1000).toISOString()}`

export async function makeApiKey(desk: KeyDesk, data: unknown): Promise<Result<Made, KeyRefusal>> {
  const read = readNewApiKey(data, desk.now())
  if (!read.ok) return read
  return beyondCaller(desk, read.value) ?? ok(await createApiKey(desk, read.value))
}

/** Another name, another end. */
export async function changeApiKey(
  desk: KeyDesk,
  id: string,
  data: unknown,
  expects: Expects,
): Promise<Result<Shown<ApiKey>, KeyRefusal>> {
  const before = await readApiKeyRecord(desk.db, id)
  if (before === undefined || before.revokedAt !== undefined) return refuse('api-key-not-found')
  if (!expects(shownApiKey(before).etag)) return refuse('changed-since')
  const read = readApiKeyChange(data, desk.now())
  if (!read.ok) return read
  // Whoever lengthens its life gives what it may once more.
  const beyond = beyondCaller(desk, before)
  if (beyond !== undefined) return beyond
  const after = withChange(before, read.value)
  const detail = differences(tagged(before), tagged(after))
  if (detail === '') return ok(shownApiKey(before))
  const event = { type: 'api-key.changed', detail: `${id}: ${detail}` } as const
  const done = await commit(desk, [changedApiKey(before, after)], event)
  return done ? ok(shownApiKey(after)) : refuse('changed-meanwhile')
}

function withChange(before: ApiKey, { name = before.name, expiresAt = before.expiresAt }: ApiKeyChange): ApiKey {
  const { expiresAt: _, ...rest } = before
  return { ...rest, name, ...(expiresAt === undefined || expiresAt === null ? {} : { expiresAt }) }
}

/** Its holder is refused from the next request on. Whoever may administer keys may revoke any. */
export async function revokeApiKey(desk: Desk, id: string): Promise<Result<string, 'api-key-not-found'>> {
  const done = await commit(desk, [revokedApiKey(id, desk.now())], { type: 'api-key.revoked', detail: id })
  return done ? ok(id) : refuse('api-key-not-found')
}

/** Of what may be changed: that it was used does not spoil an If-Match. */
const tagged = ({ name, expiresAt, revokedAt }: ApiKey) => ({ name, expiresAt, revokedAt })

export const shownApiKey = (key: ApiKey): Shown<ApiKey> => shown(key, JSON.stringify([key.id, tagged(key)]))

const beyondCaller = (
  { mayGive = () => true }: KeyDesk,
  { scopes }: Pick<ApiKey, 'scopes'>,
): Refusal<'scope-beyond-caller'> | undefined => {
  const at = scopes.findIndex((scope) => !mayGive(scope))
  return at < 0
    ? undefined
    : refuse('scope-beyond-caller', { at: `/scopes/${at}`, detail: `This caller may not do ${scopes[at]} itself.` })
}

async function commit(
  { db, now, actor, about }: Desk,
  writes: Write[],
  event: Pick<AuditEvent, 'type' | 'detail'>,
): Promise<boolean> {
  return (await db.transact([...writes, recorded({ at: now(), actor, ...about, ...event })])).ok
}
