/**
 * Random sequences of everything that can happen to sign-ins, done to the service and to the reference model: what a
 * browser sees is what the model expects, after each command. The other half is in `step-up-again.test.ts`, for the
 * other core.
 *
 *     SEED=1 RUNS=100000 FIGURES=yes npx vitest run test/model
 */
import { expect, it, vi } from 'vitest'
import { playMany } from './play.ts'

vi.mock(import('../../src/core/password.ts'), async (real) => (await import('./compared-once.ts')).comparedOnce(real))

const seed = Number(process.env.SEED ?? 20_261_122)
const runs = Number(process.env.RUNS ?? 20_000) / 2

/** All that the service can come to. Without them the sequences would prove less than they seem to. */
const outcomes = [
  'ask: missing',
  'ask: attempt',
  'issue: reached',
  'issue: reached-lower',
  'refuse: login_required (no-session)',
  'refuse: login_required (stale)',
  'refuse: unmet_authentication_requirements (no-match-acr)',
  'refuse: unmet_authentication_requirements (unknown-acr)',
  'refuse: unmet_authentication_requirements (no-credential)',
  'refuse: access_denied (locked)',
]

it(`${runs} sequences: each browser sees what the model expects`, { timeout: 600_000 }, async () => {
  const figures = await playMany({ seed, runs })
  if (process.env.FIGURES) console.log(JSON.stringify(figures, undefined, 2))
  for (const outcome of outcomes) expect(figures.outcomes[outcome] ?? 0, outcome).toBeGreaterThan(0)
})
