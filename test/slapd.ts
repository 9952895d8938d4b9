/**
 * A real directory for a test: OpenLDAP's slapd on loopback, with TLS by a CA of its own, password policies and two
 * trees. Whoever starts one stops it.
 *
 *     const slapd = await startSlapd()
 *     slapd.settings                       // as an operator would write them, LDAPS
 *     await slapd.change('uid=anna,ou=people,dc=example,dc=org', { mail: 'anna@example.net' })
 *     slapd.pause()                        // it accepts connections, and says nothing
 *     await slapd.stop()
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Attribute, Change, Client } from 'ldapts'
import { freePort } from '../local/ports.ts'
import type { WrittenDirectory } from '../src/core/directory/directory-settings.ts'

const run = promisify(execFile)

export type Slapd = Awaited<ReturnType<typeof startSlapd>>

export const servicePassword = 'service: only we know'
/** Of everybody in it. */
export const everyonesPassword = 'correct horse 9 Bäume'

const people = 'ou=people,dc=example,dc=org'

const conf = (directory: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
# Of Active Directory, as much as we ask it for: the schema that slapd has of it cannot be searched.
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL
  MAY ( sAMAccountName $ userPrincipalName $ objectGUID ) )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP user STRUCTURAL )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload rwm
pidfile ${directory}/pid
TLSCACertificateFile ${directory}/ca.pem
TLSCertificateFile ${directory}/server.pem
TLSCertificateKeyFile ${directory}/server.key
# Of the service account, the directory answers what it may read; of everybody else, whether a password holds.
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=keystep,ou=services,dc=example,dc=org" read by * none

database monitor
access to * by * read

database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw admin
directory ${directory}/example
maxsize 33554432
overlay ppolicy
ppolicy_default "cn=usual,ou=policies,dc=example,dc=org"
ppolicy_use_lockout

