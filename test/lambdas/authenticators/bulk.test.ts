import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Table } from '../../../lib/tables.ts'
import { mostAuthenticators } from '../../../src/core/authenticator.ts'
import { attestedImport, type Cms, newKey, openCms, type Problem, rawImport, type Shown } from './cms.ts'

let cms: Cms

beforeAll(async () => {
  cms = await openCms()
})

afterAll(() => cms.house.close())

type Results = {
  dryRun: boolean
  results: { index: number; status: number; authenticator?: Shown; problem?: Problem }[]
} & Problem

const bulk = (
  items: unknown,
  { query = '', headers = {} }: { query?: string; headers?: Record<string, string> } = {},
) => cms.call<Results>('POST', `/authenticators:import${query}`, { body: { items }, headers })

const statusesOf = ({ json }: { json: Results }): number[] => json.results.map(({ status }) => status)

const everything = async () => Promise.all((['people', 'sessions', 'audit'] satisfies Table[]).map(cms.house.all))

describe('a bulk import', () => {
  it('imports each item or says why not', async () => {
    const [anna, bert] = [await cms.house.addUser(), await cms.house.addUser({ userName: 'bert' })]
    const [one, other] = [newKey(), newKey()]
    await cms.importKey(anna, rawImport(other))
    const reply = await bulk([
      { userId: anna.id, ...rawImport(one) },
      { userId: 'BERT', ...rawImport(newKey()) },
      { userId: anna.id, ...rawImport(other) },
      { userId: bert.id, ...rawImport(other) },
      { userId: 'nobody', ...rawImport(newKey()) },
      { userId: anna.id, ...rawImport(newKey(), {}, { rpId: 'evil.example' }) },
      { userId: anna.id, ...rawImport(newKey(), { surprise: 1 }) },
      { ...rawImport(newKey()) },
      'nonsense',
      { userId: anna.id, ...rawImport(newKey(), {}, { publicKey: 'AAAA' }) },
    ])
    expect(reply.status).toBe(200)
    expect(reply.json.dryRun).toBe(false)
    expect(statusesOf(reply)).toEqual([201, 201, 200, 409, 404, 422, 400, 400, 400, 422])
    expect(reply.json.results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(reply.json.results.slice(4).map(({ problem }) => problem?.pointer)).toEqual([
      '/items/4/userId',
      '/items/5/metadata/rpId',
      '/items/6/surprise',
      '/items/7/userId',
      '/items/8',
      '/items/9/metadata/publicKey',
    ])
    const id = reply.json.results[1]?.authenticator?.id
    expect((await cms.call('GET', `${cms.keysOf(bert)}/${id}`)).json).toEqual(reply.json.results[1]?.authenticator)
    const request = reply.commands[0]?.request
    const events = (await cms.house.audit()).filter((event) => event.request === request).map((event) => event.type)
    expect(events.filter((type) => type === 'authenticator.imported')).toHaveLength(2)
    expect(events.filter((type) => type === 'import.refused')).toHaveLength(7)
  })

  it('of one key several times imports the first', async () => {
    const [anna, bert] = [await cms.house.addUser(), await cms.house.addUser()]
    const key = newKey()
    const items = [anna, anna, bert, anna].map(({ id }, index) => ({
      userId: id,
      ...rawImport(key, { friendlyName: `Name ${index}` }),
    }))
    const reply = await bulk(items)
    expect(statusesOf(reply)).toEqual([201, 200, 409, 200])
    expect(reply.json.results[3]?.authenticator).toEqual(reply.json.results[0]?.authenticator)
    expect(reply.json.results[0]?.authenticator?.friendlyName).toBe('Name 0')
  })

  it('gives a key that several ask for to the first of them, whatever else they ask for', async () => {
    const people = await Promise.all(Array.from({ length: 4 }, () => cms.house.addUser()))
    const key = newKey()
    const items = people.flatMap(({ id }, index) => [
      { userId: id, ...rawImport(newKey()) },
      ...(index === 0 ? [] : [{ userId: id, ...rawImport(key) }]),
    ])
    expect(statusesOf(await bulk(items))).toEqual([201, 201, 201, 201, 409, 201, 409])
  })

  it('takes a hundred, and no more', async () => {
    const anna = await cms.house.addUser()
    const items = Array.from({ length: 100 }, () => ({ userId: anna.id, ...rawImport(newKey()) }))
    expect(new Set(statusesOf(await bulk(items)))).toEqual(new Set([201]))
    expect((await bulk([...items, items[0]])).json).toMatchObject({ status: 400, pointer: '/items' })
  })

  it('leaves nobody with more than a hundred keys', async () => {
    const [anna, bert] = [await cms.house.addUser(), await cms.house.addUser()]
    const { now } = cms.house
    const [held, ...more] = Array.from({ length: mostAuthenticators - 1 }, () => newKey())
    await Promise.all([
      ...[held ?? newKey(), ...more].map((key) => cms.house.addAuthenticator(anna, key)),
      cms.house.addAuthenticator(anna, newKey(), { state: 'pending', expiresAt: now }),
    ])
    const items = [
      { userId: anna.id, ...rawImport(newKey()) },
      { userId: anna.userName, ...rawImport(newKey()) },
      { userId: bert.id, ...rawImport(newKey()) },
    ]
    const dry = await bulk(items.toSpliced(1, 1, { userId: anna.id, ...rawImport(newKey()) }), {
      query: '?dryRun=true',
    })
    expect(statusesOf(dry)).toEqual([201, 409, 201])
    expect((await cms.importKey(anna, rawImport(newKey()))).status).toBe(201)
    const full = await bulk(items)
    expect(statusesOf(full)).toEqual([409, 409, 201])
    expect(full.json.results[0]?.problem).toMatchObject({ code: 'too-many-authenticators' })

    const refused = await cms.importKey(anna, rawImport(newKey()))
    expect(refused.json).toMatchObject({ status: 409, code: 'too-many-authenticators' })
    const events = (await cms.house.audit('import.refused')).filter(({ user }) => user === anna.id)
    expect(events.map(({ reason }) => reason)).toEqual(Array(3).fill('too-many-authenticators'))
    // One of those that are there is found as before.
    expect((await cms.importKey(anna, rawImport(held ?? newKey()))).status).toBe(200)
  })

  it('of no list at all is refused as a whole', async () => {
    for (const items of [[], {}, undefined])
      expect((await bulk(items)).json).toMatchObject({ status: 400, code: 'malformed-request', pointer: '/items' })
    expect((await bulk([], { query: '?dryRun=yes' })).json).toMatchObject({ status: 400 })
    const path = '/authenticators:import'
    const post = (body: string, type = 'application/json') =>
      cms.call('POST', path, { body, headers: { 'content-type': type } })
    expect((await post(`"${'x'.repeat(1_048_576)}"`)).json).toMatchObject({ status: 413 })
    expect((await post('x')).json).toMatchObject({ status: 400, code: 'not-json' })
    expect((await post('{}', 'application/xml')).json).toMatchObject({ status: 415 })
  })

  it('of items nested as deep as can be refuses each of them', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const post = (body: string, key: string) =>
      cms.call<Results>('POST', '/authenticators:import', {
        body,
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
      })
    expect(statusesOf(await post(`{"items":[${deep},{"userId":"a","metadata":{"x":${deep}}}]}`, 'deep'))).toEqual([
      400, 400,
    ])
    expect((await post(`{"items":${deep}}`, 'deeper')).json.results).toMatchObject([{ status: 400 }])
    expect((await post(deep, 'deepest')).json).toMatchObject({ status: 400 })
  })

  it('needs the scope to write', async () => {
    const reader = await cms.house.addApiKey(['users:read', 'authenticators:read'])
    expect((await bulk([], { headers: { apikey: reader.shown } })).status).toBe(403)
    expect((await cms.send('POST', '/authenticators:import', { body: {} })).status).toBe(401)
  })

  it('while the toggle is off refuses each', async () => {
    const anna = await cms.house.addUser()
    await cms.house.changeSettings({ authenticatorImport: false })
    const reply = await bulk([{ userId: anna.id, ...rawImport(newKey()) }])
    await cms.house.changeSettings({ authenticatorImport: true })
    expect(reply.json.results).toMatchObject([{ status: 403, problem: { code: 'import-disabled' } }])
  })
})

