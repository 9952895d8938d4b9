import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../src/core/audit/log-entry.ts'
import type { AuditEvent } from '../../../src/core/audit-event.ts'
import type { User } from '../../../src/core/user.ts'
import { recorded } from '../../../src/store/audit.ts'
import { readLog } from '../../../src/store/audit-log.ts'
import { dayOne, type House, openHouse } from '../../house.ts'

type Page = { page: { items: LogEntry[]; pageSize: number }; links: { self: string; next?: string } }
type Problem = { code: string; detail?: string }

let house: House
let apikey: string
let ada: User
beforeAll(async () => {
  house = await openHouse()
  apikey = (await house.addApiKey(['audit:read'])).shown
  ada = await house.addUser({ userName: 'ada' })
  house.now = dayOne + 40 * 86_400
  // Three days, forty records each, at times that no two share; each third is Ada's.
  for (let day = 30; day < 33; day++)
    for (let at = 0; at < 40; at++)
      await note({
        at: dayOne + day * 86_400 + at * 60,
        type: at % 2 === 0 ? 'login.succeeded' : 'login.failed',
        ...(at % 3 === 0 ? { user: ada.id } : { user: `other-${at % 5}` }),
        client: at % 4 === 0 ? 'app1' : 'app2',
        reason: at % 5 === 0 ? 'wrong-password' : 'other',
        request: `request-${day}-${at}`,
      })
})
afterAll(() => house?.close())

const note = (event: Partial<AuditEvent> & Pick<AuditEvent, 'at' | 'type'>) =>
  house.seed(recorded({ actor: { kind: 'stranger', id: '198.51.100.7' }, ...event }))

const get = <Body = Page>(target: string, key = apikey) =>
  house.invoke<Body>('GET', target, { headers: { apikey: key } })
const logs = (query: string) => get(`/api/v1/tenants/demo/logs?${query}`)
const span = `since=${iso(30 * 86_400)}&until=${iso(33 * 86_400)}`
function iso(after: number): string {
  return new Date((dayOne + after) * 1000).toISOString()
}

/** All pages, one after the other. */
async function follow(query: string): Promise<{ items: LogEntry[]; pages: number }> {
  const items: LogEntry[] = []
  let pages = 0
  let target: string | undefined = `/api/v1/tenants/demo/logs?${query}`
  while (target !== undefined) {
    const { status, json }: { status: number; json: Page } = await get(target)
    expect(status).toBe(200)
    items.push(...json.page.items)
    pages += 1
    target = json.links.next === undefined ? undefined : json.links.next.replace('https://id.example.org', '')
  }
  return { items, pages }
}

const times = (items: LogEntry[]) => items.map(({ timeStamp }) => timeStamp)