database mdb
suffix "o=partners"
rootdn "cn=admin,o=partners"
rootpw admin
directory ${directory}/partners
maxsize 33554432
# A directory that answers for mallory with an entry of another tree.
overlay rwm
rwm-rewriteEngine on
rwm-rewriteContext searchEntryDN
rwm-rewriteRule "^uid=mallory,(.+)$" "uid=mallory,dc=example,dc=org" ":"
`

type Values = Record<string, string | readonly string[]>

const ldif = (dn: string, values: Values): string =>
  [
    `dn:: ${Buffer.from(dn).toString('base64')}`,
    ...Object.entries(values).flatMap(([name, value]) =>
      [value].flat().map((each) => `${name}:: ${Buffer.from(each, 'latin1').toString('base64')}`),
    ),
    '',
  ].join('\n')

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

const person = (uid: string, where: string, more: Values = {}): string =>
  ldif(`uid=${uid},${where}`, {
    objectClass: 'inetOrgPerson',
    uid,
    cn: uid,
    sn: 'Example',
    userPassword: utf8(everyonesPassword),
    ...more,
  })

const policy = (cn: string, more: Values): string =>
  ldif(`cn=${cn},ou=policies,dc=example,dc=org`, {
    objectClass: ['device', 'pwdPolicy'],
    cn,
    pwdAttribute: 'userPassword',
    pwdLockout: 'TRUE',
    // Beyond our own throttle, which is to be what a test meets.
    pwdMaxFailure: '50',
    pwdMustChange: 'TRUE',
    ...more,
  })

const folder = (dn: string, ou: string): string => ldif(dn, { objectClass: 'organizationalUnit', ou })

const exampleTree = [
  ldif('dc=example,dc=org', { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }),
  folder('ou=services,dc=example,dc=org', 'services'),
  ldif('cn=keystep,ou=services,dc=example,dc=org', {
    objectClass: ['device', 'simpleSecurityObject'],
    cn: 'keystep',
    userPassword: servicePassword,
  }),
  folder('ou=policies,dc=example,dc=org', 'policies'),
  policy('usual', {}),
  policy('ageing', { pwdMaxAge: '86400' }),
  policy('forgiving', { pwdMaxAge: '86400', pwdGraceAuthnLimit: '3' }),
  folder(people, 'people'),
  folder(`ou=one,${people}`, 'one'),
  folder(`ou=other,${people}`, 'other'),
  person('anna', people, {
    mail: 'anna@example.org',
    givenName: 'Anna',
    sn: utf8('Müller'),
    displayName: utf8('Anna Müller'),
  }),
  person('ben hill', people),
  person('expired', people, {
    pwdChangedTime: '20200101000000Z',
    pwdPolicySubentry: 'cn=ageing,ou=policies,dc=example,dc=org',
  }),
  person('graced', people, {
    pwdChangedTime: '20200101000000Z',
    pwdPolicySubentry: 'cn=forgiving,ou=policies,dc=example,dc=org',
  }),
  person('mustchange', people, { pwdReset: 'TRUE' }),
  person('locked', people, { pwdAccountLockedTime: '000001010000Z' }),
  person('twin', `ou=one,${people}`),
  person('twin', `ou=other,${people}`),
  ldif(`uid=nopassword,${people}`, { objectClass: 'inetOrgPerson', uid: 'nopassword', cn: 'x', sn: 'x' }),
  // Continues at a server that is not there.
  ldif(`ou=elsewhere,${people}`, {
    objectClass: ['referral', 'extensibleObject'],
    ou: 'elsewhere',
    ref: `ldap://127.0.0.1:1/ou=elsewhere,${people}`,
  }),
  ldif(`cn=Ada Lovelace,ou=one,${people}`, {
    objectClass: 'user',
    cn: 'Ada Lovelace',
    sn: 'Lovelace',
    sAMAccountName: 'ada',
    userPrincipalName: 'ada@corp.example.org',
    objectGUID: '\x78\x56\x34\x12\x34\x12\xcd\xab\xff\x00\x01\x02\x03\x04\x05\xfe',
    userPassword: utf8(everyonesPassword),
  }),
  ldif(`cn=Machine,ou=one,${people}`, {
    objectClass: 'computer',
    cn: 'Machine',
    sn: 'Machine',
    sAMAccountName: 'machine$',
    objectGUID: 'machine, 16 byte',
    userPassword: utf8(everyonesPassword),
  }),
]

const partnersTree = [
  ldif('o=partners', { objectClass: 'organization', o: 'partners' }),
  person('bela', 'o=partners', { mail: 'bela@partners.example', givenName: utf8('Béla') }),
  person('anna', 'o=partners', { userPassword: 'another password' }),
  person('mallory', 'o=partners'),
]

/** Ends with a sentence that names the package. */
function binary(): string {
  const file = process.env.SLAPD ?? '/usr/sbin/slapd'
  if (!existsSync(file)) throw new Error('Install the package slapd first (or say where it is by SLAPD)')
  return file
}

