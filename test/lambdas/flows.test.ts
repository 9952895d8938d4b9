/** Flows by the API: listed, made, edited, duplicated, bound, deleted, and what of it is refused. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostFlows } from '../../src/core/realm.ts'
import { type Flow, parseFlow } from '../../src/core/step-up/flow.ts'
import { readRealm } from '../../src/store/realm.ts'
import { exchange, visit } from '../visitor.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
})
afterAll(() => cms.house.close())

const shipped = (id: string): string => readFileSync(new URL(`../../flows/${id}.json`, import.meta.url), 'utf8')
const flowOf = (id: string): Flow => JSON.parse(shipped(id)) as Flow

type Changed = { flow: Flow; warnings: { pointer: string; detail: string }[] } & Problem

const read = (id: string) => cms.call<Flow & Problem>('GET', `/flows/${id}`)
const create = (body: unknown) => cms.call<Changed>('POST', '/flows', { body })
const put = (id: string, body: unknown, etag?: string) =>
  cms.call<Changed>('PUT', `/flows/${id}`, { body, headers: etag === undefined ? {} : { 'if-match': etag } })
const remove = (id: string, headers: Record<string, string> = {}) =>
  cms.call<Problem>('DELETE', `/flows/${id}`, { headers })
const bind = (flow: string) =>
  cms.call<{ flow: string; warnings: unknown[] } & Problem>('PUT', '/browser-flow', { body: { flow } })

/** The flow that ships, under another id. */
const named = (id: string, change: Partial<Flow> = {}): Flow => ({ ...flowOf('fido'), id, ...change })

/** A flow with the one member of a level changed. */
const levelled = (id: string, index: number, change: Partial<Flow['levels'][number]>): Flow => {
  const flow = named(id)
  return { ...flow, levels: flow.levels.map((level, place) => (place === index ? { ...level, ...change } : level)) }
}

describe('the list of flows', () => {
  it('says which is bound, and which clients use one', async () => {
    await cms.house.addClient({ clientId: 'otp-app', flow: 'stepup-ldap-otp' })
    const { json } = await cms.call<{ flows: Record<string, unknown>[] }>('GET', '/flows')
    expect(json.flows).toEqual([
      expect.objectContaining({ id: 'fido', bound: true, clients: [], version: 1 }),
      expect.objectContaining({ id: 'stepup-ldap-otp', bound: false, clients: ['otp-app'] }),
      expect.objectContaining({ id: 'stepup-ldap-otp-cba', bound: false, clients: [] }),
    ])
  })
})

describe('a flow that is read', () => {
  it.each(['fido', 'stepup-ldap-otp', 'stepup-ldap-otp-cba'])('%s is its file, byte for byte', async (id) => {
    const reply = await read(id)
    expect(reply.body).toBe(shipped(id))
    expect(reply.headers.etag).toMatch(/^"[\w-]{22}"$/)
    expect((await read(id)).headers.etag).toBe(reply.headers.etag)
  })

  it('comes back the same after it was imported under another name', async () => {
    const document = `${JSON.stringify(named('imported', { version: 7 }), null, 2)}\n`
    const made = await cms.call('POST', '/flows', { body: document, headers: { 'content-type': 'application/json' } })
    expect(made.status).toBe(201)
    expect(made.headers.location).toBe('https://id.example.org/api/v1/tenants/demo/flows/imported')
    const exported = await read('imported')
    expect(exported.body).toBe(document)
    expect(exported.headers.etag).toBe(made.headers.etag)
  })

  it.each(['nothing', 'constructor', '__proto__'])('is not found by the name %s', async (id) => {
    expect((await read(id)).json).toMatchObject({ status: 404, code: 'flow-not-found' })
  })
})

