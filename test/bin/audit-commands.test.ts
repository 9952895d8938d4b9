import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archiveAudit } from '../../src/audit-archive.ts'
import { openArchive } from '../../src/services/archive.ts'
import { keepCheckpointKey, openCheckpointSigner } from '../../src/services/checkpoint-signer.ts'
import type { Item } from '../../src/store/db.ts'
import { openAuditLog } from '../audit-log.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
let directory: string
let outputs: string
let items: Item[]
const now = Math.floor(Date.now() / 1000)

beforeAll(async () => {
  shell = await openShell()
  directory = await mkdtemp(join(tmpdir(), 'keystep-audit-'))
  const given = JSON.parse(await readFile(join(shell.directory, 'outputs.json'), 'utf8'))
  const file = keepCheckpointKey(join(directory, 'key'))
  outputs = join(directory, 'outputs.json')
  const folder = join(directory, 'archive')
  await writeFile(outputs, JSON.stringify({ ...given, audit: { AuditArchiveFolder: folder, AuditKeyFile: file } }))
  const log = openAuditLog(shell.db)
  log.clock.now = now - 3600
  items = await log.fill(30)
  const signer = openCheckpointSigner({ file })
  const archive = openArchive({ directory: folder })
  await archiveAudit({ db: shell.db, archive, signer, now: () => now - 60, log: () => {} })
})
afterAll(async () => {
  await shell.close()
  await rm(directory, { recursive: true })
})

const verify = (...words: string[]) => shell.admin(['audit', 'verify', ...words], '', outputs)

describe('audit verify', () => {
  it('says how much there is, how far it went, and that it is as it was written', async () => {
    const { code, out, err } = await verify()
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^head {2}\d{4}-\d\d-\d\d#\d {2}\d+ {2}[\w-]{43}$/m)
    expect(out).toMatch(/^checkpoint {2}1 {2}[\w-]{43} {2}/m)
    expect(out).toContain(': 30 records in ')
    expect(out).toContain('The audit log is as it was written.')
  })

  it('looks into the archive, too, where it is asked to', async () => {
    const { code, out } = await verify('--archive', join(directory, 'archive'))
    expect(code).toBe(0)
    expect(out).toContain('In the archive: 30 records and ')
  })

  it('takes a key that was kept elsewhere, and no other', async () => {
    const kept = join(directory, 'kept.json')
    await writeFile(kept, (await shell.admin(['audit', 'key'], '', outputs)).out)
    expect((await verify('--key', kept)).code).toBe(0)
    await writeFile(
      kept,
      JSON.stringify(await openCheckpointSigner({ file: keepCheckpointKey(`${kept}.pem`) }).publicKey()),
    )
    const { code, out } = await verify('--key', kept)
    expect([code, out]).toEqual([1, expect.stringMatching(/^checkpoint-altered .*bad-signature$/m)])
  })

  it.each([
    [['--since', 'yesterday'], 'yesterday is no day'],
    [['--since', '2099-01-01'], 'There is no day from 2099-01-01 to '],
    [['--since', '2026-11-22', '--until', '2026-11-21'], 'There is no day from 2026-11-22 to 2026-11-21'],
    [['--archive', '/nowhere'], 'There is no folder /nowhere'],
    [['--key', '/nowhere'], 'There is no file /nowhere'],
    [['--patience', 'long'], 'long are no minutes'],
  ])('%j is refused with a sentence', async (words, sentence) => {
    expect(await verify(...words)).toMatchObject({ code: 1, err: expect.stringContaining(sentence) })
  })

  it('says which record was altered, and ends with another code than 0', async () => {
    const [item = {}] = items
    await shell.db.transact([
      {
        write: 'put',
        table: 'audit',
        key: { pk: String(item.pk), sk: String(item.sk) },
        item: { ...item, user: 'bela' },
      },
    ])
    const { code, out, err } = await verify()
    expect(code).toBe(1)
    expect(out).toContain(`record-altered  ${item.pk} ${item.sk}  ${String(item.sk).split('#')[0]}`)
    expect(err).toBe('The audit log is not as it was written: 1 record-altered.\n')
  })

  it('says that it cannot know whether the end was cut off, where no archive is known', async () => {
    const { out } = await shell.admin(['audit', 'verify'])
    expect(out).toContain('No archive is known here')
  })
})
