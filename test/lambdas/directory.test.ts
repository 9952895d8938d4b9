/** Signing in with a password that a directory has: through the routes, against a real slapd. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { noticeOfFailure } from '../../lambdas/login/try-password.ts'
import { parseDirectory } from '../../src/core/directory/directory-settings.ts'
import { loweredStanding } from '../../src/store/people.ts'
import { createSecurityKey } from '../authenticator.ts'
import { type House, openHouse } from '../house.ts'
import { everyonesPassword, type Slapd, servicePassword, startSlapd } from '../slapd.ts'
import { claimsOf, exchange, visit } from '../visitor.ts'

let house: House
let slapd: Slapd
let folder: string

beforeAll(async () => {
  slapd = await startSlapd()
  folder = await mkdtemp(join(tmpdir(), 'keystep-directory-'))
  const file = join(folder, 'secrets.json')
  const secrets = { directoryPassword: servicePassword, directoryCa: slapd.ca }
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
  const directory = parseDirectory(slapd.written)
  if (!directory.ok || directory.value === undefined) throw new Error('The directory has no settings')
  house = await openHouse({ stage: { directory: directory.value, secrets: { file } } })
  await house.addClient()
})
afterAll(async () => {
  await house?.close()
  await slapd?.stop()
  await rm(folder, { recursive: true, force: true })
})

const people = 'ou=people,dc=example,dc=org'
let names = 0
const freshName = (): string => `person-${++names}`

async function atPassword(username: string, { acr = 'pwd', ip = '192.0.2.1' } = {}) {
  const browser = visit(house, { ip })
  await browser.ask({ acr_values: acr })
  await browser.post('username', { username })
  expect(browser.page).toBe('password')
  return browser
}

async function signIn(username: string, password = everyonesPassword) {
  const browser = await atPassword(username)
  await browser.post('password', { password })
  return browser
}

async function subjectOf(browser: Awaited<ReturnType<typeof atPassword>>): Promise<Record<string, unknown>> {
  const { json } = await exchange(house, browser.landed.get('code'))
  return { ...claimsOf(json.id_token), access: json.access_token }
}

/** Within a second the audit log has no order, and tests stay in one: what was told of failures since the last look. */
let heard = new Set<unknown>()
async function failures() {
  const all = await house.audit('login.failed')
  const fresh = all.filter(({ id }) => !heard.has(id))
  heard = new Set(all.map(({ id }) => id))
  return fresh
}

const usersNamed = async (userName: string) =>
  (await house.all('people')).filter((item) => item.sk === 'profile' && item.userName === userName)

/** Somebody whom the directory has, after their first sign-in. */
async function known(values: Record<string, string> = {}) {
  const name = freshName()
  await slapd.add(name, values)
  const { sub } = await subjectOf(await signIn(name))
  return { name, dn: `uid=${name},${people}`, sub: String(sub) }
}

