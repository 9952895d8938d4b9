/** What the plan of keys comes to in the tables: twice at once, broken off at any point, and in an emergency. */

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { leastOverlap } from '../src/core/oidc/key-rotation.ts'
import { signingAlgorithms } from '../src/core/oidc/signing.ts'
import { publicHalf } from '../src/core/oidc/signing-key.ts'
import { revokeKey, rotateKeys } from '../src/rotate-keys.ts'
import type { KeyMaker } from '../src/services/key-maker.ts'
import { openSigner } from '../src/services/signer.ts'
import { openVault } from '../src/services/vault.ts'
import { openVerifier } from '../src/services/verifier.ts'
import { ensureSigningKeys, newRealm } from '../src/setup.ts'
import type { Db, Write } from '../src/store/db.ts'
import { createdRealm } from '../src/store/realm.ts'
import { createdSigningKey, readSigningKeys } from '../src/store/signing-keys.ts'
import { openHouse } from './house.ts'
import { openRotation, type Rotation } from './key-rotation-house.ts'
import { openMemoryDb } from './memory-db.ts'

const settings = { algorithms: signingAlgorithms, overlap: leastOverlap, period: 2 * leastOverlap }

/** Pairs of the quick kind, whatever the algorithm is called: here nothing is signed. It remembers what it was told. */
function quickKeys() {
  const [made, destroyed] = [[] as string[], [] as string[]]
  const maker: KeyMaker = {
    async make(alg) {
      const half = publicHalf(alg, generateKeyPairSync('ed25519').publicKey)
      made.push(half.kid)
      return { ...half, kmsKeyArn: `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}` }
    },
    async destroy({ kid }) {
      destroyed.push(kid)
    },
  }
  return { maker, made, destroyed }
}

let rotation: Rotation
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await rotation?.close()
})

const each = (...states: string[]) =>
  signingAlgorithms.flatMap((alg) => states.map((state) => `${alg} ${state}`)).sort()

describe('twice at once', () => {
  it('ten rotations come to what one comes to, in the emulator', async () => {
    const house = await openHouse()
    const keys = quickKeys()
    const rotator = {
      db: house.db,
      now: () => house.now,
      actor: { kind: 'service', id: 'test' } as const,
      keyMaker: keys.maker,
    }
    const rotateTen = () => Promise.all(Array.from({ length: 10 }, () => rotateKeys(rotator, { settings })))
    const states = async () => (await readSigningKeys(house.db)).map(({ alg, state }) => `${alg} ${state}`).sort()

    expect((await rotateTen()).flat()).toHaveLength(4)
    expect(await states()).toEqual(each('active', 'next'))
    house.now += settings.period
    await rotateTen()
    expect(await states()).toEqual(each('active', 'next', 'retiring'))
    house.now += settings.overlap
    await rotateTen()
    expect(await states()).toEqual(each('active', 'next', 'gone'))
    // Whoever came second did away with what they had made.
    const kept = (await readSigningKeys(house.db)).map(({ kid }) => kid)
    expect(keys.made.filter((kid) => !kept.includes(kid)).every((kid) => keys.destroyed.includes(kid))).toBe(true)
    // One record for each change, whoever tried.
    const told = (await house.audit())
      .filter(({ type }) => String(type).startsWith('signing-key.'))
      .map(({ type }) => type)
    const count = (type: string) => told.filter((its) => its === `signing-key.${type}`).length
    expect([count('created'), count('activated'), count('retired'), count('removed')]).toEqual([8, 4, 4, 4])
    await house.close()
  }, 60_000)
})

/** The transaction of this number fails, before or after it takes effect. */
function faulty(db: Db, at: number, when: 'before' | 'after'): Db {
  let count = 0
  return {
    ...db,
    async transact(writes: readonly Write[]) {
      const here = count++ === at
      if (here && when === 'before') throw new Error('broken off')
      const done = await db.transact(writes)
      if (here) throw new Error('broken off')
      return done
    },
  }
}