describe('a dry run', () => {
  it('changes nothing and says what would happen, also of items that meet each other', async () => {
    const [anna, bert] = [await cms.house.addUser(), await cms.house.addUser()]
    const [held, twice] = [newKey(), newKey()]
    const { json: existing } = await cms.importKey(anna, rawImport(held))
    const challenge = await cms.challengeFor(anna)
    const items = [
      { userId: anna.id, ...rawImport(held) },
      { userId: anna.id, ...rawImport(twice) },
      { userId: anna.id, ...rawImport(twice) },
      { userId: bert.id, ...rawImport(twice) },
      { userId: anna.id, ...attestedImport(newKey(), challenge) },
      { userId: anna.id, ...attestedImport(newKey(), challenge) },
      { userId: 'nobody', ...rawImport(newKey()) },
      { userId: anna.id, type: 'fido' },
    ]
    cms.house.now += 1
    const before = await everything()
    const headers = { 'idempotency-key': 'dry' }
    const dry = await bulk(items, { query: '?dryRun=true', headers })
    expect(await everything()).toEqual(before)
    expect(dry.json.dryRun).toBe(true)
    expect(statusesOf(dry)).toEqual([200, 201, 200, 409, 201, 422, 404, 400])
    expect(dry.json.results[0]?.authenticator).toEqual(existing)
    expect(dry.json.results[1]).not.toHaveProperty('authenticator')
    expect(
      dry.commands.map(({ name }) => name).filter((name) => !/^(BatchGetItem|Query|UpdateItem)$/.test(name)),
    ).toEqual([])

    const wet = await bulk(items, { headers })
    expect(statusesOf(wet)).toEqual(statusesOf(dry))
  })
})

