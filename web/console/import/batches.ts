/** Divides rows among requests: by how many items one takes, and by how long it may be. */
import type { Row } from './rows.ts'

/** Items of a request, and bytes of its body, as the API takes them; with some room for what is around the items. */
const most = { items: 100, bytes: 1_000_000 } as const

export type Sendable = Extract<Row, { item: unknown }>

export function batchesOf(rows: readonly Sendable[]): Sendable[][] {
  const batches: Sendable[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const size = new TextEncoder().encode(JSON.stringify(row.item)).length + 1
    const last = batches.at(-1)
    if (last === undefined || last.length === most.items || bytes + size > most.bytes) {
      batches.push([row])
      bytes = size
    } else {
      last.push(row)
      bytes += size
    }
  }
  return batches
}
