/**
 * Which access token of ours a request shows, and whether it is shown by whom it was issued to: a Bearer token (RFC 6750
 * §2.1, §2.2), one that is bound to a key and comes with a proof (RFC 9449 §7), or one that is bound to the certificate
 * of the connection (RFC 8705 §3). Never in the query: addresses are kept in logs (RFC 9700 §4.3.2).
 *
 * It leaves out whether what the token was issued for still holds, and whether it was revoked: who asks reads that together
 * with all else.
 */
import type { JWTPayload } from 'jose'
import type { Client } from '../../src/core/oidc/client.ts'
import { certificateThumbprint, confirmationIn } from '../../src/core/oidc/confirmation.ts'
import { type Proof, proofAlgorithms } from '../../src/core/oidc/dpop.ts'
import { signingAlgorithms, takenNames } from '../../src/core/oidc/signing.ts'
import type { Call } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { type ProofError, type ProofWorld, shownProof, spentProof } from './proof.ts'

export type AccessTokenWorld = ProofWorld & Pick<World, 'db' | 'verifier'>

/** Why not, for the body, and `challenge` for `WWW-Authenticate`. No `error` where no token was shown (RFC 6750 §3.1). */
export type TokenRefused = {
  ok: false
  status: 400 | 401
  challenge: string
  error?: 'invalid_request' | 'invalid_token' | ProofError
  description: string
}

export type ShownToken = { ok: true; claims: JWTPayload; proof?: Proof } | TokenRefused

type Wanted = {
  /** Whether a token for these may be shown here. */
  isFor: (audience: JWTPayload['aud']) => boolean
  /** Whether it may come as the field `access_token` of a form. */
  inForm?: boolean
}

export async function shownAccessToken(world: AccessTokenWorld, call: Call, wanted: Wanted): Promise<ShownToken> {
  const sent = sentTokens(call, wanted.inForm ?? false)
  const [first, second] = sent
  if (first === undefined)
    return { ok: false, status: 401, challenge: 'Bearer', description: 'There is no access token.' }
  if (second !== undefined) return refused('Bearer', 'invalid_request', 'The access token is sent in two ways.')
  const { scheme, token } = first
  const verified = await world.verifier.verify(token, { typ: 'at+jwt' })
  if (!verified.ok || !wanted.isFor(verified.value.aud))
    return refused(scheme, 'invalid_token', 'The access token is not valid, or has expired.')
  const claims = verified.value
  if (scheme === 'DPoP') return provenToken(world, call, token, claims)
  return bearerProblem(call, claims) ?? { ok: true, claims }
}

/**
 * Whether the token is shown as its client's profile has it. Who the client is, is read after the token: one that was held
 * to `fapi2` meanwhile has unbound ones from before, and proofs may be signed in a way that the profile does not leave.
 */
export const isShownByProfile = (
  client: Pick<Client, 'profile'>,
  { claims, proof }: Extract<ShownToken, { ok: true }>,
): boolean =>
  (client.profile !== 'fapi2' || claims.cnf !== undefined) &&
  (proof === undefined || proofAlgorithms(client).includes(proof.alg))

type Sent = { scheme: 'Bearer' | 'DPoP'; token: string }

function sentTokens({ headers, body, method }: Call, inForm: boolean): Sent[] {
  const [, scheme = '', token] = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.authorization ?? '') ?? []
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '')
  const fields = inForm && isForm && method === 'POST' ? new URLSearchParams(body).getAll('access_token') : []
  const inHeader: Sent[] =
    token === undefined ? [] : [{ scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token }]
  return [...inHeader, ...fields.map((field): Sent => ({ scheme: 'Bearer', token: field }))]
}

/** A token that is bound to a key is none without it, or whoever finds it would have it all (RFC 9449 §7.2). */
function bearerProblem({ clientCertificate }: Call, { cnf }: JWTPayload): TokenRefused | undefined {
  if (cnf === undefined) return undefined
  const bound = confirmationIn(cnf)
  if (bound === undefined || 'jkt' in bound)
    return refused('DPoP', 'invalid_token', 'The access token is bound to a key, and comes without a proof of it.')
  if (clientCertificate !== undefined && certificateThumbprint(clientCertificate) === bound['x5t#S256'])
    return undefined
  return refused('Bearer', 'invalid_token', 'The access token is bound to another certificate.')
}

/** The key of the proof is that of the token, the proof was made for this token and this request, and is shown once. */
async function provenToken(
  world: AccessTokenWorld,
  call: Call,
  token: string,
  claims: JWTPayload,
): Promise<ShownToken> {
  const bound = confirmationIn(claims.cnf)
  if (bound === undefined || !('jkt' in bound))
    return refused('DPoP', 'invalid_token', 'The access token is not bound to a key.')
  const proof = await shownProof(world, call, { algorithms: signingAlgorithms, accessToken: token })
  if (proof === undefined) return refused('DPoP', 'invalid_dpop_proof', 'There is no DPoP proof.')
  if (!proof.ok) return refused('DPoP', proof.reason, proof.detail ?? '')
  if (proof.value.jkt !== bound.jkt)
    return refused('DPoP', 'invalid_token', 'The access token is bound to another key.')
  const spent = await world.db.transact([spentProof(proof.value, world.now())])
  return spent.ok
    ? { ok: true, claims, proof: proof.value }
    : refused('DPoP', 'invalid_dpop_proof', 'The DPoP proof has been shown before.')
}

const refused = (
  scheme: Sent['scheme'],
  error: NonNullable<TokenRefused['error']>,
  description: string,
): TokenRefused => ({
  ok: false,
  status: error === 'invalid_request' ? 400 : 401,
  error,
  description,
  challenge: [
    `${scheme} error="${error}", error_description="${description}"`,
    ...(scheme === 'DPoP' ? [`algs="${takenNames.join(' ')}"`] : []),
  ].join(', '),
})
