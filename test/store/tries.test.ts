import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../src/store/keys.ts'
import { forgivenTries, punishedTries, type Try, takeTry } from '../../src/store/tries.ts'
import { type House, openHouse } from '../house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

type Taken = Extract<Try, { ok: true }>
const ip = '192.0.2.1'
const take = (stranger: string, now: number) => takeTry(house.db, 'password', { stranger }, ip, now)

async function taken(stranger: string, now: number): Promise<Taken> {
  const one = await take(stranger, now)
  if (!one.ok) throw new Error(`To wait until ${one.waitUntil - now} seconds from now`)
  return one
}

/** One after another, each done before the next begins. */
async function haveFailed(stranger: string, failures: number): Promise<void> {
  for (let count = 0; count < failures; count++) {
    house.now += 901
    await house.seed(punishedTries(await taken(stranger, house.now), house.now))
  }
}

describe('failures that take longer to find out than the door stays shut', () => {
  it('have the next one wait all the same', async () => {
    let before: Taken | undefined
    let begun = 0
    for (let seconds = 0; seconds < 30; seconds++) {
      const now = house.now + seconds
      const next = await take('slow', now)
      if (before !== undefined) await house.db.transact([punishedTries(before, now)])
      before = next.ok ? next : undefined
      begun += next.ok ? 1 : 0
    }
    // Five at once, and the growing waits after them; each second would be thirty.
    expect(begun).toBeLessThanOrEqual(10)
  })

  it('shorten no wait that a later one has set, and set none once one was right', async () => {
    await haveFailed('late', 10)
    house.now += 901
    const first = await taken('late', house.now)
    const second = await taken('late', house.now + 1)
    await house.seed(punishedTries(second, house.now + 3))
    const late = await house.db.transact([punishedTries(first, house.now + 1)])
    expect(late.ok).toBe(false)
    expect(await take('late', house.now + 902)).toMatchObject({ ok: false })

    house.now += 2000
    const wrong = await taken('late', house.now)
    await house.seed(forgivenTries(await taken('late', house.now + 1)))
    expect((await house.db.transact([punishedTries(wrong, house.now + 2)])).ok).toBe(false)
    expect(await take('late', house.now + 2)).toMatchObject({ ok: true, count: 1 })
  })
})

it('tries at a name of nobody are kept for a quarter of a year, so that waiting tells nobody from somebody', async () => {
  await haveFailed('forgotten', 1)
  const kept = await house.db.get(places.strangerTries('forgotten'))
  expect(Number(kept?.until) - house.now).toBe(90 * 86_400)
})
