/**
 * Keys that take turns on a virtual clock, in the memory of one process: signers and verifiers of ours, each with its own
 * cache as each Lambda has one, and verifiers of others, which read /jwks by jose's `createRemoteJWKSet`.
 *
 *     const rotation = await openRotation()
 *     await rotation.rotate()
 *     rotation.now += 60
 *     await rotation.close()
 *
 * Whoever uses `outside` has `Date` faked: jose asks it.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { vi } from 'vitest'
import { handle as jwks } from '../lambdas/metadata/jwks.ts'
import { jwksMaxAge, type RotationSettings } from '../src/core/oidc/key-rotation.ts'
import type { SigningAlgorithm } from '../src/core/oidc/signing.ts'
import type { Call } from '../src/http/call.ts'
import { type Done, type Rotator, rotateKeys } from '../src/rotate-keys.ts'
import { type KeyMaker, openKeyMaker } from '../src/services/key-maker.ts'
import { openSigner } from '../src/services/signer.ts'
import { openVault } from '../src/services/vault.ts'
import { openVerifier } from '../src/services/verifier.ts'
import type { Stage } from '../src/stage.ts'
import type { Db } from '../src/store/db.ts'
import { readSigningKeys } from '../src/store/signing-keys.ts'
import { openMemoryDb } from './memory-db.ts'

const issuer = 'https://id.example.org'

/** Whether a token is good, to one who looks. */
export type Judge = (token: string) => Promise<boolean>

export async function openRotation({
  db = openMemoryDb(),
  keyMaker,
  kmsTag,
}: {
  db?: Db
  keyMaker?: KeyMaker
  kmsTag?: string
} = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-rotation-'))
  const file = join(directory, 'wrapping-key')
  await writeFile(file, randomBytes(32))
  const stage = { issuer, wrappingKey: { file } } as Stage
  const vault = openVault(stage)
  const clock = { now: 1_800_000_000 }
  const now = () => clock.now
  const rotator: Rotator = {
    db,
    now,
    actor: { kind: 'service', id: 'rotate-keys' },
    keyMaker: keyMaker ?? openKeyMaker(vault, kmsTag),
  }

  return {
    db,
    rotator,
    stage,
    get now() {
      return clock.now
    },
    set now(value: number) {
      clock.now = value
      vi.setSystemTime(value * 1000)
    },

    rotate: (settings: RotationSettings, options: { early?: boolean } = {}): Promise<Done[]> =>
      rotateKeys(rotator, { ...options, settings }),

    keys: () => readSigningKeys(db),

    /** `ES256 active`, in order. */
    async states(): Promise<string[]> {
      return (await readSigningKeys(db)).map(({ alg, state }) => `${alg} ${state}`).sort()
    },

    published: async () => JSON.parse(String((await jwks({ db }, {} as Call)).body)) as { keys: { kid: string }[] },

    /** One warm Lambda that signs: an access token for ten minutes from now. */
    signer() {
      const signer = openSigner(stage, db, now)
      return (alg: SigningAlgorithm) =>
        signer.sign(alg, 'at+jwt', { iss: issuer, sub: 'ada', iat: clock.now, exp: clock.now + 600 })
    },

    /** One warm Lambda that verifies. */
    inside(): Judge {
      const verifier = openVerifier(stage, db, now)
      return async (token) => (await verifier.verify(token, { typ: 'at+jwt' })).ok
    },

    /** Somebody else, who keeps /jwks for as long as it says. `looksAgain`: for a key that they do not know, too. */
    outside({ looksAgain }: { looksAgain: boolean }): Judge {
      const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`), {
        cacheMaxAge: jwksMaxAge * 1000,
        cooldownDuration: looksAgain ? 30_000 : Number.MAX_SAFE_INTEGER,
        [customFetch]: async () => new Response(String((await jwks({ db }, {} as Call)).body)),
      })
      return (token) =>
        jwtVerify(token, keys, { issuer, typ: 'at+jwt' }).then(
          () => true,
          () => false,
        )
    },

    close: () => rm(directory, { recursive: true, force: true }),
  }
}

export type Rotation = Awaited<ReturnType<typeof openRotation>>
