import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { type Cms, type Listed, newKey, openCms, type Problem, rawImport, root, type Shown } from './cms.ts'

let cms: Cms

beforeAll(async () => {
  cms = await openCms()
})

afterAll(() => cms.house.close())

const user = (change = {}) => cms.house.addUser(change)
const cursorOf = (link: string | undefined): string => new URL(link ?? 'x:').searchParams.get('cursor') ?? ''
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The path below the tenant of a link. */
const below = (link: string | undefined): string => (link ?? '').slice(`https://id.example.org${root}`.length)

describe('a user', () => {
  it('is found by id and by name', async () => {
    const anna = await user({ userName: 'Anna', displayName: 'Anna Banana', email: 'anna@example.org' })
    const byId = await cms.call('GET', `/users/${anna.id}`)
    expect(byId.json).toEqual({
      id: anna.id,
      userName: 'Anna',
      email: 'anna@example.org',
      displayName: 'Anna Banana',
      enabled: true,
      roles: [],
      emailVerified: true,
      directory: false,
      hasPassword: false,
      createdDateTime: new Date(anna.createdAt * 1000).toISOString(),
      updatedDateTime: new Date(anna.updatedAt * 1000).toISOString(),
    })
    expect((await cms.call('GET', '/users/anna')).json).toEqual(byId.json)
    expect((await cms.call('GET', '/users/nobody')).json).toMatchObject({ status: 404, code: 'user-not-found' })
  })

  it('cannot take the name that is another’s id and be found by it', async () => {
    const [anna, bert] = [await user(), await user()]
    await expect(user({ userName: anna.id })).rejects.toThrow('refused')
    // As it could be before names were held against ids.
    await cms.house.seed({ write: 'put', ...places.userName(anna.id), item: { owner: bert.id } })
    expect((await cms.call('GET', `/users/${anna.id}`)).json).toMatchObject({ userName: anna.userName })
  })

  it('never shows what is nobody’s business', async () => {
    const anna = await user({ password: 'correct horse battery' })
    expect((await cms.call('GET', `/users/${anna.id}`)).body).not.toMatch(/argon2|standing/)
  })

  it('who is disabled is shown as such, and so are their authenticators', async () => {
    const anna = await user()
    await cms.house.addAuthenticator(anna, newKey())
    await cms.house.changeUser(anna, { enabled: false })
    expect((await cms.call('GET', `/users/${anna.id}`)).json).toMatchObject({ enabled: false })
    expect((await cms.call<Listed>('GET', cms.keysOf(anna))).json.page.totalItems).toBe(1)
  })
})

describe('users', () => {
  it('are looked up by their exact name', async () => {
    const bert = await user({ userName: 'bert' })
    await user({ userName: 'bertram' })
    const found = await cms.call<Listed<{ id: string }>>('GET', '/users?userName=BERT')
    expect(found.json.page).toMatchObject({ items: [{ id: bert.id }], totalItems: 1 })
    const none = await cms.call<Listed>('GET', '/users?userName=ber')
    expect([none.status, none.json.page]).toMatchObject([200, { items: [], totalItems: 0 }])
    const mixed = await cms.call<Problem>('GET', '/users?userName=bert&prefix=b')
    expect(mixed.json).toMatchObject({ status: 400, code: 'malformed-request' })
  })

  it('are listed by the beginning of their name, in pages', async () => {
    for (const name of ['carl', 'Carla', 'carlos', 'caroline', 'cesar']) await user({ userName: name })
    const names: string[] = []
    let path = '/users?prefix=CAR&pageSize=3'
    for (let pages = 0; path !== ''; pages++) {
      expect(pages).toBeLessThan(4)
      const { json } = await cms.call<Listed<{ userName: string }>>('GET', path)
      names.push(...json.page.items.map(({ userName }) => userName))
      expect(json.page).not.toHaveProperty('totalItems')
      path = below(json.links.next)
    }
    expect(names).toEqual(['carl', 'Carla', 'carlos', 'caroline'])
  })

  it.each([
    'prefix=a&cursor=x',
    `prefix=car&cursor=${encoded(['dora', 'id'])}`,
    `cursor=${encoded(['a', 'b', 'c'])}`,
    `cursor=${encoded(['A', 'b'])}`,
    `cursor=${encoded(['a\ud800', 'b'])}`,
    `cursor=${encoded(['a', 'b\udfff'])}`,
    `cursor=${encoded(['a', 1])}`,
    'pageSize=0',
    'pageSize=101',
    'pageSize=1e1',
    'unknown=1',
    'prefix=a&prefix=b',
  ])('cannot be asked for by %s', async (query) => {
    expect((await cms.call('GET', `/users?${query}`)).json).toMatchObject({ status: 400, code: 'malformed-request' })
  })
})

