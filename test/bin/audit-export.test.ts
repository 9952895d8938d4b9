import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recorded } from '../../src/store/audit.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
const begun = 1_790_000_000
beforeAll(async () => {
  shell = await openShell()
  const actor = { kind: 'user', id: 'ada' } as const
  for (let at = 0; at < 25; at++) {
    const type = at % 2 === 0 ? 'login.succeeded' : 'login.failed'
    await shell.db.transact([recorded({ type, at: begun + at * 10_000, actor, user: at % 5 === 0 ? 'ada' : 'bela' })])
  }
})
afterAll(() => shell?.close())

type Line = { timeStamp: string; class_uid?: number; metadata?: { event_code: string } }
const day = (at: number) => new Date(at * 1000).toISOString()
const exported = async (...words: string[]) => {
  const { code, out, err } = await shell.admin(['audit', 'export', ...words])
  return {
    code,
    err,
    lines:
      out === ''
        ? []
        : (out
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)) as Line[]),
  }
}
const range = ['--since', day(begun), '--until', day(begun + 250_000)]

describe('audit export', () => {
  it('writes all of a range as lines of JSON, oldest first, and is recorded', async () => {
    const { code, lines } = await exported(...range)
    expect([code, lines.length]).toEqual([0, 25])
    const times = lines.map(({ timeStamp }) => timeStamp)
    expect(times).toEqual(times.toSorted())
    const today = new Date().toISOString().slice(0, 10)
    const { lines: later } = await exported('--since', today, '--type', 'audit.exported')
    expect(later.length).toBeGreaterThan(0)
  })

  it.each([
    [['--user', 'ada'], 5],
    [['--type', 'login.failed'], 12],
    [['--user', 'ada', '--type', 'login.failed'], 2],
  ])('of %j alone', async (words, count) => {
    expect((await exported(...range, ...words)).lines).toHaveLength(count)
  })

  it('speaks OCSF', async () => {
    const { lines } = await exported(...range, '--format', 'ocsf', '--type', 'login.failed')
    expect(lines[0]).toMatchObject({ class_uid: 3002, metadata: { event_code: 'login.failed' } })
  })

  it.each([
    [['--since', 'yesterday'], 'is no time'],
    [[], '--since is missing'],
    [[...range, '--format', 'csv'], 'is no format'],
    [[...range, '--type', 'login'], 'is never recorded'],
  ])('refuses %j', async (words, sentence) => {
    const { code, err } = await exported(...words)
    expect(code).toBe(1)
    expect(err).toContain(sentence)
  })
})
