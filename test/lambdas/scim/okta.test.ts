/** What Okta sends, as its "SCIM 2.0 Protocol Reference" has it, and as its Runscope tests ask whether SCIM is kept to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DirectoryHouse, errorSchema, openDirectoryHouse, userSchema } from './directory.ts'

let directory: DirectoryHouse
beforeAll(async () => {
  directory = await openDirectoryHouse()
})
afterAll(() => directory.house.close())

const email = 'test.user@okta.local'
const created = {
  schemas: [userSchema],
  userName: email,
  name: { givenName: 'Test', familyName: 'User' },
  emails: [{ primary: true, value: email, type: 'work' }],
  displayName: 'Test User',
  locale: 'en-US',
  externalId: '00ujl29u0le5T6Aj10h7',
  groups: [],
  password: '1mz050nq',
  active: true,
}
const sentBack = {
  schemas: [userSchema],
  userName: email,
  name: { givenName: 'Another', middleName: '', familyName: 'User' },
  emails: [{ primary: true, value: email, type: 'work', display: email }],
  active: true,
  groups: [],
  meta: { resourceType: 'User' },
}

let id: string

describe('Okta', () => {
  it('asks whether the user is there', async () => {
    const reply = await directory.ask(
      'GET',
      '/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100',
    )
    expect(reply).toMatchObject({
      status: 200,
      json: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
        totalResults: 0,
        startIndex: 1,
        itemsPerPage: 0,
        Resources: [],
      },
    })
  })

  it('creates the user, and never hears the password again', async () => {
    const reply = await directory.ask('POST', '/Users', created)
    const { password, groups, ...shown } = created
    expect(reply).toMatchObject({ status: 201, json: { ...shown, meta: { resourceType: 'User' } } })
    expect(reply.body).not.toContain(password)
    id = reply.json.id
    const [user] = (await directory.house.all('people')).filter((item) => item.id === id)
    expect(user?.passwordHash).toMatch(/^\$argon2id\$/)
  })

  it('hears that they are there already', async () => {
    expect(await directory.ask('POST', '/Users', created)).toMatchObject({
      status: 409,
      json: { schemas: [errorSchema], status: '409', scimType: 'uniqueness' },
    })
  })

  it('reads all users, page by page', async () => {
    for (const userName of ['b', 'c', 'd']) await directory.house.addUser({ userName })
    const pages = [1, 3].map((start) => directory.ask('GET', `/Users?startIndex=${start}&count=2`))
    const [first, second] = await Promise.all(pages)
    expect(first).toMatchObject({ json: { totalResults: 4, startIndex: 1, itemsPerPage: 2 } })
    expect(second).toMatchObject({ json: { totalResults: 4, startIndex: 3, itemsPerPage: 2 } })
    const names = [first, second].flatMap((page) => page?.json.Resources.map(({ userName }) => userName))
    expect(names).toEqual(['b', 'c', 'd', email])
  })

  it('replaces the user by what it read', async () => {
    const reply = await directory.ask('PUT', `/Users/${id}`, {
      ...sentBack,
      id,
      name: { givenName: 'Another', middleName: 'Excited', familyName: 'User' },
    })
    expect(reply).toMatchObject({
      status: 200,
      json: { id, name: { givenName: 'Another', middleName: 'Excited', familyName: 'User' }, active: true },
    })
    // What a PUT leaves out is taken away (RFC 7644 §3.5.1), but for a password.
    expect(reply.json).not.toHaveProperty('displayName')
    expect(reply.json).not.toHaveProperty('externalId')
    const [user] = (await directory.house.all('people')).filter((item) => item.id === id)
    expect(user?.passwordHash).toMatch(/^\$argon2id\$/)
    expect((await directory.ask('PUT', `/Users/${id}`, { ...sentBack, id })).json).toMatchObject({
      name: { formatted: 'Another User' },
    })
  })

  it('deactivates and activates the user', async () => {
    for (const active of [false, true]) {
      const reply = await directory.patch(id, [{ op: 'replace', value: { active } }])
      expect(reply).toMatchObject({ status: 200, json: { id, userName: email, active } })
    }
    expect(await directory.ask('PUT', `/Users/${id}`, { ...sentBack, id, active: false })).toMatchObject({
      json: { active: false },
    })
  })

  it('sets another password', async () => {
    const hashed = async () => (await directory.house.all('people')).find((item) => item.id === id)?.passwordHash
    const before = await hashed()
    const reply = await directory.patch(id, [{ op: 'replace', value: { password: 'another secret' } }])
    expect(reply.status).toBe(200)
    expect(reply.body).not.toContain('another secret')
    expect(await hashed()).not.toBe(before)
  })

  it('hears in its form what it may not', async () => {
    expect(await directory.ask('GET', '/Users/010101001010101011001010101011')).toMatchObject({
      status: 404,
      json: { schemas: [errorSchema], status: '404', detail: expect.any(String) },
    })
    expect(await directory.ask('GET', '/Groups?startIndex=1&count=100')).toMatchObject({
      status: 200,
      json: { totalResults: 0, Resources: [] },
    })
    const pushed = await directory.ask('POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Test SCIMv2',
      members: [],
    })
    expect(pushed).toMatchObject({
      status: 405,
      headers: { allow: 'GET' },
      json: { schemas: [errorSchema], status: '405' },
    })
  })
})
