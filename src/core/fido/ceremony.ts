/**
 * What a browser is asked for in a ceremony: with this user's keys, or with those that a name nobody has seems to have.
 *
 * Apart from `fido.ts`, so that a page can ask without loading what it takes to check the answer.
 */
import { createHmac, hkdfSync } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Credential } from '../authenticator.ts'
import { toBase64url } from '../base64url.ts'
import { offeredAlgorithms } from './cose-key.ts'

export type Descriptor = Pick<Credential, 'credentialId' | 'transports'>

const describe = ({ credentialId, transports }: Descriptor) => ({
  id: credentialId,
  type: 'public-key' as const,
  ...(transports === undefined ? {} : { transports }),
})

/** PublicKeyCredentialRequestOptionsJSON (WebAuthn §5.5). An empty `allow` asks for a discoverable credential. */
export function requestOptions(request: {
  challenge: string
  rpId: string
  allow: readonly Descriptor[]
  /** Whether an answer without user verification would prove nothing. */
  verify: boolean
  timeoutMs?: number
}): PublicKeyCredentialRequestOptionsJSON {
  const { challenge, rpId, allow, verify, timeoutMs = 300_000 } = request
  const userVerification = verify ? 'required' : 'preferred'
  return { challenge, rpId, allowCredentials: allow.map(describe), userVerification, timeout: timeoutMs }
}

/** PublicKeyCredentialCreationOptionsJSON (WebAuthn §5.4). `user.handle` and `challenge` are base64url. */
export function creationOptions(request: {
  rp: { id: string; name: string }
  user: { handle: string; name: string; displayName: string }
  challenge: string
  timeoutMs: number
  exclude: readonly Descriptor[]
}): PublicKeyCredentialCreationOptionsJSON {
  const { rp, user, challenge, timeoutMs, exclude } = request
  return {
    rp,
    user: { id: user.handle, name: user.name, displayName: user.displayName },
    challenge,
    timeout: timeoutMs,
    pubKeyCredParams: offeredAlgorithms.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: exclude.map(describe),
    authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'required' },
    attestation: 'direct',
  }
}

/** Lengths of credential ids that authenticators on sale make, the usual ones more often. */
const usualLengths = [16, 16, 20, 32, 32, 48, 48, 64] as const

/**
 * The credential ids to ask for when there is no such user, so that a stranger cannot tell (WebAuthn §14.6.2). The
 * same for the same name at each try, and unpredictable without `secret`, which must outlive deployments.
 *
 * `username` is taken as it is: a caller for whom "Alice" and "alice" are one user folds it first. Descriptors of
 * real keys must not say more than these do, so leave `transports` out of a list that a stranger can ask for.
 */
export function decoyCredentialIds(secret: Uint8Array, username: string): string[] {
  const seed = createHmac('sha256', secret).update('decoy credential id\0').update(username).digest()
  const length = usualLengths[(seed[0] ?? 0) % usualLengths.length] ?? 32
  // Derived once more, because the first byte chose the length and would give it away.
  return [toBase64url(new Uint8Array(hkdfSync('sha256', seed, '', 'credential id', length)))]
}
