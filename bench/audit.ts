/**
 * How long it takes to find one user's events, and one altered record, however long the audit log is.
 *
 *     npx node bench/audit.ts                     10 k, 100 k and a million records
 *     npx node bench/audit.ts --records 10000,100000
 *
 * The log is written as routes write it (`recorded`) and chained as `audit-chain` chains it (`nextBlock`), into files in
 * DynamoDB's export format. The emulator imports them for the query, which is that of the API; `verifyAudit` reads the
 * files, through the interface by which the command reads the table, after one record in the middle was altered.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { binary, startDynamodb } from '../local/dynamodb.ts'
import { createTables, localClient } from '../local/tables.ts'
import { type Link, linkOf, nextBlock, type SealedBlock, type Told } from '../src/core/audit-chain.ts'
import { type AuditReader, verifyAudit } from '../src/core/audit-verification.ts'
import { auditDay, auditPartition, auditShards, recorded } from '../src/store/audit.ts'
import { appendedBlock, type Partition } from '../src/store/audit-chain.ts'
import { type Item, openDb, type Write } from '../src/store/db.ts'

const { values } = parseArgs({ options: { records: { type: 'string', default: '10000,100000,1000000' } } })
const sizes = values.records.split(',').map(Number)

const begin = Math.floor(Date.parse('2026-06-01T00:00:00Z') / 1000)
const aDay = 86_400
const days = 10
/** As many as the stream hands over at once. */
const ofABlock = 100
/** Of whom there are so many records, however many there are of others. */
const ada = { id: 'ada', records: 200 }
const page = 25

type Put = Extract<Write, { write: 'put' }>
const itemOf = ({ item, key }: Put): Item => ({ ...item, ...key })

/** A file for each day and shard: its records, and then its blocks. */
const fileOf = (folder: string, { day, shard }: Partition): string => join(folder, `${day}-${shard}.json.gz`)

/** Writes a log of so many records over ten days. */
function writeLog(folder: string, records: number): void {
  mkdirSync(folder, { recursive: true })
  const last = new Map<number, Link>()
  let number = 0
  for (let day = 0; day < days; day++) {
    const shards = Array.from({ length: auditShards }, () => [] as Put[])
    for (const upTo = Math.floor((records * (day + 1)) / days); number < upTo; number++) {
      // Ada's are spread over all the days.
      const user = number % Math.floor(records / ada.records) === 0 ? ada.id : `user-${number % 50_000}`
      const at = begin + Math.floor((number / records) * days * aDay)
      const put = recorded({
        type: 'login.succeeded',
        at,
        actor: { kind: 'user', id: user },
        user,
        client: 'app2',
        achieved: 'fido',
        amr: ['pop', 'hwk', 'user', 'mfa'],
        ip: '192.0.2.1',
        request: `request-${number}`,
      }) as Put
      shards[Number(put.key.pk.at(-1))]?.push(put)
    }
    for (const [shard, puts] of shards.entries()) {
      const partition = { day: auditDay(begin + day * aDay), shard }
      const blocks = chained(partition, puts, last)
      const items = [...puts.map(itemOf), ...blocks.flatMap(appendedBlock).map((each) => itemOf(each as Put))]
      // As DynamoDB has them: by key.
      items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1))
      writeItems(fileOf(folder, partition), items)
    }
  }
}

function chained(partition: Partition, puts: readonly Put[], last: Map<number, Link>): SealedBlock[] {
  const blocks: SealedBlock[] = []
  for (let from = 0; from < puts.length; from += ofABlock) {
    const told = puts.slice(from, from + ofABlock).map(toldOf)
    const [first, ...rest] = told
    if (first === undefined) break
    const before = last.get(partition.shard)
    blocks.push(nextBlock({ ...partition, at: first.writtenAt }, [first, ...rest], { head: blocks.at(-1), before }))
  }
  const head = blocks.at(-1)
  if (head !== undefined) last.set(partition.shard, linkOf(head))
  return blocks
}

const toldOf = (put: Put, at: number): Told => ({
  item: itemOf(put),
  sk: put.key.sk ?? '',
  sequenceNumber: String(at),
  writtenAt: Number(put.item.at),
})

const writeItems = (file: string, items: readonly Item[]): void =>
  writeFileSync(
    file,
    gzipSync(
      items.map((item) => `${JSON.stringify({ Item: marshall(item, { removeUndefinedValues: true }) })}\n`).join(''),
      { level: 1 },
    ),
  )

const readItems = (file: string): Item[] =>
  gunzipSync(readFileSync(file))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => unmarshall(JSON.parse(line).Item))

