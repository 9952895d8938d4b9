import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openInbox } from '../../examples/cms/webhook.ts'
import type { ApiScope } from '../../src/core/api-key.ts'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import { deliveryTries } from '../../src/core/deliveries.ts'
import { recorded } from '../../src/store/audit.ts'
import { places } from '../../src/store/keys.ts'
import { type EventsHouse, type Heard, openEventsHouse, type Receiver, type Says } from './events-house.ts'

type Webhook = {
  id: string
  url: string
  types: string[]
  state: string
  enabled: boolean
  secrets: { expiresDateTime?: string }[]
}
type Issued = { webhook: Webhook; secret: string }
type Problem = { code: string; pointer?: string }

let events: EventsHouse
let house: EventsHouse['house']
let apikey: string
beforeEach(async () => {
  events = await openEventsHouse()
  house = events.house
  apikey = (await house.addApiKey()).shown
})
afterEach(() => events?.close())

const at = (rest = '') => `/api/v1/tenants/demo/webhooks${rest}`
const call = <Body = Problem>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  target: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => house.invoke<Body>(method, target, { headers: { apikey, ...headers }, ...(body === undefined ? {} : { body }) })

async function register(receiver: Pick<Receiver, 'url'>, change: Record<string, unknown> = {}): Promise<Issued> {
  const { status, json } = await call<Issued>('POST', at(), { url: receiver.url, ...change })
  expect(status).toBe(201)
  return json
}

const happens = async (change: Partial<AuditEvent> = {}): Promise<string> => {
  const write = recorded({
    ...{ type: 'authenticator.activated', at: house.now, actor: { kind: 'user', id: 'ada' }, user: 'ada' },
    ...{ authenticator: 'key-1', externalId: 'card-7', serialNumber: 'S-7' },
    ...change,
  })
  await house.seed(write)
  const { id, at: when } = write.write === 'put' ? write.item : {}
  return `${when}-${id}`
}

const eventually = (check: () => unknown): Promise<unknown> => vi.waitFor(check, { timeout: 15_000, interval: 20 })
const heardBy = async (receiver: Receiver, count = 1): Promise<Heard[]> => {
  await eventually(() => expect(receiver.heard.length).toBeGreaterThanOrEqual(count))
  return receiver.heard
}
const idle = () => eventually(() => expect(events.queue.waiting()).toEqual([]))
const typeOf = (event: { 'detail-type': string }) => event['detail-type']
const auditOf = async (type: string) => (await house.audit()).filter((event) => event.type === type)

const signatureOf = (secret: string, { id, timestamp, body }: Heard): string =>
  `v1,${createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')}`

