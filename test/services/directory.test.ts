/** Against a real slapd; what only Active Directory says is held against its messages, as they are documented. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidCredentialsError, UnwillingToPerformError } from 'ldapts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type DirectorySettings,
  parseDirectory,
  type WrittenDirectory,
} from '../../src/core/directory/directory-settings.ts'
import { openLdap } from '../../src/services/directory.ts'
import type { Patience } from '../../src/services/ldap-connection.ts'
import { outcomeOf, PasswordPolicy } from '../../src/services/ldap-outcome.ts'
import { openSecrets, type SecretName } from '../../src/services/secrets.ts'
import { everyonesPassword, type Slapd, servicePassword, startSlapd } from '../slapd.ts'

let slapd: Slapd
let folder: string
beforeAll(async () => {
  slapd = await startSlapd()
  folder = await mkdtemp(join(tmpdir(), 'keystep-directory-'))
})
afterAll(async () => {
  await slapd?.stop()
  await rm(folder, { recursive: true, force: true })
})

function settingsOf(written: WrittenDirectory): DirectorySettings {
  const read = parseDirectory(written)
  if (!read.ok || read.value === undefined) throw new Error(read.ok ? 'None' : `${read.at} ${read.detail}`)
  return read.value
}

const shortly: Patience = { connect: 500, operation: 500, whole: 1500 }

async function open(
  change: WrittenDirectory = {},
  { secrets, patience }: { secrets?: Partial<Record<SecretName, string>>; patience?: Patience } = {},
) {
  const file = join(folder, `${Math.random()}.json`)
  const kept = { directoryPassword: servicePassword, directoryCa: slapd.ca, ...secrets }
  await writeFile(file, JSON.stringify(kept), { mode: 0o600 })
  return openLdap(
    settingsOf({ ...slapd.written, ...change }),
    openSecrets({ secrets: { file } }, () => 0),
    patience,
  )
}

const check = async (userName: string, password = everyonesPassword, change: WrittenDirectory = {}) =>
  (await open(change)).check(userName, password)

describe('a right password', () => {
  it('is told over LDAPS, with what applications may hear', async () => {
    expect(await check('anna')).toEqual({
      outcome: 'right',
      entry: {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        dn: 'uid=anna,ou=people,dc=example,dc=org',
        userName: 'anna',
        email: 'anna@example.org',
        givenName: 'Anna',
        familyName: 'Müller',
        displayName: 'Anna Müller',
      },
    })
  })

  it('is told over StartTLS', async () => {
    expect(await check('anna', everyonesPassword, slapd.startTls)).toMatchObject({ outcome: 'right' })
  })

  it.each(['anna@example.org', 'ANNA', ' anna '])('is told for the name %j', async (name) => {
    expect(await check(name)).toMatchObject({ outcome: 'right', entry: { userName: 'anna' } })
  })

  it('is told from the second base, with what there is of the person', async () => {
    expect(await check('bela')).toMatchObject({
      outcome: 'right',
      entry: { dn: 'uid=bela,o=partners', email: 'bela@partners.example', givenName: 'Béla', familyName: 'Example' },
    })
  })

  it('is that of the first base which has the name, and of no other', async () => {
    expect(await check('anna', 'another password')).toEqual({ outcome: 'wrong', detail: 'password' })
    expect(await check('anna', 'another password', { baseDns: 'o=partners;dc=example,dc=org' })).toMatchObject({
      outcome: 'right',
      entry: { dn: 'uid=anna,o=partners' },
    })
  })

  it('is that of who is called so, whatever others have as their mail', async () => {
    await slapd.add('carla')
    for (const [name, mail] of [
      ['dora', 'carla'],
      ['emil', 'carla'],
      ['frida', 'bela'],
    ] as const)
      await slapd.add(name, { mail })
    expect(await check('carla')).toMatchObject({ outcome: 'right', entry: { userName: 'carla' } })
    expect(await check('bela')).toMatchObject({ outcome: 'right', entry: { dn: 'uid=bela,o=partners' } })
  })

  it("is told by Active Directory's names, with its GUID as it is written", async () => {
    const byName = await check('ada', everyonesPassword, { kind: 'active-directory' })
    expect(byName).toMatchObject({
      outcome: 'right',
      entry: { id: '12345678-1234-abcd-ff00-0102030405fe', userName: 'ada', familyName: 'Lovelace' },
    })
    expect(await check('Ada@corp.example.org', everyonesPassword, { kind: 'active-directory' })).toEqual(byName)
  })

  it('is told while the directory grants an old password some more sign-ins', async () => {
    expect(await check('graced')).toMatchObject({ outcome: 'right' })
  })

  it('is told for a base that is spelled otherwise', async () => {
    expect(await check('anna', everyonesPassword, { baseDns: 'OU=People, DC=Example, DC=ORG' })).toMatchObject({
      outcome: 'right',
    })
  })

  it('is told by attributes of its own', async () => {
    const attributes = 'login=cn,userName=cn,email=displayName'
    expect(await check('anna', everyonesPassword, { attributes })).toMatchObject({
      outcome: 'right',
      entry: { userName: 'anna', email: 'Anna Müller' },
    })
  })
})

describe('a wrong password', () => {
  it.each([
    ['of somebody', 'anna', 'wrong', 'password'],
    ['of nobody', 'nobody', everyonesPassword, 'no-entry'],
    ['of two of one name', 'twin', everyonesPassword, 'several-entries'],
    ['of somebody without one', 'nopassword', everyonesPassword, 'password'],
    ['of an entry that the directory has elsewhere', 'mallory', everyonesPassword, 'outside-base'],
    ['of a name that only the directory takes for the same', 'ben   hill', everyonesPassword, 'another-spelling'],
    ['of the service account', 'keystep', servicePassword, 'no-entry'],
    ['with NUL behind the right one', 'anna', `${everyonesPassword}\0`, 'not-sent'],
    ['of a name with NUL behind it', 'anna\0', everyonesPassword, 'not-sent'],
    ['of no name', ' ', everyonesPassword, 'not-sent'],
  ])('%s is wrong', async (_, name, password, detail) => {
    expect(await check(name, password)).toEqual({ outcome: 'wrong', detail })
  })

  it('is wrong for a computer, which is a user too', async () => {
    expect(await check('machine$', everyonesPassword, { kind: 'active-directory' })).toEqual({
      outcome: 'wrong',
      detail: 'no-entry',
    })
  })

  it.each([
    '*',
    'anna*',
    'ann?',
    'a*)(uid=*',
    'nobody)(|(uid=anna',
    'nobody)(uid=anna))(&(uid=anna',
    '*)(objectClass=*',
    '\\61nna',
    '\\2a',
    'anna)(userPassword=*',
    'uid=anna,ou=people,dc=example,dc=org',
    '(uid=anna)',
  ])('is wrong for the name %j: it is a value and nothing else', async (name) => {
    expect(await check(name)).toEqual({ outcome: 'wrong', detail: 'no-entry' })
  })

  it('is wrong when it is empty, without asking the directory', async () => {
    const nowhere = { url: 'ldaps://localhost:1' }
    expect(await check('anna', '', nowhere)).toEqual({ outcome: 'wrong', detail: 'not-sent' })
    expect(await check('anna', 'not empty', nowhere)).toMatchObject({ outcome: 'unavailable' })
  })
})

describe('what the directory says beside', () => {
  it.each([
    ['expired', 'expired'],
    ['mustchange', 'must-change'],
  ])('%s is said of the right password only', async (name, outcome) => {
    expect(await check(name)).toMatchObject({ outcome, entry: { userName: name } })
    expect(await check(name, 'wrong')).toEqual({ outcome: 'wrong', detail: 'password' })
  })

  it('locked is said of any password', async () => {
    expect(await check('locked')).toMatchObject({ outcome: 'locked' })
    expect(await check('locked', 'wrong')).toMatchObject({ outcome: 'locked' })
  })

  const refusedBy = (data: string) =>
    new InvalidCredentialsError(
      `80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data ${data}, v4563`,
    )

  it.each([
    ['52e', 'wrong'],
    ['525', 'wrong'],
    ['530', 'disabled'],
    ['531', 'disabled'],
    ['532', 'expired'],
    ['533', 'disabled'],
    ['701', 'disabled'],
    ['773', 'must-change'],
    ['775', 'locked'],
    ['999', 'wrong'],
  ])('data %s of Active Directory is %s', (data, outcome) => {
    expect(outcomeOf('active-directory', refusedBy(data), new PasswordPolicy())).toBe(outcome)
    // Nobody else's message is read for it.
    expect(outcomeOf('openldap', refusedBy(data), new PasswordPolicy())).toBe('wrong')
  })

  it('throws on what says nothing of the password', () => {
    const refused = new UnwillingToPerformError('data 532,')
    expect(() => outcomeOf('active-directory', refused, new PasswordPolicy())).toThrow(refused)
  })
})

describe('a directory that cannot be asked is unavailable, not a wrong password', () => {
  const servers: { server: Server; sockets: Set<Socket> }[] = []
  afterEach(async () => {
    for (const { server, sockets } of servers.splice(0)) {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    }
  })

  /** Something that listens where the directory should. */
  async function impostor(behave: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      behave(socket)
    })
    servers.push({ server, sockets })
    await new Promise<void>((done) => server.listen(0, 'localhost', done))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('No port')
    return address.port
  }

  const startTlsAt = (port: number) => ({ url: `ldap://localhost:${port}`, startTls: 'true' })
  /** RFC 4511 §4.2.2: an extended response, message 1, success. */
  const goAhead = Buffer.from('300c02010178070a010004000400', 'hex')

  it.each<[string, () => Promise<WrittenDirectory>, string]>([
    ['nobody listens', async () => ({ url: 'ldaps://localhost:1' }), 'ECONNREFUSED'],
    ['it accepts and says nothing', async () => ({ url: `ldaps://localhost:${await impostor(() => {})}` }), '500 ms'],
    ['it says nothing to StartTLS', async () => startTlsAt(await impostor(() => {})), '500 ms'],
    ['it hangs up', async () => startTlsAt(await impostor((socket) => socket.end())), 'hung up'],
    [
      'it agrees to StartTLS and says nothing then',
      async () => startTlsAt(await impostor((socket) => socket.once('data', () => socket.write(goAhead)))),
      '500 ms',
    ],
    [
      'it refuses StartTLS',
      async () =>
        startTlsAt(
          await impostor((socket) =>
            socket.once('data', () => socket.write(Buffer.from('300c02010178070a013404000400', 'hex'))),
          ),
        ),
      'result 52',
    ],
    [
      // The beginning of a successful bind, to be completed by what comes over TLS.
      'something follows its agreement to StartTLS in clear',
      async () =>
        startTlsAt(
          await impostor((socket) =>
            socket.once('data', () => socket.write(Buffer.concat([goAhead, Buffer.from('3084', 'hex')]))),
          ),
        ),
      'in clear',
    ],
    ...['HTTP/1.1 400 Bad Request\r\n', '0\x800', '0\x89123456789'].map(
      (text): [string, () => Promise<WrittenDirectory>, string] => [
        `it answers StartTLS with ${JSON.stringify(text)}`,
        async () =>
          startTlsAt(await impostor((socket) => socket.once('data', () => socket.write(Buffer.from(text, 'latin1'))))),
        'does not speak LDAP',
      ],
    ),
    ['its base is not there', async () => ({ baseDns: 'ou=people,dc=example,dc=net' }), '0x20'],
    ['its base is a referral', async () => ({ baseDns: 'ou=elsewhere,ou=people,dc=example,dc=org' }), '0xa'],
    [
      'the service account is unknown',
      async () => ({ bindDn: 'cn=other,ou=services,dc=example,dc=org' }),
      'refuses the service account',
    ],
    ['an entry has no id', async () => ({ attributes: 'id=employeeNumber' }), 'can read no employeeNumber'],
  ])('when %s', async (_, change, detail) => {
    const directory = await open(await change(), { patience: shortly })
    const checked = await directory.check('anna', everyonesPassword)
    expect(checked).toEqual({ outcome: 'unavailable', detail: expect.stringContaining(detail) })
    expect(JSON.stringify(checked)).not.toContain(everyonesPassword)
  })

  it.each<[string, () => Partial<Record<SecretName, string>>, WrittenDirectory, string]>([
    ['its certificate is of an unknown CA', () => ({ directoryCa: slapd.strangersCa }), {}, 'certificate'],
    ['the service account has another password', () => ({ directoryPassword: 'x' }), {}, 'refuses the service account'],
    ['the secret has no password', () => ({ directoryPassword: '' }), {}, 'no directoryPassword'],
  ])('when %s, by LDAPS and by StartTLS', async (_, secrets, change, detail) => {
    for (const way of [slapd.written, slapd.startTls]) {
      const directory = await open({ ...way, ...change }, { secrets: secrets() })
      expect(await directory.check('anna', everyonesPassword)).toEqual({
        outcome: 'unavailable',
        detail: expect.stringContaining(detail),
      })
    }
  })

  it('when its certificate is for another name', async () => {
    for (const way of [slapd.written, slapd.startTls]) {
      const directory = await open({ ...way, url: way.url?.replace('localhost', '127.0.0.1') ?? '' })
      expect(await directory.check('anna', everyonesPassword)).toEqual({
        outcome: 'unavailable',
        detail: expect.stringContaining("127.0.0.1 is not in the cert's list"),
      })
    }
  })

  it('when it hangs, and is asked again once it answers', async () => {
    const directory = await open({}, { patience: shortly })
    slapd.pause()
    try {
      expect(await directory.check('anna', everyonesPassword)).toMatchObject({ outcome: 'unavailable' })
    } finally {
      slapd.resume()
    }
    expect(await directory.check('anna', everyonesPassword)).toMatchObject({ outcome: 'right' })
  })

  it('when it is down, and is asked again once it is back', async () => {
    const directory = await open()
    await slapd.halt()
    try {
      expect(await directory.check('anna', everyonesPassword)).toMatchObject({ outcome: 'unavailable' })
    } finally {
      await slapd.start()
    }
    expect(await directory.check('anna', everyonesPassword)).toMatchObject({ outcome: 'right' })
  })
})

describe('a name that nobody has', () => {
  it('costs what a wrong password costs: as many connections, each used', async () => {
    const counts: number[] = []
    for (const [name, password] of [
      ['nobody', 'wrong'],
      ['anna', 'wrong'],
    ] as const) {
      const before = await slapd.operations()
      expect(await check(name, password)).toMatchObject({ outcome: 'wrong' })
      const after = await slapd.operations()
      counts.push(after - before)
    }
    expect(counts[0]).toBe(counts[1])
  })

  it('is not followed to where a referral leads', async () => {
    expect(await check('elsewhere')).toEqual({ outcome: 'wrong', detail: 'no-entry' })
  })
})
