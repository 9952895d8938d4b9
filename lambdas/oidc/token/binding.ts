/**
 * What the tokens of a request are bound to: the key of its DPoP proof (RFC 9449 §5) or the certificate of its connection
 * (RFC 8705 §3). Who must have them bound, and shows neither, gets none (FAPI 2.0 Security Profile §5.3.2.1).
 *
 * A proof is looked at first: who makes one for each request means it.
 */
import type { Client } from '../../../src/core/oidc/client.ts'
import { type Confirmation, certificateThumbprint } from '../../../src/core/oidc/confirmation.ts'
import { proofAlgorithms } from '../../../src/core/oidc/dpop.ts'
import type { Answer, Call } from '../../../src/http/call.ts'
import { oauthError } from '../../../src/http/oauth-error.ts'
import type { Spend } from '../client-authentication.ts'
import { type ProofWorld, proofRefused, shownProof, spendOf } from '../proof.ts'

/** Without `cnf` the tokens are good in anybody's hands. */
export type Binding = { cnf?: Confirmation; spends: readonly Spend[] }

type Bound = { ok: true; value: Binding } | { ok: false; answer: Answer }

export async function bindingOf(world: ProofWorld, call: Call, client: Client): Promise<Bound> {
  const proof = await shownProof(world, call, { algorithms: proofAlgorithms(client) })
  if (proof !== undefined && !proof.ok) return { ok: false, answer: proofRefused(proof) }
  if (proof !== undefined)
    return { ok: true, value: { cnf: { jkt: proof.value.jkt }, spends: [spendOf(proof.value, world.now())] } }
  if (client.dpopBoundAccessTokens) return demanding('This client must send a DPoP proof.')
  const isFapi = client.profile === 'fapi2'
  const { clientCertificate } = call
  if (clientCertificate !== undefined && (client.tlsClientCertificateBoundAccessTokens || isFapi))
    return { ok: true, value: { cnf: { 'x5t#S256': certificateThumbprint(clientCertificate) }, spends: [] } }
  if (client.tlsClientCertificateBoundAccessTokens)
    return demanding('This client must show its certificate, on the host that asks for one.')
  if (isFapi) return demanding('This client must send a DPoP proof, or show its certificate.')
  return { ok: true, value: { spends: [] } }
}

const demanding = (description: string): Bound => ({ ok: false, answer: oauthError('invalid_request', description) })