describe('the logs', () => {
  it('come newest first, each once, over days and pages', async () => {
    const { items, pages } = await follow(`${span}&pageSize=17`)
    expect(new Set(items.map(({ id }) => id)).size).toBe(120)
    expect(times(items)).toEqual(times(items).toSorted().reverse())
    expect(pages).toBe(8)
  })

  it('come oldest first where that is asked', async () => {
    const { items } = await follow(`${span}&order=asc&pageSize=50`)
    expect(items).toHaveLength(120)
    expect(times(items)).toEqual(times(items).toSorted())
  })

  it('have the frame that connectors read, and who, what, when, from where, on whom and why', async () => {
    await note({
      ...{ at: house.now - 100, type: 'step-up.unmet', user: ada.id, ip: '192.0.2.9', request: 'r1', session: 's1' },
      ...{ client: 'app1', reason: 'not-enough', requested: ['fido'], target: 'fido', targetLevel: 3 },
      ...{ achieved: 'pwd', achievedLevel: 0, amr: ['pwd'], ages: { pwd: 3 } },
    })
    const { json } = await logs('type=step-up.unmet')
    expect(json.page.items).toEqual([
      {
        logVersion: '1.0',
        category: 'AUDIT',
        id: expect.stringMatching(/^\d{10}-[\w-]{22}$/),
        timeStamp: new Date((house.now - 100) * 1000).toISOString(),
        context: {
          tenantId: 'demo',
          principalId: 'ada',
          originatingAddress: '192.0.2.9',
          sessionId: 's1',
          requestId: 'r1',
          applicationName: 'app1',
        },
        details: {
          type: 'step-up.unmet',
          actor: { kind: 'stranger', id: '198.51.100.7' },
          user: ada.id,
          client: 'app1',
          reason: 'not-enough',
          requested: ['fido'],
          target: 'fido',
          targetLevel: 3,
          achieved: 'pwd',
          achievedLevel: 0,
          amr: ['pwd'],
          ages: { pwd: 3 },
        },
      },
    ])
  })

  it('are those of the last day where nothing says since when, and of a user all', async () => {
    expect((await logs('')).json.page.items.map(({ details }) => details.type)).toEqual(['step-up.unmet'])
    expect((await follow('user=ada')).items).toHaveLength(43)
  })

  it('of a user are found by their name and by their id, by one query of an index', async () => {
    const byName = await logs(`${span}&user=ADA&pageSize=100`)
    const byId = await logs(`${span}&user=${ada.id}&pageSize=100`)
    expect(byName.json.page.items).toHaveLength(42)
    expect(byId.json.page.items).toEqual(byName.json.page.items)
    const queries = byName.commands.filter(({ name }) => name === 'Query')
    expect(queries).toHaveLength(1)
    expect(queries[0]?.actions).toMatchObject([{ on: 'audit/index' }])
    expect(byName.commands.some(({ name }) => name === 'Scan')).toBe(false)
  })

  it.each([
    ['type=login.failed', 60],
    ['type=login.failed,login.succeeded', 120],
    ['user=ada&type=login.failed', 21],
    ['client=app1', 30],
    ['reason=WRONG', 24],
    ['request=request-31-7', 1],
    ['actor=198.51.100.7', 120],
    ['actor=somebody', 0],
    ['type=login.failed&client=app1', 0],
  ])('are those of %s alone: %d', async (filter, count) => {
    const { items } = await follow(`${span}&${filter}&pageSize=10`)
    expect(new Set(items.map(({ id }) => id)).size).toBe(count)
    expect(items).toHaveLength(count)
    expect(times(items)).toEqual(times(items).toSorted().reverse())
  })

  it('of who is gone are found by their id, whatever somebody was named since', async () => {
    const gone = 'W4sGoneBefore_22-chars'
    await note({ at: dayOne + 34 * 86_400, type: 'user.deleted', user: gone })
    await house.addUser({ userName: gone })
    expect((await follow(`user=${gone}`)).items.map(({ details }) => details.user)).toContain(gone)
  })

  it('stand still while records arrive: a page begun goes on where it was', async () => {
    const since = iso(36 * 86_400)
    for (let at = 0; at < 6; at++) await note({ at: dayOne + 36 * 86_400 + at, type: 'code.sent', request: `${at}` })
    const first = (await logs(`type=code.sent&since=${since}&pageSize=3`)).json
    for (let at = 6; at < 9; at++) await note({ at: dayOne + 36 * 86_400 + at, type: 'code.sent', request: `${at}` })
    const next = await get((first.links.next ?? '').replace('https://id.example.org', ''))
    const shown = [...first.page.items, ...next.json.page.items].map(({ context }) => context.requestId)
    expect(shown).toEqual(['5', '4', '3', '2', '1', '0'])
  })

  it('oldest first leave out what is so young that an older one may still come', async () => {
    await note({ at: house.now - 2, type: 'mail.tested' })
    expect((await logs('type=mail.tested&order=asc')).json.page.items).toEqual([])
    expect((await logs('type=mail.tested')).json.page.items).toHaveLength(1)
    house.now += 60
    expect((await logs('type=mail.tested&order=asc')).json.page.items).toHaveLength(1)
    house.now -= 60
  })

  it('over years in which nothing happened are read piece by piece, each with a next one', async () => {
    const { items, pages } = await follow(`since=${iso(-30 * 86_400)}&until=${iso(30 * 86_400 + 30)}&pageSize=5`)
    expect(items).toHaveLength(1)
    expect(pages).toBeGreaterThan(4)
    const { commands } = await logs(`since=${iso(-400 * 86_400)}&until=${iso(-86_400)}`)
    expect(commands.filter(({ name }) => name === 'Query').length).toBeLessThanOrEqual(96)
  })

  it.each([
    ['since=yesterday', 'since'],
    ['until=2027-02-30', 'until'],
    ['type=login.suceeded', 'type'],
    ['type=login.failed,login.succeeded,code.sent,code.failed,mail.tested', 'type'],
    ['order=up', 'order'],
    ['pageSize=0', 'pageSize'],
    ['cursor=x', 'cursor'],
    ['colour=red', 'colour'],
    ['user=ada&user=bela', 'user'],
    [`reason=${'x'.repeat(101)}`, 'reason'],
  ])('refuse %s', async (query, name) => {
    const { status, json } = await get<Problem>(`/api/v1/tenants/demo/logs?${query}`)
    expect([status, json.code]).toEqual([400, 'malformed-request'])
    expect(json.detail).toContain(name)
  })

  it('take days as STA writes them', async () => {
    const day = new Date((dayOne + 31 * 86_400) * 1000).toISOString().slice(0, 10)
    const next = new Date((dayOne + 32 * 86_400) * 1000).toISOString().slice(0, 10)
    const { items } = await follow(`since=${day}Z&until=${next}Z`)
    expect(items.every(({ timeStamp }) => timeStamp.startsWith(day))).toBe(true)
    expect(items.length).toBeGreaterThan(0)
  })

  it('are for who may read them', async () => {
    const other = (await house.addApiKey(['users:read'])).shown
    expect((await get('/api/v1/tenants/demo/logs', other)).status).toBe(403)
    expect((await get('/api/v1/tenants/demo/logs/export', other)).status).toBe(403)
  })

  it('never show what the store keeps beside', async () => {
    const { body } = await logs(`${span}&pageSize=100`)
    for (const kept of ['"pk"', '"sk"', 'login.failed#', '"until"']) expect(body).not.toContain(kept)
  })
})