/** What the store reads from the table, from those files. */
function readerOf(folder: string): AuditReader {
  async function* from(partition: Partition, pk: string): AsyncGenerator<Item> {
    for (const item of readItems(fileOf(folder, partition))) if (item.pk === pk) yield item
  }
  const nameOf = ({ day, shard }: Partition): string => auditPartition(day, shard)
  return {
    records: (partition) => from(partition, nameOf(partition)),
    blocks: (partition) => from(partition, `chain#${nameOf(partition)}`),
    block: async (partition, sequence) => {
      for await (const item of from(partition, `chain#${nameOf(partition)}`))
        if (Number(item.sk) === sequence) return item
      return undefined
    },
  }
}

/** The emulator over such a log. */
async function imported(directory: string, records: number) {
  const fresh = await startDynamodb()
  const { audit } = await createTables(fresh.endpoint)
  const client = localClient(fresh.endpoint)
  const { Table } = await client.send(new DescribeTableCommand({ TableName: audit }))
  client.destroy()
  await fresh.close()
  const schema = join(directory, 'schema.json')
  writeFileSync(schema, JSON.stringify({ Table: { ...Table, StreamSpecification: undefined } }))
  const source = join(directory, 'export')
  writeLog(join(source, audit, 'data'), records)
  const args = ['import', '--source', source, '--schema', schema, '--output', join(directory, 'dynamodb.sqlite')]
  const { status, stderr } = spawnSync(binary(), args)
  if (status !== 0) throw new Error(`The emulator did not import: ${stderr}`)
  return { data: join(source, audit, 'data'), dynamodb: await startDynamodb({ directory }), audit }
}

const middle = (figures: number[]): number => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0

/** One page of a user's events, as GET …/logs?user= reads it: milliseconds and commands. */
async function findOne(endpoint: string, audit: string): Promise<{ milliseconds: number; commands: number }> {
  const client = localClient(endpoint)
  let commands = 0
  const count = { step: 'initialize', name: 'count' } as const
  client.middlewareStack.add((next) => (args) => next(args).finally(() => commands++), count)
  const db = openDb(client, { config: '-', people: '-', sessions: '-', audit })
  const figures: number[] = []
  for (let run = 0; run < 100; run++) {
    const since = performance.now()
    const { items } = await db.query({
      table: 'audit',
      index: 'by-user',
      where: '#user = :user AND #sk BETWEEN :since AND :until',
      values: { user: ada.id, since: '2026-01-01', until: '2027-01-01' },
      newestFirst: true,
      limit: page,
    })
    figures.push(performance.now() - since)
    if (items.length !== page) throw new Error(`${items.length} records were found`)
  }
  client.destroy()
  return { milliseconds: middle(figures), commands: commands / figures.length }
}

/** Alters one in the middle, and says whether that one is what is found. */
async function findAltered(data: string): Promise<string> {
  const partition = { day: auditDay(begin + (days / 2) * aDay), shard: 3 }
  const items = readItems(fileOf(data, partition))
  const records = items.filter(({ kind }) => kind !== undefined)
  const item = records[Math.floor(records.length / 2)] ?? {}
  writeItems(
    fileOf(data, partition),
    items.map((each) => (each === item ? { ...item, achieved: 'pwd' } : each)),
  )
  const found: string[] = []
  const since = performance.now()
  const verified = await verifyAudit({
    reader: readerOf(data),
    days: Array.from({ length: days }, (_, day) => auditDay(begin + day * aDay)),
    shards: auditShards,
    now: begin + 30 * aDay,
    patience: 900,
    found: ({ kind, key }) => found.push(`${kind} ${key}`),
  })
  const seconds = (performance.now() - since) / 1000
  const isIt = found.length === 1 && found[0] === `record-altered ${item.pk} ${item.sk}`
  if (!isIt) process.exitCode = 1
  return `${verified.records} in ${verified.blocks} blocks: ${seconds.toFixed(1)} s, ${isIt ? 'found, and nothing else' : `found ${found.slice(0, 5).join('; ')}`}`
}

console.log('| records | one page of one user, ms | commands | the one altered record |')
console.log('| ---: | ---: | ---: | --- |')
for (const records of sizes) {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-bench-audit-'))
  const { data, dynamodb, audit } = await imported(directory, records)
  try {
    const { milliseconds, commands } = await findOne(dynamodb.endpoint, audit)
    console.log(`| ${records} | ${milliseconds.toFixed(2)} | ${commands} | ${await findAltered(data)} |`)
  } finally {
    await dynamodb.close()
    await rm(directory, { recursive: true })
  }
}
