import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tables } from '../../lib/tables.ts'
import { type Dynamodb, startDynamodb } from '../../local/dynamodb.ts'
import { freePort, listen } from '../../local/ports.ts'
import { createTables, deleteTables, localClient, sweep } from '../../local/tables.ts'

const text = (value: string) => ({ S: value })

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('the emulator and the tables in it', () => {
  let dynamodb: Dynamodb
  let names: Awaited<ReturnType<typeof createTables>>
  let client: ReturnType<typeof localClient>

  beforeAll(async () => {
    dynamodb = await startDynamodb()
    names = await createTables(dynamodb.endpoint, 'test-')
    client = localClient(dynamodb.endpoint)
  })

  afterAll(async () => {
    client.destroy()
    await dynamodb.close()
  })

  it('hands back the item that a condition refused', async () => {
    const Item = { pk: text('ada'), sk: text('key'), state: text('pending') }
    await client.send(new PutItemCommand({ TableName: names.people, Item }))
    const refused = await caught(
      client.send(
        new PutItemCommand({
          TableName: names.people,
          Item,
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    )
    expect(refused).toBeInstanceOf(ConditionalCheckFailedException)
    expect(refused).toMatchObject({ Item })
  })

  it('says of each part of a transaction why it was refused, and writes none of it', async () => {
    const held = { pk: text('bela'), sk: text('name') }
    await client.send(new PutItemCommand({ TableName: names.people, Item: held }))
    const refused = await caught(
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: names.audit, Item: { pk: text('day'), sk: text('1') } } },
            {
              Put: {
                TableName: names.people,
                Item: held,
                ConditionExpression: 'attribute_not_exists(pk)',
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
              },
            },
          ],
        }),
      ),
    )
    expect(refused).toBeInstanceOf(TransactionCanceledException)
    expect(refused).toMatchObject({
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: held }],
    })
    const audit = await client.send(
      new GetItemCommand({ TableName: names.audit, Key: { pk: text('day'), sk: text('1') } }),
    )
    expect(audit.Item).toBeUndefined()
  })

  it('lets one of twenty win a thing that is there once', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        caught(
          client.send(
            new PutItemCommand({
              TableName: names.sessions,
              Item: { pk: text('code'), winner: { N: String(n) } },
              ConditionExpression: 'attribute_not_exists(pk)',
            }),
          ),
        ),
      ),
    )
    expect(outcomes.filter((error) => error === undefined)).toHaveLength(1)
  })

  it('has the keys and indexes of the definitions', async () => {
    for (const [table, definition] of Object.entries(tables) as [keyof typeof tables, (typeof tables)['people']][]) {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: names[table] }))
      expect(Table?.KeySchema?.map((key) => key.AttributeName)).toEqual(
        [definition.partitionKey, definition.sortKey].filter(Boolean),
      )
      expect((Table?.GlobalSecondaryIndexes ?? []).map((index) => index.IndexName)).toEqual(
        definition.indexes.map((index) => index.name),
      )
      const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: names[table] }))
      expect(TimeToLiveDescription?.AttributeName).toBe(definition.timeToLive)
    }
  })

  it('answers a query on an index in its order', async () => {
    for (const order of ['2', '1']) {
      const Item = { pk: text(`session-${order}`), user: text('chidi'), order: text(order) }
      await client.send(new PutItemCommand({ TableName: names.sessions, Item }))
    }
    const { Items } = await client.send(
      new QueryCommand({
        TableName: names.sessions,
        IndexName: 'by-user',
        KeyConditionExpression: '#user = :user',
        ExpressionAttributeNames: { '#user': 'user' },
        ExpressionAttributeValues: { ':user': text('chidi') },
      }),
    )
    expect(Items?.map((item) => item.order)).toEqual([text('1'), text('2')])
  })

  it('creates tables that are there already without a word', async () => {
    await expect(createTables(dynamodb.endpoint, 'test-')).resolves.toEqual(names)
  })

  it('deletes the tables of a prefix and no others', async () => {
    await createTables(dynamodb.endpoint, 'other-')
    await deleteTables(dynamodb.endpoint, 'other-')
    await deleteTables(dynamodb.endpoint, 'other-')
    const { TableNames } = await client.send(new ListTablesCommand({}))
    expect(TableNames).toEqual(['test-audit', 'test-config', 'test-people', 'test-sessions'])
  })

  it('sweeps what has ended and leaves what has not, or never does', async () => {
    const put = (pk: string, until?: number) =>
      client.send(
        new PutItemCommand({
          TableName: names.sessions,
          Item: { pk: text(pk), ...(until === undefined ? {} : { until: { N: String(until) } }) },
        }),
      )
    await Promise.all([put('ended', 99), put('ends now', 100), put('goes on', 101), put('for ever')])
    expect(await sweep(dynamodb.endpoint, names, 100)).toBe(1)
    const read = (pk: string) =>
      client.send(new GetItemCommand({ TableName: names.sessions, Key: { pk: text(pk) } })).then(({ Item }) => Item)
    expect(await read('ended')).toBeUndefined()
    expect(await read('ends now')).toBeDefined()
    expect(await read('for ever')).toBeDefined()
  })
})

describe('starting it', () => {
  it('keeps its state in the directory it is given', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keystep-'))
    for (const expected of [undefined, text('kept')]) {
      const dynamodb = await startDynamodb({ directory })
      const { config } = await createTables(dynamodb.endpoint)
      const client = localClient(dynamodb.endpoint)
      const Key = { pk: text('a'), sk: text('b') }
      const { Item } = await client.send(new GetItemCommand({ TableName: config, Key }))
      expect(Item?.value).toEqual(expected)
      await client.send(new PutItemCommand({ TableName: config, Item: { ...Key, value: text('kept') } }))
      client.destroy()
      await dynamodb.close()
    }
    await rm(directory, { recursive: true })
  })

  it('says which port is in use', async () => {
    const other = createServer()
    const port = await listen(other, 0, 'a test')
    await expect(startDynamodb({ port })).rejects.toThrow(`port ${port} is already in use`)
    other.close()
  })

  it('starts nothing where DYNAMODB_ENDPOINT names another', async () => {
    vi.stubEnv('DYNAMODB_ENDPOINT', 'http://dynamodb.example')
    const dynamodb = await startDynamodb()
    vi.unstubAllEnvs()
    expect(dynamodb.endpoint).toBe('http://dynamodb.example')
    await dynamodb.close()
  })

  it('names the package that is missing, and the way without it', async () => {
    vi.stubGlobal('process', Object.create(process, { platform: { value: 'plan9' }, arch: { value: 'z80' } }))
    const refused = startDynamodb()
    await expect(refused).rejects.toThrow('@dynoxide/plan9-z80')
    await expect(refused).rejects.toThrow('DYNAMODB_ENDPOINT')
    vi.unstubAllGlobals()
  })

  it('ends with the process that started it, even when that is killed', async () => {
    const port = await freePort()
    const script = `
      const { startDynamodb } = await import(${JSON.stringify(new URL('../../local/dynamodb.ts', import.meta.url).href)})
      await startDynamodb({ port: ${port} })
      console.log('started')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const answers = () => caught(fetch(`http://localhost:${port}`)).then((error) => error === undefined)
    expect(await answers()).toBe(true)
    child.kill('SIGKILL')
    await vi.waitFor(async () => expect(await answers()).toBe(false), 3000)
  })
})
