import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Archiver, archiveAudit } from '../src/audit-archive.ts'
import { type AuditCheck, checkAudit } from '../src/audit-verify.ts'
import { type Checkpoint, checkpointName, digestOf } from '../src/core/audit-checkpoint.ts'
import type { Finding } from '../src/core/audit-verification.ts'
import { type Archive, openArchive } from '../src/services/archive.ts'
import { type CheckpointSigner, keepCheckpointKey, openCheckpointSigner } from '../src/services/checkpoint-signer.ts'
import { auditReader, firstDayOf } from '../src/store/audit-chain.ts'
import type { Item } from '../src/store/db.ts'
import { isBlock, isRecord, openAuditLog } from './audit-log.ts'
import { type MemoryDb, openMemoryDb } from './memory-db.ts'

let directory: string
let db: MemoryDb
let log: ReturnType<typeof openAuditLog>
let archive: Archive
let signer: CheckpointSigner
let lines: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystep-archive-'))
  db = openMemoryDb()
  log = openAuditLog(db)
  archive = openArchive({ directory: join(directory, 'archive') })
  signer = openCheckpointSigner({ file: keepCheckpointKey(join(directory, 'key')) })
  lines = []
})
afterEach(() => rm(directory, { recursive: true }))

const archiver = (change: Partial<Archiver> = {}): Archiver => ({
  db,
  archive,
  signer,
  now: () => log.clock.now,
  log: (message) => lines.push(message),
  ...change,
})

async function check(change: Partial<AuditCheck> = {}, contents = true) {
  const findings: Finding[] = []
  const firsts = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((shard) => firstDayOf(db, shard)))
  const checked = await checkAudit({
    reader: auditReader(db),
    firstDay: firsts.filter((day) => day !== undefined).sort()[0],
    now: log.clock.now + 60,
    patience: 900,
    archive: { archive, key: await signer.publicKey(), contents },
    found: (finding) => findings.push(finding),
    ...change,
  })
  return { ...checked, findings, kinds: [...new Set(findings.map(({ kind }) => kind))].sort() }
}

/** Two days, archived each hour of two. */
async function twoDays(): Promise<Checkpoint[]> {
  const made: (Checkpoint | undefined)[] = []
  for (const wait of [0, 3600, 86_400]) {
    log.clock.now += wait
    await log.fill(20, 3)
    made.push(await archiveAudit(archiver()))
  }
  return made.filter((checkpoint) => checkpoint !== undefined)
}

const records = () => db.all('audit').filter(isRecord)
const keyOf = ({ pk, sk }: Item) => ({ pk: String(pk), sk: String(sk) })
const remove = (item: Item) => db.transact([{ write: 'delete', table: 'audit', key: keyOf(item) }])
const put = (item: Item) => db.transact([{ write: 'put', table: 'audit', key: keyOf(item), item }])
const pathOf = (name: string): string => join(directory, 'archive', name)

describe('the archive', () => {
  it('holds each record and block once, as they are, and verifies', async () => {
    const checkpoints = await twoDays()
    expect(checkpoints.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    const all: Item[] = []
    for (const { name } of checkpoints.flatMap(({ files }) => files)) {
      const text = gunzipSync((await archive.get(name)) ?? '').toString()
      all.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      )
    }
    const sorted = (items: Item[]) => items.map((item) => JSON.stringify(item, Object.keys(item).sort())).sort()
    expect(sorted(all.flatMap(({ record }) => (record ? [record as Item] : [])))).toEqual(sorted(records()))
    expect(sorted(all.flatMap(({ block }) => (block ? [block as Item] : [])))).toEqual(
      sorted(db.all('audit').filter(isBlock)),
    )
    expect(await check()).toMatchObject({
      findings: [],
      records: 60,
      checkpoints: { count: 3 },
      archived: { records: 60, blocks: db.all('audit').filter(isBlock).length },
    })
    expect(lines).toEqual([])
  })

  it('says nothing anew where nothing is new, but that it looked', async () => {
    await twoDays()
    log.clock.now += 3600
    const next = await archiveAudit(archiver())
    expect(next).toMatchObject({ sequence: 4, files: [] })
    expect((await check()).findings).toEqual([])
  })

  it('goes on from the last checkpoint whatever length the month before had', async () => {
    const times = ['2027-01-31T23:30', '2027-02-28T23:30', '2027-03-01T00:30', '2027-04-30T23:30', '2027-05-01T00:30']
    const made: (Checkpoint | undefined)[] = []
    for (const time of times) {
      log.clock.now = Date.parse(`${time}Z`) / 1000
      await log.fill(10)
      made.push(await archiveAudit(archiver()))
    }
    expect(made.map((checkpoint) => checkpoint?.sequence)).toEqual([1, 2, 3, 4, 5])
    expect(await check()).toMatchObject({ findings: [], archived: { records: 50 } })
  })

  it('takes what comes late for a day that was archived', async () => {
    const late = await log.put()
    await twoDays()
    await log.instance()({ Records: [log.told(late)] })
    const next = await archiveAudit(archiver())
    expect(next?.files).toHaveLength(1)
    expect((await check()).findings).toEqual([])
  })

  it('that broke off before its checkpoint goes on from the last one', async () => {
    await log.fill(20)
    const broken = { ...signer, sign: () => Promise.reject(new Error('away')) }
    await expect(archiveAudit(archiver({ signer: broken }))).rejects.toThrow('away')
    await archiveAudit(archiver())
    expect(await check()).toMatchObject({ findings: [], archived: { records: 20 } })
  })

  it('of two at once one makes the checkpoint', async () => {
    await log.fill(20)
    const made = await Promise.all([archiveAudit(archiver()), archiveAudit(archiver())])
    expect(made.filter((each) => each === undefined)).toHaveLength(1)
    expect((await check()).findings).toEqual([])
  })

  it('says of a record that it is not what its block says, and keeps it as it is', async () => {
    await log.fill(20)
    const [item = {}, gone = {}] = records()
    await put({ ...item, user: 'bela' })
    await remove(gone)
    await archiveAudit(archiver())
    expect(lines).toEqual(['audit-tampered', 'audit-tampered'])
    const { findings } = await check()
    const found = findings.filter(({ key }) => key.startsWith('records/')).map(({ kind }) => kind)
    expect(found.sort()).toEqual(['record-altered', 'record-missing'])
  })
})

