/**
 * The store's `Db` in memory, for tests that make hundreds of thousands of calls.
 *
 *     const db = openMemoryDb()
 *     await db.transact([createdUser(user)])
 *     const begin = db.snapshot()
 *     db.restore(begin)
 *
 * It interprets the very expressions that the store writes (`test/expressions.ts`), and takes nothing else: what it does
 * not know throws. That it answers as DynamoDB does is held against the emulator in `test/model/memory-db.test.ts`. Left
 * out: capacity, sizes, and collisions in time, which one thread cannot have.
 */
import { type Table, tables } from '../lib/tables.ts'
import {
  type Db,
  folded,
  type Item,
  type Key,
  type Place,
  type Query,
  type Transacted,
  type Write,
} from '../src/store/db.ts'
import { changed, holds } from './expressions.ts'

export type MemoryDb = Db & {
  /** Every record of a table. */
  all(table: Table): Item[]
  /** What is there now, to come back to. */
  snapshot(): Snapshot
  restore(snapshot: Snapshot): void
}

type Snapshot = ReadonlyMap<Table, ReadonlyMap<string, ReadonlyMap<string, Item>>>

type Partition = Map<string, Item>

export function openMemoryDb(): MemoryDb {
  const stored = new Map<Table, Map<string, Partition>>()

  const find = ({ table, key }: Place): Item | undefined =>
    stored
      .get(table)
      ?.get(key.pk)
      ?.get(key.sk ?? '')

  const put = ({ table, key }: Place, item: Item): void => {
    const partitions = stored.get(table) ?? new Map<string, Partition>()
    const partition = partitions.get(key.pk) ?? new Map<string, Item>()
    stored.set(table, partitions.set(key.pk, partition.set(key.sk ?? '', item)))
  }

  const remove = ({ table, key }: Place): void =>
    void stored
      .get(table)
      ?.get(key.pk)
      ?.delete(key.sk ?? '')

  const itemsOf = (table: Table, pk?: string): Item[] => {
    const partitions = stored.get(table)
    const wanted = pk === undefined ? [...(partitions?.values() ?? [])] : [partitions?.get(pk) ?? new Map()]
    return wanted.flatMap((partition) => [...partition.values()])
  }

  const isAllowed = ({ condition, values }: Write, found: Item | undefined): boolean =>
    condition === undefined || holds(condition, found, values)

  function apply(write: Write, found: Item | undefined): void {
    if (write.write === 'put') put(write, kept({ ...write.item, ...write.key }))
    if (write.write === 'delete') remove(write)
    if (write.write === 'update') put(write, kept(changed(write.update, found ?? { ...write.key }, write.values ?? {})))
  }

  return {
    async batch(places) {
      return places.map((place) => (isPossible(place.key) ? find(place) : undefined))
    },

    async get(place) {
      return isPossible(place.key) ? find(place) : undefined
    },

    async query(query) {
      const sorted = candidates(query, itemsOf)
      const from = query.after === undefined ? sorted : sorted.filter((item) => isAfter(query, item))
      const read = from.slice(0, query.limit)
      const last = read.at(-1)
      const { filter, values } = query
      const items = read.filter((item) => filter === undefined || holds(filter, item, values))
      return last !== undefined && read.length === query.limit ? { items, next: keyOf(query, last) } : { items }
    },

    async count(query) {
      const { items, next } = await this.query(query)
      return { count: items.length, ...(next === undefined ? {} : { next }) }
    },

    async transact(given): Promise<Transacted> {
      const writes = folded(given)
      const places = new Set(writes.map(({ table, key }) => JSON.stringify([table, key])))
      if (places.size < writes.length) throw new Error('A transaction cannot include multiple operations on one item')
      if (writes.length === 0 || writes.length > 100) throw new Error(`A transaction of ${writes.length} writes`)
      const found = writes.map(find)
      if (!writes.every((write, at) => isAllowed(write, found[at])))
        return {
          ok: false,
          conflicts: writes.map((write, at) => (isAllowed(write, found[at]) ? undefined : { found: found[at] })),
        }
      for (const [at, write] of writes.entries()) apply(write, found[at])
      return { ok: true }
    },

    async update(place, change) {
      if (!isPossible(place.key)) return { ok: false, found: undefined }
      const found = find(place)
      const write: Write = { write: 'update', ...place, ...change }
      if (!isAllowed(write, found)) return { ok: false, found }
      apply(write, found)
      return { ok: true, item: find(place) ?? {} }
    },

    all: (table) => itemsOf(table),
    snapshot: () => copied(stored),
    restore(snapshot) {
      stored.clear()
      for (const [table, partitions] of copied(snapshot)) stored.set(table, partitions)
    },
  }
}

/** Records are never changed in place, so the maps are all there is to copy. */
const copied = (from: Snapshot): Map<Table, Map<string, Partition>> =>
  new Map(
    [...from].map(([table, partitions]) => [
      table,
      new Map([...partitions].map(([pk, partition]) => [pk, new Map(partition)])),
    ]),
  )

/** What a query reads, in its order, before `after` and `limit`. */
function candidates(query: Query, itemsOf: (table: Table, pk?: string) => Item[]): Item[] {
  const { table, index, where, values, newestFirst } = query
  const pk = index === undefined ? String(values.pk) : undefined
  const [partition, sort] = namesOf(query)
  const rows = itemsOf(table, pk).filter(
    (item) => item[partition] !== undefined && (sort === undefined || item[sort] !== undefined),
  )
  return rows
    .filter((item) => holds(where, item, values))
    .sort((a, b) => (newestFirst ? order(query, b, a) : order(query, a, b)))
}

function namesOf({ table, index }: Query): [string, string | undefined] {
  if (index === undefined) return ['pk', 'sortKey' in tables[table] ? 'sk' : undefined]
  const found = tables[table].indexes.find(({ name }) => name === index)
  if (found === undefined) throw new Error(`The table ${table} has no index ${index}`)
  return [found.partitionKey, found.sortKey]
}

const order = (query: Query, a: Item, b: Item): number => {
  const [, sort] = namesOf(query)
  return compare(a, b, sort) || compare(a, b, 'pk') || compare(a, b, 'sk')
}

const compare = (a: Item, b: Item, name: string | undefined): number =>
  name === undefined ? 0 : Buffer.compare(Buffer.from(String(a[name] ?? '')), Buffer.from(String(b[name] ?? '')))

const isAfter = (query: Query, item: Item): boolean =>
  (query.newestFirst ? -1 : 1) * order(query, item, query.after ?? {}) > 0

const keyOf = (query: Query, item: Item): Item =>
  Object.fromEntries(
    ['pk', 'sk', ...namesOf(query)].flatMap((name) =>
      name === undefined || item[name] === undefined ? [] : [[name, item[name]]],
    ),
  )

/**
 * As `marshall` with `removeUndefinedValues` and back: a copy, without what is undefined. Frozen, because it is handed out
 * as it is: who changed what they read would change the store, and is stopped.
 */
function kept<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (value instanceof Set) return new Set(value) as Value
  if (Array.isArray(value)) return Object.freeze(value.filter((each) => each !== undefined).map(kept)) as Value
  const copy: Item = {}
  for (const [name, each] of Object.entries(value)) if (each !== undefined) copy[name] = kept(each)
  return Object.freeze(copy) as Value
}

const isPossible = ({ pk, sk }: Key): boolean =>
  pk !== '' && sk !== '' && Buffer.byteLength(pk) <= 2048 && Buffer.byteLength(sk ?? '') <= 1024