describe('a webhook', () => {
  it('is told of what happens to an authenticator, signed as Standard Webhooks has it', async () => {
    const receiver = await events.listens()
    const { secret } = await register(receiver)
    const id = await happens()
    const [heard] = await heardBy(receiver)
    expect(heard).toMatchObject({ id, timestamp: String(house.now), type: 'application/json' })
    expect(JSON.parse(heard?.body ?? '')).toEqual({
      type: 'authenticator.activated',
      timestamp: new Date(house.now * 1000).toISOString(),
      data: { authenticator: 'key-1', user: 'ada', externalId: 'card-7', serialNumber: 'S-7', state: 'active' },
    })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(heard?.signature).toBe(signatureOf(secret, heard as Heard))
    await eventually(async () =>
      expect(await auditOf('webhook.delivered')).toMatchObject([{ message: id, user: 'ada' }]),
    )
  })

  it('hears of what it names and of nothing else, and never of webhooks', async () => {
    const receiver = await events.listens()
    await register(receiver, { types: ['user.disabled'] })
    await happens()
    const id = await happens({ type: 'user.disabled' })
    await heardBy(receiver)
    await idle()
    expect(receiver.heard.map((heard) => heard.id)).toEqual([id])
    await eventually(() => expect(events.bus.events.map(typeOf)).toContain('webhook.delivered'))
  })

  it('hears nothing of what was before it, nor while it is disabled, nor when it is deleted', async () => {
    const receiver = await events.listens()
    await happens({ at: house.now - 1 })
    const { webhook } = await register(receiver)
    const { headers } = await call('GET', at(`/${webhook.id}`))
    const document = { url: webhook.url, types: webhook.types, enabled: false }
    expect((await call('PUT', at(`/${webhook.id}`), document, { 'if-match': headers.etag ?? '' })).status).toBe(200)
    await happens()
    expect((await call('DELETE', at(`/${webhook.id}`))).status).toBe(204)
    await happens()
    await eventually(() =>
      expect(events.bus.events.filter((e) => e['detail-type'] === 'authenticator.activated')).toHaveLength(3),
    )
    expect(receiver.heard).toEqual([])
  })

  it('is told again, by the same id, when the stream delivers twice', async () => {
    const receiver = await events.listens()
    await register(receiver)
    const id = await happens()
    await heardBy(receiver)
    const { event } =
      events.published.find(({ event }) => JSON.stringify(event).includes('"S":"authenticator.activated"')) ?? {}
    if (event === undefined) throw new Error('It was not published')
    await Promise.all([events.publish(event), events.publish(event)])
    await heardBy(receiver, 3)
    expect(new Set(receiver.heard.map((heard) => heard.id))).toEqual(new Set([id]))
    expect(new Set(receiver.heard.map((heard) => heard.body)).size).toBe(1)
  })

  it('is told when the queue and the bus are back', async () => {
    const receiver = await events.listens()
    await register(receiver)
    events.away.bus = true
    await happens()
    await eventually(() => expect(house.lines.some(({ message }) => message === 'publish-failed')).toBe(true))
    events.away.bus = false
    events.away.queue = true
    await eventually(() =>
      expect(events.bus.events.some((e) => e['detail-type'] === 'authenticator.activated')).toBe(true),
    )
    expect(receiver.heard).toEqual([])
    events.away.queue = false
    await heardBy(receiver)
  })
})

describe('a receiver that', () => {
  it.each<[string, () => Says]>([
    ['answers 500', () => 500],
    ['does not like it', () => 400],
    ['sends us elsewhere', () => ({ redirect: 'http://localhost:1/' })],
  ])('%s is tried again until it takes it', async (_, says) => {
    const receiver = await events.listens((attempt) => (attempt < 3 ? says() : 200))
    await register(receiver)
    const id = await happens()
    await heardBy(receiver, 3)
    await idle()
    expect(receiver.heard.map((heard) => heard.id)).toEqual([id, id, id])
    expect((await auditOf('webhook.failed')).map(({ reason }) => reason)).toEqual(['retrying'])
    expect(await auditOf('webhook.delivered')).toHaveLength(1)
  })

  it('never answers is given up, and an operator is told', async () => {
    await events.close()
    events = await openEventsHouse({ patience: 300 })
    house = events.house
    apikey = (await house.addApiKey()).shown
    const receiver = await events.listens(() => 'nothing')
    await register(receiver)
    const id = await happens()
    await eventually(() => expect(events.queue.deadLetters()).toHaveLength(1))
    expect(receiver.heard.length).toBeLessThanOrEqual(deliveryTries)
    const failures = await auditOf('webhook.failed')
    expect(failures.map(({ reason, message }) => [reason, message]).toSorted()).toEqual([
      ['gave-up', id],
      ['retrying', id],
    ])
  })

  it('says more than is read has taken it', async () => {
    const receiver = await events.listens(() => 'no end')
    await register(receiver)
    await happens()
    await eventually(async () => expect(await auditOf('webhook.delivered')).toHaveLength(1))
    expect(receiver.heard).toHaveLength(1)
  })

  it('is gone (410) is disabled, and told so', async () => {
    const receiver = await events.listens(() => 410)
    const { webhook } = await register(receiver)
    await happens()
    await eventually(async () => expect((await call<Webhook>('GET', at(`/${webhook.id}`))).json.state).toBe('gone'))
    await idle()
    expect((await auditOf('webhook.failed')).map(({ reason }) => reason)).toEqual(['gone'])
    expect(await auditOf('webhook.changed')).toMatchObject([{ reason: 'gone', webhook: webhook.id }])
    await happens()
    await idle()
    expect(receiver.heard).toHaveLength(1)
  })

  it('is inside is never asked', async () => {
    const receiver = await events.listens(undefined, { reachable: false })
    await register(receiver)
    await happens()
    await eventually(async () => expect(await auditOf('webhook.failed')).toHaveLength(2))
    expect(receiver.heard).toEqual([])
  })
})

