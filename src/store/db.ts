/**
 * DynamoDB in the few forms we use it: consistent reads, conditional writes, and transactions that hand back the record
 * that stood in the way.
 *
 * Expressions are written out where they are used: `#name` stands for the attribute `name`, `:value` for `values.value`.
 */
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import type { Table } from '../../lib/tables.ts'
import { awsPatience } from '../aws-patience.ts'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'

export type Key = { pk: string; sk?: string }
export type Place = { table: Table; key: Key }
export type Item = Record<string, unknown>

type Expressed = { condition?: string; values?: Record<string, unknown> }

/**
 * One write of a transaction. A failed condition hands back the record as it was. `retainedFrom`: when the stage's retention
 * begins for this record, where the stage has one.
 */
export type Write =
  | (Expressed & Place & { write: 'put'; item: Item; retainedFrom?: Seconds })
  | (Expressed & Place & { write: 'update'; update: string })
  | (Expressed & Place & { write: 'delete' })
  | (Expressed & Place & { write: 'check' })

type Put = Extract<Write, { write: 'put' }>

/**
 * What came of a transaction. `conflicts[i]` is there for each write whose condition failed: the record that stood
 * there, or `undefined` in it when there was none.
 */
export type Transacted = { ok: true } | { ok: false; conflicts: ({ found: Item | undefined } | undefined)[] }

export type Query = {
  table: Table
  index?: string
  where: string
  values: Record<string, unknown>
  filter?: string
  limit?: number
  newestFirst?: boolean
  after?: Item
}

/** What is counted rather than read. */
export type Count = Pick<Query, 'table' | 'index' | 'where' | 'values' | 'limit' | 'after'>

export type Db = {
  /** Up to 100 records in one consistent read, in the order asked; `undefined` where there is none. */
  batch(places: readonly Place[]): Promise<(Item | undefined)[]>
  get(place: Place): Promise<Item | undefined>
  /** Consistent, except on an index. `next` goes into `after`. */
  query(query: Query): Promise<{ items: Item[]; next?: Item }>
  /** How many there are, of one page as a query has it: it costs what a query costs, and brings nothing along. */
  count(query: Count): Promise<{ count: number; next?: Item }>
  /** All or nothing. Retries what only collided in time, or was throttled. An audit record alone is a plain put. */
  transact(writes: readonly Write[]): Promise<Transacted>
  /** One conditional update that answers with the record as it is now, or with the one that stood in the way. */
  update(
    place: Place,
    change: Expressed & { update: string },
  ): Promise<{ ok: true; item: Item } | { ok: false; found: Item | undefined }>
}

const marshalling = { removeUndefinedValues: true }
const unmarshalled = (image: Parameters<typeof unmarshall>[0] | undefined): Item | undefined =>
  image === undefined ? undefined : unmarshall(image)

/** `ExpressionAttributeNames` and `…Values` for all that the expressions mention. DynamoDB refuses superfluous ones. */
function expressed(expressions: (string | undefined)[], values: Record<string, unknown> = {}) {
  const text = expressions.filter((expression) => expression !== undefined).join(' ')
  const names = [...new Set(text.match(/#[A-Za-z]\w*/g) ?? [])]
  const used = Object.entries(values).filter(([name]) => new RegExp(`:${name}\\b`).test(text))
  return {
    ...(names.length > 0 && {
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])),
    }),
    ...(used.length > 0 && {
      ExpressionAttributeValues: marshall(
        Object.fromEntries(used.map(([name, value]) => [`:${name}`, value])),
        marshalling,
      ),
    }),
  }
}

export function openDynamodb(stage: Pick<Stage, 'dynamodbEndpoint'>, patience = awsPatience): DynamoDBClient {
  const client = new DynamoDBClient({
    requestHandler: patience,
    ...(stage.dynamodbEndpoint === undefined ? {} : { endpoint: stage.dynamodbEndpoint }),
    maxAttempts: 4,
  })
  // It copies every input and output for a logger that there is not: a tenth and more of what a call costs us.
  client.middlewareStack.removeByTag('LOGGER')
  return client
}

