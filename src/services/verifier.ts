/** Checks tokens that this provider signed: its own keys, its own issuer, the type that is expected. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { ok, type Result, refuse, type Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import type { Db } from '../store/db.ts'
import { readSigningKeys } from '../store/signing-keys.ts'

export type Verifier = {
  verify(token: string, expected: Expected): Promise<Result<JWTPayload, 'invalid-token'>>
  /**
   * The claims of an ID token of ours that is a hint: one that has run out still says whose it was (OpenID Connect Core
   * §3.1.2.1, RP-Initiated Logout §2). `undefined` for what is none.
   */
  readHint(token: string): Promise<JWTPayload | undefined>
}

type Expected = { typ: string; audience?: string }

type Known = { alg: string; key: KeyObject }

const freshFor: Seconds = 300
/** An unknown `kid` makes us look again, but not for everybody who makes one up. */
const lookAgainAfter: Seconds = 10

export function openVerifier(stage: Pick<Stage, 'issuer'>, db: Db, now: () => Seconds): Verifier {
  let known = new Map<string, Known>()
  let readAt = Number.NEGATIVE_INFINITY

  const keyFor = async (kid: string): Promise<Known | undefined> => {
    const age = now() - readAt
    if (age > freshFor || (!known.has(kid) && age > lookAgainAfter)) {
      const keys = await readSigningKeys(db)
      known = new Map(
        keys.map(({ kid, alg, publicJwk }) => [kid, { alg, key: createPublicKey({ key: publicJwk, format: 'jwk' }) }]),
      )
      readAt = now()
    }
    return known.get(kid)
  }

  /** `expired` holds the claims of a token in which only the time was wrong. */
  const check = async (token: string, { typ, audience }: Expected) => {
    // No token of ours is longer; a longer one is not worth decoding.
    if (token.length > 16_384) return refuse('invalid-token', { detail: 'too long' })
    try {
      const { kid } = decodeProtectedHeader(token)
      const known = kid === undefined ? undefined : await keyFor(kid)
      if (known === undefined) return refuse('invalid-token', { detail: 'unknown key' })
      const { payload } = await jwtVerify(token, known.key, {
        algorithms: [known.alg],
        issuer: stage.issuer,
        typ,
        currentDate: new Date(now() * 1000),
        ...(audience === undefined ? {} : { audience }),
      })
      return ok(payload)
    } catch (failure) {
      if (failure instanceof errors.JWTExpired)
        return { ...refuse('invalid-token', { detail: failure.message }), expired: failure.payload }
      if (failure instanceof errors.JOSEError || failure instanceof TypeError)
        return refuse('invalid-token', { detail: failure.message })
      throw failure
    }
  }

  return {
    verify: check,
    async readHint(token) {
      const checked = await check(token, { typ: 'JWT' })
      if (checked.ok) return checked.value
      return 'expired' in checked ? checked.expired : undefined
    },
  }
}
