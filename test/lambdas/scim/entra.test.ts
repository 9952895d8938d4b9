/**
 * What Microsoft Entra sends, in the shapes that its documentation gives ("Tutorial: Develop and plan provisioning for a
 * SCIM endpoint", and "Known issues and resolutions with SCIM 2.0 protocol compliance" for both settings of its flag).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createdSession } from '../../../src/store/sessions.ts'
import { type DirectoryHouse, errorSchema, openDirectoryHouse, userSchema } from './directory.ts'

let directory: DirectoryHouse
beforeAll(async () => {
  directory = await openDirectoryHouse()
})
afterAll(() => directory.house.close())

const userName = 'Test_User_00aa00aa-bb11-cc22-dd33-44ee44ee44ee'
const created = {
  schemas: [userSchema, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
  externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
  userName,
  active: true,
  emails: [{ primary: true, type: 'work', value: 'Test_User_11bb11bb-cc22-dd33-ee44-55ff55ff55ff@testuser.com' }],
  meta: { resourceType: 'User' },
  name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
  roles: [],
}
const shown = {
  schemas: [userSchema],
  externalId: created.externalId,
  userName,
  name: created.name,
  active: true,
  emails: created.emails,
}

let id: string

describe('Microsoft Entra', () => {
  it('tests the connection: a user who is not there, and a group', async () => {
    const nobody = await directory.find('userName eq "non-existent user"')
    expect(nobody).toMatchObject({ status: 200, json: { totalResults: 0, Resources: [], startIndex: 1 } })
    expect(nobody.headers['content-type']).toBe('application/scim+json')
    const groups = await directory.ask('GET', '/Groups?excludedAttributes=members&filter=displayName%20eq%20%22x%22')
    expect(groups).toMatchObject({ status: 200, json: { totalResults: 0, Resources: [] } })
  })

  it('creates a user', async () => {
    const reply = await directory.ask('POST', '/Users', created)
    expect(reply).toMatchObject({ status: 201, json: { ...shown, meta: { resourceType: 'User' } } })
    expect(reply.headers).toMatchObject({ location: reply.json.meta.location, 'content-type': 'application/scim+json' })
    id = reply.json.id
    expect(await directory.house.audit('user.created')).toMatchObject([
      { user: id, actor: { kind: 'api-key', id: directory.key.id } },
    ])
  })

  it('does not create them twice', async () => {
    const again = await directory.ask('POST', '/Users', created)
    expect(again).toMatchObject({
      status: 409,
      json: { schemas: [errorSchema], status: '409', scimType: 'uniqueness' },
    })
    const other = await directory.ask('POST', '/Users', { ...created, userName: 'other' })
    expect(other).toMatchObject({ status: 409, json: { scimType: 'uniqueness' } })
  })

  it('reads a user, and nobody', async () => {
    expect(await directory.ask('GET', `/Users/${id}`)).toMatchObject({ status: 200, json: { id, ...shown } })
    expect(await directory.ask('GET', '/Users/5171a35d82074e068ce2')).toMatchObject({
      status: 404,
      json: { schemas: [errorSchema], status: '404' },
    })
  })

  it.each([
    [`userName eq "${userName}"`],
    [`userName eq "${userName.toLowerCase()}"`],
    [`externalId eq "${created.externalId}"`],
    [`emails[type eq "work"].value eq "${created.emails[0]?.value}"`],
    [`userName eq "${userName}" and active eq true`],
  ])('finds the user by %s', async (filter) => {
    const reply = await directory.find(filter)
    expect(reply).toMatchObject({
      status: 200,
      json: { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: 1, Resources: [{ id }] },
    })
  })

  it('changes multi-valued properties', async () => {
    const reply = await directory.patch(id, [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@microsoft.com' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
    ])
    expect(reply).toMatchObject({
      status: 200,
      json: {
        ...shown,
        name: { formatted: 'givenName updatedFamilyName', familyName: 'updatedFamilyName', givenName: 'givenName' },
        emails: [{ value: 'updatedEmail@microsoft.com', type: 'work', primary: true }],
      },
    })
  })

  it('changes single-valued properties', async () => {
    const value = '5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com'
    const reply = await directory.patch(id, [{ op: 'Replace', path: 'userName', value }])
    expect(reply).toMatchObject({ status: 200, json: { userName: value, externalId: created.externalId } })
    expect(await directory.find(`userName eq "${userName}"`)).toMatchObject({ json: { totalResults: 0 } })
  })

  it('changes several attributes, without the flag', async () => {
    const reply = await directory.patch(id, [
      { op: 'Replace', path: 'displayName', value: 'Pvlo' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'TestBcwqnm@test.microsoft.com' },
      { op: 'Replace', path: 'name.givenName', value: 'Gtfd' },
      { op: 'Replace', path: 'name.familyName', value: 'Pkqf' },
      { op: 'Replace', path: 'externalId', value: 'Eqpj' },
      {
        op: 'Replace',
        path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber',
        value: 'Eqpj',
      },
    ])
    expect(reply).toMatchObject({
      status: 200,
      json: { displayName: 'Pvlo', name: { givenName: 'Gtfd', familyName: 'Pkqf' }, externalId: 'Eqpj' },
    })
    expect(await directory.find('externalId eq "Eqpj"')).toMatchObject({ json: { totalResults: 1 } })
    expect(await directory.find(`externalId eq "${created.externalId}"`)).toMatchObject({ json: { totalResults: 0 } })
  })

  it('changes several attributes, with the flag', async () => {
    const reply = await directory.patch(id, [
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'TestMhvaes@test.microsoft.com' },
      {
        op: 'replace',
        value: {
          displayName: 'Bjfe',
          'name.givenName': 'Kkom',
          'name.familyName': 'Unua',
          'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber': 'Aklq',
        },
      },
    ])
    expect(reply).toMatchObject({
      status: 200,
      json: {
        displayName: 'Bjfe',
        name: { givenName: 'Kkom', familyName: 'Unua' },
        emails: [{ value: 'TestMhvaes@test.microsoft.com' }],
      },
    })
  })

  it.each(['Add', 'add'])('adds a single-valued text: %s', async (op) => {
    expect(await directory.patch(id, [{ op, path: 'nickName', value: 'Babs' }])).toMatchObject({
      status: 200,
      json: { nickName: 'Babs' },
    })
  })

  it.each([
    ['as documented', { Operations: [{ op: 'Replace', path: 'active', value: false }] }],
    ['without the flag', { Operations: [{ op: 'Replace', path: 'active', value: 'False' }] }],
    ['with the flag', { Operations: [{ op: 'replace', path: 'active', value: false }] }],
  ])('disables a user, %s: their sessions end', async (_, body) => {
    const { house } = directory
    await directory.patch(id, [{ op: 'Replace', path: 'active', value: 'True' }])
    const user = await house.db.get({ table: 'people', key: { pk: `user#${id}`, sk: 'profile' } })
    const times = { createdAt: house.now, lastSeenAt: house.now, until: house.now + 60, idleUntil: house.now + 60 }
    const made = { sid: 'one', secretHash: '', user: id, proofs: [], clients: [], ip: '::1', userAgent: 'x', ...times }
    const epoch = Number(user?.epoch ?? 0)
    await house.seed(createdSession({ ...made, standing: Number(user?.standing), ...(epoch > 0 ? { epoch } : {}) }))
    const reply = await directory.ask('PATCH', `/Users/${id}`, {
      ...body,
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    })
    expect(reply).toMatchObject({ status: 200, json: { id, active: false } })
    expect((await house.all('sessions')).filter(({ sid }) => sid === 'one')).toEqual([])
    expect((await house.audit('user.disabled')).at(-1)).toMatchObject({ user: id })
    expect(await directory.find('externalId eq "Eqpj"')).toMatchObject({ json: { Resources: [{ active: false }] } })
  })

  it('deletes a user', async () => {
    expect(await directory.ask('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, body: '' })
    expect((await directory.ask('GET', `/Users/${id}`)).status).toBe(404)
    expect((await directory.ask('DELETE', `/Users/${id}`)).status).toBe(404)
    expect(await directory.ask('POST', '/Users', created)).toMatchObject({ status: 201 })
  })

  it('discovers the schema', async () => {
    const reply = await directory.ask<{ Resources: { id: string; attributes: { name: string }[] }[] }>(
      'GET',
      '/Schemas',
    )
    expect(reply).toMatchObject({ status: 200, json: { totalResults: 1, Resources: [{ id: userSchema }] } })
    expect(JSON.stringify(reply.json)).not.toContain('null')
  })
})
