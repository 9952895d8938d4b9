/**
 * Visits: people with real browsers at the service that `npm start` runs, with the keys that a CMS has imported for them.
 *
 *     const visits = await startVisits()
 *     const anna = await visits.newPerson('Anna')
 *     const key = await visits.imports(anna, { friendlyName: 'Blue key' })
 *     const browser = await visits.opens()
 *     await browser.plugsIn(key)
 *     await browser.signsInTo('App2')
 *
 * A browser does what its person does, by role and label, and waits for what they would see. What goes wrong is
 * provoked through the service: a mailbox that is full, a key that the CMS takes back, a virtual authenticator that does
 * not know its user. The clock alone is real; time passes where the records keep their ends (`letPass…`).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { expect } from 'vitest'
import type { VirtualCredential } from '../../examples/cms/enrolment.ts'
import { keepWrappingKey } from '../../local/files.ts'
import type { Mail } from '../../local/mailbox.ts'
import { oneTimePasswordOf, type Person } from '../../local/seed.ts'
import { type Service, startService } from '../../local/service.ts'
import { localClient } from '../../local/tables.ts'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import { toBase64url } from '../../src/core/base64url.ts'
import { toBase32 } from '../../src/core/otp/base32.ts'
import { ownSecretBytes } from '../../src/core/otp/one-time-password.ts'
import { defaultSettings, type Settings } from '../../src/core/realm.ts'
import { countsOf } from '../../src/core/statistics.ts'
import type { Role } from '../../src/core/user.ts'
import { openSealer, type Sealer } from '../../src/services/sealer.ts'
import { openVault } from '../../src/services/vault.ts'
import { changeSettings } from '../../src/settings-admin.ts'
import { createUser, type Workbench } from '../../src/setup.ts'
import { openDb } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { createdOneTimePassword, lockedOneTimePasswords } from '../../src/store/one-time-passwords.ts'
import { changedState, readAuthenticator, readPerson } from '../../src/store/people.ts'
import { readRealm } from '../../src/store/realm.ts'
import { replacedSession, sessionsOfUser } from '../../src/store/sessions.ts'
import { counted } from '../../src/store/statistics.ts'
import { createSecurityKey } from '../authenticator.ts'
import { openBrowser } from '../web/site.ts'
import { administrationOf } from './administration.ts'
import { codesFrom } from './codes.ts'
import { type ImportedKey, Visitor } from './visitor.ts'

type Authenticator = { id: string; state: string; friendlyName?: string; provenance: string }

export type Visits = Awaited<ReturnType<typeof startVisits>>

export async function startVisits() {
  const chrome = await openBrowser()
  const directory = await mkdtemp(join(tmpdir(), 'keystep-visits-'))
  const start = (ports: Partial<Parameters<typeof startService>[0]> = {}): Promise<Service> =>
    startService({ port: 0, ...ports, directory, quiet: true, watch: false })
  let service = await start()
  const { demo } = service
  const client = localClient(service.dynamodb.endpoint)
  const db = openDb(client, service.dynamodb.tableNames)
  const wrappingKey = { file: keepWrappingKey(directory) }
  const bench: Workbench & { sealer: Sealer } = {
    db,
    now: () => Math.floor(Date.now() / 1000),
    vault: openVault({ wrappingKey }),
    sealer: openSealer({ wrappingKey }, db),
    actor: { kind: 'operator', id: 'a visit' },
  }
  const administration = administrationOf(demo)
  const open = new Set<Visitor>()
  let changed = false

  async function callApi<Value>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Value }> {
    const response = await fetch(`${demo.issuer}/api/v1/tenants/${demo.tenantCode}${path}`, {
      method,
      headers: { apikey: demo.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: JSON.parse(text === '' ? 'null' : text) as Value }
  }

  const keyPath = (person: Person, { id }: { id: string }) => `/users/${person.id}/authenticators/${id}`
  const changeState = async (person: Person, key: { id: string }, state: string) =>
    expect((await callApi('PATCH', keyPath(person, key), { state })).status).toBe(200)

  return {
    demo,
    ...administration,

    /** An authenticator app for somebody, as an operator imports it: each call is the next code. */
    async givesCodes(person: Person): Promise<() => string> {
      const secret = toBase32(randomBytes(ownSecretBytes))
      const made = await db.transact([createdOneTimePassword(await oneTimePasswordOf(bench, person.id, secret))])
      if (!made.ok) throw new Error(`${person.userName} has codes from the start`)
      return codesFrom(secret)
    },
    /** Somebody has guessed fifty times. */
    async locksCodes(person: Person): Promise<void> {
      const { otps = [] } = (await readPerson(db, person.id)) ?? {}
      await db.transact(lockedOneTimePasswords(person.id, otps))
    },

    /** Somebody whom nobody has met, made as an operator's `npm run admin -- user` makes them. */
    async newPerson(
      name: string,
      more: { email?: string; locale?: string; roles?: readonly Role[] } = {},
    ): Promise<Person> {
      const userName = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}`
      const person = { id: randomUUID(), userName, email: `${userName}@example.org`, password: `${name} likes horses` }
      const made = await createUser(bench, { ...person, ...more, givenName: name })
      if (!made.ok) throw new Error(`There is a ${userName} already`)
      return { ...person, ...more }
    },

    /** One of those who are there from the start. */
    person(userName: string): Person {
      const found = demo.people.find((person) => person.userName === userName)
      if (found === undefined) throw new Error(`Nobody of the demo is called ${userName}`)
      return found
    },

    /** The CMS exports a raw key by the real call; it is pending then. `holder`: the handle that the key itself carries. */
    async imports(person: Person, { friendlyName = 'Blue key', holder = person.id } = {}): Promise<ImportedKey> {
      const { credentialId, publicKey, privateKeyPkcs8 } = createSecurityKey({
        rpId: 'localhost',
        origin: demo.issuer,
      })
      const imported = await callApi<Authenticator>('POST', `/users/${person.userName}/authenticators`, {
        type: 'fido',
        friendlyName,
        metadata: {
          rpId: 'localhost',
          credentialId,
          publicKey,
          signatureCounter: 0,
          userHandle: toBase64url(Buffer.from(person.id)),
          discoverable: true,
        },
      })
      expect(imported).toMatchObject({ status: 201, json: { state: 'pending', provenance: 'raw' } })
      const credential: VirtualCredential = {
        credentialId: Buffer.from(credentialId, 'base64url').toString('base64'),
        isResidentCredential: true,
        rpId: 'localhost',
        userHandle: Buffer.from(holder).toString('base64'),
        privateKey: privateKeyPkcs8,
        signCount: 0,
      }
      return { id: imported.json.id, credential }
    },

    /** A key that was imported and activated before: its record is as the last step of an activation leaves it. */
    async importsActive(person: Person, about: { friendlyName?: string } = {}): Promise<ImportedKey> {
      const imported = await this.imports(person, about)
      const record = await readAuthenticator(db, person.id, imported.id)
      if (record === undefined) throw new Error('The key that was imported is not there')
      const activatedAt = Math.floor(Date.now() / 1000)
      await db.transact([changedState(record, 'activate', { activatedAt })])
      return imported
    },

    /** An operator takes the password away: what is left is what they added. */
    forgetsPassword: (person: Person) =>
      db.update(places.user(person.id), {
        update: 'REMOVE #passwordHash',
        condition: 'attribute_exists(#passwordHash)',
        values: {},
      }),

    /** As if its maker's certificate had been verified when it was imported. */
    async certifies(person: Person, key: { id: string }, aaguid: string): Promise<void> {
      await db.update(places.authenticator(person.id, key.id), {
        update: 'SET #provenance = :attested, #credential.#aaguid = :aaguid',
        condition: 'attribute_exists(#pk)',
        values: { attested: 'attested', aaguid },
      })
    },

    suspends: (person: Person, key: { id: string }) => changeState(person, key, 'suspended'),
    resumes: (person: Person, key: { id: string }) => changeState(person, key, 'active'),
    async revokes(person: Person, key: { id: string }): Promise<void> {
      expect((await callApi('DELETE', keyPath(person, key))).status).toBe(204)
    },
    /** As the CMS reads it. */
    readsKey: async (person: Person, key: { id: string }): Promise<Authenticator> =>
      (await callApi<Authenticator>('GET', keyPath(person, key))).json,
    async readsKeys(person: Person): Promise<Authenticator[]> {
      type Listed = { page: { items: Authenticator[] } }
      return (await callApi<Listed>('GET', `/users/${person.id}/authenticators`)).json.page.items
    },

    /** An operator's `npm run admin -- set`, for as long as the visit takes. */
    async sets(change: Partial<Settings>): Promise<void> {
      changed = true
      expect(await changeSettings(bench, change)).toMatchObject({ ok: true })
    },

    /** As they are kept. */
    settings: async (): Promise<Settings> => (await readRealm(db)).settings,

    /** Opens a browser that nobody has used. */
    async opens(options: BrowserContextOptions = {}): Promise<Visitor> {
      const context = await chrome.newContext({ reducedMotion: 'reduce', ...options })
      context.setDefaultTimeout(10_000)
      const visitor = new Visitor(demo, context, await context.newPage())
      open.add(visitor)
      return visitor
    },

    /** Mails to this person, the newest first. */
    async mailsTo(person: Pick<Person, 'email'>): Promise<Mail[]> {
      const mails = (await (await fetch(demo.inboxJson)).json()) as Mail[]
      return mails.filter((mail) => mail.to === person.email)
    },
    /** Those of them with a code, which is on a line of its own: people are also told what happens to their keys. */
    async codesTo(person: Pick<Person, 'email'>): Promise<(Mail & { code: string })[]> {
      return (await this.mailsTo(person)).flatMap((mail) => {
        const code = /^[A-Z0-9]{4}-[A-Z0-9]{4}$/m.exec(mail.text)?.[0]
        return code === undefined ? [] : [{ ...mail, code }]
      })
    },
    async codeFor(person: Pick<Person, 'email'>): Promise<string> {
      const [mail] = await this.codesTo(person)
      if (mail === undefined) throw new Error(`No code was mailed to ${person.email}`)
      return mail.code
    },

    /** More than ten minutes pass since the code was mailed: its record says it ended a second ago. */
    letPassTheCode: (visitor: Visitor) =>
      db.update(places.login(visitor.login), {
        update: 'SET #activation.#until = :past',
        condition: 'attribute_exists(#activation)',
        values: { past: Math.floor(Date.now() / 1000) - 1 },
      }),
    /** More than half an hour passes since the sign-in began. */
    letPassTheLogin: (visitor: Visitor) =>
      db.update(places.login(visitor.login), {
        update: 'SET #until = :past',
        condition: 'attribute_exists(#until)',
        values: { past: Math.floor(Date.now() / 1000) - 1 },
      }),

    /** So many seconds pass since the person last proved anything: in each of their sessions it is that much older. */
    async letAge(person: Person, seconds: number): Promise<void> {
      const sessions = await sessionsOfUser(db, person.id)
      if (sessions.length === 0) throw new Error(`${person.userName} is signed in nowhere`)
      for (const session of sessions) {
        const proofs = session.proofs.map((proof) => ({ ...proof, at: proof.at - seconds }))
        await db.transact([replacedSession({ ...session, proofs }, session.secretHash)])
      }
    },

    /** These happened that day (`2026-11-22`), as the chain of the audit log counts them. */
    async counts(day: string, events: readonly AuditEvent[]): Promise<void> {
      expect((await db.transact(counted(day, 0, countsOf(events)))).ok).toBe(true)
    },

    /** Stops the service as Ctrl-C does; `resume` starts it again with the same folder and at the same addresses. */
    async stops(): Promise<{ resume(): Promise<void> }> {
      await service.close()
      const portOf = (url: string) => Number(new URL(url).port)
      return {
        async resume() {
          service = await start({
            port: portOf(demo.issuer),
            inboxPort: portOf(demo.inbox),
            app1Port: portOf(demo.apps.app1),
            app2Port: portOf(demo.apps.app2),
            app3Port: portOf(demo.apps.app3),
            cmsPort: portOf(demo.apps.cms),
            dynamodbPort: portOf(service.dynamodb.endpoint),
          })
        },
      }
    },

    /** Everybody closes their browser, and settings are as they were. No page may have broken on the way: its script, or its content security policy. */
    async leave(): Promise<void> {
      const broken = [...open].flatMap((visitor) => visitor.broken)
      await Promise.all([...open].map((visitor) => visitor.closes()))
      open.clear()
      if (changed) await changeSettings(bench, defaultSettings)
      await administration.putsBack()
      changed = false
      expect(broken).toEqual([])
    },

    async close(): Promise<void> {
      client.destroy()
      await chrome.close()
      await service.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
