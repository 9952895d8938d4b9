/** Checks tokens that this provider signed: its own keys, its own issuer, the type that is expected. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { readJwt } from '../core/oidc/client-jwt.ts'
import { keysFreshFor } from '../core/oidc/key-rotation.ts'
import { isLiving } from '../core/oidc/signing-key.ts'
import { ok, type Result, refuse, type Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import type { Db } from '../store/db.ts'
import { readSigningKeys } from '../store/signing-keys.ts'

export type Verifier = {
  verify(token: string, expected: Expected): Promise<Result<JWTPayload, 'invalid-token'>>
  /**
   * The claims of an ID token of ours that is a hint: one that has run out still says whose it was (OpenID Connect Core
   * §3.1.2.1, RP-Initiated Logout §2), and so does one whose key is gone since. `undefined` for what is none, and for
   * what a key signed that was taken back as compromised.
   */
  readHint(token: string): Promise<JWTPayload | undefined>
}

type Expected = { typ: string; audience?: string }

type Known = { alg: string; key: KeyObject; published: boolean }

/** An unknown `kid` makes us look again, but not for everybody who makes one up. */
const lookAgainAfter: Seconds = 10

export function openVerifier(stage: Pick<Stage, 'issuer'>, db: Db, now: () => Seconds): Verifier {
  let known = new Map<string, Known>()
  let readAt = Number.NEGATIVE_INFINITY

  const keyFor = async (kid: string): Promise<Known | undefined> => {
    const age = now() - readAt
    if (age > keysFreshFor || (!known.has(kid) && age > lookAgainAfter)) {
      const keys = await readSigningKeys(db)
      known = new Map(
        keys.map((each) => {
          const key = createPublicKey({ key: each.publicJwk, format: 'jwk' })
          return [each.kid, { alg: each.alg, key, published: isLiving(each) }]
        }),
      )
      readAt = now()
    }
    return known.get(kid)
  }

  /** `expired` holds the claims of a token in which only the time was wrong. */
  const check = async (token: string, { typ, audience }: Expected, asHint = false) => {
    // As strict as with what others sign: a token of ours has one spelling, and nothing in its header that must be understood.
    const form = readJwt(token)
    if (!form.ok) return refuse('invalid-token', form.detail === undefined ? {} : { detail: form.detail })
    try {
      const { kid } = form.value
      const known = kid === undefined ? undefined : await keyFor(kid)
      if (known === undefined || (!known.published && !asHint))
        return refuse('invalid-token', { detail: 'unknown key' })
      const { payload } = await jwtVerify(token, known.key, {
        algorithms: [known.alg],
        issuer: stage.issuer,
        typ,
        currentDate: new Date(now() * 1000),
        // Of what opens something. A hint opens nothing, and has rules of its own.
        requiredClaims: asHint ? [] : ['exp', 'sub'],
        ...(audience === undefined ? {} : { audience }),
      })
      // What is looked up by them are texts, whoever signed them.
      const { sub, jti = '' } = payload
      if (!asHint && ![sub, jti].every((name) => typeof name === 'string'))
        return refuse('invalid-token', { detail: 'names that are no texts' })
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
    verify: (token, expected) => check(token, expected),
    async readHint(token) {
      const checked = await check(token, { typ: 'JWT' }, true)
      const claims = checked.ok ? checked.value : 'expired' in checked ? checked.expired : undefined
      // Each ID token ends. What has no end is a userinfo answer, which names nobody's sign-in.
      return claims?.exp !== undefined && typeof claims.sub === 'string' ? claims : undefined
    },
  }
}