describe('a new flow', () => {
  it('is told of in the audit log', async () => {
    await create(named('told'))
    expect(await cms.house.audit('flow.created')).toContainEqual(
      expect.objectContaining({ flow: 'told', actor: { kind: 'api-key', id: cms.apiKey.id }, detail: 'version 1' }),
    )
  })

  it('does not take the place of another', async () => {
    expect((await create(named('fido'))).json).toMatchObject({ status: 409, code: 'flow-exists', pointer: '/id' })
  })

  it.each<[string, unknown, string, string]>([
    [
      'an unknown authenticator',
      levelled('x', 0, { steps: [{ authenticator: 'sms' } as never] }),
      'malformed-flow',
      '/levels/0/steps/0/authenticator',
    ],
    [
      'levels out of order',
      { ...named('x'), levels: named('x').levels.toReversed() },
      'unworkable-flow',
      '/levels/1/loa',
    ],
    ['an id that a store refuses', named('constructor'), 'malformed-flow', '/id'],
    ['a level that nobody can show', levelled('x', 0, { steps: [] }), 'unworkable-flow', '/levels/0/steps'],
    ['a level above every number', levelled('x', 1, { loa: 2_147_483_648 }), 'malformed-flow', '/levels/1/loa'],
    ['a member that is misspelt', { ...named('x'), level: [] }, 'malformed-flow', '/level'],
  ])('with %s is refused, with the place', async (_, body, code, pointer) => {
    expect((await create(body)).json).toMatchObject({ status: 422, code, pointer })
    expect((await read('x')).status).toBe(404)
  })

  it('that no ACR stands for is refused, unless a client maps one of its own', async () => {
    const low = levelled('low', 0, {})
    const flow = { ...low, levels: low.levels.slice(0, 1) }
    const { headers, json } = await cms.call<{ acrToLoa: unknown }>('GET', '/step-up-policy')
    const policy = { acrToLoa: { otp: 1, fido: 3 } }
    await cms.call('PUT', '/step-up-policy', { body: policy, headers: { 'if-match': headers.etag ?? '' } })
    expect((await create(flow)).json).toMatchObject({ code: 'unworkable-flow', pointer: '/levels' })
    await cms.house.addClient({ clientId: 'lowly', acrToLoa: { easy: 0 } })
    expect((await create(flow)).status).toBe(201)
    const etag = (await cms.call('GET', '/step-up-policy')).headers.etag ?? ''
    await cms.call('PUT', '/step-up-policy', { body: json, headers: { 'if-match': etag } })
  })

  it('is warned about what is suspicious', async () => {
    const made = await create(
      levelled('odd', 1, {
        steps: [{ authenticator: 'password', requirement: 'alternative', referenceMaxAge: 60 }],
      }),
    )
    expect(made.status).toBe(201)
    expect(made.json.warnings).toEqual([
      { pointer: '/levels/1/steps', detail: 'everybody is asked for nothing that pwd does not ask already' },
      { pointer: '/levels/1/steps/0/requirement', detail: 'an alternative without another one is required' },
      { pointer: '/levels/1/steps/0/referenceMaxAge', detail: expect.stringContaining('amr forgets it before') },
    ])
  })
})

describe('an edit', () => {
  it('wants to know which version it replaces', async () => {
    expect((await put('fido', flowOf('fido'))).json).toMatchObject({ status: 428, code: 'precondition-required' })
    expect((await put('fido', flowOf('fido'), '"other"')).json).toMatchObject({ status: 412 })
    const { etag = '' } = (await read('fido')).headers
    expect((await put('fido', flowOf('fido'), `W/${etag}`)).status).toBe(412)
  })

  it('goes up one version, and tells the audit log what changed', async () => {
    await create(named('edited'))
    const { headers } = await read('edited')
    const changed = await put('edited', levelled('edited', 0, { maxAge: 60 }), headers.etag)
    expect(changed.json.flow).toMatchObject({ version: 2, levels: [{ maxAge: 60 }, {}, {}] })
    expect(changed.headers.etag).toBe((await read('edited')).headers.etag)
    expect(await cms.house.audit('flow.changed')).toContainEqual(
      expect.objectContaining({ flow: 'edited', detail: '/version: 1 → 2; /levels/0/maxAge: 3600 → 60' }),
    )
  })

  it('that changes nothing writes nothing', async () => {
    const { headers, json } = await read('edited')
    const reply = await put('edited', { ...json, version: 99 }, headers.etag)
    expect([reply.status, reply.headers.etag]).toEqual([200, headers.etag])
    expect((await cms.house.audit('flow.changed')).filter((event) => event.flow === 'edited')).toHaveLength(1)
  })

  it('cannot give a flow another id', async () => {
    const { headers } = await read('edited')
    expect((await put('edited', named('renamed'), headers.etag)).json).toMatchObject({ status: 422, pointer: '/id' })
  })

  it('that strands the realm, or a client, is refused', async () => {
    const { house } = cms
    const policy = async (body: unknown) => {
      const { headers } = await cms.call('GET', '/step-up-policy')
      const match = { 'if-match': headers.etag ?? '' }
      expect((await cms.call('PUT', '/step-up-policy', { body, headers: match })).status).toBe(200)
    }
    const usual = (await cms.call<object>('GET', '/step-up-policy')).json
    await policy({ acrToLoa: { otp: 1, fido: 3 } })
    const short = { ...flowOf('fido'), levels: flowOf('fido').levels.slice(0, 1) }
    expect((await put('fido', short, (await read('fido')).headers.etag)).json).toMatchObject({
      status: 422,
      code: 'unworkable-flow',
      pointer: '/levels',
      detail: 'the browser flow fido reaches none of fido, otp',
    })
    await policy(usual)

    await house.addClient({ clientId: 'bank', flow: 'edited', minimumAcr: 'fido' })
    const etag = (await read('edited')).headers.etag
    const cut = { ...named('edited'), levels: flowOf('fido').levels.slice(0, 1) }
    expect((await put('edited', cut, etag)).json).toMatchObject({
      status: 422,
      code: 'unworkable-flow',
      pointer: '/levels',
      detail: 'client bank: its minimum fido (level 3) is above all that the flow edited reaches',
    })
  })

  it('of twenty at once one wins, and the others are told', async () => {
    await create(named('raced'))
    const { headers } = await read('raced')
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => put('raced', levelled('raced', 0, { maxAge: index + 1 }), headers.etag)),
    )
    const won = replies.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(19)
    expect((await read('raced')).json).toEqual(won[0]?.json.flow)
    expect((await cms.house.audit('flow.changed')).filter((event) => event.flow === 'raced')).toHaveLength(1)
  })

  it('of another flow at the same time is lost to neither', async () => {
    const ids = ['one', 'two', 'three', 'four']
    for (const id of ids) await create(named(id))
    const edits = await Promise.all(
      ids.map(async (id) => put(id, levelled(id, 0, { maxAge: 77 }), (await read(id)).headers.etag)),
    )
    expect(edits.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    for (const id of ids) expect((await read(id)).json.levels[0]?.maxAge).toBe(77)
  })
})

