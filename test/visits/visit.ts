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
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, BrowserContextOptions, CDPSession, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { VirtualCredential } from '../../examples/cms/enrolment.ts'
import { keepWrappingKey } from '../../local/files.ts'
import type { Mail } from '../../local/mailbox.ts'
import type { Person } from '../../local/seed.ts'
import { type Demo, type Service, startService } from '../../local/service.ts'
import { localClient } from '../../local/tables.ts'
import { toBase64url } from '../../src/core/base64url.ts'
import { defaultSettings, type Settings } from '../../src/core/realm.ts'
import { openVault } from '../../src/services/vault.ts'
import { changeSettings, createUser, type Workbench } from '../../src/setup.ts'
import { openDb } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { changedState, readAuthenticator } from '../../src/store/people.ts'
import { createSecurityKey } from '../authenticator.ts'
import { openBrowser } from '../web/site.ts'

/** A key that a CMS exported: what it is called there, and the key itself, to be plugged into browsers. */
export type ImportedKey = { id: string; credential: VirtualCredential }

/** What a virtual authenticator is like. Unless said, it verifies its user and is touched as soon as it is asked. */
type Plug = {
  /** `internal` holds passkeys that the browser offers in the list of names; `usb` is a key that is touched. */
  transport?: 'usb' | 'internal'
  /** Whether its user knows the PIN. */
  verifies?: boolean
  touched?: boolean
  /** Where its counter is: of two copies of one key, the later is ahead. */
  signCount?: number
}