describe('a user’s authenticators', () => {
  it('come in pages, in the order they were made', async () => {
    const anna = await user()
    const ids: string[] = []
    for (let made = 0; made < 5; made++) {
      cms.house.now += 1
      ids.push((await cms.importKey(anna, rawImport(newKey()))).json.id)
    }
    const { json: all } = await cms.call<Listed>('GET', cms.keysOf(anna))
    expect(all.page).toMatchObject({ totalItems: 5, pageIndex: 0, pageSize: 20 })
    expect(all.page.items.map(({ id }) => id)).toEqual(ids)
    expect(Object.keys(all.links)).toEqual(['self'])

    const { json: second } = await cms.call<Listed>('GET', `${cms.keysOf(anna)}?pageIndex=1&pageSize=2`)
    expect(second.page.items.map(({ id }) => id)).toEqual(ids.slice(2, 4))
    const { json: third } = await cms.call<Listed>('GET', below(second.links.next))
    expect(third.page.items.map(({ id }) => id)).toEqual(ids.slice(4))
    expect(third.links.next).toBeUndefined()
    expect(third.links.prev).toBe(second.links.self)
    const { json: beyond } = await cms.call<Listed>('GET', `${cms.keysOf(anna)}?pageIndex=9`)
    expect(beyond.page).toMatchObject({ items: [], totalItems: 5 })
  })

  it.each(['pageIndex=-1', 'pageSize=101', 'pageSize=', 'state=pending'])('refuse %s', async (query) => {
    const anna = await user()
    expect((await cms.call('GET', `${cms.keysOf(anna)}?${query}`)).json).toMatchObject({ status: 400 })
  })

  it('are a 404 of somebody unknown', async () => {
    expect((await cms.call('GET', '/users/nobody/authenticators')).json).toMatchObject({ code: 'user-not-found' })
    expect((await cms.call('GET', '/users/nobody/authenticators/1')).json).toMatchObject({ code: 'user-not-found' })
  })

  it('are read one by one, of that user alone', async () => {
    const [anna, bert] = [await user(), await user()]
    const key = await cms.house.addAuthenticator(anna, newKey({ counter: 4 }), {
      origin: 'local',
      activatedAt: cms.house.now,
      lastUsedAt: cms.house.now,
      lastSuccessAt: cms.house.now,
      friendlyName: 'Mine',
    })
    const { json, headers } = await cms.call('GET', `${cms.keysOf(anna)}/${key.id}`)
    const time = new Date(cms.house.now * 1000).toISOString()
    expect(json).toMatchObject({
      id: key.id,
      origin: 'local',
      state: 'active',
      activatedDateTime: time,
      lastUsedAuthnDateTime: time,
      lastSuccessAuthnDateTime: time,
      metadata: { aaguid: key.credential.aaguid, signatureCounter: 4 },
    })
    expect(headers.etag).toBe('"0"')
    for (const path of [
      `${cms.keysOf(bert)}/${key.id}`,
      `${cms.keysOf(anna)}/${'x'.repeat(2000)}`,
      `${cms.keysOf(anna)}/a%2Fb`,
    ])
      expect((await cms.call('GET', path)).json).toMatchObject({ status: 404, code: 'authenticator-not-found' })
  })
})

