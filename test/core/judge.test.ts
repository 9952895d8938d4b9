/**
 * A session that has all that is asked for answers without anybody looking at what its person has
 * (`lambdas/oidc/authorize.ts`): that is so where no step is conditional, and is held here to the whole decision.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Decision, decide } from '../../src/core/step-up/decide.ts'
import { aQuestion, someEnrolled } from './step-up/generated.ts'

/** Tokens for what was asked. `reachable` is about what else the person could do. */
function tokensOf(decision: Decision) {
  if (decision.do !== 'issue' || decision.report.reason !== 'reached') return undefined
  const levels = decision.report.levels.map(({ reachable: _, ...level }) => level)
  return { ...decision, report: { ...decision.report, levels } }
}

it('what a session answers silently is what the whole decision answers, whatever its person has', () => {
  let silent = 0
  const property = fc.property(aQuestion, someEnrolled, (question, enrolled) => {
    const steps = question.flow.levels.flatMap((level) => level.steps)
    fc.pre(steps.every(({ requirement }) => requirement !== 'conditional'))
    const proofs = question.proofs.filter(({ request }) => request !== question.request.id)
    const asked = { ...question, proofs, attempted: false }
    const tokens = tokensOf(decide({ ...asked, enrolled: 'unknown' }))
    expect(tokensOf(decide({ ...asked, enrolled }))).toEqual(tokens)
    if (tokens !== undefined) silent++
  })
  fc.assert(property, { numRuns: 5000 })
  expect(silent).toBeGreaterThan(100)
})