type AppName = 'App1' | 'App2'

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
  const bench: Workbench = {
    db,
    now: () => Math.floor(Date.now() / 1000),
    vault: openVault({ wrappingKey: { file: keepWrappingKey(directory) } }),
    actor: { kind: 'operator', id: 'a visit' },
  }
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

    /** Somebody whom nobody has met, made as an operator's `npm run admin -- user` makes them. */
    async newPerson(name: string, more: { email?: string; locale?: string } = {}): Promise<Person> {
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
    /** The code that was mailed last: it is on a line of its own. */
    async codeFor(person: Pick<Person, 'email'>): Promise<string> {
      const [mail] = await this.mailsTo(person)
      const code = mail && /^[A-Z0-9]{4}-[A-Z0-9]{4}$/m.exec(mail.text)?.[0]
      if (code === undefined) throw new Error(`No code was mailed to ${person.email}: ${mail?.text}`)
      return code
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

let axe: Promise<string> | undefined
const axeSource = (): Promise<string> => {
  axe ??= readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
  return axe
}

/** One person's browser, and the tab they look at. */
export class Visitor {
  readonly page: Page
  /** What went wrong in a page that its person would not see. */
  readonly broken: string[] = []
  readonly #demo: Demo
  readonly #context: BrowserContext
  #authenticators: CDPSession | undefined

  constructor(demo: Demo, context: BrowserContext, page: Page) {
    this.#demo = demo
    this.#context = context
    this.page = page
    page.on('pageerror', (error) => this.broken.push(error.message))
    page.on('console', (line) => {
      // A page that says 404 in words is a resource that failed to load, too.
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) this.broken.push(line.text())
    })
  }

  closes = (): Promise<void> => this.#context.close()

  /** A second tab of the same browser: the same cookies, other authenticators. */
  async opensTab(): Promise<Visitor> {
    return new Visitor(this.#demo, this.#context, await this.#context.newPage())
  }

  async #devTools(): Promise<CDPSession> {
    if (this.#authenticators === undefined) {
      this.#authenticators = await this.#context.newCDPSession(this.page)
      await this.#authenticators.send('WebAuthn.enable', { enableUI: false })
    }
    return this.#authenticators
  }

  /** A virtual authenticator with this key in it; without one, it is empty. */
  plugsIn = (held?: ImportedKey, plug?: Plug) => this.plugsInCredential(held?.credential, plug)

  /** The same with what DevTools takes, which is what the demo CMS shows of a virtual key. */
  async plugsInCredential(credential?: VirtualCredential, plug: Plug = {}) {
    const { transport = 'usb', verifies = true, touched = true, signCount = 0 } = plug
    const devTools = await this.#devTools()
    const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport,
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: verifies,
        automaticPresenceSimulation: touched,
      },
    })
    if (credential !== undefined)
      await devTools.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } })
    return {
      verifies: (isUserVerified: boolean) =>
        devTools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
      unplug: () => devTools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
    }
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  /** Goes to the application's page; `ask` is what is written behind its address. */
  async goesTo(app: AppName | 'CMS', ask = ''): Promise<void> {
    const { app1, app2, cms } = this.#demo.apps
    await this.page.goto(`${{ App1: app1, App2: app2, CMS: cms }[app]}/${ask}`)
  }

  async presses(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  async types(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text)
  }

  async typesAndContinues(label: string, text: string): Promise<void> {
    await this.types(label, text)
    await this.presses('Continue')
  }

  /** From the application to whatever the service shows first. */
  async asks(app: AppName, ask = ''): Promise<void> {
    await this.goesTo(app, ask)
    await this.presses('Sign in')
  }

  /** The same, where the application knows them already. */
  async asksAgain(app: AppName, ask = ''): Promise<void> {
    await this.goesTo(app, ask)
    await this.presses('Ask again')
  }

  /** As far as the service asks for nothing but the username. */
  async startsAt(app: AppName, person: Person, ask = ''): Promise<void> {
    await this.asks(app, ask)
    await this.typesAndContinues('Username', person.userName)
  }

  async signsInWithPassword(app: AppName, person: Person): Promise<void> {
    await this.startsAt(app, person)
    await this.typesAndContinues('Password', person.password)
    await this.isSignedInTo(app)
  }

  /** Up to the page that wants the code. */
  async asksForCode(app: AppName, person: Person): Promise<void> {
    await this.startsAt(app, person)
    await this.presses('Activate Authenticator')
    await this.reads('Check your email')
  }

  // --- what a person sees ---------------------------------------------------------------------------------------

  /** Waits for what the person expects; where it never comes, the failure says what they see instead. */
  async #sees(expected: Locator): Promise<void> {
    try {
      await expected.first().waitFor()
    } catch (error) {
      const main = await this.page.locator('main').innerText({ timeout: 1000 })
      const seen = main.replace(/\n+/g, ' / ')
      throw new Error(`At ${this.page.url()} they read: ${seen}`, { cause: error })
    }
  }

  /** Waits for the page with this heading. */
  reads = (heading: string): Promise<void> =>
    this.#sees(this.page.getByRole('heading', { level: 1, name: heading, exact: true }))

  /** Waits for a failure that is said in these words. */
  isWarned = (words: string): Promise<void> => this.#sees(this.page.getByRole('alert').filter({ hasText: words }))

  /** Waits for news that is no failure. */
  isTold = (words: string): Promise<void> => this.#sees(this.page.getByRole('status').filter({ hasText: words }))

  /** Waits for these words, wherever they are. */
  readsText = (words: string): Promise<void> => this.#sees(this.page.getByText(words))

  offers = (name: string): Promise<boolean> => this.page.getByRole('button', { name, exact: true }).isVisible()

  async isSignedInTo(app: AppName): Promise<void> {
    await this.#sees(this.page.getByRole('heading', { level: 2, name: 'You are signed in', exact: true }))
    await this.reads(app)
  }

  /** The claims of the ID token that the application got. */
  async claims(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.page.getByLabel('Claims of the ID token').innerText())
  }

  /** The way from the address bar: `/login/{login}`. */
  get login(): string {
    const login = /\/login\/([^/?]+)/.exec(this.page.url())?.[1]
    if (login === undefined) throw new Error(`No sign-in is at ${this.page.url()}`)
    return login
  }

  /** What the keyboard would act on, as a screen reader names it. */
  async focus(): Promise<string> {
    const [first = ''] = (await this.page.locator(':focus').ariaSnapshot()).split('\n')
    return first
  }

  /** What axe finds, and how many pixels stick out sideways. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(await axeSource())
    const { violations }: AxeResults = await this.page.evaluate('axe.run(document, { resultTypes: ["violations"] })')
    const sideways = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    return [
      ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      ...(sideways > 0 ? [`${sideways} px stick out`] : []),
    ]
  }
}
