import { createHash } from 'node:crypto'

/** The algorithms that we sign tokens with, and take signatures by (RFC 7518 §3.1, RFC 8037). */
export const signingAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

/**
 * What `alg` may say for one of them. Ed25519 is EdDSA by a name of its own (RFC 9864 §2.2), and the one that newer
 * libraries write. EdDSA would be a second curve besides, which is not taken here by either name.
 */
export const namesOf = (alg: SigningAlgorithm): readonly string[] => (alg === 'EdDSA' ? [alg, 'Ed25519'] : [alg])

/** All names, for clients to choose from. What we sign says `EdDSA`, which older libraries read as well. */
export const takenNames: readonly string[] = signingAlgorithms.flatMap(namesOf)

/** Which of `those` a header or a key of somebody else's names. */
export const algorithmNamed = (
  name: unknown,
  those: readonly SigningAlgorithm[] = signingAlgorithms,
): SigningAlgorithm | undefined => those.find((alg) => namesOf(alg).some((its) => its === name))

/** Those that FAPI 2.0 Security Profile §5.4.1 leaves. */
export const fapiAlgorithms = ['PS256', 'ES256', 'EdDSA'] as const satisfies readonly SigningAlgorithm[]

/** Resource servers check access tokens, and cannot be asked what they like: one algorithm for all of them (RFC 9068 §2.1). */
export const accessTokenAlg = 'ES256' satisfies SigningAlgorithm

/** Those that always have a key: OpenID Connect's default (Core §15.1), and that of access tokens. */
export const requiredAlgorithms: readonly SigningAlgorithm[] = ['RS256', accessTokenAlg]

type Asks = { idTokenSignedResponseAlg: SigningAlgorithm; userinfoSignedResponseAlg?: SigningAlgorithm }

/** The member of a registration that asks for an algorithm which is not among those that have keys. */
export function unsignable(client: Asks, algorithms: readonly SigningAlgorithm[]): string | undefined {
  const asked = {
    id_token_signed_response_alg: client.idTokenSignedResponseAlg,
    userinfo_signed_response_alg: client.userinfoSignedResponseAlg,
  }
  return Object.entries(asked).find(([, alg]) => alg !== undefined && !algorithms.includes(alg))?.[0]
}

/**
 * `at_hash` and its like: the left half of the token's hash, by the hash of the ID token's own algorithm (OpenID Connect
 * Core §3.1.3.6). Core names none for EdDSA; Ed25519 hashes with SHA-512, and so do openid-client and oidc-provider.
 */
export function leftHalfHash(alg: SigningAlgorithm, text: string): string {
  const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256')
    .update(text)
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}
