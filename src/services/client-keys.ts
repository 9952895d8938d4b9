/**
 * The public keys of clients: as their records have them, or as they are at the address that a client registered.
 *
 * Fetched keys are kept some minutes and fetched again before that only for a key that is not among them, and then not for
 * everybody who makes one up. A client whose address fails is not asked at each request; for a while its last keys do.
 * Only over https (or from this very machine, where that is who we are), never further than `public-fetch.ts` goes.
 */
import type { JWK } from 'jose'
import type { Client } from '../core/oidc/client.ts'
import { isLoopback } from '../core/oidc/registered-uri.ts'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import { openClientFetch, type PublicFetch } from './public-fetch.ts'

export type ClientKeys = {
  /**
   * The client's keys; none for a client that has none, or whose address cannot be asked.
   *
   * @param suffice whether what is there will do. Where it will not, keys that were fetched may have been replaced since.
   */
  read(client: Pick<Client, 'jwks' | 'jwksUri'>, suffice: (keys: readonly JWK[]) => boolean): Promise<readonly JWK[]>
}

export const openClientKeys = (stage: Pick<Stage, 'issuer'>, now: () => Seconds): ClientKeys =>
  clientKeysBy(openClientFetch(stage), now)

const freshFor: Seconds = 300
/** Between two fetches for a key that is not there, and after one that failed. */
const lookAgainAfter: Seconds = 30
/** Past this, keys that could not be fetched again are not a client's any more: it may have taken them back. */
const staleFor: Seconds = 900

const longest = 64 * 1024
/** Milliseconds. Somebody waits, and API Gateway as well. */
const patience = 3000
const mostKeys = 32
/** Addresses that are remembered. The ones that were asked longest ago go. */
const mostKept = 500

type Kept = { keys: readonly JWK[]; fetchedAt: Seconds; triedAt: Seconds }

/** Exported for the tests, which bring a fetch that reaches their own server. */
export function clientKeysBy(fetch: PublicFetch, now: () => Seconds): ClientKeys {
  const kept = new Map<string, Kept>()
  const underWay = new Map<string, Promise<readonly JWK[]>>()

  async function load(address: string): Promise<readonly JWK[]> {
    const triedAt = now()
    const keys = await fetchKeys(fetch, address)
    const before = kept.get(address)
    const next =
      keys === undefined ? { keys: [], fetchedAt: 0, ...before, triedAt } : { keys, fetchedAt: now(), triedAt }
    kept.delete(address)
    kept.set(address, next)
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest)
    return still(next)
  }

  const still = ({ keys, fetchedAt }: Kept): readonly JWK[] => (now() - fetchedAt <= freshFor + staleFor ? keys : [])

  return {
    async read({ jwks, jwksUri }, suffice) {
      if (jwks !== undefined) return jwks.keys
      if (jwksUri === undefined) return []
      const found = kept.get(jwksUri)
      if (found !== undefined) {
        const isFresh = now() - found.fetchedAt <= freshFor
        const wasTried = now() - found.triedAt <= lookAgainAfter
        if ((isFresh && suffice(found.keys)) || wasTried) return still(found)
      }
      // One fetch for all who wait for it.
      const loading = underWay.get(jwksUri) ?? load(jwksUri).finally(() => underWay.delete(jwksUri))
      underWay.set(jwksUri, loading)
      return loading
    },
  }
}

/** `undefined` where nothing came that is a key set. */
async function fetchKeys(fetch: PublicFetch, address: string): Promise<readonly JWK[] | undefined> {
  const url = URL.parse(address)
  if (url === null || !(url.protocol === 'https:' || isLoopback(url.hostname))) return undefined
  const fetched = await fetch(address, { longest, signal: AbortSignal.timeout(patience) })
  return fetched.ok ? keysIn(fetched.value) : undefined
}

/** RFC 7517 §5: what is no key, or one of a kind that nobody knows, is passed over. */
function keysIn(body: Buffer): readonly JWK[] | undefined {
  try {
    const set: unknown = JSON.parse(body.toString('utf8'))
    const keys: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
    return Array.isArray(keys) ? keys.slice(0, mostKeys).filter(isJwk) : undefined
  } catch {
    return undefined
  }
}

const isJwk = (value: unknown): value is JWK =>
  typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string'