describe('its secret', () => {
  it('is changed while both sign, and the old one ends', async () => {
    const receiver = await events.listens()
    const { webhook, secret: old } = await register(receiver)
    const { status, json } = await call<Issued>('POST', at(`/${webhook.id}/secret`), { overlap: 3600 })
    expect(status).toBe(201)
    expect(json.webhook.secrets).toHaveLength(2)
    await happens()
    const [both] = await heardBy(receiver)
    expect(both?.signature.split(' ')).toEqual([
      signatureOf(json.secret, both as Heard),
      signatureOf(old, both as Heard),
    ])
    house.now += 3601
    await happens()
    const [, after] = await heardBy(receiver, 2)
    expect(after?.signature).toBe(signatureOf(json.secret, after as Heard))
    expect((await call<Webhook>('GET', at(`/${webhook.id}`))).json.secrets).toHaveLength(1)
  })

  it('is not changed a third time while two are good, but at once', async () => {
    const { webhook } = await register(await events.listens())
    await call('POST', at(`/${webhook.id}/secret`), {})
    expect((await call('POST', at(`/${webhook.id}/secret`), {})).json.code).toBe('secret-still-retiring')
    const { json } = await call<Issued>('POST', at(`/${webhook.id}/secret`), { overlap: 0 })
    expect(json.webhook.secrets).toHaveLength(1)
    expect((await call('POST', at(`/${webhook.id}/secret`), { overlap: 10_000_000 })).json).toMatchObject({
      code: 'malformed-overlap',
      pointer: '/overlap',
    })
  })

  it('is shown once, kept sealed, and in no record', async () => {
    const { webhook, secret } = await register(await events.listens())
    const kept = JSON.stringify([await house.db.get(places.webhook(webhook.id)), await house.audit(), house.lines])
    expect(kept).not.toContain(secret.slice('whsec_'.length))
    expect((await call('GET', at())).body).not.toContain('whsec_')
    expect((await call('GET', at(`/${webhook.id}`))).body).not.toContain('sealed')
  })
})

describe('the CMS of the examples', () => {
  it('takes what is signed, once, and nothing else', async () => {
    const receiver = await events.listens()
    const { secret } = await register(receiver)
    await happens()
    const [heard] = await heardBy(receiver)
    const { id = '', timestamp = '', signature = '', body = '' } = heard ?? {}
    const inbox = openInbox(secret, () => house.now)
    const headers: Record<string, string> = { 'webhook-id': id, 'webhook-timestamp': timestamp }
    const take = (change: Record<string, string> = {}, text = body) =>
      inbox.take((name) => ({ ...headers, 'webhook-signature': `v1,AAAA ${signature}`, ...change })[name], text)
    expect(take({}, `${body} `)).toBe(401)
    expect(take({ 'webhook-id': 'another' })).toBe(401)
    expect(take({ 'webhook-timestamp': String(house.now - 301) })).toBe(401)
    expect(take({ 'webhook-signature': '' })).toBe(401)
    expect(inbox.heard()).toEqual([])
    expect([take(), take()]).toEqual([204, 204])
    expect(inbox.heard()).toMatchObject([{ id, type: 'authenticator.activated', data: { externalId: 'card-7' } }])
  })
})