describe('a pending key that nobody activated in time', () => {
  it('is shown nowhere', async () => {
    const anna = await user()
    const expiresAt = new Date((cms.house.now + 60) * 1000).toISOString()
    const { json: key } = await cms.importKey(anna, rawImport(newKey(), { expiresAt }))
    const path = `${cms.keysOf(anna)}/${key.id}`
    const seen = async () => [
      (await cms.call('GET', path)).status,
      (await cms.call<Listed>('GET', cms.keysOf(anna))).json.page.totalItems,
      (await cms.call<Listed>('GET', '/authenticators?state=pending&pageSize=100')).json.page.items.some(
        ({ id }) => id === key.id,
      ),
    ]
    expect(await seen()).toEqual([200, 1, true])
    cms.house.now += 60
    expect(await seen()).toEqual([404, 0, false])
    expect((await cms.call('PATCH', path, { body: { friendlyName: 'Late' } })).status).toBe(404)
    expect((await cms.call('DELETE', path)).status).toBe(404)
  })
})

describe('a search', () => {
  const found = async (query: string): Promise<(Shown & { userId: string })[]> => {
    const items: (Shown & { userId: string })[] = []
    let path = `/authenticators?${query}`
    for (let pages = 0; path !== ''; pages++) {
      expect(pages).toBeLessThan(60)
      const { status, json } = await cms.call<Listed<Shown & { userId: string }>>('GET', path)
      expect(status).toBe(200)
      items.push(...json.page.items)
      path = below(json.links.next)
    }
    return items
  }

  it('finds everybody’s keys in a state, oldest first, and whose they are', async () => {
    const [anna, bert] = [await user(), await user()]
    cms.house.now += 100_000
    const made: string[] = []
    for (const [index, person] of [anna, bert, anna, bert, anna].entries()) {
      cms.house.now += 10
      const key = await cms.house.addAuthenticator(person, newKey(), { state: 'suspended' })
      made.push(`${person.id} ${key.id}`)
      expect(index).toBeLessThan(5)
    }
    const all = await found('state=suspended&pageSize=2')
    expect(all.map(({ userId, id }) => `${userId} ${id}`)).toEqual(made)
    const before = new Date((cms.house.now - 20) * 1000).toISOString()
    expect((await found(`state=suspended&pageSize=1&olderThan=${before}`)).map(({ id }) => id)).toEqual(
      all.slice(0, 2).map(({ id }) => id),
    )
    cms.house.now += 86_400 - 20
    expect((await found('state=suspended&olderThan=P1D')).map(({ id }) => id)).toEqual(
      all.slice(0, 2).map(({ id }) => id),
    )
    expect(await found('state=suspended&olderThan=P30D')).toEqual([])
    expect(await found('state=suspended&olderThan=1960-01-01T00:00:00Z')).toEqual([])
    expect(await found('state=suspended&olderThan=P9999W')).toEqual([])
    expect(await found('state=locked')).toEqual([])
  })

  it('goes on after a key that has left the list meanwhile', async () => {
    const anna = await user()
    for (let made = 0; made < 3; made++) await cms.house.addAuthenticator(anna, newKey(), { state: 'suspended' })
    const all = (await found('state=suspended')).map(({ id }) => id)
    const { json } = await cms.call<Listed<Shown & { userId: string }>>(
      'GET',
      '/authenticators?state=suspended&pageSize=2',
    )
    const last = json.page.items[1]
    expect((await cms.call('DELETE', `/users/${last?.userId}/authenticators/${last?.id}`)).status).toBe(204)
    const { json: rest } = await cms.call<Listed>('GET', below(json.links.next))
    expect(rest.page.items.map(({ id }) => id)).toEqual(all.slice(2, 4))
  })

  it.each([
    '',
    'state=revoked',
    'state=pending&olderThan=yesterday',
    'state=pending&olderThan=P1M',
    'state=pending&olderThan=P',
    'state=pending&olderThan=P1DT',
    'state=pending&olderThan=2026-02-30T00:00:00Z',
    'state=pending&cursor=',
    'state=pending&cursor=AAAA',
    `state=pending&cursor=${encoded([1, 'id'])}`,
    `state=pending&cursor=${encoded(['1', 'id', 'user'])}`,
    `state=pending&cursor=${encoded([1, 'id#', 'user'])}`,
    `state=pending&cursor=${encoded([-1, 'id', 'user'])}`,
    `state=pending&cursor=${encoded([1, 'id', 'user\ud800'])}`,
    `state=pending&cursor=${encoded([1, 'id', 'user'])}=`,
    `state=pending&olderThan=2026-01-01T00:00:00Z&cursor=${encoded([1_900_000_000, 'id', 'user'])}`,
    'state=pending&pageSize=1000',
  ])('by %s is refused', async (query) => {
    expect((await cms.call('GET', `/authenticators?${query}`)).json).toMatchObject({
      status: 400,
      code: 'malformed-request',
    })
  })

  it('cannot be made to read another list by a cursor', async () => {
    const anna = await user()
    await cms.importKey(anna, rawImport(newKey()))
    const cursor = encoded([1, 'none', 'nobody'])
    const { json } = await cms.call<Listed>('GET', `/authenticators?state=locked&cursor=${cursor}`)
    expect(json.page.items).toEqual([])
    expect(cursorOf(json.links.self)).toBe(cursor)
  })
})

