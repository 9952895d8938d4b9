/** A way in which the two answer differently: at which requests, in which members, by which clause, and why ours does. */
import type { Difference } from '../answer.ts'

export type Listed = {
  about: string
  members: Difference
  clause: string
  why: string
  /** Each request by its name: one that is not among these has no such difference. */
  at: readonly string[]
}

/** All that is listed of one request. Two entries that speak of the same member contradict each other. */
export function listedAt(name: string, listed: readonly Listed[]): Difference {
  const members: [string, Difference[string]][] = listed
    .filter(({ at }) => at.includes(name))
    .flatMap(({ members: its }) => Object.entries(its))
  const names = members.map(([member]) => member)
  if (new Set(names).size !== names.length) throw new Error(`A member of '${name}' is listed twice`)
  return Object.fromEntries(members)
}