describe('a duplicate', () => {
  it('is the same under its own name, from version 1', async () => {
    const reply = await cms.call<Changed>('POST', '/flows/edited/duplicate', { body: { id: 'copy', name: 'A copy' } })
    expect(reply.status).toBe(201)
    const { levels, description } = (await read('edited')).json
    expect(reply.json.flow).toEqual({ id: 'copy', name: 'A copy', description, version: 1, levels })
    expect(await cms.house.audit('flow.created')).toContainEqual(
      expect.objectContaining({ flow: 'copy', detail: 'a copy of edited 2' }),
    )
  })

  it('needs an id that is free, and a flow that is there', async () => {
    const duplicate = (id: string, body: unknown) => cms.call<Problem>('POST', `/flows/${id}/duplicate`, { body })
    expect((await duplicate('fido', { id: 'copy', name: 'x' })).json.code).toBe('flow-exists')
    expect((await duplicate('none', { id: 'other', name: 'x' })).json.code).toBe('flow-not-found')
    expect((await duplicate('fido', { id: 'Other', name: 'x' })).json).toMatchObject({ status: 422, pointer: '/id' })
  })
})

describe('deleting a flow', () => {
  it('that is bound or used is refused, with who', async () => {
    expect((await remove('fido')).json).toMatchObject({
      status: 409,
      code: 'flow-in-use',
      detail: 'It is bound as the browser flow.',
    })
    expect((await remove('stepup-ldap-otp')).json.detail).toBe('The client otp-app uses it.')
  })

  it('is on the condition of If-Match, where it is given', async () => {
    expect((await remove('copy', { 'if-match': '"another"' })).status).toBe(412)
    const { headers } = await read('copy')
    expect((await remove('copy', { 'if-match': headers.etag ?? '' })).status).toBe(204)
    expect((await read('copy')).status).toBe(404)
    expect((await remove('copy')).json.code).toBe('flow-not-found')
    expect(await cms.house.audit('flow.deleted')).toContainEqual(expect.objectContaining({ flow: 'copy' }))
  })

  it('while a client takes it up: one of the two, and no client without its flow, in ten rounds', async () => {
    await cms.house.addClient({ clientId: 'taker' })
    for (let round = 0; round < 10; round++) {
      await create(named('taken'))
      const { headers } = await cms.call('GET', '/clients/taker/step-up-policy')
      const [deleted, taken] = await Promise.all([
        remove('taken'),
        cms.call<Problem>('PUT', '/clients/taker/step-up-policy', {
          body: { flow: 'taken' },
          headers: { 'if-match': headers.etag ?? '' },
        }),
      ])
      expect([deleted.status, taken.status].sort()).toEqual(taken.status === 200 ? [200, 409] : [204, 422])
      const after = await cms.call('GET', '/clients/taker/step-up-policy')
      const free = { body: {}, headers: { 'if-match': after.headers.etag ?? '' } }
      await cms.call('PUT', '/clients/taker/step-up-policy', free)
      await remove('taken')
    }
  })
})