describe('creation options', () => {
  type Options = {
    publicKey: {
      rp: unknown
      user: { id: string }
      challenge: string
      timeout: number
      excludeCredentials: { id: string }[]
    }
    challengeId: string
    expiresDateTime: string
  }
  const options = (person: { id: string }, query = '') =>
    cms.call<Options & Problem>('GET', `${cms.keysOf(person)}/creation-options${query}`)

  it('ask for a key of this user, and not one they have', async () => {
    const anna = await user()
    const held = [newKey(), newKey()]
    await cms.house.addAuthenticator(anna, held[0] ?? newKey(), { state: 'suspended' })
    await cms.importKey(anna, rawImport(held[1] ?? newKey()))
    const { json } = await options(anna)
    expect(json.publicKey.rp).toEqual({ id: 'example.org', name: 'Example Sign-in' })
    expect(Buffer.from(json.publicKey.user.id, 'base64url').toString()).toBe(anna.id)
    expect(new Set(json.publicKey.excludeCredentials.map(({ id }) => id))).toEqual(
      new Set(held.map(({ credentialId }) => credentialId)),
    )
    expect(json.publicKey.timeout).toBe(300_000)
    expect(json.expiresDateTime).toBe(new Date((cms.house.now + 300) * 1000).toISOString())
  })

  it('have another challenge each time, good for as long as was asked', async () => {
    const anna = await user()
    const [one, other] = [await options(anna), await options(anna, '?challengeTimeoutInMinutes=43200')]
    expect(one.json.publicKey.challenge).not.toBe(other.json.publicKey.challenge)
    expect(other.json.expiresDateTime).toBe(new Date((cms.house.now + 2_592_000) * 1000).toISOString())
    for (const minutes of ['4', '43201', '5.5', 'x'])
      expect((await options(anna, `?challengeTimeoutInMinutes=${minutes}`)).json).toMatchObject({ status: 400 })
  })

  it('are not for somebody unknown or disabled', async () => {
    const gone = await user({ enabled: false })
    expect((await options({ id: 'nobody' })).status).toBe(404)
    expect((await options(gone)).status).toBe(404)
  })
})
