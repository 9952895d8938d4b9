/**
 * Thirty-two at once for what is there once, a hundred times over: one has it, every time, and the others are told so.
 *
 * A round is set up by itself, so that no round leans on another; who was told what is looked at here, and what is left
 * in the tables by the test that holds the race. `FIGURES=yes` prints how long each took, `ROUNDS=10` is for a quick look.
 */
import { expect } from 'vitest'
import type { House, Reply } from '../house.ts'

export const rounds = Number(process.env.ROUNDS ?? 100)
const runners = 32

/** Milliseconds: a machine that does something else beside it takes a while. */
export const longEnough = 600_000

/** `Answer`: what a runner comes back with. */
export type Race<Answer = Reply> = {
  /** Sets a round up, and answers what each of the runners does. */
  begin(): Promise<(runner: number) => Promise<Answer>>
  won(answer: Answer): boolean
  /** The answer that everybody else is to get: another one than winning, and no failure of ours. */
  lost(answer: Answer): boolean
  /** After each round, what one success left behind. */
  after?(winner: Answer): Promise<void>
}

/** Holds the race, and says how many answers there were of either kind. */
export async function hold<Answer>(house: House, thing: string, race: Race<Answer>): Promise<void> {
  const from = performance.now()
  let running = 0
  for (let round = 1; round <= rounds; round++) {
    const run = await race.begin()
    const started = performance.now()
    const replies = await Promise.all(Array.from({ length: runners }, (_, runner) => run(runner)))
    running += performance.now() - started
    const winners = replies.filter((reply) => race.won(reply))
    expect(winners.length, `of ${thing}, in round ${round}: ${told(replies)}`).toBe(1)
    const others = replies.filter((reply) => !race.won(reply))
    const strange = others.filter((reply) => !race.lost(reply))
    expect(strange.length, `of ${thing}, in round ${round}: ${told(strange)}`).toBe(0)
    if (winners[0] !== undefined) await race.after?.(winners[0])
    // Nobody asks for these; of thousands of requests, they would only grow.
    house.commands.length = 0
    house.lines.length = 0
  }
  if (process.env.FIGURES !== 'yes') return
  const [all, each] = [performance.now() - from, running / rounds]
  console.log(`${thing}: ${rounds} × ${runners}, ${(all / 1000).toFixed(1)} s, ${each.toFixed(0)} ms a round`)
}

const isReply = (answer: unknown): answer is Reply =>
  typeof answer === 'object' && answer !== null && 'status' in answer

function shown(answer: unknown): string {
  if (!isReply(answer)) return JSON.stringify(answer)
  const { status, headers, body } = answer
  return `${status} ${headers.location ?? ''} ${(headers['content-type'] ?? '').includes('json') ? body.slice(0, 200) : ''}`.trim()
}

const told = (answers: readonly unknown[]): string =>
  [...Map.groupBy(answers, shown)].map(([answer, { length }]) => `${length} × ${answer}`).join('; ')

/** An answer of the token endpoint that says no, and no more. */
export const isOAuthError =
  (...codes: string[]) =>
  ({ status, json }: Reply): boolean =>
    status === 400 && codes.includes(String((json as { error?: unknown } | undefined)?.error))
