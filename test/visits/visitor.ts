/** One person's browser: what they do in it, by role and label, and what they see. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, CDPSession, Locator, Page } from 'playwright-core'
import type { VirtualCredential } from '../../examples/cms/enrolment.ts'
import type { Person } from '../../local/seed.ts'
import type { Demo } from '../../local/service.ts'

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

type AppName = 'App1' | 'App2' | 'App3'

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
    const { app1, app2, app3, cms } = this.#demo.apps
    await this.page.goto(`${{ App1: app1, App2: app2, App3: app3, CMS: cms }[app]}/${ask}`)
  }

  /** Looks at the application's page until the application has been told that the session is over; nobody asks for it. */
  async hearsOfTheEnd(app: AppName): Promise<void> {
    const told = this.page.getByRole('status').filter({ hasText: 'The session has ended. Sign in again.' })
    for (const until = Date.now() + 15_000; Date.now() < until; await this.page.waitForTimeout(200)) {
      await this.goesTo(app)
      if (await told.isVisible()) return
    }
    throw new Error(`${app} does not know that the session has ended`)
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

  async signsInWithPassword(app: AppName, person: Person, ask = ''): Promise<void> {
    await this.startsAt(app, person, ask)
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

  /** A picture for who looks at them, where `SCREENSHOTS` names a folder. */
  async isPictured(name: string): Promise<void> {
    const folder = process.env.SCREENSHOTS
    if (folder !== undefined)
      await this.page.screenshot({ path: `${folder}/${name.replace(/\W+/g, '-')}.png`, fullPage: true })
  }
}