describe('the first sign-in of a person of the directory', () => {
  it('makes them a user, with what the directory says of them', async () => {
    const browser = await signIn('anna')
    const { sub, access } = await subjectOf(browser)
    const answer = await house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${access}` } })
    expect(answer.json).toMatchObject({
      sub,
      preferred_username: 'anna',
      name: 'Anna Müller',
      given_name: 'Anna',
      family_name: 'Müller',
      email: 'anna@example.org',
      email_verified: true,
    })
    const [created] = await house.audit('user.created')
    expect(created).toMatchObject({ user: sub, actor: { kind: 'service', id: 'directory' } })
  })

  it('says in the tokens what a password does', async () => {
    const name = freshName()
    await slapd.add(name)
    expect(await subjectOf(await signIn(name))).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
  })

  it('leaves nobody behind when the password was wrong', async () => {
    const name = freshName()
    await slapd.add(name)
    const browser = await signIn(name, 'wrong')
    expect(browser.notice).toBe('wrong-username-or-password')
    expect(await usersNamed(name)).toEqual([])
    expect(await failures()).toContainEqual(expect.objectContaining({ reason: 'wrong-password' }))
  })

  it('makes one user, however many browsers are at it at once', async () => {
    const name = freshName()
    await slapd.add(name)
    const browsers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => atPassword(name, { ip: `198.51.100.${at * 7}` })),
    )
    await Promise.all(browsers.map((browser) => browser.post('password', { password: everyonesPassword })))
    expect(await usersNamed(name)).toHaveLength(1)
  })

  it('by another name of theirs is the same user', async () => {
    const { name, sub } = await known({ mail: 'alias-of-theirs@example.org' })
    expect(await subjectOf(await signIn('alias-of-theirs@example.org'))).toMatchObject({ sub })
    expect(await usersNamed(name)).toHaveLength(1)
  })

  it('binds the user whom an operator made beforehand, with their keys', async () => {
    const name = freshName()
    await slapd.add(name, { mail: `${name}@example.org` })
    const user = await house.addUser({ userName: name, directory: {} })
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user, key)
    expect(await subjectOf(await signIn(name))).toMatchObject({ sub: user.id })
    expect(await subjectOf(await signIn(`${name}@example.org`))).toMatchObject({ sub: user.id })
  })

  it('binds no user whom nobody expects from the directory', async () => {
    const name = freshName()
    await slapd.add(name, { mail: `${name}@example.org` })
    const user = await house.addUser({ userName: name })
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    const byMail = await signIn(`${name}@example.org`)
    expect(byMail.notice).toBe('name-taken')
    expect((await usersNamed(name)).map(({ id, directory }) => ({ id, directory }))).toEqual([{ id: user.id }])
  })
})

describe('a later sign-in', () => {
  it('takes over what the directory says now, and keeps what it does not say', async () => {
    const { name, dn, sub } = await known({ mail: 'before@example.org', givenName: 'Before' })
    const [before] = await usersNamed(name)
    await slapd.change(dn, { mail: 'after@example.org', displayName: 'After' })
    house.now += 60
    await signIn(name)
    const [after] = await usersNamed(name)
    expect(after).toMatchObject({
      id: sub,
      email: 'after@example.org',
      givenName: 'Before',
      displayName: 'After',
      createdAt: before?.createdAt,
      standing: before?.standing,
      updatedAt: house.now,
    })
  })

  it('writes nothing of the user where nothing changed', async () => {
    const { name } = await known()
    const told = (await house.audit('user.changed')).length
    const [before] = await usersNamed(name)
    house.now += 60
    await signIn(name)
    expect((await usersNamed(name))[0]).toEqual(before)
    expect(await house.audit('user.changed')).toHaveLength(told)
  })

  it('reads the person again where something was taken from them meanwhile, and only there', async () => {
    const { name, sub } = await known()
    const readsOf = async (): Promise<number> => {
      const { commands } = await (await atPassword(name)).post('password', { password: everyonesPassword })
      return commands.filter((command) => command.name === 'Query').length
    }
    expect(await readsOf()).toBe(1)
    // Between what the step read first and the try that it counts.
    const counted = vi.spyOn(house.db, 'update').mockImplementationOnce(async (...asked) => {
      await house.seed(loweredStanding(sub))
      return house.db.update(...asked)
    })
    expect(await readsOf()).toBe(2)
    expect(counted).toHaveBeenCalled()
    counted.mockRestore()
  })

  it('under a new name is the same user, and the old name is free', async () => {
    const { name, dn, sub } = await known()
    const renamed = `${name}-married`
    await slapd.rename(dn, `uid=${renamed}`)
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect(await subjectOf(await signIn(renamed))).toMatchObject({ sub })
    expect(await usersNamed(name)).toEqual([])
    // Somebody else gets the name, and is somebody else.
    await slapd.add(name)
    const { sub: another } = await subjectOf(await signIn(name))
    expect(another).not.toBe(sub)
  })

  it('with a name that somebody else got is refused while it is the name of a user here', async () => {
    const { name, dn, sub } = await known()
    await slapd.rename(dn, `uid=${name}-gone`)
    await slapd.add(name, { mail: `${name}@example.org` })
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect(await failures()).toContainEqual(expect.objectContaining({ reason: 'another-entry', user: sub }))
    expect((await signIn(`${name}@example.org`)).notice).toBe('name-taken')
    // Until the one who had it comes by, under the new name.
    expect(await subjectOf(await signIn(`${name}-gone`))).toMatchObject({ sub })
    expect((await subjectOf(await signIn(name))).sub).not.toBe(sub)
  })

  it('under a new name that somebody here has keeps the old one, and takes over the rest', async () => {
    const { name, dn, sub } = await known()
    await house.addUser({ userName: `${name}-taken`, password: 'of another' })
    await slapd.change(dn, { mail: `${name}@example.org` })
    await slapd.rename(dn, `uid=${name}-taken`)
    expect(await subjectOf(await signIn(`${name}@example.org`))).toMatchObject({ sub })
    expect((await usersNamed(name))[0]).toMatchObject({ id: sub, email: `${name}@example.org` })
  })

  it('of a user who is disabled here is refused like a wrong password, and makes no other', async () => {
    const { name, sub } = await known({ mail: 'disabled@example.org' })
    const [user] = await usersNamed(name)
    await house.changeUser(user as never, { enabled: false })
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect((await signIn('disabled@example.org')).notice).toBe('wrong-username-or-password')
    expect((await usersNamed(name)).map(({ id }) => id)).toEqual([sub])
  })

  it('is needed no more while the session is there, and again when the entry is not theirs any more', async () => {
    const { name } = await known()
    const browser = await signIn(name)
    expect(browser.landed.get('code')).not.toBeNull()
    await browser.ask({ acr_values: 'pwd' })
    expect(browser.landed.get('code')).not.toBeNull()
    const [user] = await usersNamed(name)
    await house.changeUser(user as never, { directory: { id: 'another' }, standing: 2 })
    await browser.ask({ acr_values: 'pwd' })
    expect(browser.page).toBe('username')
  })
})

describe('what the directory says beside', () => {
  it.each([
    ['expired', 'password-expired', 'Your password has expired'],
    ['mustchange', 'password-must-change', 'choose a new password first'],
  ])('of %s is said for the right password only', async (name, notice, sentence) => {
    const browser = await signIn(name)
    expect(browser.notice).toBe(notice)
    expect(browser.text).toContain(sentence)
    expect(await failures()).toContainEqual(expect.objectContaining({ reason: notice }))
    expect((await signIn(name, 'wrong')).notice).toBe('wrong-username-or-password')
    expect(await usersNamed(name)).toEqual([])
  })

  it('that the account is locked is for the log: a stranger reads of a wrong password', async () => {
    const browser = await signIn('locked')
    expect(browser.notice).toBe('wrong-username-or-password')
    expect(await failures()).toContainEqual(expect.objectContaining({ reason: 'account-locked' }))
  })
})

describe('what a person reads of a locked account', () => {
  it.each([
    [false, 'wrong-username-or-password'],
    [true, 'account-locked'],
  ])('having proved who they are: %s', (proved, notice) => {
    expect(noticeOfFailure({ reason: 'account-locked', candid: 'account-locked' }, proved)).toBe(notice)
  })
})

describe('a directory that is down', () => {
  it('is told, costs no try, and leaves the other ways to sign in', async () => {
    const { name } = await known()
    const [user] = await usersNamed(name)
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user as never, key)
    const browser = await atPassword(name)
    await slapd.halt()
    try {
      for (let tries = 0; tries < 8; tries++) {
        await browser.post('password', { password: 'wrong' })
        expect(browser.notice).toBe('directory-unavailable')
      }
      expect(browser.text).toContain('Passwords cannot be checked right now')
      expect(await failures()).toContainEqual(expect.objectContaining({ reason: 'directory-unavailable' }))
      expect(house.lines).toContainEqual(expect.objectContaining({ message: 'directory unavailable' }))

      await browser.ask({ acr_values: 'fido' })
      await browser.post('username', { username: name })
      await browser.post('webauthn', {
        response: JSON.stringify(key.sign({ challenge: browser.options.challenge })),
      })
      expect(browser.landed.get('code')).not.toBeNull()
    } finally {
      await slapd.start()
    }
    expect((await signIn(name)).landed.get('code')).not.toBeNull()
  })

  it('does not keep out whom it has nothing to do with', async () => {
    const user = await house.addUser({ password: 'kept here' })
    await slapd.halt()
    try {
      expect(await subjectOf(await signIn(user.userName, 'kept here'))).toMatchObject({ sub: user.id })
      expect((await signIn(user.userName, 'wrong')).notice).toBe('wrong-username-or-password')
    } finally {
      await slapd.start()
    }
  })
})

describe('a password that is kept here', () => {
  it('is never shown to the directory, whatever it has under that name', async () => {
    const name = freshName()
    await slapd.add(name)
    const user = await house.addUser({ userName: name, password: 'kept here' })
    const before = await slapd.operations()
    expect(await subjectOf(await signIn(name, 'kept here'))).toMatchObject({ sub: user.id })
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect(await slapd.operations()).toBe(before)
  })

  it('is the only one of a user, though the directory has them too', async () => {
    const { name } = await known({ mail: 'both@example.org' })
    const [user] = await usersNamed(name)
    await house.changeUser(user as never, { passwordHash: (await house.addUser({ password: 'x' })).passwordHash ?? '' })
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect((await signIn('both@example.org')).notice).toBe('wrong-username-or-password')
    expect((await signIn(name, 'x')).landed.get('code')).not.toBeNull()
  })

  it('is not asked of the directory for a user who is disabled', async () => {
    const name = freshName()
    await slapd.add(name)
    await house.addUser({ userName: name, password: 'kept here', enabled: false })
    const before = await slapd.operations()
    expect((await signIn(name)).notice).toBe('wrong-username-or-password')
    expect(await slapd.operations()).toBe(before)
  })
})

describe('the throttle', () => {
  it('counts before the directory is asked: five failures wait, and it hears of no sixth', async () => {
    const { name } = await known()
    const browser = await atPassword(name, { ip: '203.0.113.9' })
    for (let failures = 0; failures < 5; failures++) {
      await browser.post('password', { password: 'wrong' })
      expect(browser.notice).toBe('wrong-username-or-password')
    }
    const before = await slapd.operations()
    await browser.post('password', { password: everyonesPassword })
    expect(browser.notice).toBe('too-many-tries')
    expect(await slapd.operations()).toBe(before)
  })

  it('holds for a name that nobody has here yet', async () => {
    const name = freshName()
    await slapd.add(name)
    const browser = await atPassword(name)
    for (let failures = 0; failures < 5; failures++) await browser.post('password', { password: 'wrong' })
    await browser.post('password', { password: everyonesPassword })
    expect(browser.notice).toBe('too-many-tries')
    house.now += 60
    await browser.post('password', { password: everyonesPassword })
    expect(browser.landed.get('code')).not.toBeNull()
  })

  it('lets one of many at once through to the directory', async () => {
    const { name } = await known()
    const browser = await atPassword(name)
    const before = await slapd.operations()
    await Promise.all(Array.from({ length: 10 }, () => browser.postAside('password', { password: 'wrong' })))
    const once = (await slapd.operations()) - before
    // As the service account, the search in two bases, and as the person.
    expect(once).toBe(4)
  })
})

describe('an activation that the password of the directory confirms', () => {
  async function toActivate() {
    const { name } = await known()
    const [user] = await usersNamed(name)
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user as never, key, { state: 'pending', friendlyName: 'YubiKey 5' })
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: name })
    await browser.post('activation', { proof: 'password' })
    expect(browser.page).toBe('activation-password')
    return { name, key, browser }
  }

  it('goes on to the touch', async () => {
    const { key, browser } = await toActivate()
    await browser.post('activation/password', { password: everyonesPassword })
    expect(browser.page).toBe('activation-ceremony')
    await browser.post('activation/ceremony', {
      response: JSON.stringify(key.sign({ challenge: browser.options.challenge })),
    })
    expect(browser.page).toBe('nickname')
  })

  it('shares its throttle with signing in', async () => {
    const { name, browser } = await toActivate()
    for (let failures = 0; failures < 3; failures++) {
      await browser.post('activation/password', { password: 'wrong' })
      expect(browser.notice).toBe('wrong-password')
    }
    const signing = await atPassword(name)
    for (let failures = 0; failures < 2; failures++) await signing.post('password', { password: 'wrong' })
    await browser.post('activation/password', { password: everyonesPassword })
    expect(browser.notice).toBe('too-many-tries')
  })

  it('says that the directory is down', async () => {
    const { browser } = await toActivate()
    await slapd.halt()
    try {
      await browser.post('activation/password', { password: everyonesPassword })
      expect(browser.notice).toBe('directory-unavailable')
      expect(browser.page).toBe('activation-password')
    } finally {
      await slapd.start()
    }
  })

  it('of a key that nobody has tells a person of the directory what they really have', async () => {
    // Some names that nobody has here seem to have a key to activate.
    for (let tries = 0; ; tries++) {
      const name = freshName()
      const browser = visit(house)
      await browser.ask({ acr_values: 'fido' })
      await browser.post('username', { username: name })
      if (browser.page !== 'activate') {
        if (tries > 60) throw new Error('No name seems to have a pending key')
        continue
      }
      await slapd.add(name)
      await browser.post('activation', { proof: 'password' })
      await browser.post('activation/password', { password: everyonesPassword })
      expect(await usersNamed(name)).toHaveLength(1)
      // No key, so the application gets what they have.
      expect(browser.page).toBe('password')
      await browser.post('password', { password: everyonesPassword })
      expect(browser.landed.get('code')).not.toBeNull()
      return
    }
  })
})