describe('a bulk import with an Idempotency-Key', () => {
  it('sent again answers for what was done and tries again what was refused', async () => {
    const anna = await cms.house.addUser()
    const headers = { 'idempotency-key': 'bulk' }
    const items = [
      { userId: anna.id, ...rawImport(newKey()) },
      { userId: 'late', ...rawImport(newKey()) },
    ]
    const first = await bulk(items, { headers })
    expect(statusesOf(first)).toEqual([201, 404])
    await cms.house.addUser({ userName: 'late' })
    const again = await bulk(items, { headers })
    expect(statusesOf(again)).toEqual([201, 201])
    expect(again.json.results[0]).toEqual(first.json.results[0])
  })

  it('with other items is refused as a whole', async () => {
    const anna = await cms.house.addUser()
    const headers = { 'idempotency-key': 'bulk two' }
    await bulk([{ userId: anna.id, ...rawImport(newKey()) }], { headers })
    const reply = await bulk([{ userId: anna.id, ...rawImport(newKey()) }], { headers })
    expect(reply.json).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
    const single = await cms.importKey(anna, rawImport(newKey()), headers)
    expect(single.json).toMatchObject({ code: 'idempotency-key-reused' })
  })

  it('sent ten times at once imports each once', async () => {
    const anna = await cms.house.addUser()
    const headers = { 'idempotency-key': 'bulk at once' }
    const items = Array.from({ length: 5 }, () => ({ userId: anna.id, ...rawImport(newKey()) }))
    const replies = await Promise.all(Array.from({ length: 10 }, () => bulk(items, { headers })))
    expect(new Set(replies.map(({ body }) => body)).size).toBe(1)
    expect((await cms.house.audit('authenticator.imported')).filter((event) => event.user === anna.id)).toHaveLength(5)
  })
})