describe('broken off', () => {
  it.each(['before', 'after'] as const)(
    '%s any transaction: the next run ends where one without fault does',
    async (when) => {
      for (let at = 0; at < 40; at++) {
        const db = openMemoryDb()
        const keys = quickKeys()
        rotation = await openRotation({ db, keyMaker: keys.maker })
        let broken = false
        const run = async (with_: Db) => {
          const rotator = { ...rotation.rotator, db: with_ }
          await rotateKeys(rotator, { settings })
          rotation.now += settings.period
          await rotateKeys(rotator, { settings })
          rotation.now += settings.overlap
          await rotateKeys(rotator, { settings })
        }
        const begin = rotation.now
        await run(faulty(db, at, when)).catch((error: Error) => {
          broken = error.message === 'broken off'
          if (!broken) throw error
        })
        // At each moment, one signs or nothing has been made yet.
        for (const alg of signingAlgorithms) {
          const active = (await rotation.keys()).filter((key) => key.alg === alg && key.state === 'active')
          expect(active.length).toBeLessThanOrEqual(1)
        }
        await rotateKeys(rotation.rotator, { settings })
        if (!broken) {
          expect(at).toBeGreaterThan(15)
          await rotation.close()
          return
        }
        expect((await rotation.states()).filter((state) => state.endsWith('active'))).toEqual(each('active'))
        expect((await rotation.states()).filter((state) => state.endsWith('next'))).toEqual(each('next'))
        // The rest of the life goes on as if nothing had been.
        rotation.now = begin + settings.period + settings.overlap + settings.period + settings.overlap
        await rotateKeys(rotation.rotator, { settings })
        await rotation.close()
      }
      throw new Error('There was no end of transactions')
    },
    60_000,
  )
})

describe('an emergency', () => {
  beforeEach(async () => {
    rotation = await openRotation()
    rotation.now += 1
    await rotation.rotate({ ...settings, algorithms: ['RS256', 'ES256'] })
    rotation.now += leastOverlap
  })

  it('the key is published no more at once, another signs, and its tokens die with the caches', async () => {
    const [sign, inside, outside] = [rotation.signer(), rotation.inside(), rotation.outside({ looksAgain: false })]
    const token = await sign('ES256')
    expect([await inside(token), await outside(token)]).toEqual([true, true])
    const stolen = (await rotation.keys()).find((key) => key.alg === 'ES256' && key.state === 'active')

    const revoked = await revokeKey(rotation.rotator, stolen?.kid ?? '')
    expect(revoked).toMatchObject({
      ok: true,
      value: [{ type: 'signing-key.revoked' }, { type: 'signing-key.activated' }],
    })
    expect((await rotation.published()).keys.map(({ kid }) => kid)).not.toContain(stolen?.kid)
    // A Lambda that is started now refuses it at once; one that is warm within a minute; others when /jwks is stale.
    expect(await rotation.inside()(token)).toBe(false)
    rotation.now += 61
    expect([await inside(token), await outside(token)]).toEqual([false, true])
    rotation.now += 240
    expect(await outside(token)).toBe(false)
    // What another key signs is good everywhere: it had been published before.
    const fresh = await sign('ES256')
    expect([await inside(fresh), await outside(fresh), await rotation.inside()(fresh)]).toEqual([true, true, true])
  })

  it('what it signed is no hint any more, either: somebody else may have signed it', async () => {
    const { rotator, stage, now } = rotation
    const claims = { iss: stage.issuer, sub: 'ada', aud: 'app1', iat: now, exp: now + 600 }
    const hint = await openSigner(stage, rotator.db, rotator.now).sign('RS256', 'JWT', claims)
    const readHint = () => openVerifier(stage, rotator.db, rotator.now).readHint(hint)
    expect(await readHint()).toMatchObject({ sub: 'ada' })
    const active = (await rotation.keys()).find((key) => key.alg === 'RS256' && key.state === 'active')
    expect(await revokeKey(rotator, active?.kid ?? '')).toMatchObject({ ok: true })
    expect(await readHint()).toBeUndefined()
  })

  it('one after the other: where there is no next key any more, one is made', async () => {
    for (let count = 0; count < 3; count++) {
      const active = (await rotation.keys()).find((key) => key.alg === 'ES256' && key.state === 'active')
      expect(await revokeKey(rotation.rotator, active?.kid ?? '')).toMatchObject({ ok: true })
      expect((await rotation.states()).filter((state) => state === 'ES256 active')).toHaveLength(1)
    }
    const token = await rotation.signer()('ES256')
    expect(await rotation.inside()(token)).toBe(true)
    expect(await revokeKey(rotation.rotator, 'nobody')).toEqual({ ok: false, reason: 'no-signing-key' })
  })

  it('at the same time as a rotation, both are done', async () => {
    rotation.now += settings.period
    const active = (await rotation.keys()).find((key) => key.alg === 'ES256' && key.state === 'active')
    const pair = { ...settings, algorithms: ['RS256', 'ES256'] as const }
    await Promise.all([
      rotateKeys(rotation.rotator, { settings: pair }),
      revokeKey(rotation.rotator, active?.kid ?? ''),
      rotateKeys(rotation.rotator, { settings: pair }),
    ])
    await rotateKeys(rotation.rotator, { settings: pair })
    expect((await rotation.keys()).map(({ kid }) => kid)).not.toContain(active?.kid)
    expect((await rotation.states()).filter((state) => /active|next/.test(state))).toEqual([
      'ES256 active',
      'ES256 next',
      'RS256 active',
      'RS256 next',
    ])
  })
})

