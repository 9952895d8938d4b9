/**
 * Who asks at the token endpoint and at those beside it (RFC 6749 §2.3): read here, in one way, and held against the
 * client's record once that has been read together with whatever else the route needs.
 */
import type { Client, ClientAuthMethod } from '../../src/core/oidc/client.ts'
import { readAssertion } from '../../src/core/oidc/client-assertion.ts'
import { readJwt } from '../../src/core/oidc/client-jwt.ts'
import { isAmong, readShown } from '../../src/core/oidc/self-signed.ts'
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
import { isSignedBy } from '../../src/services/client-signature.ts'
import type { Transacted, Write } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { spent } from '../../src/store/spent.ts'
import type { World } from '../../src/world.ts'

type Asked = { ok: true; form: Form; credentials: Credentials } | { ok: false; answer: Answer }

/** The form and the credentials in it or beside it, or the answer to what is neither. */
export function readAsked(call: Call): Asked {
  const form = readForm(call.body, call.headers['content-type'])
  if (!form.ok) return { ok: false, answer: oauthError(form.reason, form.detail ?? '') }
  const credentials = readCredentials(call.headers.authorization, form.value)
  if (!credentials.ok) {
    // A challenge names Basic: it is for who tried that, and for who tried nothing (RFC 6749 §5.2).
    const challenge = !form.value.has('client_assertion') && !form.value.has('client_assertion_type')
    return { ok: false, answer: oauthError(credentials.reason, credentials.detail ?? '', challenge) }
  }
  return { ok: true, form: form.value, credentials: credentials.value }
}

/** What a client showed that is good once, and what it is answered who shows it again. Written with what it was shown for. */
export type Spend = { write: Write; refusal: Answer }

export type Authenticated = { client: Client; spends: readonly Spend[] }

export type AuthenticatingWorld = Pick<World, 'now' | 'stage' | 'clientKeys' | 'clientCertificates'>

/** What FAPI 2.0 Security Profile §5.3.2.1 leaves. */
const fapiMethods: readonly ClientAuthMethod[] = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']

/** Whether it is who it says, by the one method that it is registered for: what else it shows does not count. */
export async function authenticate(
  world: AuthenticatingWorld,
  call: Call,
  client: Client | undefined,
  credentials: Credentials,
): Promise<Result<Authenticated, 'invalid_client'>> {
  if (!client?.enabled) return refuse('invalid_client')
  const method = client.tokenEndpointAuthMethod
  if (client.profile === 'fapi2' && !fapiMethods.includes(method)) return refuse('invalid_client')
  // A certificate is shown by the connection; the form then has nothing but the name.
  const byForm = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth' ? 'none' : method
  if (credentials.method !== byForm) return refuse('invalid_client')
  switch (method) {
    case 'none':
      return ok({ client, spends: [] })
    case 'client_secret_basic':
    case 'client_secret_post':
      return toAuthenticated(client, secretHolds(client, credentials.secret ?? '', world.now()))
    case 'private_key_jwt':
      return byAssertion(world, client, credentials.assertion ?? '')
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return toAuthenticated(client, await certificateHolds(world, client, call.clientCertificate))
  }
}

const toAuthenticated = (client: Client, holds: boolean): Result<Authenticated, 'invalid_client'> =>
  holds ? ok({ client, spends: [] }) : refuse('invalid_client')

/** Once: that it was used is written with what it was used for. */
async function byAssertion(
  { now: clock, stage, clientKeys }: AuthenticatingWorld,
  client: Client,
  text: string,
): Promise<Result<Authenticated, 'invalid_client'>> {
  const [now, jwt] = [clock(), readJwt(text)]
  if (!jwt.ok) return assertionRefused(jwt.detail ?? '')
  const assertion = readAssertion(jwt.value, { clientId: client.clientId, issuer: stage.issuer, now })
  if (!assertion.ok) return assertionRefused(assertion.detail ?? '')
  if (!(await isSignedBy(clientKeys, client, text, jwt.value, client.tokenEndpointAuthSigningAlg)))
    return assertionRefused('is not signed with one of its keys, by an algorithm that it may use')
  const { jti, until } = assertion.value
  const write = spent(places.assertionId(client.clientId, jti), { until, now })
  return ok({ client, spends: [{ write, refusal: usedAssertion }] })
}

/** Whoever showed it may hear what is wrong with it: they wrote it, and a key that is not theirs does not come nearer. */
const assertionRefused = (detail: string) => refuse('invalid_client', { detail: `The client assertion ${detail}.` })

const usedAssertion = oauthError('invalid_client', 'The client assertion was used before.')

async function certificateHolds(
  { now, clientKeys, clientCertificates }: AuthenticatingWorld,
  client: Client,
  pem: string | undefined,
): Promise<boolean> {
  if (pem === undefined) return false
  if (client.tokenEndpointAuthMethod === 'tls_client_auth')
    return client.certificateSubject !== undefined && (await clientCertificates.isOf(pem, client.certificateSubject))
  const certificate = readShown(pem, now())
  if (certificate === undefined) return false
  const keys = await clientKeys.read(client, (its) => isAmong(certificate, its))
  return isAmong(certificate, keys)
}

/**
 * Spends what was shown for a request that came to nothing else: what was good for one refusal is good for no more. The
 * answer, or what a replay is answered.
 */
export async function spending(
  { db }: Pick<World, 'db'>,
  { spends }: Pick<Authenticated, 'spends'>,
  answer: Answer,
): Promise<Answer> {
  if (spends.length === 0) return answer
  const done = await db.transact(spends.map(({ write }) => write))
  return done.ok ? answer : refusalOf(spends, done)
}

/** What the first of those is answered that were spent already. `conflicts` begins with theirs. */
export function refusalOf(
  spends: readonly Spend[],
  { conflicts }: Pick<Extract<Transacted, { ok: false }>, 'conflicts'>,
) {
  const replayed = spends.find((_, at) => conflicts[at] !== undefined)
  if (replayed === undefined) throw new Error('A transaction failed, and not by what it was to spend')
  return replayed.refusal
}

/** @param refusal its detail is for the client's developer; without one, nothing is said of what did not fit. */
export const wrongClient = (call: Call, { detail }: { detail?: string } = {}): Answer =>
  oauthError(
    'invalid_client',
    detail ?? 'The client is not who it says it is.',
    call.headers.authorization !== undefined,
  )
