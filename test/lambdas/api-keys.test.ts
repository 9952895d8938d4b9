/** API keys by the API: made, listed, changed, revoked, and what of it is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiScope } from '../../src/core/api-key.ts'
import { personToken } from '../person-token.ts'
import { type Cms, type Listed, openCms, type Problem, root } from './authenticators/cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
})
afterAll(() => cms.house.close())

type Key = {
  id: string
  name: string
  scopes: string[]
  state: string
  createdDateTime: string
  lastUsedDateTime?: string
  expiresDateTime?: string
  revokedDateTime?: string
}
type Made = { apiKey: Key; secret: string } & Problem

const iso = (at: number): string => new Date(at * 1000).toISOString()
const post = (body: unknown, headers: Record<string, string> = {}) =>
  cms.call<Made>('POST', '/api-keys', { body, headers })
const get = (id: string) => cms.call<Key & Problem>('GET', `/api-keys/${id}`)
const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  cms.call<Key & Problem>('PATCH', `/api-keys/${id}`, { body, headers })
const revoke = (id: string) => cms.call<Problem>('DELETE', `/api-keys/${id}`)
const list = async () => (await cms.call<Listed<Key>>('GET', '/api-keys?pageSize=100')).json.page.items
const opens = async (secret: string): Promise<boolean> =>
  (await cms.house.invoke('GET', `${root}/caller`, { headers: { apikey: secret } })).status === 200

async function make(change: Record<string, unknown> = {}): Promise<Made> {
  const { status, json, body } = await post({ name: 'CMS', scopes: ['users:read'], ...change })
  expect(status, body).toBe(201)
  return json
}

describe('an API key', () => {
  it('is shown once, opens the API, and is listed without its secret', async () => {
    const { apiKey, secret } = await make({ name: 'Our CMS, 2027', scopes: ['authenticators:write', 'users:read'] })
    expect(secret).toMatch(/^keystep_[\w-]{22}\.[\w-]+$/)
    expect(apiKey).toEqual({
      id: expect.any(String),
      name: 'Our CMS, 2027',
      scopes: ['users:read', 'authenticators:write'],
      state: 'active',
      createdDateTime: iso(cms.house.now),
    })
    expect(await opens(secret)).toBe(true)
    const { json, body } = await get(apiKey.id)
    expect(json).toEqual({ ...apiKey, lastUsedDateTime: iso(cms.house.now) })
    expect(body).not.toContain(secret.split('.')[1])
    expect(body).not.toMatch(/hash/i)
    expect((await list()).find(({ id }) => id === apiKey.id)).toEqual(json)
    const kept = JSON.stringify([await cms.house.all('config'), await cms.house.audit()])
    expect(kept).not.toContain(secret.split('.')[1])
  })

  it('is made in one transaction with its audit record', async () => {
    const reply = await post({ name: 'Told', scopes: ['users:read'] })
    expect(reply.commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
    expect(await cms.house.audit('api-key.created')).toContainEqual(
      expect.objectContaining({
        actor: { kind: 'api-key', id: cms.apiKey.id },
        detail: `Told (${reply.json.apiKey.id}): users:read`,
      }),
    )
  })

  it('ends when it is to, and says so', async () => {
    const { apiKey, secret } = await make({ expiresDateTime: iso(cms.house.now + 60) })
    expect(apiKey.expiresDateTime).toBe(iso(cms.house.now + 60))
    expect(await opens(secret)).toBe(true)
    cms.house.now += 61
    expect(await opens(secret)).toBe(false)
    expect((await get(apiKey.id)).json.state).toBe('expired')
    // And goes on, if somebody says so.
    expect((await patch(apiKey.id, { expiresDateTime: null })).json).toMatchObject({ state: 'active' })
    expect(await opens(secret)).toBe(true)
  })

  it('goes by another name, and the audit log says which it was', async () => {
    const { apiKey } = await make()
    const until = iso(cms.house.now + 86_400)
    const changed = await patch(apiKey.id, { name: 'vSEC:CMS', expiresDateTime: until })
    expect(changed.json).toMatchObject({ name: 'vSEC:CMS', expiresDateTime: until, scopes: ['users:read'] })
    expect((await cms.house.audit('api-key.changed')).map(({ detail }) => detail)).toContain(
      `${apiKey.id}: /name: "CMS" → "vSEC:CMS"; /expiresAt: nothing → ${cms.house.now + 86_400}`,
    )
    const { headers } = await get(apiKey.id)
    expect((await patch(apiKey.id, { name: 'x' }, { 'if-match': headers.etag ?? '' })).status).toBe(200)
    expect((await patch(apiKey.id, { name: 'y' }, { 'if-match': headers.etag ?? '' })).status).toBe(412)
  })

  it('is refused from the next request on once it is revoked, and stays in the list with the date', async () => {
    const { apiKey, secret } = await make()
    expect((await revoke(apiKey.id)).status).toBe(204)
    expect(await opens(secret)).toBe(false)
    expect((await list()).find(({ id }) => id === apiKey.id)).toMatchObject({
      state: 'revoked',
      revokedDateTime: iso(cms.house.now),
    })
    expect((await cms.house.audit('api-key.revoked')).map(({ detail }) => detail)).toContain(apiKey.id)
    expect((await revoke(apiKey.id)).json.code).toBe('api-key-not-found')
    expect((await patch(apiKey.id, { name: 'back' })).json.code).toBe('api-key-not-found')
  })

  it.each<[string, unknown, string]>([
    ['no name', { scopes: ['users:read'] }, '/name'],
    ['a blank name', { name: ' ', scopes: ['users:read'] }, '/name'],
    ['no scope', { name: 'x', scopes: [] }, '/scopes'],
    ['a scope that is none', { name: 'x', scopes: ['users:read', 'all'] }, '/scopes/1'],
    ['a scope for people alone', { name: 'x', scopes: ['authenticators:break-glass'] }, '/scopes/0'],
    [
      'an end in the past',
      { name: 'x', scopes: ['users:read'], expiresDateTime: '2020-01-01T00:00:00Z' },
      '/expiresDateTime',
    ],
    ['no date', { name: 'x', scopes: ['users:read'], expiresDateTime: 'tomorrow' }, '/expiresDateTime'],
    [
      'a day that is none',
      { name: 'x', scopes: ['users:read'], expiresDateTime: '2030-13-41T00:00:00Z' },
      '/expiresDateTime',
    ],
    ['a secret of its own', { name: 'x', scopes: ['users:read'], secret: 'mine' }, '/secret'],
  ])('%s: refused', async (_, body, pointer) => {
    const { status, json } = await post(body)
    expect([status, json.code, json.pointer]).toEqual([422, 'malformed-api-key', pointer])
  })

  it.each(['nothing', 'a%2Fb', '..'])('%s is no key', async (id) => {
    if (id === '..') return
    expect((await get(id)).json.code).toBe('api-key-not-found')
    expect((await revoke(id)).json.code).toBe('api-key-not-found')
  })
})

describe('whoever may make keys', () => {
  const few: ApiScope[] = ['api-keys:read', 'api-keys:write', 'users:read']

  it('gives none what they may not do themselves, and lengthens the life of none that may', async () => {
    const { shown } = await cms.house.addApiKey(few)
    const asFew = { headers: { apikey: shown } }
    const ask = (body: unknown) => cms.send<Made>('POST', '/api-keys', { ...asFew, body })
    expect((await ask({ name: 'x', scopes: ['users:read'] })).status).toBe(201)
    const beyond = await ask({ name: 'x', scopes: ['users:read', 'settings:write'] })
    expect([beyond.status, beyond.json.code, beyond.json.pointer]).toEqual([403, 'scope-beyond-caller', '/scopes/1'])
    const { apiKey } = await make({ scopes: ['settings:write'] })
    const longer = await cms.send<Problem>('PATCH', `/api-keys/${apiKey.id}`, {
      ...asFew,
      body: { expiresDateTime: null, name: 'z' },
    })
    expect(longer.json.code).toBe('scope-beyond-caller')
    expect((await cms.send('DELETE', `/api-keys/${apiKey.id}`, asFew)).status).toBe(204)
  })

  it('is an administrator with a fresh sign-in, and neither operator nor auditor', async () => {
    const body = { name: 'x', scopes: ['users:read'] }
    const gita = await cms.house.addUser({ roles: ['administrator'] })
    const fresh = await personToken(cms.house, gita)
    expect((await cms.send('POST', '/api-keys', { body, headers: fresh.headers })).status).toBe(201)
    const stale = await personToken(cms.house, gita, { age: 301 })
    const asked = await cms.send('POST', '/api-keys', { body, headers: stale.headers })
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([401, expect.stringContaining('max_age="300"')])
    const auditor = await personToken(cms.house, await cms.house.addUser({ roles: ['auditor'] }))
    expect((await cms.send('GET', '/api-keys', { headers: auditor.headers })).status).toBe(200)
    expect((await cms.send('POST', '/api-keys', { body, headers: auditor.headers })).status).toBe(403)
  })
})

it('a list is in pages', async () => {
  const { json } = await cms.call<Listed<Key>>('GET', '/api-keys?pageSize=2&pageIndex=1')
  expect(json.page).toMatchObject({ pageIndex: 1, pageSize: 2 })
  expect(json.page.items).toHaveLength(2)
  expect(json.links).toHaveProperty('prev')
  expect(json.links).toHaveProperty('next')
})
