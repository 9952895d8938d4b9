/** What people with a role do to authenticators: as much as the CMS that manages them leaves, and past it with a reason. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dateTime } from '../../../lambdas/api/representation.ts'
import { readModels } from '../../../src/core/fido/models.ts'
import type { Role, User } from '../../../src/core/user.ts'
import { loadFidoModels } from '../../../src/fido-models-admin.ts'
import { openVault } from '../../../src/services/vault.ts'
import { personToken } from '../../person-token.ts'
import { type Cms, newKey, openCms, rawImport, type Shown } from './cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
})
afterAll(() => cms?.house.close())

type Level = Parameters<typeof personToken>[2]

const as = async (role: Role, level: Level = {}, more: Partial<User> = {}) => {
  const person = await cms.house.addUser({ roles: [role], ...more })
  const { headers } = await personToken(cms.house, person, level)
  return { person, headers }
}

async function imported() {
  const user = await cms.house.addUser()
  const { json } = await cms.importKey(user, rawImport(newKey()))
  return { user, key: json, path: `${cms.keysOf(user)}/${json.id}` }
}

async function local() {
  const user = await cms.house.addUser()
  const key = await cms.house.addAuthenticator(user, newKey(), { origin: 'local' })
  return { user, path: `${cms.keysOf(user)}/${key.id}` }
}

const reason = 'Stolen on the train; the CMS is down, incident 4711.'

describe('the help desk', () => {
  it('suspends and resumes what a CMS manages, with the time of it, and does not delete it', async () => {
    const { path } = await imported()
    const { headers } = await as('operator')
    expect((await cms.send('DELETE', path, { headers })).json).toMatchObject({ status: 403, code: 'managed-by-cms' })
    expect((await cms.call<Shown>('GET', path)).json).toMatchObject({ state: 'pending' })
    const { path: active } = await local()
    const suspended = await cms.send('PATCH', active, { headers, body: { state: 'suspended' } })
    expect(suspended.json).toMatchObject({ state: 'suspended', stateChangedDateTime: dateTime(cms.house.now) })
    expect((await cms.call<Shown>('GET', active)).json).toMatchObject({ stateChangedDateTime: dateTime(cms.house.now) })
  })

  it('deletes what was made here', async () => {
    const { path } = await local()
    const { headers } = await as('operator')
    expect((await cms.send('DELETE', path, { headers })).status).toBe(204)
    expect((await cms.call('GET', path)).status).toBe(404)
  })

  it('breaks no glass', async () => {
    const { path } = await imported()
    const { headers } = await as('operator')
    const refused = await cms.send('POST', `${path}/break-glass`, { headers, body: { reason } })
    expect(refused.json).toMatchObject({ status: 403, code: 'insufficient-scope' })
  })
})

describe('break-glass', () => {
  it('deletes an imported one, and the audit record has who and why', async () => {
    const { path, key, user } = await imported()
    const { headers, person } = await as('administrator')
    expect((await cms.send('POST', `${path}/break-glass`, { headers, body: { reason } })).status).toBe(204)
    expect((await cms.call('GET', path)).status).toBe(404)
    const told = (await cms.house.audit('authenticator.deleted')).find((event) => event.authenticator === key.id)
    expect(told).toMatchObject({
      ...{ type: 'authenticator.deleted', actor: { kind: 'user', id: person.id }, user: user.id },
      ...{ authenticator: key.id, reason: 'break-glass', detail: reason },
    })
  })

  it.each([
    ['no reason', {}],
    ['too short a one', { reason: 'because' }],
    ['one of nothing', { reason: '\u200b'.repeat(20) }],
    ['one that is no text', { reason: 4711 }],
    ['one with control characters', { reason: `${reason}\u0007` }],
    ['something else beside it', { reason, force: true }],
  ])('is refused with %s, and the key is still there', async (_, body) => {
    const { path } = await imported()
    const { headers } = await as('administrator')
    const refused = await cms.house.invoke<{ pointer?: string }>('POST', `/api/v1/tenants/demo${path}/break-glass`, {
      headers,
      body,
    })
    expect(refused.status).toBe(400)
    expect(refused.json.pointer).toMatch(/^\/(reason|force)$/)
    expect((await cms.call('GET', path)).status).toBe(200)
  })

  it.each([
    ['another level', { acr: 'otp' }],
    ['an older sign-in', { age: 301 }],
  ] as const)('asks for a fresh sign-in where there is %s', async (_, level) => {
    const { path } = await imported()
    const { headers } = await as('administrator', level)
    const refused = await cms.send('POST', `${path}/break-glass`, { headers, body: { reason } })
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toContain('error="insufficient_user_authentication"')
  })

  it('is not for machines, whatever key they have', async () => {
    const { path } = await imported()
    const refused = await cms.call('POST', `${path}/break-glass`, { body: { reason } })
    expect(refused.json).toMatchObject({ code: 'insufficient-scope' })
  })
})

describe('the models', () => {
  const known = '11111111-2222-3333-4444-555555555555'

  it('are told of as an operator loaded them, and no others', async () => {
    const models = readModels([{ aaguid: known, description: 'Example Key', icon: 'data:image/png;base64,AAAA' }])
    if (!models.ok) throw new Error(models.detail)
    const { db, world, stage } = cms.house
    const bench = { db, now: world.now, vault: openVault(stage), actor: { kind: 'operator', id: 'test' } as const }
    await loadFidoModels(bench, models.value)
    type Models = { items: unknown[] }
    const other = '99999999-2222-3333-4444-555555555555'
    const { json } = await cms.call<Models>('GET', `/fido-models?aaguid=${other},${known.toUpperCase()}`)
    expect(json.items).toEqual([{ aaguid: known, description: 'Example Key', icon: 'data:image/png;base64,AAAA' }])
    expect(await cms.house.audit('settings.changed')).toMatchObject([{ actor: { kind: 'operator', id: 'test' } }])
    expect((await cms.call('GET', '/fido-models?aaguid=no')).json).toMatchObject({ code: 'malformed-request' })
  })
})
