/**
 * Runs several ways of doing one thing against each other: in turns, round after round, so that what else the machine
 * does falls on all of them. Ratios are taken within a round; figures are medians.
 *
 * CPU is that of this process with all of its threads: the emulator's is not in it, a client's over HTTP is.
 */
import { setImmediate as breathe } from 'node:timers/promises'

/** One use of what is measured, with everything that can be prepared prepared. */
export type Use = () => Promise<unknown>

export type Side = {
  name: string
  /** Uses for one stretch; may be called again and again. Not on the clock. */
  prepare(count: number): Promise<Use[]>
}

export type Figures = {
  name: string
  perSecond: number
  /** Microseconds of CPU a use. */
  cpu: number
  /** CPU a use over that of the first side, within a round; and uses a second, its over the first side's. */
  cpuRatio: number
  speedRatio: number
}

export type Race = { seconds: number; rounds: number; atOnce: number }

const largest = 10_000
const stretch = 250

export async function race(sides: readonly Side[], { seconds, rounds, atOnce }: Race): Promise<Figures[]> {
  const samples = sides.map((): { perSecond: number; cpu: number }[] => [])
  const counts: number[] = []
  for (const side of sides) counts.push(await warm(side, seconds, atOnce))
  for (let round = 0; round < rounds; round++)
    for (const [at, side] of sides.entries()) samples[at]?.push(await time(side, counts[at] ?? 40, atOnce))

  const first = samples[0] ?? []
  return sides.map(({ name }, at) => {
    const own = samples[at] ?? []
    return {
      name,
      perSecond: median(own.map((sample) => sample.perSecond)),
      cpu: median(own.map((sample) => sample.cpu)),
      cpuRatio: median(own.map((sample, round) => sample.cpu / (first[round]?.cpu ?? Number.NaN))),
      speedRatio: median(own.map((sample, round) => (first[round]?.perSecond ?? Number.NaN) / sample.perSecond)),
    }
  })
}

/** Until it is compiled, or has had its time. Answers how many uses fill a round. */
async function warm(side: Side, seconds: number, atOnce: number): Promise<number> {
  let perSecond = 0
  const until = performance.now() + 2500
  for (let uses = 0; uses < 250 && performance.now() < until; uses += 50)
    perSecond = (await time(side, 50, atOnce)).perSecond
  return Math.min(Math.max(Math.round(perSecond * seconds), 40), largest)
}

async function time({ prepare }: Side, count: number, atOnce: number) {
  let [wall, cpu, done] = [0, 0, 0]
  while (done < count) {
    const uses = await prepare(Math.min(stretch, count - done))
    await breathe()
    const [cpuBefore, before] = [process.cpuUsage(), performance.now()]
    await runAll(uses, atOnce)
    wall += performance.now() - before
    const { user, system } = process.cpuUsage(cpuBefore)
    cpu += user + system
    done += uses.length
  }
  return { perSecond: done / (wall / 1000), cpu: cpu / done }
}

/** So many at once, each of them one after another. */
export async function runAll(uses: readonly Use[], atOnce: number): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let use = uses[next++]; use !== undefined; use = uses[next++]) await use()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

/** The same thing over and over. */
export const again = (name: string, use: Use): Side => ({
  name,
  prepare: async (count) => Array.from({ length: count }, () => use),
})
