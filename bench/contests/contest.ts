/**
 * What a contest is made of: sides that do one thing by one way each, and what they use up (a code, a session, an answer
 * of a key), which is made before the clock runs.
 */
import { codeIn } from '../browser.ts'
import type { Asked, Carrier, Reply } from '../carriers.ts'
import { type Figures, runAll, type Side } from '../measure.ts'
import type { Ours } from '../ours.ts'

/** Ours as it is deployed, the same over HTTP, and from the sources with a store that remembers. */
export type Carriers = { event: Carrier; http: Carrier; storeless: Carrier }

export type Setting = { ours: Ours; carriers: Carriers }

export type Contests = Record<string, () => Promise<Contest>>

export type Contest = {
  name: string
  title: string
  atOnce: number
  sides: Side[]
  /** What else the figures say. */
  note?(figures: readonly Figures[]): string
}

/** One request, and what is done with its answer. */
export type Prepared = { asked: Asked; take(reply: Reply): void }
export type Supply = (count: number) => Promise<Prepared[]>

export const sideOf = (name: string, carrier: Carrier, supply: Supply): Side => ({
  name,
  async prepare(count) {
    const prepared = await supply(count)
    return prepared.map(({ asked, take }) => {
      const go = carrier.load(asked)
      return async () => take(await go())
    })
  },
})

export const expecting =
  (status: number, what: (reply: Reply) => void = () => {}) =>
  (reply: Reply) => {
    if (reply.status !== status) throw new Error(`Answered ${reply.status}, not ${status}: ${reply.body.slice(0, 300)}`)
    what(reply)
  }

export const tokensIn = (reply: Reply): { access_token: string; refresh_token?: string } => JSON.parse(reply.body)
export const ok = expecting(200)
export const withCode = expecting(303, (reply) => void codeIn(reply))

/** Calls `make` so many times, some at once, and hands back what it made. */
export async function makeMany<Made>(count: number, make: (at: number) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  const uses = Array.from({ length: count }, (_, at) => async () => void made.push(await make(at)))
  await runAll(uses, 8)
  return made
}

/** Makes them once and hands out the same ones again. */
export function pool<Made>(make: (at: number) => Promise<Made>) {
  const made: Made[] = []
  return async (count: number): Promise<Made[]> => {
    if (made.length < count) made.push(...(await makeMany(count - made.length, (at) => make(made.length + at))))
    return made.slice(0, count)
  }
}

/** A member of a list, around and around. */
export const turn = <Each>(list: readonly Each[], at: number): Each => {
  const each = list[at % list.length]
  if (each === undefined) throw new Error('A list of nobody')
  return each
}

export const aroundOf =
  (asked: readonly Asked[], take: (reply: Reply) => void): Supply =>
  async (count) =>
    Array.from({ length: count }, (_, at) => ({ asked: turn(asked, at), take }))

/** The same requests each time, for a store that writes nothing. */
export const repeated = (supply: Supply, take: (reply: Reply) => void): Supply => {
  const kept: Prepared[] = []
  return async (count) => {
    if (kept.length === 0) kept.push(...(await supply(50)))
    return Array.from({ length: count }, (_, at) => ({ asked: turn(kept, at).asked, take }))
  }
}
