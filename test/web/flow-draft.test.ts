/** What the console makes of a flow while it is edited, and of counts before they are drawn. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import fido from '../../flows/fido.json' with { type: 'json' }
import { parseFlow } from '../../src/core/step-up/flow.ts'
import {
  type DraftFlow,
  examine,
  firstFlow,
  moved,
  movedLevel,
  newLevel,
  newStep,
  withDemands,
} from '../../web/console/flows/draft.ts'
import { reachedBy } from '../../web/console/flows/reached.ts'
import { ranked, type Statistics, spansOf } from '../../web/console/home/statistics.ts'

const names = { pwd: 0, otp: 1, cba: 2, fido: 3 }
const draft = (): DraftFlow => structuredClone(fido) as DraftFlow

describe('a flow that is edited', () => {
  it('is examined by the rules of the server: as a document, then whether it works, then what is doubtful', () => {
    expect(examine(draft(), names)).toMatchObject({ flow: fido, doubts: [] })
    const nameless = draft()
    nameless.levels[1] = { ...newLevel(nameless), alias: '' }
    expect(examine(nameless, names).trouble?.at).toBe('/levels/1/alias')
    const numberless = { ...draft(), levels: draft().levels.map((level) => ({ ...level, maxAge: null })) }
    expect(examine(numberless, names)).toMatchObject({ trouble: { at: '/levels/0/maxAge' } })
    const upsideDown = { ...draft(), levels: draft().levels.toReversed() }
    expect(examine(upsideDown, names).trouble).toMatchObject({ at: '/levels/1/loa', detail: 'levels must ascend' })
    const lonely = draft()
    lonely.levels[0]?.steps.splice(0, 1, { ...newStep(), requirement: 'alternative' })
    expect(examine(lonely, names).doubts).toMatchObject([{ at: '/levels/0/steps/0/requirement' }])
  })

  it('begins as one that works, and a new level is one, above all others', () => {
    const first = firstFlow('new', 'New')
    expect(examine(first, names).trouble).toBeUndefined()
    const higher = { ...first, levels: [...first.levels, newLevel(first), newLevel({ ...first, levels: [] })] }
    expect(newLevel(higher)).toMatchObject({ loa: 2, alias: 'level-2' })
    expect(examine({ ...first, levels: [...first.levels, newLevel(first)] }, names).trouble).toBeUndefined()
  })

  it('still ascends when levels change places: the numbers stay, what they stand for moves', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.constantFrom(-1 as const, 1 as const), (at, by) => {
        const { levels } = draft()
        const after = movedLevel(levels, at, by)
        expect(after.map(({ loa }) => loa)).toEqual(levels.map(({ loa }) => loa))
        expect(after.map(({ alias }) => alias)).toEqual(moved(levels, at, by).map(({ alias }) => alias))
        expect(parseFlow({ ...draft(), levels: after }).ok).toBe(true)
      }),
    )
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
    expect(moved(['a', 'b'], 1, -1)).toEqual(['b', 'a'])
  })

  it('says nothing of demands that demand nothing', () => {
    const step = withDemands(newStep('webauthn'), { attested: true, deviceBound: false })
    expect(step.demands).toEqual({ attested: true })
    expect('demands' in withDemands(step, { attested: false })).toBe(false)
  })

  it('reaches a name by its lowest level that is enough', () => {
    const { flow = firstFlow('x', 'X') } = examine(draft(), names)
    expect([0, 1, 2, 3, 4].map((loa) => reachedBy(flow, loa)?.alias)).toEqual(['pwd', 'otp', 'fido', 'fido', undefined])
  })
})

describe('counts that are drawn', () => {
  const days = (count: number): Statistics['days'] =>
    Array.from({ length: count }, (_, at) => ({
      day: new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10),
      events: {},
      keys: { imported: 0, added: 0, activated: 0, expired: 0, deleted: 0 },
      signIns: { pwd: 1, ...(at % 2 === 0 ? { fido: 2 } : {}) },
      failures: {},
    }))

  it('are by day up to three months, and by week beyond; none is lost', () => {
    expect(spansOf(days(30))).toHaveLength(30)
    const year = spansOf(days(365))
    expect(year).toHaveLength(53)
    expect(year[0]).toEqual({ day: '2026-01-01', signIns: { pwd: 7, fido: 8 } })
    expect(year.reduce((sum, { signIns }) => sum + (signIns.pwd ?? 0), 0)).toBe(365)
    expect(year.at(-1)?.signIns).toEqual({ pwd: 1, fido: 2 })
  })

  it('are ranked by how many, then by name', () => {
    expect(ranked({ b: 1, a: 1, c: 5 })).toEqual([
      ['c', 5],
      ['a', 1],
      ['b', 1],
    ])
  })
})
