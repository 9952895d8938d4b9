import { afterEach, expect, it, vi } from 'vitest'
import { keepRotating } from '../../local/rotation.ts'
import { newRealm } from '../../src/setup.ts'
import { createdRealm } from '../../src/store/realm.ts'
import { openRotation, type Rotation } from '../key-rotation-house.ts'

let rotation: Rotation
afterEach(() => rotation.close())

const settings = { algorithms: ['RS256', 'ES256'], period: 90 * 86_400, overlap: 86_400 } as const

it('an old state with two keys gets the other two, and all of them a next one', async () => {
  rotation = await openRotation()
  await rotation.db.transact([createdRealm(newRealm())])
  await rotation.rotate(settings)
  const told: string[] = []
  const keeping = keepRotating(rotation.rotator, (line) => told.push(line), { first: 0, every: 3600 })
  await vi.waitFor(async () => expect(await rotation.states()).toHaveLength(8), { timeout: 30_000 })
  await keeping.close()
  expect(await rotation.states()).toEqual(
    ['ES256', 'EdDSA', 'PS256', 'RS256'].flatMap((alg) => [`${alg} active`, `${alg} next`]),
  )
  expect(told).toEqual([])
})

it('says what failed, and tries again', async () => {
  rotation = await openRotation()
  const told: string[] = []
  // No realm yet: there are no settings to go by.
  const keeping = keepRotating(rotation.rotator, (line) => told.push(line), { first: 0, every: 0.05 })
  await vi.waitFor(() => expect(told.length).toBeGreaterThan(1), { timeout: 30_000 })
  expect(told[0]).toContain('There is no realm yet')
  await rotation.db.transact([createdRealm(newRealm())])
  await vi.waitFor(async () => expect(await rotation.states()).toHaveLength(8), { timeout: 30_000 })
  await keeping.close()
})