/** Why a transaction did nothing, and may do something a little later. The SDK tries again only where the whole of it was throttled. */
const passing = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded', 'None'])

export function openDb(
  client: DynamoDBClient,
  tableNames: Record<Table, string>,
  { auditOnlineDays }: Pick<Stage, 'auditOnlineDays'> = {},
): Db {
  const nameOf = (table: Table): string => tableNames[table]

  const imageOf = ({ item, key, retainedFrom }: Put) => {
    const ends = auditOnlineDays !== undefined && retainedFrom !== undefined
    const until = ends ? { until: retainedFrom + auditOnlineDays * 86_400 } : {}
    return marshall({ ...item, ...until, ...key }, marshalling)
  }

  const itemOf = (write: Write): TransactWriteItem => {
    const common = { TableName: nameOf(write.table), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const }
    const conditioned = write.condition === undefined ? {} : { ConditionExpression: write.condition }
    const attributes = expressed([write.condition, write.write === 'update' ? write.update : undefined], write.values)
    const Key = marshall(write.key)
    switch (write.write) {
      case 'put':
        return {
          Put: {
            ...common,
            ...conditioned,
            ...attributes,
            Item: imageOf(write),
          },
        }
      case 'update':
        return { Update: { ...common, ...conditioned, ...attributes, Key, UpdateExpression: write.update } }
      case 'delete':
        return { Delete: { ...common, ...conditioned, ...attributes, Key } }
      case 'check':
        return { ConditionCheck: { ...common, ...attributes, Key, ConditionExpression: write.condition } }
    }
  }

  const db: Db = {
    async batch(places) {
      const wanted = new Map<Table, Key[]>()
      for (const { table, key } of places.filter(isPossible)) wanted.set(table, [...(wanted.get(table) ?? []), key])
      const found = new Map<string, Item>()
      let request = Object.fromEntries(
        [...wanted].map(([table, keys]) => [
          nameOf(table),
          { Keys: distinct(keys).map((key) => marshall(key)), ConsistentRead: true },
        ]),
      )
      for (let attempt = 0; Object.keys(request).length > 0; attempt++) {
        if (attempt > 4) throw new Error('DynamoDB left keys of a batch unprocessed five times')
        if (attempt > 0) await pause(attempt)
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }))
        for (const [table, images] of Object.entries(answer.Responses ?? {}))
          for (const image of images) {
            const item = unmarshall(image)
            found.set(identity(table, item), item)
          }
        request = (answer.UnprocessedKeys ?? {}) as typeof request
      }
      return places.map(({ table, key }) => found.get(identity(nameOf(table), key)))
    },

    async get(place) {
      const [item] = await db.batch([place])
      return item
    },

    async query({ table, index, where, values, filter, limit, newestFirst, after }) {
      const answer = await client.send(
        new QueryCommand({
          TableName: nameOf(table),
          ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
          KeyConditionExpression: where,
          ...(filter === undefined ? {} : { FilterExpression: filter }),
          ...expressed([where, filter], values),
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(newestFirst ? { ScanIndexForward: false } : {}),
          ...(after === undefined ? {} : { ExclusiveStartKey: marshall(after) }),
        }),
      )
      const next = unmarshalled(answer.LastEvaluatedKey)
      return { items: (answer.Items ?? []).map((image) => unmarshall(image)), ...(next === undefined ? {} : { next }) }
    },

    async count({ table, index, where, values, limit, after }) {
      const answer = await client.send(
        new QueryCommand({
          TableName: nameOf(table),
          Select: 'COUNT',
          ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
          KeyConditionExpression: where,
          ...expressed([where], values),
          ...(limit === undefined ? {} : { Limit: limit }),
          ...(after === undefined ? {} : { ExclusiveStartKey: marshall(after) }),
        }),
      )
      const next = unmarshalled(answer.LastEvaluatedKey)
      return { count: answer.Count ?? 0, ...(next === undefined ? {} : { next }) }
    },

    async transact(given) {
      const writes = folded(given)
      if (isAuditAlone(writes)) {
        const [put] = writes
        await client.send(new PutItemCommand({ TableName: nameOf(put.table), Item: imageOf(put) }))
        return { ok: true }
      }
      for (let attempt = 0; ; attempt++) {
        try {
          await client.send(new TransactWriteItemsCommand({ TransactItems: writes.map(itemOf) }))
          return { ok: true }
        } catch (failure) {
          if (!(failure instanceof TransactionCanceledException)) throw failure
          const reasons = failure.CancellationReasons ?? []
          if (reasons.some((reason) => reason.Code === 'ConditionalCheckFailed'))
            return {
              ok: false,
              conflicts: reasons.map((reason) =>
                reason.Code === 'ConditionalCheckFailed' ? { found: unmarshalled(reason.Item) } : undefined,
              ),
            }
          const willPass = reasons.length > 0 && reasons.every((reason) => passing.has(reason.Code ?? 'None'))
          if (!willPass || attempt >= 5) throw failure
          await pause(attempt + 1)
        }
      }
    },

    async update({ table, key }, { update, condition, values }) {
      if (!isPossible({ table, key })) return { ok: false, found: undefined }
      try {
        const answer = await client.send(
          new UpdateItemCommand({
            TableName: nameOf(table),
            Key: marshall(key),
            UpdateExpression: update,
            ...(condition === undefined ? {} : { ConditionExpression: condition }),
            ...expressed([update, condition], values),
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        return { ok: true, item: unmarshall(answer.Attributes ?? {}) }
      } catch (failure) {
        if (!(failure instanceof ConditionalCheckFailedException)) throw failure
        return { ok: false, found: unmarshalled(failure.Item) }
      }
    },
  }
  return db
}

/**
 * What a transaction would cost twice as much for, in write units and in work. Its condition is none, its key nobody else's,
 * and nobody changes it after: where an answer is lost and the SDK puts it again, the same is there. Of no other record
 * is that so: a second put could undo a change, and a condition would fail on what the first had done, where a
 * transaction has a token that DynamoDB knows it by.
 */
const isAuditAlone = (writes: readonly Write[]): writes is readonly [Put] => {
  const [only, ...others] = writes
  return others.length === 0 && only?.write === 'put' && only.table === 'audit' && only.condition === undefined
}

/**
 * DynamoDB takes one operation an item: a check of a record that the same transaction changes becomes part of that
 * change's condition.
 */
export function folded(writes: readonly Write[]): Write[] {
  const at = (write: Write): string => identity(write.table, write.key)
  const changed = new Set(writes.filter((write) => write.write !== 'check').map(at))
  const checks = writes.filter((write) => write.write === 'check')
  const onto = (write: Write): Write => {
    const conditions = [write, ...checks.filter((check) => at(check) === at(write))]
    const condition = conditions.flatMap(({ condition }) => (condition === undefined ? [] : [`(${condition})`]))
    const values = conditions.flatMap(({ values = {} }) => Object.entries(values))
    const twice = values.find(([name, value]) => values.some((other) => other[0] === name && other[1] !== value))
    if (twice !== undefined) throw new Error(`Two conditions on one record mean different things by :${twice[0]}`)
    return { ...write, condition: condition.join(' AND '), values: Object.fromEntries(values) }
  }
  return writes
    .filter((write) => write.write !== 'check' || !changed.has(at(write)))
    .map((write) => (checks.some((check) => check !== write && at(check) === at(write)) ? onto(write) : write))
}

/**
 * Whether there can be such a record: a key has 1 to 2048 bytes, a sort key 1 to 1024. Keys carry what strangers sent,
 * and for one that cannot be, the answer is that there is none.
 */
const isPossible = ({ key: { pk, sk } }: Place): boolean =>
  isWithin(pk, 2048) && (sk === undefined || isWithin(sk, 1024))

const isWithin = (text: string, most: number): boolean => text !== '' && Buffer.byteLength(text) <= most

const identity = (table: string, key: Item | Key): string => JSON.stringify([table, key.pk, key.sk ?? ''])

const distinct = (keys: readonly Key[]): Key[] => [...new Map(keys.map((key) => [identity('', key), key])).values()]

/** A little longer each time, and never the same for two who collided. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt))
