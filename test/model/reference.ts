/**
 * The reference model: what a browser should see after each command, worked out from lists of facts about people,
 * browsers, applications and the realm. Levels are decided by `naive-decision.ts`; here is whose facts count, which page
 * follows, and what a command changes. No code of the service is used.
 */
import type { FactorKind } from '../../src/core/step-up/flow.ts'
import type { BrowserFacts, LoginFacts, RequestFacts, Seen, Tries } from './facts.ts'
import { decideNaively, type Outcome } from './naive-decision.ts'
import { type Given, openSight, type View } from './sight.ts'

export function openReference(given: Given) {
  const { people, browsers, clients, realm } = given
  const tries = new Map<string, Tries>()
  let now = given.now
  let logins = 0
  let challenges = 0
  /** How often each outcome was come to. */
  const outcomes: Record<string, number> = {}

  const { keyNamed, isLive, look, situationOf, belongings } = openSight(given, () => now)
  const newChallenge = () => ({ number: ++challenges, until: now + 300 })

  // --- What comes of it ------------------------------------------------------------------------------------------

  const note = (outcome: Outcome): void => {
    const word =
      outcome.do === 'refuse'
        ? `refuse: ${outcome.error} (${outcome.reason})`
        : outcome.do === 'ask'
          ? `ask: ${outcome.attempt ? 'attempt' : 'missing'}`
          : `issue: ${outcome.lower ? 'reached-lower' : 'reached'}`
    outcomes[word] = (outcomes[word] ?? 0) + 1
  }

  /** The session as a login leaves it that ends here. */
  function keepSession(browser: BrowserFacts, login: LoginFacts, { session, person, facts }: View): void {
    const until = session?.until ?? now + 36_000
    const idleUntil = Math.min(now + realm.sessionIdle, until)
    if (session !== undefined && login.facts.length === 0) session.idleUntil = idleUntil
    else if (person !== undefined) browser.session = { person: person.name, facts, until, idleUntil }
  }

  function finish(browser: BrowserFacts, login: LoginFacts, view: View): Seen {
    const { outcome } = view
    if (outcome.do !== 'issue') throw new Error('The model finishes what is not decided')
    keepSession(browser, login, view)
    login.over = true
    const { acr, amr, authTime } = outcome
    return { at: 'application', ...(acr === undefined ? {} : { acr }), amr, authTime }
  }

  function fail(browser: BrowserFacts, login: LoginFacts, view: View): Seen {
    const { outcome } = view
    if (outcome.do !== 'refuse') throw new Error('The model refuses what is not refused')
    if (view.person !== undefined && login.facts.length > 0) keepSession(browser, login, view)
    login.over = true
    return { at: 'application', error: outcome.error, why: outcome.reason }
  }

  /** The page that a tab shows when its login is asked for, or the answer that goes to the application instead. */
  function show(browser: BrowserFacts, tab: BrowserFacts['tabs'][number], notice?: string): Seen {
    const { login } = tab
    delete tab.shown
    delete tab.askedOf
    if (isOver(login)) return { at: 'page', page: 'login-over' }
    if (login.challenge.until - now <= 150) login.challenge = newChallenge()
    const view = look(browser, login)
    note(view.outcome)
    const { next } = view
    if (next.page === 'finish') return finish(browser, login, view)
    if (next.page === 'unmet' && !next.told) return fail(browser, login, view)
    const common = { at: 'page', ...(notice === undefined ? {} : { notice }) } as const
    if (next.page === 'unmet') {
      const reason = view.outcome.do === 'refuse' ? view.outcome.reason : ''
      return { ...common, page: reason }
    }
    if (next.keys !== undefined) tab.shown = login.challenge.number
    if (next.page === 'consent' && view.person !== undefined) tab.askedOf = view.person.name
    const { page, others, keys, verification } = next
    return {
      ...common,
      page,
      others: [...others].sort(),
      ...(keys === undefined ? {} : { keys }),
      ...(verification === undefined ? {} : { verification }),
    }
  }

  const isOver = (login: LoginFacts): boolean => login.over === true || login.until <= now

  /** A step was taken: if nothing is missing any more, the answer goes out with it. */
  function keep(browser: BrowserFacts, tab: BrowserFacts['tabs'][number], notice?: string): Seen {
    const view = look(browser, tab.login)
    if (view.next.page === 'finish') {
      note(view.outcome)
      return finish(browser, tab.login, view)
    }
    if (view.next.page === 'unmet' && !view.next.told) {
      note(view.outcome)
      return fail(browser, tab.login, view)
    }
    return show(browser, tab, notice)
  }

  // --- Commands --------------------------------------------------------------------------------------------------

  const tabOf = (browser: number, tab: number) => {
    const its = browserOf(browser)
    return { browser: its, tab: its.tabs[tab] }
  }
  const browserOf = (at: number): BrowserFacts => {
    const browser = browsers[at]
    if (browser === undefined) throw new Error(`The model has no browser ${at}`)
    return browser
  }

  /** A post to a tab that has a login still: what the step makes of it. */
  function onTab(
    at: number,
    index: number,
    step: (view: View, tab: BrowserFacts['tabs'][number], browser: BrowserFacts) => Seen,
  ): Seen {
    const { browser, tab } = tabOf(at, index)
    if (tab === undefined) throw new Error(`The model's browser has no tab ${index}`)
    if (isOver(tab.login)) {
      delete tab.shown
      return { at: 'page', page: 'login-over' }
    }
    return step(look(browser, tab.login), tab, browser)
  }

  /** Five failures, and the next try has to wait; ten, and it waits for a quarter of an hour. */
  const missed = (whose: string): void => {
    const count = (tries.get(whose)?.count ?? 0) + 1
    const wait = count < 5 ? 0 : count < 10 ? 2 ** (count - 5) : 900
    tries.set(whose, { count, until: now + wait })
  }

  /** A step that is not due: done already, or what was shown before is too old by now. */
  const notDue = (browser: BrowserFacts, tab: BrowserFacts['tabs'][number], { outcome }: View): Seen =>
    show(browser, tab, outcome.do === 'ask' && outcome.ranOut ? 'ran-out' : 'step-over')

  const commands = {
    authorize(at: number, clientId: string, request: RequestFacts): Seen {
      const browser = browserOf(at)
      if (request.prompt === 'none login' || request.claims === 'malformed')
        return { at: 'application', error: 'invalid_request' }
      const client = structuredClone(clients[clientId])
      if (client === undefined) throw new Error(`The model has no application ${clientId}`)
      const login: LoginFacts = {
        number: ++logins,
        request,
        client,
        until: now + 1800,
        left: request.prompt === 'select_account',
        facts: [],
        challenge: newChallenge(),
      }
      const view = look(browser, login)
      if (view.next.page === 'finish') {
        note(view.outcome)
        return finish(browser, login, view)
      }
      if (view.next.page === 'unmet' && !view.next.told) {
        note(view.outcome)
        return fail(browser, login, view)
      }
      // A session that stands no more ends here, unless it was left by choice.
      if (view.session === undefined && !login.left && isLive(browser.session)) delete browser.session
      const tab = { login }
      browser.tabs.push(tab)
      return show(browser, tab)
    },

    username: (at: number, index: number, name: string): Seen =>
      onTab(at, index, (view, tab, browser) => {
        const { next } = view
        if (next.page !== 'username') return notDue(browser, tab, view)
        tab.login.typed = name
        if (people[name] !== undefined) tab.login.person = name
        return show(browser, tab)
      }),

    password: (at: number, index: number, text: string): Seen =>
      onTab(at, index, (view, tab, browser) => {
        const { next, person, facts, name = '' } = view
        if (next.page !== 'password') return notDue(browser, tab, view)
        const whose = person === undefined ? `stranger ${name}` : person.name
        if ((tries.get(whose)?.until ?? 0) > now) return show(browser, tab, 'too-many-tries')
        if (person?.password?.text === text) {
          tries.delete(whose)
          const { login } = tab
          login.person = person.name
          login.facts.push({
            factor: 'password',
            at: now,
            login: login.number,
            credential: `password#${person.password.version}`,
          })
          return keep(browser, tab)
        }
        missed(whose)
        return show(browser, tab, facts.length > 0 ? 'wrong-password' : 'wrong-username-or-password')
      }),

    /** The code of a time step: this one's, the next one's, or none. */
    otp: (at: number, index: number, code: 'now' | 'next' | 'wrong'): Seen =>
      onTab(at, index, (view, tab, browser) => {
        const { next, person, name = '' } = view
        if (next.page !== 'otp') return notDue(browser, tab, view)
        const whose = `codes of ${person === undefined ? `stranger ${name}` : person.name}`
        if ((tries.get(whose)?.until ?? 0) > now) return show(browser, tab, 'too-many-tries')
        const codes = person?.codes?.state === 'active' ? person.codes : undefined
        const step = Math.floor(now / 30) + (code === 'next' ? 1 : 0)
        if (person === undefined || codes === undefined || code === 'wrong' || step <= codes.last) {
          missed(whose)
          return show(browser, tab, codes && code !== 'wrong' ? 'reused-one-time-code' : 'wrong-one-time-code')
        }
        tries.delete(whose)
        codes.last = step
        const { login } = tab
        login.person = person.name
        login.facts.push({ factor: 'otp', at: now, login: login.number, credential: 'codes' })
        return keep(browser, tab)
      }),

    /** A touch of a key, with the challenge that the tab shows, or with one from before. */
    webauthn: (at: number, index: number, keyName: string, how: { verified: boolean; stale: boolean }): Seen =>
      onTab(at, index, ({ next, person }, tab, browser) => {
        const { login } = tab
        const nameless = next.page === 'username' && next.keys !== undefined
        if (next.page !== 'webauthn' && !nameless) return show(browser, tab, 'step-over')
        const late = how.stale || tab.shown !== login.challenge.number || login.challenge.until <= now
        login.challenge = newChallenge()
        if (late) return show(browser, tab, 'ceremony-expired')
        const owned = keyNamed(keyName)
        if (owned === undefined || !owned.person.enabled || (!nameless && owned.person !== person))
          return show(browser, tab, 'wrong-key')
        const { key, person: owner } = owned
        if (key.state === 'pending') {
          login.person = owner.name
          login.typed ??= owner.name
          delete login.skipped
          delete login.method
          return show(browser, tab)
        }
        if (key.state !== 'active') return show(browser, tab, key.state === 'locked' ? 'key-locked' : 'key-suspended')

        // Now it is known whose key this is, and so what it is good for.
        const before = login.person
        login.person = owner.name
        const { facts } = look(browser, login)
        const candid = decideNaively(situationOf(login, facts, belongings(owner)))
        const offers = candid.do === 'ask' ? candid.offers.flatMap((offer) => offer.keys) : []
        const offered = offers.find(({ name }) => name === key.name)
        if (offered?.verify && !how.verified) {
          if (before === undefined) delete login.person
          return show(browser, tab, 'key-not-verified')
        }
        login.facts.push({
          factor: 'webauthn',
          at: now,
          login: login.number,
          credential: key.name,
          verified: how.verified,
          attested: key.attested,
          deviceBound: !key.synced,
          ...(key.attested ? { model: key.model } : {}),
        })
        return keep(browser, tab, offered === undefined ? 'key-unfit' : undefined)
      }),

    method: (at: number, index: number, factor: FactorKind): Seen =>
      onTab(at, index, (view, tab, browser) => {
        const { next } = view
        if (!('others' in next) || ['username', 'consent'].includes(next.page)) return notDue(browser, tab, view)
        if (!next.others.includes(factor)) return show(browser, tab)
        tab.login.method = factor
        return keep(browser, tab)
      }),

    skip: (at: number, index: number): Seen =>
      onTab(at, index, (view, tab, browser) => {
        const { next } = view
        if (next.page !== 'activate') return notDue(browser, tab, view)
        if (!next.canSkip) return show(browser, tab)
        tab.login.skipped = true
        return keep(browser, tab)
      }),

    /** Allowed, as the tab shows it: by the person whom it was shown to. */
    allow: (at: number, index: number): Seen =>
      onTab(at, index, (view, tab, browser) => {
        if (view.next.page !== 'consent') return notDue(browser, tab, view)
        if (tab.askedOf !== view.person?.name) return show(browser, tab, 'consent-changed')
        note(view.outcome)
        return finish(browser, tab.login, view)
      }),

    restart: (at: number, index: number): Seen =>
      onTab(at, index, (_, tab, browser) => {
        const { number, request, client, until } = tab.login
        tab.login = { number, request, client, until, left: true, facts: [], challenge: newChallenge() }
        return show(browser, tab)
      }),

    cancel: (at: number, index: number): Seen =>
      onTab(at, index, (view, tab, browser) => {
        delete tab.shown
        if (view.next.page === 'unmet') return fail(browser, tab.login, view)
        tab.login.over = true
        return { at: 'application', error: 'access_denied' }
      }),

    reload: (at: number, index: number): Seen => onTab(at, index, (_, tab, browser) => show(browser, tab)),

    logout(at: number): Seen {
      delete browserOf(at).session
      return { at: 'page', page: 'logged-out' }
    },

    wait(seconds: number): void {
      now += seconds
    },
  }

  return {
    ...commands,
    outcomes,
    /** Where a tab stands, without anything happening: for whoever picks the next command. */
    standingOf(at: number, index: number): { page: string; person?: string; keys: string[] } {
      const { browser, tab } = tabOf(at, index)
      if (tab === undefined || isOver(tab.login)) return { page: 'over', keys: [] }
      const { next, person } = look(browser, tab.login)
      const keys = 'keys' in next ? (next.keys ?? []) : []
      return { page: next.page, keys, ...(person === undefined ? {} : { person: person.name }) }
    },
    tabsOf: (at: number): number => browserOf(at).tabs.length,
    given,
  }
}
