/**
 * Plays a sequence of commands to the service and to the model, and throws with the story of it where they part.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Db } from '../../src/store/db.ts'
import { openMemoryDb } from '../memory-db.ts'
import { aCommand, type Command } from './commands.ts'
import { openReference } from './reference.ts'
import { type Done, run } from './run.ts'
import { beginning } from './scenario.ts'
import { openService, seeds } from './service.ts'

export type Figures = { commands: number; outcomes: Record<string, number>; seen: Record<string, number> }

const count = (figures: Record<string, number>, word: string): void => {
  figures[word] = (figures[word] ?? 0) + 1
}

export const noFigures = (): Figures => ({ commands: 0, outcomes: {}, seen: {} })

/** Does a sequence to both, and throws with the story of it where they part. */
export async function play(commands: readonly Command[], db: Db, figures: Figures): Promise<void> {
  const model = openReference(beginning())
  const service = openService(db)
  const story: string[] = []
  const check = ({ said, expected, seen }: Done): void => {
    story.push(said)
    figures.commands++
    if (seen?.at === 'page') count(figures.seen, `page: ${seen.page}`)
    if (seen?.at === 'page' && seen.notice !== undefined) count(figures.seen, `notice: ${seen.notice}`)
    if (seen?.at === 'application') count(figures.seen, `application: ${'error' in seen ? seen.error : 'tokens'}`)
    if (isDeepStrictEqual(expected, seen)) return
    throw new Error([...story, `expected ${JSON.stringify(expected)}`, `but saw  ${JSON.stringify(seen)}`].join('\n'))
  }
  for (const command of commands)
    await run(command, model, service, check).catch((failure: Error) => {
      const told = failure.message.includes('but saw')
      throw told ? failure : new Error([...story, JSON.stringify(command), String(failure.stack)].join('\n'))
    })
  for (const [word, times] of Object.entries(model.outcomes))
    figures.outcomes[word] = (figures.outcomes[word] ?? 0) + times
}

export const someCommands = fc.array(aCommand, { minLength: 2, maxLength: 7, size: 'max' })

/** As many sequences as `runs`, each from the beginning, on a store in memory. */
export async function playMany({ seed, runs }: { seed: number; runs: number }): Promise<Figures> {
  const figures = noFigures()
  const db = openMemoryDb()
  for (const writes of await seeds(beginning())) {
    const done = await db.transact(writes)
    if (!done.ok) throw new Error('The beginning was refused')
  }
  const begin = db.snapshot()
  const property = fc.asyncProperty(someCommands, async (commands) => {
    db.restore(begin)
    await play(commands, db, figures)
  })
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: false })
  return figures
}
