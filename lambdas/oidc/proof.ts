/**
 * The DPoP proof that a request came with (RFC 9449): held against where it came, and against a nonce of ours. Wherever
 * proofs count they must name one (§8, §9): then nobody can make them in stock, and a client's clock hardly matters.
 *
 * It leaves out that a proof is good once: the caller writes `spentProof` with whatever it was shown for.
 */
import { type Proof, type ProvenRequest, readProof } from '../../src/core/oidc/dpop.ts'
import { type Refusal, type Result, refuse, type Seconds } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import type { Stage } from '../../src/stage.ts'
import type { Write } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { spent } from '../../src/store/spent.ts'
import type { World } from '../../src/world.ts'
import type { Spend } from './client-authentication.ts'

export type ProofWorld = Pick<World, 'now' | 'stage' | 'proofNonces'>

export type ProofError = 'invalid_dpop_proof' | 'use_dpop_nonce'

/** `undefined` where none is shown. */
export async function shownProof(
  { now, stage, proofNonces }: ProofWorld,
  { headers, method, path }: Call,
  about: Pick<ProvenRequest, 'algorithms' | 'accessToken'>,
): Promise<Result<Proof, ProofError> | undefined> {
  if (headers.dpop === undefined) return undefined
  const read = readProof(headers.dpop, { ...about, method, path, origins: originsOf(stage), now: now() })
  if (!read.ok) return read
  const { nonce } = read.value
  if (nonce !== undefined && (await proofNonces.isGood(nonce))) return read
  return refuse('use_dpop_nonce', { detail: 'The DPoP proof must name the nonce of the header DPoP-Nonce.' })
}

/** Where this service answers: the issuer, and the host that asks for certificates. */
const originsOf = ({ issuer, certificates }: Stage): string[] => [
  new URL(issuer).origin,
  ...(certificates === undefined ? [] : [new URL(certificates.origin).origin]),
]

/** The nonce for the next proof, with whatever is answered to one (§8.2). */
export async function withNonce({ proofNonces }: ProofWorld, { headers }: Call, answer: Answer): Promise<Answer> {
  if (headers.dpop === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'dpop-nonce': await proofNonces.current() } }
}

/**
 * All may be well with the request but for the nonce. Nothing that came with it is spent by this answer: clients send the
 * same again with another proof, and many with the same assertion.
 */
export const nonceWanted = oauthError(
  'use_dpop_nonce',
  'The DPoP proof must name the nonce that is in the header DPoP-Nonce.',
)

export const proofRefused = ({ reason, detail }: Refusal<ProofError>): Answer =>
  reason === 'use_dpop_nonce' ? nonceWanted : oauthError(reason, detail ?? '')

/** For a request that comes to something: with it, or not at all. */
export const spendOf = (proof: Proof, now: Seconds): Spend => ({
  write: spentProof(proof, now),
  refusal: oauthError('invalid_dpop_proof', 'The DPoP proof has been shown before.'),
})

/** A proof is good once, by its key and `jti` (§11.1). */
export const spentProof = ({ jkt, jti, until }: Proof, now: Seconds): Write =>
  spent(places.dpopProof(jkt, jti), { until, now })
