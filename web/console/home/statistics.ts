/** What `GET …/statistics` answers, and what the pictures make of it. */

export type Counted = {
  events: Record<string, number>
  keys: Record<'imported' | 'added' | 'activated' | 'expired' | 'deleted', number>
  signIns: Record<string, number>
  failures: Record<string, number>
}

export type Statistics = {
  from: string
  to: string
  days: readonly ({ day: string } & Counted)[]
  total: Counted
  ever: { keys: Counted['keys']; models: readonly { aaguid: string; name?: string; keys: number }[] }
}

export const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** The most frequent first; of the same number, by name. */
export const ranked = (counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts).sort(([one, many], [other, more]) => more - many || (one < other ? -1 : 1))

export type Span = { day: string; signIns: Record<string, number> }

/** Bars that one can tell apart: days, or weeks of a long time. Of a week that is not over, what there is. */
export function spansOf(days: Statistics['days']): Span[] {
  const length = days.length > 92 ? 7 : 1
  const spans: Span[] = []
  for (const [at, { day, signIns }] of days.entries()) {
    const span: Span | undefined = at % length === 0 ? { day, signIns: {} } : spans.at(-1)
    if (span === undefined) continue
    if (at % length === 0) spans.push(span)
    for (const [acr, count] of Object.entries(signIns)) span.signIns[acr] = (span.signIns[acr] ?? 0) + count
  }
  return spans
}
