/**
 * The stack's tables in the emulator, from the same definitions, and the one thing it leaves undone: it never deletes
 * what has expired, so that a sweep does.
 */
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  ListTablesCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  ScanCommand,
  type StreamViewType,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { type Index, type Table, type TableDefinition, tables } from '../lib/tables.ts'
import { awsAccess } from './dynamodb.ts'
import { CannotStart } from './ports.ts'

const definitions = Object.entries(tables) as [Table, TableDefinition][]

const namesWith = (prefix: string): Record<Table, string> => ({
  config: `${prefix}config`,
  people: `${prefix}people`,
  sessions: `${prefix}sessions`,
  audit: `${prefix}audit`,
})

export function localClient(endpoint: string, maxAttempts?: number): DynamoDBClient {
  const { region, ...credentials } = awsAccess()
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials,
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
  })
  // As a Lambda's client has it (src/store/db.ts), so that what is measured here is what runs there.
  client.middlewareStack.removeByTag('LOGGER')
  return client
}

/** Throws CannotStart unless a DynamoDB answers at the address that `DYNAMODB_ENDPOINT` gives. */
export async function checkEndpoint(endpoint: string): Promise<void> {
  const refused = (why: string) =>
    new CannotStart(
      `DYNAMODB_ENDPOINT is “${endpoint}”, ${why}. Give an address such as http://localhost:8000, or unset it to use the emulator.`,
    )
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw refused('which is no http or https address')
  }
  const client = localClient(endpoint, 1)
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }), { abortSignal: AbortSignal.timeout(3000) })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    // Who may not list tables may well use ours.
    if (name === 'AccessDeniedException') return
    if (name === 'AbortError' || name === 'TimeoutError') throw refused('where nothing answers within 3 seconds')
    // What answers without being DynamoDB may have sent a whole page.
    const [line = ''] = (message || name).split('\n')
    throw refused(`where no DynamoDB can be used (${line.slice(0, 200).replace(/\.$/, '')})`)
  } finally {
    client.destroy()
  }
}

/** True when it was done or is not needed; false when this DynamoDB does not have the operation. */
async function tolerate(call: Promise<unknown>, done: (error: Error) => boolean): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (done(error)) return true
    if (error.name === 'UnknownOperationException') return false
    throw error
  }
}

async function createTable(client: DynamoDBClient, name: string, definition: TableDefinition): Promise<void> {
  const { partitionKey, sortKey, indexes, timeToLive, stream } = definition
  const keys = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])]

  await tolerate(
    client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        ...(stream ? { StreamSpecification: streaming(stream) } : {}),
        KeySchema: schemaOf(partitionKey, sortKey),
        AttributeDefinitions: attributesOf([
          ...keys,
          ...indexes.flatMap((index) => [index.partitionKey, index.sortKey]),
        ]),
        ...(indexes.length === 0 ? {} : { GlobalSecondaryIndexes: indexes.map(indexOf) }),
      }),
    ),
    (error) => error instanceof ResourceInUseException,
  )
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name })
  await ensureNew(client, name, definition)
  if (timeToLive === undefined) return
  await tolerate(
    client.send(
      new UpdateTimeToLiveCommand({
        TableName: name,
        TimeToLiveSpecification: { AttributeName: timeToLive, Enabled: true },
      }),
    ),
    (error) => error.name === 'ValidationException' && /already enabled/i.test(error.message),
  )
}

const streaming = (view: StreamViewType) => ({ StreamEnabled: true, StreamViewType: view })

/** For a table that an earlier version made: what it has not yet. */
async function ensureNew(client: DynamoDBClient, name: string, { indexes, stream }: TableDefinition): Promise<void> {
  const { Table: made } = await client.send(new DescribeTableCommand({ TableName: name }))
  if (stream && !made?.StreamSpecification?.StreamEnabled)
    await client.send(new UpdateTableCommand({ TableName: name, StreamSpecification: streaming(stream) }))
  const has = new Set(made?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName))
  for (const index of indexes.filter((each) => !has.has(each.name)))
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: attributesOf([...keysOf(made?.KeySchema), index.partitionKey, index.sortKey]),
        GlobalSecondaryIndexUpdates: [{ Create: indexOf(index) }],
      }),
    )
}

const keysOf = (schema: readonly KeySchemaElement[] = []): string[] =>
  schema.flatMap(({ AttributeName }) => (AttributeName === undefined ? [] : [AttributeName]))

const attributesOf = (names: readonly string[]) =>
  [...new Set(names)].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }))

const schemaOf = (hash: string, range?: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' as const }]),
]

const indexOf = ({ name, partitionKey, sortKey }: Index) => ({
  IndexName: name,
  KeySchema: schemaOf(partitionKey, sortKey),
  Projection: { ProjectionType: 'ALL' as const },
})

/**
 * Creates what is not there yet, and answers the deployed name of each table. Point-in-time recovery and deletion
 * protection are the stack's alone: a laptop has neither a past nor an operator to be kept from mistakes.
 */
export async function createTables(endpoint: string, prefix = 'keystep-'): Promise<Record<Table, string>> {
  const client = localClient(endpoint)
  const names = namesWith(prefix)
  try {
    await Promise.all(definitions.map(([table, definition]) => createTable(client, names[table], definition)))
  } finally {
    client.destroy()
  }
  return names
}

/** For a start from nothing on a DynamoDB that outlives us. */
export async function deleteTables(endpoint: string, prefix = 'keystep-'): Promise<void> {
  const client = localClient(endpoint)
  try {
    await Promise.all(
      Object.values(namesWith(prefix)).map((name) =>
        tolerate(
          client.send(new DeleteTableCommand({ TableName: name })),
          (error) => error instanceof ResourceNotFoundException,
        ),
      ),
    )
  } finally {
    client.destroy()
  }
}

async function sweepTable(client: DynamoDBClient, name: string, definition: TableDefinition, now: number) {
  const { partitionKey, sortKey, timeToLive } = definition
  if (timeToLive === undefined) return 0
  const condition = {
    TableName: name,
    ExpressionAttributeNames: { '#until': timeToLive },
    ExpressionAttributeValues: { ':now': { N: String(now) } },
  }
  let swept = 0
  let from: Record<string, AttributeValue> | undefined
  do {
    const page = await client.send(
      new ScanCommand({ ...condition, FilterExpression: '#until < :now', ExclusiveStartKey: from }),
    )
    for (const item of page.Items ?? []) {
      const keyed = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].flatMap((attribute) => {
        const value = item[attribute]
        return value === undefined ? [] : [[attribute, value] as const]
      })
      // Again in the condition: it may have been prolonged since the scan.
      const gone = await tolerate(
        client.send(
          new DeleteItemCommand({
            ...condition,
            Key: Object.fromEntries(keyed),
            ConditionExpression: '#until < :now',
          }),
        ),
        (error) => error.name === 'ConditionalCheckFailedException',
      )
      if (gone) swept += 1
    }
    from = page.LastEvaluatedKey
  } while (from !== undefined)
  return swept
}

/** Deletes what ended before `now` (seconds), as DynamoDB's TTL would within some days. Answers how many. */
export async function sweep(endpoint: string, names: Record<Table, string>, now: number): Promise<number> {
  const client = localClient(endpoint)
  try {
    const swept = await Promise.all(
      definitions.map(([table, definition]) => sweepTable(client, names[table], definition, now)),
    )
    return swept.reduce((sum, count) => sum + count, 0)
  } finally {
    client.destroy()
  }
}
