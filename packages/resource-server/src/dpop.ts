/**
 * Decides whether who shows an access token holds the key that it is bound to: by the DPoP proof that came with it, made for
 * this very request and this token, and shown once (RFC 9449 §7, §4.3).
 *
 * It leaves out nonces: a proof is as good as the clock of its client, give or take a minute (§11.2).
 */
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWTPayload, jwtVerify } from 'jose'

export type Dpop = {
  /**
   * Where clients call this API, such as `https://api.example.org`: what the proof's `htu` begins with. Never what a header
   * says: that is the client's word, or that of whoever replays a proof which was made for somewhere else.
   */
  origin: string
  /** Tokens that are bound to no key are refused. */
  required?: boolean
  /** Signatures of proofs that are taken. Default ES256, EdDSA by both its names, PS256, RS256. */
  algorithms?: readonly string[]
  /** Seconds for which a proof is good. Default 60. */
  maxAge?: number
  /**
   * Notes that the proof with this id was shown, and answers whether it is the first time: one conditional write, to be kept
   * until `until`, in seconds. Default: this process remembers, which is enough where there is one.
   */
  spend?: (id: string, until: number) => boolean | Promise<boolean>
}

/** What came beside the token. `path` is without its query. */
export type SentProof = { method: string; path: string; dpop: string | null | undefined }

export type ProofCheck = {
  required: boolean
  algorithms: string
  /** Why it will not do, or `undefined` if it does. */
  problem(
    sent: SentProof,
    token: string,
    claims: JWTPayload,
    now: number,
  ): Promise<{ error: 'invalid_token' | 'invalid_dpop_proof'; why: string } | undefined>
}

/** Ed25519 is EdDSA with that curve, by a name of its own (RFC 9864). */
const usualAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']

/** @throws TypeError for settings that would not be safe. */
export function proofCheck(options: Dpop, tolerance: number): ProofCheck {
  const { required = false, algorithms = usualAlgorithms, maxAge = 60, spend = remembering() } = options
  if (!URL.canParse(options.origin) || new URL(options.origin).origin !== options.origin)
    throw new TypeError('dpop.origin must be an origin, such as https://api.example.org')
  if (algorithms.length === 0 || algorithms.some((alg) => alg === 'none' || alg.startsWith('HS')))
    throw new TypeError('dpop.algorithms must be those of key pairs')
  if (!Number.isSafeInteger(maxAge) || maxAge < 1)
    throw new TypeError('dpop.maxAge must be a whole number of seconds, and one at least')
  const bad = (why: string) => ({ error: 'invalid_dpop_proof', why }) as const

  return {
    required,
    algorithms: algorithms.join(' '),
    async problem({ method, path, dpop }, token, claims, now) {
      if (typeof dpop !== 'string' || dpop.length > 8192) return bad('There is no DPoP proof')
      const proof = await verified(dpop, { algorithms: [...algorithms], maxAge, tolerance, now })
      if (proof === undefined) return bad('The DPoP proof is not valid')
      const { jti, htm, htu, ath, iat = 0 } = proof.claims
      if (typeof jti !== 'string' || jti === '' || jti.length > 256) return bad('The DPoP proof has no usable jti')
      if (htm !== method || !isAt(htu, options.origin, path)) return bad('The DPoP proof is for another request')
      if (ath !== (await sha256(token))) return bad('The DPoP proof is for another access token')
      if (boundTo(claims) !== proof.jkt)
        return { error: 'invalid_token', why: 'The access token is bound to another key' }
      const isFirst = await spend(await sha256(`${proof.jkt} ${jti}`), iat + maxAge + 2 * tolerance + 1)
      return isFirst ? undefined : bad('The DPoP proof has been shown before')
    },
  }
}

/** The thumbprint in `cnf`, where there is nothing else in it. */
export function boundTo({ cnf }: JWTPayload): string | undefined {
  if (typeof cnf !== 'object' || cnf === null) return undefined
  const [[method, value] = [], ...more] = Object.entries(cnf)
  return method === 'jkt' && typeof value === 'string' && more.length === 0 ? value : undefined
}

type Expected = { algorithms: string[]; maxAge: number; tolerance: number; now: number }

/** The proof under its own key: one that signed it, public, and strong enough for `jose`. */
async function verified(dpop: string, { algorithms, maxAge, tolerance, now }: Expected) {
  try {
    const { payload, protectedHeader } = await jwtVerify(dpop, EmbeddedJWK, {
      algorithms,
      typ: 'dpop+jwt',
      requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
      maxTokenAge: maxAge,
      clockTolerance: tolerance,
      currentDate: new Date(now * 1000),
    })
    const { jwk, crit } = protectedHeader
    if (jwk === undefined || crit !== undefined) return undefined
    if (['d', 'k', 'p', 'q'].some((member) => member in jwk)) return undefined
    return { claims: payload, jkt: await calculateJwkThumbprint(jwk) }
  } catch (failure) {
    // `jose` says so of keys that are none, too, and of keys that WebCrypto does not take.
    if (failure instanceof errors.JOSEError || failure instanceof TypeError || failure instanceof DOMException)
      return undefined
    throw failure
  }
}

/** Whatever `htu` says of a query (§4.3). Some platforms decode the path that they hand on. */
function isAt(htu: unknown, origin: string, path: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const { origin: its, pathname, username, password } = new URL(htu)
  if (its !== origin || username !== '' || password !== '') return false
  try {
    return pathname === path || decodeURIComponent(pathname) === path
  } catch {
    return false
  }
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** Of one process. What has ended is forgotten when something new is noted, the oldest first. */
function remembering(): NonNullable<Dpop['spend']> {
  const shown = new Map<string, number>()
  return (id, until) => {
    if (shown.has(id)) return false
    const now = Date.now() / 1000
    for (const [each, end] of shown) {
      if (end > now) break
      shown.delete(each)
    }
    shown.set(id, until)
    return true
  }
}
