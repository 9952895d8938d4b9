/**
 * Nobody is ever refused a token because keys take turns: a whole cycle on a virtual clock, under load. Each control takes
 * one thing away that this rests on, and then tokens fail: the test can.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { leastOverlap, type RotationSettings } from '../src/core/oidc/key-rotation.ts'
import { signingAlgorithms } from '../src/core/oidc/signing.ts'
import { revokeKey } from '../src/rotate-keys.ts'
import { type Judge, openRotation, type Rotation } from './key-rotation-house.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Seconds: a third of what a warm Lambda goes on with, so that caches begin at three different times. */
const tick = 20
/** Of a token, when it is looked at: at once, a little later, half-way, and at its last. */
const ages = [0, tick, 300, 580]

const shortest = { algorithms: signingAlgorithms, overlap: leastOverlap, period: 2 * leastOverlap }
/** Where one algorithm says enough. */
const alone = { ...shortest, algorithms: ['ES256'] as const }

type Minted = { at: number; token: string; name: string }

/** What failed, and what was seen on the way. `meanwhile` is done at each tick before the keys are looked after. */
async function runCycle(
  settings: RotationSettings,
  seconds: number,
  meanwhile: (rotation: Rotation, elapsed: number) => Promise<unknown> = async () => {},
) {
  const rotation = await openRotation()
  const begin = rotation.now
  rotation.now = begin
  await rotation.rotate(settings)
  const sign = [rotation.signer(), rotation.signer(), rotation.signer()]
  const judges: [string, Judge][] = [
    ['Lambda 1', rotation.inside()],
    ['Lambda 2', rotation.inside()],
    ['outside', rotation.outside({ looksAgain: true })],
    ['outside, never looks again', rotation.outside({ looksAgain: false })],
    ['outside, never looks again, later', rotation.outside({ looksAgain: false })],
  ]
  const minted: Minted[] = []
  const [failures, states, kids] = [[] as string[], new Set<string>(), new Set<string>()]
  let looks = 0
  for (let at = 0; at <= seconds; at += tick) {
    rotation.now = begin + at
    await meanwhile(rotation, at)
    await rotation.rotate(settings)
    for (const key of await rotation.keys()) {
      states.add(`${key.alg} ${key.state}`)
      kids.add(key.kid)
    }
    for (const [number, mint] of sign.entries())
      for (const alg of settings.algorithms)
        if (number * tick <= at) minted.push({ at, token: await mint(alg), name: `${alg} ${number} ${at}` })
    for (const { at: mintedAt, token, name } of minted) {
      if (!ages.includes(at - mintedAt)) continue
      for (const [number, [who, judge]] of judges.entries()) {
        // Each reads the keys for the first time at another time.
        if (number * tick > at) continue
        looks++
        if (!(await judge(token))) failures.push(`${who} at ${at}: ${name}`)
      }
    }
  }
  await rotation.close()
  return { failures, states: [...states].sort(), kids: kids.size, minted: minted.length, looks }
}

/** The next keys are lost just before their day, so that others come at the last moment. */
const losesNext = async (rotation: Rotation, elapsed: number): Promise<void> => {
  if (elapsed !== shortest.period - tick) return
  for (const key of await rotation.keys()) if (key.state === 'next') await revokeKey(rotation.rotator, key.kid)
}

describe('a whole cycle under load', () => {
  it('no token is refused by anybody until its end', async () => {
    const cycle = await runCycle(shortest, 2 * shortest.period + leastOverlap + 2 * tick)
    expect(cycle.failures).toEqual([])
    expect(cycle.states).toEqual(
      signingAlgorithms
        .flatMap((alg) => ['active', 'gone', 'next', 'retiring'].map((state) => `${alg} ${state}`))
        .sort(),
    )
    // Two that signed and are gone or going, one that signs, one that is next: of each.
    expect(cycle.kids).toBe(4 * signingAlgorithms.length)
    expect(cycle.minted).toBeGreaterThan(2000)
    expect(cycle.looks).toBeGreaterThan(40_000)
  }, 240_000)

  it('nor is one where the next keys came late: they wait until they are known', async () => {
    const cycle = await runCycle(alone, shortest.period + 2 * leastOverlap, losesNext)
    expect(cycle.failures).toEqual([])
    expect(cycle.states).toContain('ES256 retiring')
  }, 240_000)

  it('control: tokens fail where a key that signed goes at once', async () => {
    const cycle = await runCycle({ ...alone, overlap: 0 }, shortest.period + 600)
    // Everybody notices, but for whom /jwks is in the cache longer.
    expect(cycle.failures.filter((each) => each.startsWith('Lambda')).length).toBeGreaterThan(10)
    expect(cycle.failures.filter((each) => each.startsWith('outside')).length).toBeGreaterThan(10)
  }, 240_000)

  it('control: tokens fail where a key signs before it is known', async () => {
    const cycle = await runCycle({ ...alone, overlap: 0 }, shortest.period + 100, losesNext)
    // Those of the new key, which begins at the period's end.
    const unknown = cycle.failures.filter(
      (each) => each.includes('never looks again') && Number(each.split(' ').at(-1)) >= shortest.period,
    )
    expect(unknown.length).toBeGreaterThan(4)
  }, 240_000)
})
