/**
 * The keys that an issuer publishes: found by its metadata (OpenID Connect Discovery §4, RFC 8414), kept for ten
 * minutes, and looked at again at most every thirty seconds for a key that nobody knows. One set for each issuer, however
 * many resources ask.
 */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

/** The issuer cannot be asked: an outage, about which no caller can do anything. The cause says more. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable'
}

const sets = new Map<string, JWTVerifyGetKey>()

/** @throws TypeError for an address that others on the way could answer for. */
export function keysOf(issuer: string): JWTVerifyGetKey {
  demandSafe(issuer)
  const known = sets.get(issuer)
  if (known !== undefined) return known
  const made = lazily(issuer)
  sets.set(issuer, made)
  return made
}

function lazily(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined
  return async (header, token) => {
    try {
      found ??= findKeys(issuer)
      return await (await found)(header, token)
    } catch (failure) {
      // Which key it wants is the token's word, and that there is none such the answer to it.
      if (failure instanceof errors.JWKSNoMatchingKey || failure instanceof errors.JWKSMultipleMatchingKeys)
        throw failure
      if (failure instanceof errors.JOSENotSupported) throw failure
      if (failure instanceof Unfound) found = undefined
      throw new IssuerUnavailable(`The keys of ${issuer} cannot be read`, { cause: failure })
    }
  }
}

/** Not kept: the next request asks again. */
class Unfound extends Error {}

async function findKeys(issuer: string): Promise<JWTVerifyGetKey> {
  try {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    // No redirect: whoever could answer one could name keys of their own.
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`${address} answers ${response.status}`)
    const metadata = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
    if (metadata.issuer !== issuer) throw new Error(`${address} is of another issuer`)
    if (typeof metadata.jwks_uri !== 'string') throw new Error(`${address} names no jwks_uri`)
    demandSafe(metadata.jwks_uri)
    return createRemoteJWKSet(new URL(metadata.jwks_uri))
  } catch (cause) {
    throw new Unfound('not found', { cause })
  }
}

/** https, or this very machine (RFC 8414 §2, RFC 8252 §7.3). */
function demandSafe(address: string): void {
  const { protocol, hostname } = new URL(address)
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && here))
    throw new TypeError(`${address} must be https, or http on this machine`)
}