describe('a delivery that failed', () => {
  it('is listed, and sent again under its id', async () => {
    const receiver = await events.listens((attempt) => (attempt <= deliveryTries ? 500 : 200))
    const { webhook } = await register(receiver)
    const id = await happens()
    await eventually(() => expect(events.queue.deadLetters()).toHaveLength(1))
    type Deliveries = { page: { items: { messageId: string; state: string; reason?: string; user?: string }[] } }
    const failed = await call<Deliveries>('GET', at(`/${webhook.id}/deliveries?type=webhook.failed`))
    expect(failed.json.page.items).toMatchObject([
      { messageId: id, state: 'failed', user: 'ada' },
      { messageId: id, state: 'failed', user: 'ada' },
    ])
    expect(failed.json.page.items.map(({ reason }) => reason).toSorted()).toEqual(['gave-up', 'retrying'])
    house.now += 1
    expect((await call('POST', at(`/${webhook.id}/deliveries/${id}/resend`))).status).toBe(202)
    await heardBy(receiver, deliveryTries + 1)
    expect(new Set(receiver.heard.map((heard) => heard.id))).toEqual(new Set([id]))
    expect(new Set(receiver.heard.map((heard) => heard.body)).size).toBe(1)
    expect(await auditOf('webhook.resent')).toMatchObject([{ message: id, actor: { kind: 'api-key' } }])
    await eventually(async () => {
      const { json } = await call<Deliveries>('GET', at(`/${webhook.id}/deliveries`))
      expect(json.page.items[0]).toMatchObject({ state: 'delivered', messageId: id })
    })
  })

  it('is sent again only where it is one, and where somebody listens', async () => {
    const { webhook } = await register(await events.listens(), { enabled: false })
    const login = await happens({ type: 'login.succeeded' })
    const again = (id: string, message: string) => call('POST', at(`/${id}/deliveries/${message}/resend`))
    expect((await again(webhook.id, login)).json.code).toBe('webhook-disabled')
    expect((await again('none', login)).json.code).toBe('webhook-not-found')
    const { webhook: other } = await register(await events.listens())
    expect((await again(other.id, login)).json.code).toBe('delivery-not-found')
    expect((await again(other.id, '1800000000-aaaaaaaaaaaaaaaaaaaaaa')).json.code).toBe('delivery-not-found')
  })
})

describe('an address', () => {
  it('is in no record with its query, in which some have a secret', async () => {
    const url = 'https://192.168.0.1/hook?sig=first'
    const { webhook } = await register({ url })
    await call('POST', at(`/${webhook.id}/test`))
    const { headers } = await call('GET', at(`/${webhook.id}`))
    const change = { url: url.replace('first', 'second'), types: webhook.types }
    const changed = await call<Webhook>('PUT', at(`/${webhook.id}`), change, { 'if-match': headers.etag ?? '' })
    expect([changed.status, changed.json.url]).toEqual([200, change.url])
    await call('DELETE', at(`/${webhook.id}`))
    expect(await auditOf('webhook.changed')).toMatchObject([{ detail: '/url: another query' }])
    expect(await auditOf('webhook.deleted')).toMatchObject([{ detail: 'https://192.168.0.1/hook?…' }])
    expect(JSON.stringify(await house.audit())).not.toMatch(/sig=|first|second/)
  })
})

describe('a test', () => {
  type Tested = { messageId: string; delivered: boolean; detail?: string }

  it('says at once whether it was taken, and if not why', async () => {
    const good = await events.listens()
    const bad = await events.listens(() => 503)
    const [one, other] = [await register(good), await register(bad, { enabled: false })]
    const taken = await call<Tested>('POST', at(`/${one.webhook.id}/test`))
    expect(taken.json).toEqual({ messageId: expect.stringMatching(/^test-/), delivered: true })
    expect(JSON.parse(good.heard[0]?.body ?? '')).toMatchObject({ type: 'webhook.test' })
    expect(good.heard[0]?.signature).toBe(signatureOf(one.secret, good.heard[0] as Heard))
    const refused = await call<Tested>('POST', at(`/${other.webhook.id}/test`))
    expect(refused.json).toMatchObject({ delivered: false, detail: expect.stringContaining('503') })
    expect(await auditOf('webhook.failed')).toMatchObject([{ reason: 'test' }])
  })
})

