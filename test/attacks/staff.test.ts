/** Ways to somebody who has a role that go around the role: by their name, by a session that proved less, by a key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readUser } from '../../src/store/people.ts'
import { type Office, openOffice } from '../lambdas/users/people.ts'
import { personToken } from '../person-token.ts'

let office: Office

beforeAll(async () => {
  office = await openOffice()
})
afterAll(() => office.house.close())

describe('whoever may not give roles', () => {
  it('gives somebody who has one no name that somebody else signs in by', async () => {
    const directory = await office.withScopes('users:write', 'users:read')
    const admin = await office.staff('administrator')
    for (const body of [{ userName: 'mallory' }, { emailVerified: false }]) {
      const reply = await directory('PATCH', `/users/${admin.id}`, { body })
      expect([reply.status, reply.json.code]).toEqual([403, 'beyond-caller'])
    }
  })

  it('grants them no further guesses', async () => {
    const directory = await office.withScopes('users:write', 'users:read')
    const admin = await office.staff('administrator')
    expect((await directory('POST', `/users/${admin.id}/unlock`)).json.code).toBe('beyond-caller')
  })

  it('leaves nothing of a SCIM request behind whose password is refused', async () => {
    const { house } = office
    const { shown } = await house.addApiKey(['users:write', 'users:read'])
    const admin = await office.staff('auditor')
    const reply = await house.invoke('PATCH', `/scim/v2/Users/${admin.id}`, {
      headers: { authorization: `Bearer ${shown}`, 'content-type': 'application/scim+json' },
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', value: { active: false, password: 'a password of mine' } }],
      },
    })
    expect(reply.status).toBe(403)
    expect((await readUser(house.db, admin.id))?.enabled).toBe(true)
  })
})

describe('a session of an administrator that did not reach the sensitive level', () => {
  const uri = 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  const low = async () => {
    const { house } = office
    const admin = await office.staff('administrator')
    const { headers } = await personToken(house, admin, { acr: 'otp' })
    const ask = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) =>
      house.invoke<{ code?: string }>(method, `/api/v1/tenants/demo${path}`, { headers, ...(body ? { body } : {}) })
    return { admin, ask }
  }

  it('sets nothing that it, or another administrator, signs in with', async () => {
    const { admin, ask } = await low()
    for (const { id } of [admin, await office.staff('administrator')]) {
      const replies = [
        await ask('POST', `/users/${id}/password`, { password: 'a password of mine' }),
        await ask('PATCH', `/users/${id}`, { email: 'mine@example.org' }),
        await ask('POST', `/users/${id}/one-time-passwords`, { uri }),
        await ask('DELETE', `/users/${id}/authenticators/none`),
      ]
      expect(replies.map(({ status, json }) => [status, json.code])).toEqual(
        Array(4).fill([401, 'insufficient-user-authentication']),
      )
      expect(replies[0]?.headers['www-authenticate']).toContain('acr_values="fido"')
    }
  })

  it('imports nothing for them in bulk', async () => {
    const { admin, ask } = await low()
    const reply = await ask('POST', '/one-time-passwords:import', { items: [{ userId: admin.id, uri }] })
    expect(JSON.stringify(reply.json)).toContain('insufficient-user-authentication')
  })

  it('goes by what a level is called at the console, where that has names of its own', async () => {
    const { house } = office
    const { headers } = await personToken(house, await office.staff('administrator'))
    const key = await office.withScopes('policy:write', 'policy:read')
    const path = '/clients/console/step-up-policy'
    const { json, headers: its } = await key<object>('GET', path)
    const set = (acrToLoa: object, etag = '*') =>
      key('PUT', path, { headers: { 'if-match': etag }, body: { ...json, acrToLoa } })
    const ask = () =>
      house.invoke<{ code?: string }>('POST', '/api/v1/tenants/demo/api-keys', {
        headers,
        body: { name: 'Mine', scopes: ['roles:write'] },
      })
    expect((await set({ fido: 0 }, its.etag)).status).toBe(200)
    expect((await ask()).json.code).toBe('insufficient-user-authentication')
    expect((await set({ fido: 3 })).status).toBe(200)
    expect((await ask()).status).toBe(201)
    await set({ pwd: 0, otp: 1, fido: 3 })
  })

  it('manages people without a role', async () => {
    const { ask } = await low()
    const { id } = await office.house.addUser()
    expect((await ask('POST', `/users/${id}/password`, { password: 'a password of theirs' })).status).toBe(200)
    expect((await ask('POST', `/users/${id}/one-time-passwords`, { uri })).status).toBe(201)
  })
})