async function certificates(directory: string): Promise<void> {
  const openssl = (...words: string[]) => run('openssl', words, { cwd: directory })
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509', '-days', '30']
  const authority = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  for (const ca of ['ca', 'stranger'])
    await openssl('req', ...made, ...authority, '-subj', `/CN=${ca}`, '-keyout', `${ca}.key`, '-out', `${ca}.pem`)
  await openssl(
    ...['req', ...made, '-subj', '/CN=directory', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
    // Not for 127.0.0.1, where it listens as well.
    ...['-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=CA:FALSE'],
    ...['-keyout', 'server.key', '-out', 'server.pem'],
  )
}

async function fill(directory: string): Promise<void> {
  await Promise.all(['example', 'partners'].map((name) => mkdir(join(directory, name))))
  for (const [name, suffix, tree] of [
    ['example', 'dc=example,dc=org', exampleTree],
    ['partners', 'o=partners', partnersTree],
  ] as const) {
    const file = join(directory, `${name}.ldif`)
    await writeFile(file, tree.join('\n'))
    await run(binary(), ['-T', 'add', '-f', join(directory, 'slapd.conf'), '-b', suffix, '-l', file])
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost')
  const [event] = await Promise.race([
    once(socket, 'connect').then(() => [true]),
    once(socket, 'error').then(() => [false]),
  ]).catch(() => [false])
  socket.destroy()
  return event === true
}

export async function startSlapd() {
  binary()
  const directory = await mkdtemp(join(tmpdir(), 'keystep-slapd-'))
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  await writeFile(join(directory, 'slapd.conf'), conf(directory))
  await certificates(directory)
  await fill(directory)

  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const urls = `ldap://localhost:${plainPort}/ ldaps://localhost:${tlsPort}/`
    // In the foreground, so that it ends with us; what it says is kept for when it does not start.
    const started = spawn(binary(), ['-d', '0', '-h', urls, '-f', join(directory, 'slapd.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = started
    let said = ''
    started.stderr.on('data', (text) => {
      said += text
    })
    for (let tries = 0; !(await isListening(tlsPort)); tries++) {
      if (started.exitCode !== null || tries > 200) throw new Error(`slapd did not start: ${said}`)
      await wait(50)
    }
  }
  const halt = async (): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null) return
    running.kill('SIGCONT')
    running.kill('SIGTERM')
    await once(running, 'exit')
  }
  await start()

  let asked = 0
  const written: WrittenDirectory = {
    kind: 'openldap',
    url: `ldaps://localhost:${tlsPort}`,
    baseDns: `${people};o=partners`,
    bindDn: 'cn=keystep,ou=services,dc=example,dc=org',
  }

  /** As whoever keeps the directory. */
  const asAdmin = async (dn: string, work: (client: Client) => Promise<void>): Promise<void> => {
    const client = new Client({ url: `ldap://localhost:${plainPort}` })
    const suffix = dn.endsWith('o=partners') ? 'o=partners' : 'dc=example,dc=org'
    await client.bind(`cn=admin,${suffix}`, 'admin')
    await work(client).finally(() => client.unbind())
  }

  return {
    written,
    startTls: { ...written, url: `ldap://localhost:${plainPort}`, startTls: 'true' } satisfies WrittenDirectory,
    ca: await readFile(join(directory, 'ca.pem'), 'utf8'),
    strangersCa: await readFile(join(directory, 'stranger.pem'), 'utf8'),
    change: (dn: string, values: Record<string, string>) =>
      asAdmin(dn, (client) =>
        client.modify(
          dn,
          Object.entries(values).map(
            ([type, value]) =>
              new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
          ),
        ),
      ),
    rename: (dn: string, rdn: string) => asAdmin(dn, (client) => client.modifyDN(dn, rdn)),
    add: (uid: string, values: Record<string, string> = {}) =>
      asAdmin(people, (client) =>
        client.add(`uid=${uid},${people}`, {
          objectClass: 'inetOrgPerson',
          uid,
          cn: uid,
          sn: 'Example',
          userPassword: everyonesPassword,
          ...values,
        }),
      ),
    /** How many binds and searches it was asked for so far, but for those that asked. */
    async operations(): Promise<number> {
      const client = new Client({ url: `ldap://localhost:${plainPort}` })
      asked += 1
      try {
        const { searchEntries } = await client.search('cn=Operations,cn=Monitor', {
          scope: 'one',
          filter: '(|(cn=Bind)(cn=Search))',
          attributes: ['monitorOpInitiated'],
        })
        return searchEntries.reduce((sum, entry) => sum + Number(entry.monitorOpInitiated), -asked)
      } finally {
        await client.unbind()
      }
    },
    remove: (dn: string) => asAdmin(dn, (client) => client.del(dn)),
    /** Its port stays, and nobody is there. */
    halt,
    start,
    /** It accepts connections (the kernel does), and says nothing. */
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    async stop(): Promise<void> {
      await halt()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
