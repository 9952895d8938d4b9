import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readClient } from '../../src/store/clients.ts'
import { findPerson } from '../../src/store/people.ts'
import { readRealm } from '../../src/store/realm.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import { openShell, type Ran } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
let directory: string
let db: typeof shell.db
beforeAll(async () => {
  shell = await openShell()
  ;({ directory, db } = shell)
})
afterAll(() => shell.close())

const admin = (...given: Parameters<typeof shell.admin>): Promise<Ran> => shell.admin(...given)

describe('npm run admin', () => {
  it('init makes the realm and its keys, and does no harm when repeated', async () => {
    const first = await admin(['init'])
    expect(first, first.err).toMatchObject({ code: 0 })
    const keys = await readSigningKeys(db)
    expect(keys.map(({ alg, state }) => `${alg} ${state}`).sort()).toEqual([
      'ES256 active',
      'EdDSA active',
      'PS256 active',
      'RS256 active',
    ])
    const { decoySecret } = await readRealm(db)
    expect((await admin(['init'])).out).toContain('stays as it is')
    expect((await readRealm(db)).decoySecret).toBe(decoySecret)
    expect(await readSigningKeys(db)).toHaveLength(4)
  })

  it('the first administrator, with a password from standard input', async () => {
    const words = ['user', 'add', 'root', '--email', 'root@example.org', '--role', 'administrator', '--password-stdin']
    expect(await admin(words, 'correct horse battery\n')).toMatchObject({ code: 0 })
    const person = await findPerson(db, 'ROOT')
    expect(person?.user).toMatchObject({ roles: ['administrator'], emailVerified: true, enabled: true })
    expect(person?.user.passwordHash).toMatch(/^\$argon2id\$/)
    expect(await admin(words, 'correct horse battery\n')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is a user root already.'),
    })
  })

  it('a user whom the directory has needs no password, and takes none', async () => {
    expect(await admin(['user', 'add', 'anna', '--directory'])).toMatchObject({ code: 0 })
    expect((await findPerson(db, 'anna'))?.user.directory).toEqual({})
    expect(await admin(['user', 'add', 'otto', '--directory', '--password-stdin'], 'x')).toMatchObject({
      code: 1,
      err: expect.stringContaining('A password is kept here or in the directory: take one.'),
    })
    expect(await findPerson(db, 'otto')).toBeUndefined()
  })

  it('a new password ends what rested on the old one', async () => {
    const before = (await findPerson(db, 'root'))?.user.standing ?? 0
    await admin(['user', 'password', 'root', '--password-stdin'], 'another good password')
    expect((await findPerson(db, 'root'))?.user.standing).toBe(before + 1)
  })

  it('what applications hear of a user is read and written as one document', async () => {
    const claims = { name: 'Anna A.', birthdate: '1987-10-16', address: { country: 'Sweden' } }
    const written = await admin(['user', 'claims', 'anna', '-'], JSON.stringify(claims))
    expect(written, written.err).toMatchObject({ code: 0 })
    expect(JSON.parse((await admin(['user', 'claims', 'anna'])).out)).toEqual(claims)
    expect((await findPerson(db, 'anna'))?.user).toMatchObject({
      displayName: 'Anna A.',
      claims: { birthdate: '1987-10-16', address: { country: 'Sweden' } },
    })
    expect(await admin(['user', 'claims', 'anna', '-'], '{"birthdate":"1987-02-30"}')).toMatchObject({
      code: 1,
      err: expect.stringContaining('/birthdate: must be a day of the calendar'),
    })
    await admin(['user', 'claims', 'anna', '-'], '{"nickname":"aa"}')
    expect(JSON.parse((await admin(['user', 'claims', 'anna'])).out)).toEqual({ nickname: 'aa' })
    expect(await admin(['user', 'claims', 'nobody'])).toMatchObject({ code: 1, err: 'There is no user nobody.\n' })
  })

  it('an API key is shown once, listed without its secret, and revoked', async () => {
    const added = await admin(['api-key', 'add', 'Our CMS', '--scope', 'users:read'])
    const [, shown = '', id = ''] = /(keystep_([A-Za-z0-9_-]+)\.\S+)/.exec(added.out) ?? []
    const listed = await admin(['api-key', 'list'])
    expect(listed.out).toContain('Our CMS')
    expect(listed.out).not.toContain(shown.split('.')[1])
    expect(await admin(['api-key', 'revoke', id])).toMatchObject({ code: 0 })
    expect((await admin(['api-key', 'list'])).out).toContain('revoked')
    expect(await admin(['api-key', 'revoke', id])).toMatchObject({ code: 1 })
  })

  it('a client gets a secret, a public one none', async () => {
    const added = await admin(['client', 'add', 'shop', '--redirect-uri', 'https://shop.example/cb', '--name', 'Shop'])
    expect(added.out).toMatch(/shown this once:\n[A-Za-z0-9_-]{43}/)
    const publicOne = await admin(['client', 'add', 'app', '--redirect-uri', 'com.example.app:/cb', '--public'])
    expect(publicOne.out).toContain('public')
  })

  it('--no-amr keeps from a client how its users signed in', async () => {
    await admin(['client', 'add', 'discreet', '--redirect-uri', 'https://discreet.example/cb', '--no-amr'])
    expect(await readClient(db, 'discreet')).toMatchObject({ amr: false })
    expect(await readClient(db, 'shop')).not.toHaveProperty('amr')
  })

  it('a client whose minimum names nothing is not made', async () => {
    const add = (acr: string) =>
      admin(['client', 'add', 'vain', '--redirect-uri', 'https://x.example/cb', '--minimum-acr', acr])
    expect(await add('gold')).toMatchObject({
      code: 1,
      err: 'This policy could not work: at /minimumAcr: client vain: its minimum gold is not in its map\n',
    })
    expect(await readClient(db, 'vain')).toBeUndefined()
    expect(await add('fido')).toMatchObject({ code: 0 })
  })

  it('settings are read and set', async () => {
    await admin(['settings', 'set', 'authenticatorImport=false', 'activationProof=email'])
    expect(JSON.parse((await admin(['settings'])).out)).toMatchObject({
      authenticatorImport: false,
      activationProof: 'email',
    })
    await admin(['settings', 'set', 'pendingLifetime=86400'])
    expect(JSON.parse((await admin(['settings'])).out)).toHaveProperty('pendingLifetime', 86_400)
    await admin(['settings', 'set', 'pendingLifetime='])
    expect(JSON.parse((await admin(['settings'])).out)).not.toHaveProperty('pendingLifetime')
  })

  it.each([
    ['no command', [], /A command is missing/],
    ['an unknown command', ['dance'], /There is no command dance/],
    ['an unknown option', ['init', '--wat'], /--wat/],
    ['an unknown setting', ['settings', 'set', 'x=1'], /x is no setting/],
    ['a wrong value', ['settings', 'set', 'activationProof=sms'], /takes email, password, either/],
    ['an unknown scope', ['api-key', 'add', 'x', '--scope', 'all'], /all is no scope/],
    ['an unknown role', ['user', 'add', 'x', '--role', 'king'], /king is no role/],
    [
      'a redirect URI in the clear',
      ['client', 'add', 'x', '--redirect-uri', 'http://shop.example/cb'],
      /at \/redirect_uris\/0: must be https/,
    ],
    ['a client without a redirect URI', ['client', 'add', 'x'], /--redirect-uri is missing/],
    ['a short password', ['user', 'add', 'x', '--password-stdin'], /8 characters/],
  ] as [string, string[], RegExp][])('%s: a sentence, and exit code 1', async (_name, words, sentence) => {
    const ran = await admin(words, 'short')
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(sentence)
    expect(ran.err).not.toMatch(/^\s+at /m)
  })

  it('without outputs, says where they come from', async () => {
    expect(await admin(['init'], '', join(directory, 'none.json'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('--outputs-file'),
    })
  })

  it('tells each thing it did to the audit log', async () => {
    const { items } = await db.query({
      table: 'audit',
      index: 'by-user',
      where: '#user = :user',
      values: { user: (await findPerson(db, 'root'))?.user.id },
    })
    expect(items.map((item) => item.type)).toEqual(['user.created', 'user.changed'])
    expect(items.every((item) => (item.actor as { kind: string }).kind === 'operator')).toBe(true)
  })
})