describe('hints', () => {
  it('an ID token of a key that is gone still says whose it was', async () => {
    rotation = await openRotation()
    const pair = { ...settings, algorithms: ['RS256', 'ES256'] as const }
    await rotation.rotate(pair)
    const signer = openSigner(rotation.stage, rotation.db, rotation.rotator.now)
    const { now } = rotation
    const claims = { iss: rotation.stage.issuer, sub: 'ada', aud: 'app1', iat: now, exp: now + 600 }
    const hint = await signer.sign('RS256', 'JWT', claims)
    rotation.now += settings.period
    await rotation.rotate(pair)
    rotation.now += settings.overlap
    await rotation.rotate(pair)
    expect(await rotation.states()).toContain('RS256 gone')
    const verifier = openVerifier(rotation.stage, rotation.db, rotation.rotator.now)
    expect(await verifier.readHint(hint)).toMatchObject({ sub: 'ada', aud: 'app1' })
    // As a token it is nothing, and was it still running.
    const then = await openVerifier(rotation.stage, rotation.db, () => now + 1).verify(hint, { typ: 'JWT' })
    expect(then).toMatchObject({ ok: false, detail: 'unknown key' })
    // Its private half is no more.
    const gone = (await rotation.keys()).filter(({ state }) => state === 'gone')
    expect(gone.every((key) => !('wrappedPrivateKey' in key))).toBe(true)
  })
})

describe('a start', () => {
  it('with keys from before they took turns makes those that are missing, and leaves the rest', async () => {
    rotation = await openRotation()
    const bench = { ...rotation.rotator, vault: openVault(rotation.stage) }
    await rotation.db.transact([createdRealm(newRealm())])
    for (const alg of ['RS256', 'ES256'] as const) {
      const made = await rotation.rotator.keyMaker.make(alg)
      // As `init` once wrote it.
      await rotation.db.transact([
        createdSigningKey({ ...made, state: 'active', createdAt: rotation.now - 10_000_000 }),
      ])
    }
    const before = (await rotation.keys()).map(({ kid }) => kid)
    expect((await ensureSigningKeys(bench)).map(({ detail }) => detail.replace(/ \S+,/, ','))).toEqual([
      'PS256, active',
      'EdDSA, active',
    ])
    expect(await rotation.states()).toEqual(each('active'))
    expect((await rotation.keys()).map(({ kid }) => kid)).toEqual(expect.arrayContaining(before))
    expect(await ensureSigningKeys(bench)).toEqual([])
    // Long due, they are followed as soon as the next ones are known.
    await rotateKeys(rotation.rotator)
    rotation.now += 86_400
    const done = await rotateKeys(rotation.rotator)
    expect(done.filter(({ type }) => type === 'signing-key.activated')).toHaveLength(2)
  })
})