describe('the API of webhooks', () => {
  it.each([
    [{ url: 'http://cms.example.com/hook' }, '/url'],
    [{ url: 'ftp://cms.example.com' }, '/url'],
    [{ url: 'https://user:secret@cms.example.com' }, '/url'],
    [{}, '/url'],
    [{ url: 'https://cms.example.com/hook', types: [] }, '/types'],
    [{ url: 'https://cms.example.com/hook', types: ['webhook.delivered'] }, '/types/0'],
    [{ url: 'https://cms.example.com/hook', colour: 'red' }, '/colour'],
    [{ url: 'https://cms.example.com/hook', description: 'x\ny' }, '/description'],
    [{ url: 'https://cms.example.com/hook', enabled: 'yes' }, '/enabled'],
  ])('refuses %j', async (document, pointer) => {
    const { status, json } = await call('POST', at(), document)
    expect([status, json.code, json.pointer]).toEqual([422, 'malformed-webhook', pointer])
  })

  it('is changed by whoever says which version they mean', async () => {
    const { webhook } = await register({ url: 'https://cms.example.com/hook' })
    const document = { url: 'https://cms.example.com/other', types: ['user.created'], enabled: true }
    expect((await call('PUT', at(`/${webhook.id}`), document)).status).toBe(428)
    expect((await call('PUT', at(`/${webhook.id}`), document, { 'if-match': '"x"' })).status).toBe(412)
    const { etag = '' } = (await call('GET', at(`/${webhook.id}`))).headers
    const changed = await call<Webhook>('PUT', at(`/${webhook.id}`), document, { 'if-match': etag })
    expect([changed.status, changed.json.url, changed.json.types]).toEqual([200, document.url, document.types])
    expect((await call('PUT', at(`/${webhook.id}`), document, { 'if-match': etag })).status).toBe(412)
    expect(await auditOf('webhook.changed')).toMatchObject([{ detail: expect.stringContaining('/url: ') }])
    expect((await call('DELETE', at(`/${webhook.id}`), undefined, { 'if-match': etag })).status).toBe(412)
  })

  it('of two changes at once one is made', async () => {
    const { webhook } = await register({ url: 'https://cms.example.com/hook' })
    const { etag = '' } = (await call('GET', at(`/${webhook.id}`))).headers
    const change = (at_: number) =>
      call('PUT', at(`/${webhook.id}`), { url: `https://cms.example.com/${at_}` }, { 'if-match': etag })
    const done = await Promise.all([change(1), change(2), change(3)])
    expect(done.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await auditOf('webhook.changed')).toHaveLength(1)
  })

  it('keeps no more than there may be', async () => {
    for (let at_ = 0; at_ < 20; at_++) await register({ url: `https://cms.example.com/${at_}` })
    expect((await call('POST', at(), { url: 'https://cms.example.com/more' })).json.code).toBe('too-many-webhooks')
  })

  it('is for who may', async () => {
    const { webhook } = await register({ url: 'https://cms.example.com/hook' })
    const statusWith = async (scopes: ApiScope[], method: 'GET' | 'POST' | 'DELETE', rest: string) => {
      const key = (await house.addApiKey(scopes)).shown
      return (await house.invoke(method, at(rest), { headers: { apikey: key } })).status
    }
    expect(await statusWith(['audit:read'], 'GET', '')).toBe(403)
    expect(await statusWith(['webhooks:read'], 'GET', '')).toBe(200)
    for (const [method, rest] of [
      ['POST', ''],
      ['DELETE', `/${webhook.id}`],
      ['POST', `/${webhook.id}/secret`],
      ['POST', `/${webhook.id}/test`],
      ['POST', `/${webhook.id}/deliveries/1-aaaaaaaaaaaaaaaaaaaaaa/resend`],
    ] as const)
      expect(await statusWith(['webhooks:read'], method, rest)).toBe(403)
  })
})

describe('the event bus', () => {
  it('has an event for each record, as the log shows it', async () => {
    const id = await happens({ type: 'login.succeeded', ip: '192.0.2.9' })
    await eventually(() => expect(events.bus.events.length).toBeGreaterThan(0))
    expect(events.bus.events).toMatchObject([
      {
        source: 'keystep',
        'detail-type': 'login.succeeded',
        time: new Date(house.now * 1000).toISOString(),
        detail: { id, category: 'AUDIT', context: { originatingAddress: '192.0.2.9' }, details: { user: 'ada' } },
      },
    ])
    expect(JSON.stringify(events.bus.events)).not.toContain('login.succeeded#')
  })

  it('is not held up by what none of ours put', async () => {
    const numbers = { pk: { S: '2026-11-22#1' }, sk: { S: 'x' }, type: { S: 'login.succeeded' }, at: { N: '1e30' } }
    const strange = { ...numbers, at: { N: '1e15' }, id: { S: 'x' }, actor: { M: {} } }
    const Records = [numbers, strange].map((NewImage) => ({ eventName: 'INSERT' as const, dynamodb: { NewImage } }))
    expect(await events.publish({ Records })).toEqual({ batchItemFailures: [] })
  })
})
