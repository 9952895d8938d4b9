/**
 * A flow while it is being edited: it may lack a number that is being typed. Whether it is a flow, and whether it can work,
 * is said by the server's own rules, which are these very functions.
 */
import type { Requirement } from '../../../src/core/step-up/flow.ts'
import {
  type AcrMap,
  checkFlow,
  type Demands,
  type Doubt,
  doubtsAbout,
  type FactorKind,
  type Flow,
  parseFlow,
} from '../../../src/core/step-up/flow.ts'

export type DraftStep = {
  authenticator: FactorKind
  requirement: Requirement
  reference?: string
  referenceMaxAge: number | null
  demands?: Demands
}
export type DraftLevel = {
  alias: string
  loa: number | null
  maxAge: number | null
  mode: 'cumulative' | 'direct'
  steps: DraftStep[]
}
export type DraftFlow = { id: string; name: string; description: string; version: number; levels: DraftLevel[] }

/** `flow`: what may be saved. `trouble`: the first thing that keeps it from that. */
export type Examined = { flow?: Flow; trouble?: Doubt; doubts: readonly Doubt[] }

export function examine(draft: DraftFlow, acrToLoa: AcrMap): Examined {
  const parsed = parseFlow(draft)
  const checked = parsed.ok ? checkFlow(parsed.value, acrToLoa) : parsed
  if (!checked.ok) return { trouble: { at: checked.at ?? '', detail: checked.detail ?? checked.reason }, doubts: [] }
  return { flow: checked.value, doubts: doubtsAbout(checked.value) }
}

const hour = 3600

export const newStep = (authenticator: FactorKind = 'password'): DraftStep => ({
  authenticator,
  requirement: 'required',
  referenceMaxAge: hour,
})

/** Above all there are, with an alias that none of them has. */
export function newLevel({ levels }: DraftFlow): DraftLevel {
  const loa = Math.max(-1, ...levels.map((level) => level.loa ?? 0)) + 1
  const taken = new Set(levels.map(({ alias }) => alias))
  let number = loa
  while (taken.has(`level-${number}`)) number++
  return { alias: `level-${number}`, loa, maxAge: hour, mode: 'cumulative', steps: [newStep('otp')] }
}

export const firstFlow = (id: string, name: string): Flow => ({
  id,
  name,
  description: '',
  version: 1,
  levels: [
    { alias: 'pwd', loa: 0, maxAge: hour, mode: 'cumulative', steps: [{ ...newStep(), referenceMaxAge: hour }] },
  ],
})

export const replaced = <Item>(list: readonly Item[], at: number, item: Item): Item[] =>
  list.map((one, index) => (index === at ? item : one))

export const without = <Item>(list: readonly Item[], at: number): Item[] => list.filter((_, index) => index !== at)

/** Exchanged with the one before (-1) or after (1); as it is where there is none. */
export function moved<Item>(list: readonly Item[], at: number, by: -1 | 1): Item[] {
  const [one, other] = [list[at], list[at + by]]
  return one === undefined || other === undefined ? [...list] : replaced(replaced(list, at, other), at + by, one)
}

/** Levels ascend by their numbers, so those stay where they are and what they stand for changes places. */
export function movedLevel(levels: readonly DraftLevel[], at: number, by: -1 | 1): DraftLevel[] {
  const numbers = levels.map(({ loa }) => loa)
  return moved(levels, at, by).map((level, index) => ({ ...level, loa: numbers[index] ?? null }))
}

/** Without what says nothing: a document that demands nothing says nothing of demands. */
export function withDemands({ demands: _, ...step }: DraftStep, demands: Demands): DraftStep {
  const said = Object.entries(demands).filter(([, value]) => value !== undefined && value !== false)
  return said.length === 0 ? step : { ...step, demands: Object.fromEntries(said) }
}
