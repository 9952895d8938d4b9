/** What RFC 7644 wants of a service provider, beside what Entra and Okta happen to send. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Route } from '../../../lambdas/routes.ts'
import { type DirectoryHouse, errorSchema, openDirectoryHouse, userSchema } from './directory.ts'

let directory: DirectoryHouse
const names = ['anna', 'bela', 'cleo', 'dora', 'emil'] as const
let ids: Record<string, string>
beforeAll(async () => {
  directory = await openDirectoryHouse()
  const made = names.map(async (userName) => {
    const emails = [{ value: `${userName}@example.org`, type: 'work' }]
    const active = userName !== 'dora'
    const reply = await directory.ask('POST', '/Users', { schemas: [userSchema], userName, emails, active })
    return [userName, reply.json.id] as const
  })
  ids = Object.fromEntries(await Promise.all(made))
})
afterAll(() => directory.house.close())

const namesOf = ({ json }: Awaited<ReturnType<DirectoryHouse['find']>>): string[] =>
  json.Resources.map(({ userName }) => userName)

describe('a list', () => {
  it.each([
    ['', names, 5, 1],
    ['?startIndex=2&count=2', ['bela', 'cleo'], 5, 2],
    ['?startIndex=5&count=2', ['emil'], 5, 5],
    // §3.4.2.4: what is less than one is one, and less than none is none.
    ['?startIndex=-3&count=1', ['anna'], 5, 1],
    ['?count=0', [], 5, 1],
    ['?count=-1', [], 5, 1],
    ['?startIndex=6', [], 5, 6],
    ['?startIndex=100&count=2', [], 5, 100],
    ['?sortBy=userName&sortOrder=descending', names, 5, 1],
  ])('by number %s', async (query, found, totalResults, startIndex) => {
    const reply = await directory.ask('GET', `/Users${query}`)
    expect(reply).toMatchObject({ status: 200, json: { totalResults, startIndex, itemsPerPage: found.length } })
    expect(namesOf(reply)).toEqual(found)
  })

  it('by cursor has everybody once', async () => {
    const seen: string[] = []
    let cursor: string | undefined = ''
    do {
      const reply: Awaited<ReturnType<DirectoryHouse['find']>> = await directory.ask(
        'GET',
        `/Users?count=2&cursor=${cursor}`,
      )
      expect(reply.status).toBe(200)
      expect(reply.json).not.toHaveProperty('startIndex')
      seen.push(...namesOf(reply))
      cursor = reply.json.nextCursor
    } while (cursor !== undefined)
    expect(seen).toEqual(names)
  })

  it('by cursor and filter has everybody once', async () => {
    const first = await directory.find('active eq true', '&count=3&cursor=')
    expect(namesOf(first)).toEqual(['anna', 'bela', 'cleo'])
    const second = await directory.find('active eq true', `&count=3&cursor=${first.json.nextCursor}`)
    expect(namesOf(second)).toEqual(['emil'])
    expect(second.json).not.toHaveProperty('nextCursor')
  })

  it.each([
    ['active eq true', ['anna', 'bela', 'cleo', 'emil']],
    ['active eq false', ['dora']],
    ['active eq true and (userName eq "anna" or userName eq "dora")', ['anna']],
    ['userName eq "anna" or emails.value eq "BELA@example.org"', ['anna', 'bela']],
    ['userName sw "d" or userName sw "e"', ['dora', 'emil']],
    ['userName sw "E"', ['emil']],
    ['not (userName co "a")', ['cleo', 'emil']],
    ['emails[type eq "work" and value ew "@example.org"] and userName gt "cleo"', ['dora', 'emil']],
    ['emails.value eq "anna@example"', []],
    ['externalId pr', []],
    ['id eq "none"', []],
    [`userName eq "${'x'.repeat(500)}"`, []],
    ['userName eq "\\ud800"', []],
  ])('of %s', async (filter, found) => {
    const reply = await directory.find(filter)
    expect(reply).toMatchObject({ status: 200, json: { totalResults: found.length } })
    expect(namesOf(reply)).toEqual(found)
  })

  it('by a body is the same', async () => {
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest']
    const filter = 'userName sw "a" or userName sw "b"'
    const reply = await directory.ask('POST', '/Users/.search', {
      schemas,
      filter,
      startIndex: 2,
      count: 1,
      attributes: ['userName'],
    })
    expect(reply).toMatchObject({ status: 200, json: { totalResults: 2, startIndex: 2 } })
    expect(reply.json.Resources).toEqual([{ schemas: [userSchema], id: ids.bela, userName: 'bela' }])
  })

  it('reads one record for a name, and counts without reading', async () => {
    const byName = await directory.find('userName eq "anna"')
    expect(byName.commands.map(({ name }) => name)).not.toContain('Query')
    const all = await directory.ask('GET', '/Users?startIndex=1&count=2')
    expect(all.commands.filter(({ name }) => name === 'Query')).toHaveLength(2)
  })

  it.each([
    ['?filter=userName%20is%20%22x%22', 'invalidFilter'],
    ['?filter=password%20pr', 'invalidFilter'],
    ['?startIndex=one', 'invalidValue'],
    ['?count=1.5', 'invalidValue'],
    ['?cursor=nonsense', 'invalidCursor'],
    ['?cursor=&startIndex=1', 'invalidCursor'],
    ['?attributes=userName&excludedAttributes=name', 'invalidValue'],
    ['?fliter=x', undefined],
    ['?count=1&count=2', undefined],
  ])('is refused: %s', async (query, scimType) => {
    const reply = await directory.ask('GET', `/Users${query}`)
    expect(reply).toMatchObject({ status: 400, json: { schemas: [errorSchema], status: '400' } })
    expect(reply.json.scimType).toBe(scimType)
  })
})

describe('what is shown', () => {
  it('is what is asked for, and what is always there', async () => {
    const only = await directory.ask('GET', `/Users/${ids.anna}?attributes=USERNAME,emails.value,title,meta.version`)
    expect(only.json).toEqual({
      schemas: [userSchema],
      id: ids.anna,
      userName: 'anna',
      emails: [{ value: 'anna@example.org' }],
      meta: { version: '"1"' },
    })
    const without = await directory.ask(
      'GET',
      `/Users/${ids.anna}?excludedAttributes=id,meta,emails.type,emails.primary`,
    )
    expect(without.json).toEqual({
      schemas: [userSchema],
      id: ids.anna,
      userName: 'anna',
      active: true,
      emails: [{ value: 'anna@example.org' }],
    })
  })

  it('has a version, by which changes and reads are held', async () => {
    const { json, headers } = await directory.ask('GET', `/Users/${ids.bela}`)
    expect(headers.etag).toBe(json.meta.version)
    const known = await directory.ask('GET', `/Users/${ids.bela}`, undefined, {
      'if-none-match': `"other", ${headers.etag}`,
    })
    expect(known).toMatchObject({ status: 304, body: '' })
    const replace = [{ op: 'replace', path: 'nickName', value: 'b' }]
    const changed = await directory.patch(ids.bela ?? '', replace, { 'if-match': headers.etag ?? '' })
    expect(changed.status).toBe(200)
    expect(changed.headers.etag).not.toBe(headers.etag)
    for (const [method, body] of [
      ['PATCH', { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: replace }],
      ['PUT', { schemas: [userSchema], userName: 'bela' }],
      ['DELETE', undefined],
    ] as const) {
      const stale = await directory.ask(method, `/Users/${ids.bela}`, body, { 'if-match': headers.etag ?? '' })
      expect(stale).toMatchObject({ status: 412, json: { schemas: [errorSchema], status: '412' } })
    }
    // A patch that changes nothing makes no version.
    expect((await directory.patch(ids.bela ?? '', replace)).headers.etag).toBe(changed.headers.etag)
  })
})

describe('a change', () => {
  it('of which a half is wrong does not happen', async () => {
    const before = await directory.ask('GET', `/Users/${ids.cleo}`)
    const reply = await directory.patch(ids.cleo ?? '', [
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', path: 'locale', value: '!' },
    ])
    expect(reply).toMatchObject({
      status: 400,
      json: { scimType: 'invalidValue', detail: expect.stringContaining('locale') },
    })
    expect((await directory.ask('GET', `/Users/${ids.cleo}`)).json).toEqual(before.json)
  })

  it.each([
    ['userName', { userName: ' \t' }],
    ['emails.value', { emails: [{ value: 'a@example.org, b@example.org' }] }],
    ['emails.value', { emails: [{ value: 'a@example.org\r\nBcc: all@example.org' }] }],
    ['password', { password: 'short' }],
  ])('with a %s that nobody may have is refused', async (attribute, change) => {
    const { status, json } = await directory.ask('POST', '/Users', {
      schemas: [userSchema],
      userName: 'odd',
      ...change,
    })
    expect({ status, json }).toMatchObject({ status: 400, json: { schemas: [errorSchema], scimType: 'invalidValue' } })
    expect(JSON.stringify(json)).toContain(attribute)
  })

  it('to a name or an id that is taken is refused', async () => {
    const named = await directory.patch(ids.cleo ?? '', [{ op: 'replace', path: 'userName', value: 'ANNA' }])
    expect(named).toMatchObject({ status: 409, json: { scimType: 'uniqueness' } })
    await directory.patch(ids.anna ?? '', [{ op: 'replace', path: 'externalId', value: 'E1' }])
    const other = await directory.patch(ids.cleo ?? '', [{ op: 'replace', path: 'externalId', value: 'E1' }])
    expect(other).toMatchObject({ status: 409, json: { scimType: 'uniqueness' } })
  })

  it('of roles is not SCIM’s to make', async () => {
    const reply = await directory.patch(ids.cleo ?? '', [
      { op: 'add', path: 'roles', value: [{ value: 'administrator' }] },
    ])
    expect(reply).toMatchObject({ status: 400, json: { scimType: 'mutability' } })
    const put = { schemas: [userSchema], userName: 'cleo', roles: [{ value: 'administrator' }] }
    expect((await directory.ask('PUT', `/Users/${ids.cleo}`, put)).json).not.toHaveProperty('roles')
    const made = await directory.ask('POST', '/Users', { ...put, userName: 'roly' })
    expect(made.json).not.toHaveProperty('roles')
    const [roly] = (await directory.house.all('people')).filter(({ id }) => id === made.json.id)
    expect(roly).not.toHaveProperty('roles')
  })

  it('by several at once is all of theirs', async () => {
    const members = ['displayName', 'nickName', 'timezone', 'locale']
    const values = ['D', 'N', 'Europe/Vienna', 'de-AT']
    const replies = await Promise.all(
      members.map((path, at) => directory.patch(ids.emil ?? '', [{ op: 'replace', path, value: values[at] }])),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect((await directory.ask('GET', `/Users/${ids.emil}`)).json).toMatchObject(
      Object.fromEntries(members.map((name, at) => [name, values[at]])),
    )
  })

  it.each([
    ['no JSON', 'POST', '/Users', '{', 400, 'invalidSyntax'],
    ['another type', 'POST', '/Users', { userName: 'x' }, 415, undefined],
    ['too much', 'POST', '/Users', `"${'x'.repeat(70_000)}"`, 413, undefined],
    ['no name', 'POST', '/Users', { schemas: [userSchema] }, 400, 'invalidValue'],
    ['no schema', 'POST', '/Users', { userName: 'x' }, 400, 'invalidSyntax'],
    ['a search that is none', 'POST', '/Users/.search', { filter: 'id pr' }, 400, 'invalidSyntax'],
  ] as const)('is refused: %s', async (what, method, path, body, status, scimType) => {
    const reply = await directory.ask(
      method,
      path,
      body,
      what === 'another type' ? { 'content-type': 'text/plain' } : {},
    )
    expect(reply).toMatchObject({ status, json: { schemas: [errorSchema], status: String(status) } })
    expect(reply.json.scimType).toBe(scimType)
  })
})

describe('who calls', () => {
  it('needs a key with the scope, or a token', async () => {
    const { house } = directory
    const reader = await house.addApiKey(['users:read'])
    const nobody = await directory.ask('GET', '/Users', undefined, { authorization: 'Bearer keystep_none.none' })
    expect(nobody).toMatchObject({ status: 401, json: { schemas: [errorSchema], status: '401' } })
    expect(nobody.headers['www-authenticate']).toMatch(/^Bearer /)
    const authorization = `Bearer ${reader.shown}`
    expect((await directory.ask('GET', '/Users', undefined, { authorization })).status).toBe(200)
    const refused = await directory.ask('DELETE', `/Users/${ids.anna}`, undefined, { authorization })
    expect(refused).toMatchObject({ status: 403, json: { schemas: [errorSchema], status: '403' } })
    await house.addClient({ clientId: 'sync', secret: 'secret', scopes: ['users'], grantTypes: ['client_credentials'] })
    const token = await house.invoke<{ access_token: string }>('POST', '/token', {
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${house.stage.issuer}/api/v1` }),
      headers: { authorization: `Basic ${Buffer.from('sync:secret').toString('base64')}` },
    })
    const bearer = { authorization: `Bearer ${token.json.access_token}` }
    expect((await directory.ask('GET', '/Users?count=1', undefined, bearer)).status).toBe(200)
  })
})

describe('what there is', () => {
  it.each([
    ['/ServiceProviderConfig'],
    ['/ResourceTypes'],
    ['/Schemas'],
    ['/ResourceTypes/User'],
    [`/Schemas/${userSchema}`],
  ])('anybody may know: %s', async (path) => {
    const reply = await directory.house.invoke('GET', `/scim/v2${path}`)
    expect(reply).toMatchObject({ status: 200, json: { schemas: [expect.any(String)] } })
    expect(reply.headers['content-type']).toBe('application/scim+json')
  })

  it('says what is not offered', async () => {
    const { json } = await directory.ask('GET', '/ServiceProviderConfig')
    expect(json).toMatchObject({
      patch: { supported: true },
      bulk: { supported: false },
      filter: { supported: true, maxResults: 200 },
      sort: { supported: false },
      etag: { supported: true },
      changePassword: { supported: true },
      pagination: { cursor: true, index: true },
    })
  })

  it('is not filtered, and has nothing else', async () => {
    expect(await directory.ask('GET', '/Schemas?filter=id%20pr')).toMatchObject({
      status: 403,
      json: { status: '403' },
    })
    expect(await directory.ask('GET', '/Schemas/urn:none')).toMatchObject({ status: 404, json: { status: '404' } })
  })
})

describe('what is not there', () => {
  it.each<[Route['method'], string, number, string | undefined]>([
    ['GET', '/scim/v2/Nothing', 404, undefined],
    ['POST', '/scim/v2/Bulk', 404, undefined],
    ['GET', '/scim/v2/Me', 404, undefined],
    ['DELETE', '/scim/v2/Users', 405, 'GET, POST'],
    ['PATCH', '/scim/v2/Schemas', 405, 'GET'],
    ['GET', '/scim/v1/Users', 404, undefined],
  ])('%s %s', async (method, path, status, allow) => {
    const reply = await directory.house.invoke(method, path)
    expect(reply).toMatchObject({ status, json: { schemas: [errorSchema], status: String(status) } })
    expect(reply.headers['content-type']).toBe('application/scim+json')
    expect(reply.headers.allow).toBe(allow)
  })

  it.each<[Route['method'], string, number, string | undefined]>([
    ['GET', '/api/v1', 404, undefined],
    ['GET', '/api/v2/tenants/demo/users', 404, undefined],
    ['POST', '/api/v1/tenants/demo/nothing', 404, undefined],
    ['DELETE', '/api/v1/tenants/demo/flows', 405, 'GET, POST'],
    ['PATCH', '/api/v1/tenants/demo/settings', 405, 'GET, PUT'],
  ])('%s %s', async (method, path, status, allow) => {
    const reply = await directory.house.invoke<{ code: string }>(method, path)
    const code = status === 405 ? 'method-not-allowed' : 'not-found'
    expect(reply).toMatchObject({ status, json: { status, code, type: `urn:keystep:problem:${code}` } })
    expect(reply.headers['content-type']).toBe('application/problem+json')
    expect(reply.headers.allow).toBe(allow)
  })
})
