import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { passwordHolds } from '../../../src/core/password.ts'
import { createdDirectoryUser } from '../../../src/store/directory-users.ts'
import { places } from '../../../src/store/keys.ts'
import { createdOneTimePassword } from '../../../src/store/one-time-passwords.ts'
import { readUser } from '../../../src/store/people.ts'
import { createUser } from '../../../src/user-admin.ts'
import { usualRequest, visit } from '../../visitor.ts'
import { type Office, openOffice, type Shown } from './people.ts'

let office: Office
beforeAll(async () => {
  office = await openOffice()
  await office.house.addClient()
})
afterAll(() => office?.house.close())

const password = 'correct horse battery staple'
let count = 0
const fresh = (change: Record<string, unknown> = {}) => ({ userName: `made-${++count}`, ...change })

async function made(change: Record<string, unknown> = {}): Promise<Shown> {
  const { status, json, body } = await office.call('POST', '/users', { body: fresh(change) })
  expect(status, body).toBe(201)
  return json
}

describe('a new user', () => {
  it('is found by id and by name, under the address that is answered', async () => {
    const { house, call } = office
    const reply = await call('POST', '/users', {
      body: {
        userName: 'Grete',
        email: 'grete@example.org',
        givenName: 'Grete',
        familyName: 'Hermann',
        locale: 'de-DE',
      },
    })
    expect([reply.status, reply.headers.etag]).toEqual([201, '"1"'])
    expect(reply.json).toMatchObject({
      ...{ userName: 'Grete', displayName: 'Grete Hermann', enabled: true, roles: [], emailVerified: true },
      ...{ directory: false, hasPassword: false, locale: 'de-DE' },
    })
    expect(reply.headers.location).toBe(`${house.stage.issuer}/api/v1/tenants/demo/users/${reply.json.id}`)
    expect((await call('GET', '/users/grete')).json).toEqual(reply.json)
    expect(await office.events(reply.json)).toMatchObject([{ type: 'user.created' }])
  })

  it('signs in with the password they were given, which nobody reads back', async () => {
    const { house } = office
    const user = await made({ password })
    expect(JSON.stringify(await office.call('GET', `/users/${user.id}`))).not.toMatch(/argon2|correct horse/)
    const browser = visit(house)
    await browser.ask({ ...usualRequest, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    expect(browser.landed.get('code')).toBeTruthy()
  })

  it('has a name and an external id that nobody else has, and is nobody where they are taken', async () => {
    const first = await made({ externalId: 'hr-1' })
    const before = await office.house.all('people')
    const named = await office.call('POST', '/users', { body: { userName: first.userName.toUpperCase() } })
    expect([named.status, named.json.code]).toEqual([409, 'user-exists'])
    const byId = await office.call('POST', '/users', { body: { userName: first.id } })
    expect([byId.status, byId.json.code]).toEqual([409, 'user-exists'])
    const external = await office.call('POST', '/users', { body: fresh({ externalId: 'hr-1' }) })
    expect([external.status, external.json.code]).toEqual([409, 'external-id-taken'])
    expect(await office.house.all('people')).toEqual(before)
  })

  it.each([
    [{}, '/userName'],
    [{ userName: ' anna' }, '/userName'],
    [{ userName: 'a\u0000b' }, '/userName'],
    [{ userName: 'x', email: 'Anna <anna@example.org>' }, '/email'],
    [{ userName: 'x', email: 'a@b.org,c@d.org' }, '/email'],
    [{ userName: 'x', emailVerified: true }, '/emailVerified'],
    [{ userName: 'x', givenName: '' }, '/givenName'],
    [{ userName: 'x', locale: 'not a locale' }, '/locale'],
    [{ userName: 'x', claims: { birthdate: '2000-02-30' } }, '/claims/birthdate'],
    [{ userName: 'x', claims: { given_name: 'Anna' } }, '/claims'],
    [{ userName: 'x', password: 'short' }, '/password'],
    [{ userName: 'x', password: 'x'.repeat(1025) }, '/password'],
    [{ userName: 'x', password, directory: true }, '/password'],
    [{ userName: 'x', roles: ['administrator'] }, '/roles'],
    [{ userName: 'x', standing: 7 }, '/standing'],
  ])('%j is refused at %s', async (body, pointer) => {
    const reply = await office.call('POST', '/users', { body })
    expect([reply.status, reply.json.code, reply.json.pointer]).toEqual([422, 'malformed-user', pointer])
  })
})

describe('a change', () => {
  it('is of what is named, and tells which members, never what to', async () => {
    const user = await made({ email: 'old@example.org', givenName: 'Old', familyName: 'Name', externalId: 'x-1' })
    const reply = await office.call('PATCH', `/users/${user.id}`, {
      body: { email: 'new@example.org', familyName: null, externalId: 'x-2', claims: { nickname: 'Neu' } },
    })
    expect([reply.status, reply.headers.etag]).toEqual([200, '"2"'])
    expect(reply.json).toMatchObject({ email: 'new@example.org', givenName: 'Old', claims: { nickname: 'Neu' } })
    expect(reply.json).not.toHaveProperty('familyName')
    const [, event] = await office.events(user)
    expect(event).toMatchObject({ type: 'user.changed', detail: 'externalId, email, familyName, claims' })
    expect(JSON.stringify(await office.events(user))).not.toMatch(/new@|Neu/)
    // The one before is anybody's.
    await made({ externalId: 'x-1' })
  })

  it('that changes nothing is none, and keeps the version', async () => {
    const user = await made({ givenName: 'Same' })
    const reply = await office.call('PATCH', `/users/${user.id}`, { body: { givenName: 'Same', enabled: true } })
    expect([reply.status, reply.headers.etag]).toEqual([200, '"1"'])
    expect(await office.events(user)).toHaveLength(1)
  })

  it('to a version that is no more is refused, whoever signed in meanwhile', async () => {
    const user = await made({ password })
    const browser = visit(office.house)
    await browser.ask({ ...usualRequest, acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password: 'another one' })
    const [first, second] = [{ givenName: 'First' }, { givenName: 'Second' }]
    const headers = { 'if-match': '"1"' }
    expect((await office.call('PATCH', `/users/${user.id}`, { headers, body: first })).status).toBe(200)
    const late = await office.call('PATCH', `/users/${user.id}`, { headers, body: second })
    expect([late.status, late.json.code]).toEqual([412, 'precondition-failed'])
    expect((await office.call('GET', `/users/${user.id}`)).json).toMatchObject(first)
  })

  it('of the name frees the one before, and takes nobody else’s', async () => {
    const [user, other] = [await made(), await made()]
    const taken = await office.call('PATCH', `/users/${user.id}`, { body: { userName: other.userName } })
    expect([taken.status, taken.json.code]).toEqual([409, 'user-exists'])
    expect((await office.call('PATCH', `/users/${user.id}`, { body: { userName: 'renamed' } })).status).toBe(200)
    expect((await office.call('GET', '/users/renamed')).json.id).toBe(user.id)
    expect((await office.call('GET', `/users/${user.userName}`)).status).toBe(404)
    const again = await office.call('POST', '/users', { body: { userName: user.userName } })
    expect(again.status).toBe(201)
  })

  it('of the address: it is verified unless it is said not to be, and did not bounce', async () => {
    const { house, call } = office
    const user = await house.addUser({ emailVerified: false, mailTrouble: 'bounced' })
    const patch = async (body: Record<string, unknown>) => (await call('PATCH', `/users/${user.id}`, { body })).json
    expect(await patch({ givenName: 'Still' })).toMatchObject({ emailVerified: false, mailTrouble: 'bounced' })
    const same = await patch({ email: user.email })
    expect(same).toMatchObject({ emailVerified: false })
    expect(same).not.toHaveProperty('mailTrouble')
    expect(await patch({ email: 'else@example.org' })).toMatchObject({ emailVerified: true })
    expect(await patch({ email: 'third@example.org', emailVerified: false })).toMatchObject({ emailVerified: false })
    expect(await patch({ email: null })).not.toHaveProperty('emailVerified')
  })

  it('of what a directory says of an entry is refused, and of the rest it is not', async () => {
    const { house, call } = office
    const id = 'from-the-directory'
    const user = { id, userName: 'carl', enabled: true, standing: 1, createdAt: 1, updatedAt: 1 }
    await house.seed(
      ...createdDirectoryUser({ ...user, directory: { id: 'e-1' } }, { id: 'e-1', dn: 'cn=carl', userName: 'carl' }),
    )
    const email = await call('PATCH', `/users/${id}`, { body: { email: 'a@example.org' } })
    expect([email.status, email.json.code, email.json.pointer]).toEqual([409, 'owned-by-directory', '/email'])
    const set = await call('POST', `/users/${id}/password`, { body: { password } })
    expect([set.status, set.json.code]).toEqual([409, 'owned-by-directory'])
    const rest = await call('PATCH', `/users/${id}`, { body: { externalId: 'd-1', locale: 'de' } })
    expect([rest.status, rest.json.directory]).toEqual([200, true])
  })
})

describe('a password', () => {
  it('is set and taken away, ends what rested on the one before, and is told of without being told', async () => {
    const { house, call } = office
    const user = await made({ password })
    const before = await readUser(house.db, user.id)
    const set = await call('POST', `/users/${user.id}/password`, { body: { password: 'another password' } })
    expect([set.status, set.json.hasPassword]).toEqual([200, true])
    const after = await readUser(house.db, user.id)
    expect(await passwordHolds(after?.passwordHash, 'another password')).toBe(true)
    expect(after?.standing).toBe((before?.standing ?? 0) + 1)
    const gone = await call('POST', `/users/${user.id}/password`, { body: { password: null } })
    expect(gone.json.hasPassword).toBe(false)
    const events = await office.events(user)
    expect(events.slice(1)).toMatchObject([{ detail: 'password' }, { detail: 'password' }])
    expect(JSON.stringify(events)).not.toMatch(/another|argon/)
  })

  it.each([[{}], [{ password: 'short' }], [{ password: 12_345_678 }], [{ password, extra: 1 }]])(
    'is none of %j',
    async (body) => {
      const reply = await office.call('POST', `/users/${(await made()).id}/password`, { body })
      expect([reply.status, reply.json.code]).toEqual([422, 'malformed-user'])
    },
  )

  it('of an administrator, and their address, is not set by whoever may not give roles', async () => {
    const directory = await office.withScopes('users:write', 'users:read')
    const admin = await office.staff('administrator')
    const set = await directory('POST', `/users/${admin.id}/password`, { body: { password } })
    expect([set.status, set.json.code]).toEqual([403, 'beyond-caller'])
    const address = await directory('PATCH', `/users/${admin.id}`, { body: { email: 'mine@example.org' } })
    expect([address.status, address.json.code]).toEqual([403, 'beyond-caller'])
    expect((await directory('PATCH', `/users/${admin.id}`, { body: { givenName: 'Other' } })).status).toBe(200)
  })
})

describe('whoever is disabled', () => {
  it('is signed in nowhere at once, and signs in again once they are enabled', async () => {
    const { house, call } = office
    const user = await house.addUser({ password })
    const browser = visit(house)
    const signIn = async () => {
      await browser.ask({ ...usualRequest, acr_values: 'pwd' })
      await browser.post('username', { username: user.userName })
      await browser.post('password', { password })
    }
    await signIn()
    const disabled = await call('PATCH', `/users/${user.id}`, { body: { enabled: false } })
    expect(disabled.json.enabled).toBe(false)
    await browser.ask({ ...usualRequest, prompt: 'none' })
    expect(browser.landed.get('error')).toBe('login_required')
    const types = (await office.events(user)).map(({ type, reason }) => [type, reason])
    expect(types).toContainEqual(['user.disabled', undefined])
    expect(types).toContainEqual(['session.ended', 'user-disabled'])
    expect((await call('PATCH', `/users/${user.id}`, { body: { enabled: true } })).status).toBe(200)
    await signIn()
    expect(browser.landed.get('code')).toBeTruthy()
  })
})

describe('unlocking', () => {
  it('forgets failures, and resumes codes that are locked', async () => {
    const { house, call } = office
    const user = await house.addUser({ password })
    const id = 'locked-otp'
    const parameters = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 } as const
    const state = { state: 'locked', origin: 'local', sealedSecret: 'x', createdAt: house.now, version: 0 } as const
    await house.seed(createdOneTimePassword({ id, user: user.id, ...parameters, ...state }))
    const until = house.now + 600
    await house.changeUser(user, { tries3: 9, triesUntil3: until, otpFailures: 50 } as object)
    const seen = await call('GET', `/users/${user.id}`)
    expect(seen.json.waitsUntilDateTime).toBe(new Date(until * 1000).toISOString())
    const unlocked = await call('POST', `/users/${user.id}/unlock`)
    expect([unlocked.status, unlocked.json.waitsUntilDateTime]).toEqual([200, undefined])
    expect(await house.db.get(places.user(user.id))).not.toHaveProperty('otpFailures')
    expect(await house.db.get(places.oneTimePassword(user.id, id))).toMatchObject({ state: 'active' })
    const types = (await office.events(user)).map(({ type }) => type)
    expect(types.sort()).toEqual(['otp.resumed', 'user.unlocked'])
    // There is nothing to unlock any more, and nothing to tell.
    await call('POST', `/users/${user.id}/unlock`)
    expect(await office.events(user)).toHaveLength(2)
  })
})

describe('roles', () => {
  const put = (caller: Office['call'], user: { id: string }, roles: string[], match = '*') =>
    caller('PUT', `/users/${user.id}/roles`, { headers: { 'if-match': match }, body: { roles } })

  it('are given and taken by the version that is meant, and told', async () => {
    const user = await made()
    const missing = await office.call('PUT', `/users/${user.id}/roles`, { body: { roles: ['auditor'] } })
    expect([missing.status, missing.json.code]).toEqual([428, 'precondition-required'])
    const given = await put(office.call, user, ['operator', 'auditor', 'operator'], '"1"')
    expect([given.status, given.json.roles]).toEqual([200, ['operator', 'auditor']])
    expect((await put(office.call, user, [], '"1"')).status).toBe(412)
    expect((await put(office.call, user, [], '"2"')).json.roles).toEqual([])
    const told = (await office.events(user)).slice(1).map(({ type, detail }) => [type, detail])
    expect(told).toEqual([
      ['user.roles-changed', 'none → operator auditor'],
      ['user.roles-changed', 'operator auditor → none'],
    ])
  })

  it.each([[['root']], ['administrator'], [[7]]])('%j are none', async (roles) => {
    const reply = await put(office.call, await made(), roles as string[])
    expect([reply.status, reply.json.code]).toEqual([422, 'malformed-user'])
  })

  it('nobody takes away their own, nor disables or deletes themselves', async () => {
    const admin = await office.staff('administrator')
    await office.staff('administrator')
    const own = await office.as(admin)
    const path = `/users/${admin.id}`
    const replies = [
      await put(own, admin, ['auditor']),
      await own('PATCH', path, { body: { enabled: false } }),
      await own('DELETE', path),
    ]
    expect(replies.map(({ status, json }) => [status, json.code])).toEqual(Array(3).fill([403, 'not-yourself']))
    expect((await put(own, admin, ['administrator', 'auditor'])).status).toBe(200)
  })

  it('an operator changes nobody who has one', async () => {
    const desk = await office.as(await office.staff('operator'))
    const auditor = await office.staff('auditor')
    const path = `/users/${auditor.id}`
    const replies = [
      await desk('PATCH', path, { body: { givenName: 'X' } }),
      await desk('POST', `${path}/password`, { body: { password } }),
      await desk('POST', `${path}/unlock`),
      await desk('DELETE', path),
    ]
    expect(replies.map(({ status, json }) => [status, json.code])).toEqual(Array(4).fill([403, 'beyond-caller']))
    const user = await made()
    expect((await desk('PATCH', `/users/${user.id}`, { body: { givenName: 'X' } })).status).toBe(200)
    expect((await put(desk, user, ['auditor'])).json.code).toBe('insufficient-scope')
  })
})

describe('the last administrator', () => {
  it('keeps the role, stays enabled and stays, until there is another', async () => {
    const its = await openOffice()
    const { house, call } = its
    try {
      const last = await its.staff('administrator')
      const path = `/users/${last.id}`
      const headers = { 'if-match': '*' }
      const tries = () =>
        Promise.all([
          call('PUT', `${path}/roles`, { headers, body: { roles: [] } }),
          call('PATCH', path, { body: { enabled: false } }),
          call('DELETE', path),
        ])
      for (const { status, json } of await tries()) expect([status, json.code]).toEqual([409, 'last-administrator'])
      const disabled = await house.addUser({ roles: ['administrator'], enabled: false })
      for (const { status } of await tries()) expect(status).toBe(409)
      // Somebody who is enabled counts, and then either may go.
      expect((await call('PATCH', `/users/${disabled.id}`, { body: { enabled: true } })).status).toBe(200)
      expect((await call('PUT', `${path}/roles`, { headers, body: { roles: [] } })).status).toBe(200)
      expect((await call('DELETE', path)).status).toBe(204)
      expect((await call('DELETE', `/users/${disabled.id}`)).json.code).toBe('last-administrator')
    } finally {
      await house.close()
    }
  })
})

it('whoever only reads is not shown where somebody lives', async () => {
  const user = await made({ claims: { address: { locality: 'Graz' } } })
  const cms = await office.withScopes('users:read')
  expect((await cms('GET', `/users/${user.id}`)).json).not.toHaveProperty('claims')
  expect((await office.call('GET', `/users/${user.id}`)).json).toHaveProperty('claims')
})

it('what is made beside the API is listed and counted as well', async () => {
  const desk = { db: office.house.db, now: office.house.world.now, actor: { kind: 'operator', id: 'test' } as const }
  const made = await createUser(desk, { userName: 'beside' })
  expect(made.ok).toBe(true)
  expect((await office.call('GET', '/users?search=besi')).body).toContain('"beside"')
})
