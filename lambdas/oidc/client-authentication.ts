/**
 * Who asks at the token endpoint and at those beside it (RFC 6749 §2.3): read here, in one way, and held against the
 * client's record once that has been read together with whatever else the route needs.
 */
import type { Client } from '../../src/core/oidc/client.ts'
import {
  type Credentials,
  type Form,
  readCredentials,
  readForm,
  secretHolds,
} from '../../src/core/oidc/token-request.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import type { Transacted, Write } from '../../src/store/db.ts'
import type { World } from '../../src/world.ts'

type Asked = { ok: true; form: Form; credentials: Credentials } | { ok: false; answer: Answer }

/** The form and the credentials in it or beside it, or the answer to what is neither. */
export function readAsked(call: Call): Asked {
  const form = readForm(call.body, call.headers['content-type'])
  if (!form.ok) return { ok: false, answer: oauthError(form.reason, form.detail ?? '') }
  const credentials = readCredentials(call.headers.authorization, form.value)
  if (!credentials.ok) return { ok: false, answer: oauthError(credentials.reason, credentials.detail ?? '', true) }
  return { ok: true, form: form.value, credentials: credentials.value }
}

/** What a client showed that is good once, and what it is answered who shows it again. Written with what it was shown for. */
export type Spend = { write: Write; refusal: Answer }

export type Authenticated = { client: Client; spends: readonly Spend[] }

/** Whether it is who it says, by the method that it is registered for. */
export async function authenticate(
  { now }: Pick<World, 'now'>,
  _call: Call,
  client: Client | undefined,
  { method, secret }: Credentials,
): Promise<Result<Authenticated, 'invalid_client'>> {
  if (!client?.enabled || method !== client.tokenEndpointAuthMethod) return refuse('invalid_client')
  if (method !== 'none' && !secretHolds(client, secret ?? '', now())) return refuse('invalid_client')
  return ok({ client, spends: [] })
}

/** What the first of those is answered that were spent already. `conflicts` begins with theirs. */
export function refusalOf(
  spends: readonly Spend[],
  { conflicts }: Pick<Extract<Transacted, { ok: false }>, 'conflicts'>,
) {
  const spent = spends.find((_, at) => conflicts[at] !== undefined)
  if (spent === undefined) throw new Error('A transaction failed, and not by what it was to spend')
  return spent.refusal
}

export const wrongClient = (call: Call): Answer =>
  oauthError('invalid_client', 'The client is not who it says it is.', call.headers.authorization !== undefined)