describe('binding', () => {
  it('makes a flow everybody’s, and says what it does not reach', async () => {
    expect((await bind('stepup-ldap-otp')).json).toEqual({
      flow: 'stepup-ldap-otp',
      warnings: [
        { pointer: '/flow', detail: 'the browser flow stepup-ldap-otp does not reach cba (level 2)' },
        { pointer: '/flow', detail: 'the browser flow stepup-ldap-otp does not reach fido (level 3)' },
      ],
    })
    expect(await cms.house.audit('flow.bound')).toMatchObject([
      { flow: 'stepup-ldap-otp', detail: 'instead of fido', actor: { kind: 'api-key' } },
    ])
    expect((await bind('stepup-ldap-otp')).status).toBe(200)
    expect(await cms.house.audit('flow.bound')).toHaveLength(1)
  })

  it('a flow that is not there, or that strands a client, is refused', async () => {
    expect((await bind('none')).json).toMatchObject({ status: 422, pointer: '/flow', detail: 'There is no flow none.' })
    await bind('fido')
    await cms.house.addClient({ clientId: 'vault', minimumAcr: 'fido' })
    expect((await bind('stepup-ldap-otp')).json).toMatchObject({
      status: 422,
      code: 'unworkable-policy',
      detail: expect.stringContaining('client vault: its minimum fido'),
    })
  })
})

describe('the room there is', () => {
  it('is for so many flows', async () => {
    const { house } = cms
    const realm = await readRealm(house.db)
    const filled = { ...realm.flows }
    for (let index = 0; Object.keys(filled).length < mostFlows; index++)
      filled[`filler-${index}`] = named(`filler-${index}`)
    const place = { table: 'config', key: { pk: 'realm', sk: 'realm' } } as const
    await house.seed({ write: 'put', ...place, item: { ...realm, flows: filled } })
    expect((await create(named('too-many'))).json).toMatchObject({ status: 409, code: 'too-many-flows' })
    await house.seed({ write: 'put', ...place, item: realm })
  })

  it('is for so many bytes, and says so before DynamoDB does', async () => {
    const { house } = cms
    const realm = await readRealm(house.db)
    const place = { table: 'config', key: { pk: 'realm', sk: 'realm' } } as const
    const description = 'x'.repeat(349_000)
    await house.seed({
      write: 'put',
      ...place,
      item: { ...realm, flows: { ...realm.flows, big: named('big', { description }) } },
    })
    expect((await create(named('more'))).json).toMatchObject({ status: 409, code: 'realm-too-large' })
    await house.seed({ write: 'put', ...place, item: realm })
  })
})

describe('a login in progress', () => {
  const ask = async (client: string) => {
    const visitor = visit(cms.house)
    await visitor.ask({ client_id: client, acr_values: 'pwd' })
    return visitor
  }

  beforeAll(async () => {
    await cms.house.addUser({ userName: 'greta', password: 'correct horse' })
    await cms.house.addClient({ clientId: 'app1', flow: 'edited' })
  })

  it('goes on when its flow is edited under way', async () => {
    const greta = await ask('app1')
    await greta.post('username', { username: 'greta' })
    const { headers, json } = await read('edited')
    const levels = json.levels.map((level) => (level.loa === 0 ? { ...level, alias: 'first', maxAge: 900 } : level))
    expect((await put('edited', { ...json, levels }, headers.etag)).status).toBe(200)
    await greta.post('password', { password: 'correct horse' })
    const tokens = await exchange(cms.house, greta.landed.get('code'))
    expect(tokens.status).toBe(200)
    expect((await cms.house.audit('login.succeeded')).at(-1)).toMatchObject({ ages: { first: 0 } })
  })

  it('falls to the browser flow when its flow is deleted under way', async () => {
    await create(named('fleeting'))
    const policy = async (body: unknown) => {
      const { headers } = await cms.call('GET', '/clients/app1/step-up-policy')
      const match = { 'if-match': headers.etag ?? '' }
      expect((await cms.call('PUT', '/clients/app1/step-up-policy', { body, headers: match })).status).toBe(200)
    }
    await policy({ flow: 'fleeting' })
    const greta = await ask('app1')
    await greta.post('username', { username: 'greta' })
    await policy({})
    expect((await remove('fleeting')).status).toBe(204)
    await greta.reload()
    expect(greta.page).toBe('password')
    await greta.post('password', { password: 'correct horse' })
    expect(greta.landed.get('code')).toBeTruthy()
  })

  it('is told why when the level it wants is gone under way', async () => {
    await create(named('shrinking'))
    await cms.house.addClient({ clientId: 'app9', flow: 'shrinking', enforcement: 'strict' })
    const greta = visit(cms.house)
    await greta.ask({ client_id: 'app9', acr_values: 'fido' })
    await greta.post('username', { username: 'greta' })
    const { headers, json } = await read('shrinking')
    expect((await put('shrinking', { ...json, levels: json.levels.slice(0, 1) }, headers.etag)).status).toBe(200)
    await greta.reload()
    expect(greta.page).toBe('password')
    await greta.post('password', { password: 'correct horse' })
    expect(Object.fromEntries(greta.landed)).toMatchObject({
      error: 'unmet_authentication_requirements',
      error_description: 'no-match-acr: No matching acr values',
    })
  })
})

it('parses what it answers', async () => {
  expect(parseFlow((await read('fido')).json)).toMatchObject({ ok: true })
})
