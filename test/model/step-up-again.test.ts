/**
 * Random sequences of everything that can happen to sign-ins, done to the service and to the reference model: what a
 * browser sees is what the model expects, after each command. The other half of `step-up.test.ts`, for the other core.
 *
 *     SEED=1 RUNS=100000 FIGURES=yes npx vitest run test/model
 */
import { expect, it, vi } from 'vitest'
import { playMany } from './play.ts'

vi.mock(import('../../src/core/password.ts'), async (real) => (await import('./compared-once.ts')).comparedOnce(real))

const seed = Number(process.env.SEED ?? 20_261_122) + 1
const runs = Number(process.env.RUNS ?? 20_000) / 2

it(`${runs} sequences: each browser sees what the model expects`, { timeout: 600_000 }, async () => {
  const figures = await playMany({ seed, runs })
  if (process.env.FIGURES) console.log(JSON.stringify(figures, undefined, 2))
  expect(figures.commands).toBeGreaterThan(runs)
})