describe('one record', () => {
  it('is found by its id', async () => {
    const [newest] = (await logs(span)).json.page.items
    const { status, json } = await get<LogEntry>(`/api/v1/tenants/demo/logs/${newest?.id}`)
    expect(status).toBe(200)
    expect(json).toEqual(newest)
  })

  it.each(['1800000000-aaaaaaaaaaaaaaaaaaaaaa', 'x', '99999999999-aaaaaaaaaaaaaaaaaaaaaa'])(
    '%s is none',
    async (id) => {
      const { status, json } = await get<Problem>(`/api/v1/tenants/demo/logs/${id}`)
      expect([status, json.code]).toEqual([404, 'log-not-found'])
    },
  )
})

describe('an export', () => {
  const exported = (query: string) => get<undefined>(`/api/v1/tenants/demo/logs/export?${query}`)
  const linesOf = (body: string): Record<string, unknown>[] =>
    body === ''
      ? []
      : body
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))

  it('is lines of JSON, oldest first, page by page, and is recorded once', async () => {
    const before = (await house.audit('audit.exported')).length
    const lines: Record<string, unknown>[] = []
    let target: string | undefined = `/api/v1/tenants/demo/logs/export?${span}&pageSize=50`
    while (target !== undefined) {
      const { headers, body }: { headers: Record<string, string>; body: string } = await get<undefined>(target)
      expect(headers['content-type']).toBe('application/jsonl')
      lines.push(...linesOf(body))
      target = /^<https:\/\/id\.example\.org(.*)>; rel="next"$/.exec(headers.link ?? '')?.[1]
    }
    expect(lines).toHaveLength(120)
    expect(lines.map(({ timeStamp }) => timeStamp)).toEqual(lines.map(({ timeStamp }) => timeStamp).toSorted())
    const told = (await house.audit('audit.exported')).slice(before)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({
      actor: { kind: 'api-key' },
      detail: expect.stringContaining('format=jsonl since='),
    })
  })

  it('is recorded whatever place somebody begins at', async () => {
    const countOf = async () => (await house.audit('audit.exported')).length
    const cursor = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
    const before = await countOf()
    const place = '2000-01-01'
    for (const parts of [[place], [place, 'nothing'], [place, `${house.now}-${'x'.repeat(22)}`]])
      expect((await exported(`${span}&cursor=${cursor(...parts)}`)).status).toBe(200)
    expect(await countOf()).toBe(before + 3)
    // Of another's, and of other records.
    const next = /cursor=([\w-]+)/.exec((await exported(`${span}&pageSize=50`)).headers.link ?? '')?.[1] ?? ''
    await exported(`${span}&pageSize=50&cursor=${next}`)
    expect(await countOf()).toBe(before + 4)
    await exported(`${span}&pageSize=50&type=login.failed&cursor=${next}`)
    const other = (await house.addApiKey(['audit:read'])).shown
    await get(`/api/v1/tenants/demo/logs/export?${span}&pageSize=50&cursor=${next}`, other)
    expect(await countOf()).toBe(before + 6)
  })

  it('speaks OCSF where that is asked', async () => {
    const [line] = linesOf((await exported(`${span}&format=ocsf&type=login.failed&pageSize=1`)).body)
    expect(line).toMatchObject({ class_uid: 3002, status_id: 2, metadata: { version: '1.8.0', tenant_uid: 'demo' } })
  })

  it('knows no other format', async () => {
    expect((await exported('format=csv')).status).toBe(400)
  })
})

describe('readLog', () => {
  it.each([{ at: 1e15 }, { at: -1 }, { actor: undefined }])(
    'is not held up by what none of ours put: %j',
    async (change) => {
      const at = dayOne + 36 * 86_400
      const strange = recorded({ type: 'login.failed', at, actor: { kind: 'stranger', id: '-' } })
      if (strange.write === 'put') await house.seed({ ...strange, item: { ...strange.item, ...change } })
      const page = await logs(`since=${iso(36 * 86_400)}&until=${iso(37 * 86_400)}&actor=-`)
      expect([page.status, page.json.page.items]).toEqual([200, []])
    },
  )

  it('is deaf to a place that is before or after what was asked', async () => {
    const question = { since: dayOne + 31 * 86_400, until: dayOne + 32 * 86_400, size: 100 } as const
    const early = await readLog(house.db, { ...question, order: 'asc', after: '2000-01-01' })
    const late = await readLog(house.db, { ...question, order: 'desc', after: '2100-01-01~' })
    expect(early.records).toHaveLength(40)
    expect(late.records).toHaveLength(40)
  })
})