describe('with the archive it is found', () => {
  it('that the end of a chain was cut off, or the whole log taken away', async () => {
    await twoDays()
    for (const item of db.all('audit')) await remove(item)
    expect((await check()).kinds).toEqual(['tail-missing'])
  })

  it('that the whole log of days was taken away, though there was none yet when the first checkpoint was made', async () => {
    await archiveAudit(archiver())
    await twoDays()
    for (const item of db.all('audit')) await remove(item)
    log.clock.now += 86_400
    expect((await check()).kinds).toContain('tail-missing')
  })

  it('that the chain was made anew', async () => {
    await twoDays()
    const [target = {}, ...others] = records()
    for (const item of db.all('audit')) await remove(item)
    for (const item of [{ ...target, user: 'bela' }, ...others]) {
      await put(item)
      await log.instance()({ Records: [log.told(item)] })
    }
    expect((await check()).kinds).toContain('head-differs')
  })

  it('that a checkpoint is signed by another key', async () => {
    const checkpoints = await twoDays()
    const forger = openCheckpointSigner({ file: keepCheckpointKey(join(directory, 'another')) })
    const [first, second, third] = checkpoints
    if (!first || !second || !third) throw new Error('There are three')
    await writeFile(pathOf(checkpointName(third)), await forger.sign({ ...third, heads: {} }))
    // The last one that counts is a day old.
    expect((await check()).kinds).toEqual(['checkpoint-altered', 'checkpoint-late'])
  })

  it('that a checkpoint is not there, though its like of another number is', async () => {
    const [, second] = await twoDays()
    if (second) await rm(pathOf(checkpointName(second)))
    expect((await check()).kinds).toEqual(['checkpoint-missing'])
  })

  it('that checkpoints were made anew by who has the key, in the middle', async () => {
    const [, second] = await twoDays()
    if (second) await writeFile(pathOf(checkpointName(second)), await signer.sign({ ...second, heads: {} }))
    expect((await check()).kinds).toEqual(['checkpoint-altered'])
  })

  it('that none was made for hours, or ever', async () => {
    expect((await check()).kinds).toEqual(['checkpoint-missing'])
    await twoDays()
    expect((await check({ now: log.clock.now + 4 * 3600 })).kinds).toEqual(['checkpoint-late'])
  })

  it('that a file is another, or gone', async () => {
    const [first] = await twoDays()
    const [one, other] = first?.files ?? []
    await writeFile(pathOf(one?.name ?? ''), await readFile(pathOf(other?.name ?? '')))
    await rm(pathOf(other?.name ?? ''))
    const { findings } = await check()
    expect(findings).toMatchObject([
      { kind: 'archive-altered', key: one?.name },
      { kind: 'archive-missing', key: other?.name },
    ])
    // Only who asks for the contents reads them all.
    expect((await check({}, false)).findings).toEqual([])
  })
})

describe('a folder', () => {
  it('takes nothing twice, and nothing by half', async () => {
    expect(await archive.put('a/b', Buffer.from('one'))).toBe(true)
    expect(await archive.put('a/b', Buffer.from('two'))).toBe(false)
    expect(Buffer.from((await archive.get('a/b')) ?? '').toString()).toBe('one')
    expect(await archive.get('a/c')).toBeUndefined()
    expect(await readdir(pathOf('a'))).toEqual(['b'])
    expect(await archive.list('a/')).toEqual([{ name: 'a/b', changes: 0 }])
  })

  it('tells the hash that can be kept elsewhere', async () => {
    await twoDays()
    const { checkpoints } = await check()
    const name = (await archive.list('checkpoints/')).at(-1)?.name ?? ''
    expect(checkpoints?.last).toBe(digestOf((await archive.get(name)) ?? ''))
  })
})
