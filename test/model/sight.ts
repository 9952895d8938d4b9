/**
 * What the model makes of a login at one moment: whose facts count, what the person has or seems to have, what is decided
 * and which page follows. Nothing changes here.
 */
import type { FactorKind, Flow } from '../../src/core/step-up/flow.ts'
import type {
  BrowserFacts,
  ClientFacts,
  Fact,
  KeyFacts,
  LoginFacts,
  PersonFacts,
  RealmFacts,
  SessionFacts,
} from './facts.ts'
import { type Belongings, decideNaively, type Outcome, type OwnedKey, type Situation } from './naive-decision.ts'

export type Given = {
  now: number
  realm: RealmFacts
  clients: Record<string, ClientFacts>
  people: Record<string, PersonFacts>
  browsers: BrowserFacts[]
  /** The keys that a name seems to have that nobody has, or nobody may use. */
  decoys: Record<string, OwnedKey[]>
}

/** What is known of a login at one moment. */
export type View = {
  /** The session, where it has a say and stands. */
  session?: SessionFacts
  person?: PersonFacts
  name?: string
  facts: Fact[]
  outcome: Outcome
  next: Next
}

type Next =
  | { page: 'finish' }
  | { page: 'unmet'; told: boolean }
  | {
      page: 'username' | 'password' | 'otp' | 'certificate' | 'webauthn' | 'activate' | 'consent'
      others: FactorKind[]
      keys?: string[]
      verification?: 'required' | 'preferred'
      canSkip?: boolean
    }

export function openSight({ people, realm, decoys }: Given, now: () => number) {
  const keyNamed = (name: string): { person: PersonFacts; key: KeyFacts } | undefined => {
    for (const person of Object.values(people)) {
      const key = person.keys.find((each) => each.name === name)
      if (key) return { person, key }
    }
    return undefined
  }

  const isLive = (session: SessionFacts | undefined): session is SessionFacts =>
    session !== undefined && session.until > now() && session.idleUntil > now()

  /** Whether what a fact was shown with is still there. */
  const isWorth = (fact: Fact, person: PersonFacts): boolean => {
    if (fact.factor === 'password') return fact.credential === `password#${person.password?.version}`
    if (fact.factor === 'otp') return person.codes?.state === 'active'
    return person.keys.some((key) => key.name === fact.credential && key.state === 'active')
  }

  // --- What is known ---------------------------------------------------------------------------------------------

  function look(browser: BrowserFacts, login: LoginFacts): View {
    const its = isLive(browser.session) ? browser.session : undefined
    const hasSay = its !== undefined && !login.left && (login.person === undefined || login.person === its.person)
    const whose = login.person ?? (hasSay && login.typed === undefined ? its.person : undefined)
    const found = whose === undefined ? undefined : people[whose]
    const stands =
      hasSay &&
      found !== undefined &&
      found.name === its.person &&
      found.enabled &&
      its.facts.every((fact) => isWorth(fact, found))
    const person = found?.enabled && (stands || login.person !== undefined) ? found : undefined
    const session = stands ? its : undefined
    const facts =
      person === undefined ? [] : [...(session?.facts ?? []), ...login.facts].filter((fact) => isWorth(fact, person))
    const name = login.typed ?? person?.name
    const has =
      name === undefined
        ? 'anything'
        : person !== undefined && facts.length > 0
          ? belongings(person)
          : seeming(person, name)
    const outcome = decideNaively(situationOf(login, facts, has))
    const next = nextOf(login, outcome, name !== undefined)
    return {
      ...(session === undefined ? {} : { session }),
      ...(person === undefined ? {} : { person }),
      ...(name === undefined ? {} : { name }),
      facts,
      outcome,
      next,
    }
  }

  const flowOf = (login: LoginFacts): Flow => {
    const flow = realm.flows[login.client.flow ?? realm.browserFlow] ?? realm.flows[realm.browserFlow]
    if (flow === undefined) throw new Error('The model has no browser flow')
    return flow
  }

  const situationOf = (login: LoginFacts, facts: Fact[], has: Situation['has']): Situation => ({
    login: login.number,
    request: login.request,
    client: login.client,
    realm,
    flow: flowOf(login),
    facts,
    has,
    now: now(),
  })

  const stateOf = { active: 'usable', pending: 'pending', suspended: 'locked', locked: 'locked' } as const

  const belongings = ({ password, codes, keys }: PersonFacts): Belongings => ({
    password: password === undefined ? 'none' : 'usable',
    otp: codes === undefined ? 'none' : stateOf[codes.state],
    certificate: 'none',
    keys: keys.map(({ name, state, attested, synced, model }) => ({
      name,
      state: stateOf[state],
      attested,
      deviceBound: !synced,
      ...(attested ? { model } : {}),
    })),
  })

  /** What a stranger sees: a password, one-time codes, and keys that all seem to work. */
  const seeming = (person: PersonFacts | undefined, name: string): Belongings => {
    const keys = (person?.keys ?? []).map(
      (key): OwnedKey => ({ name: key.name, state: key.state === 'pending' ? 'pending' : 'usable', seeming: true }),
    )
    const none: OwnedKey[] = person === undefined ? (decoys[name] ?? []) : [stranger('usable')]
    return { password: 'usable', otp: 'usable', certificate: 'none', keys: keys.length > 0 ? keys : none }
  }

  function nextOf(login: LoginFacts, outcome: Outcome, named: boolean): Next {
    if (outcome.do === 'issue')
      return login.request.prompt === 'consent' ? { page: 'consent', others: [] } : { page: 'finish' }
    if (outcome.do === 'refuse') {
      const told = named && ['no-credential', 'locked'].includes(outcome.reason) && login.request.prompt !== 'none'
      return { page: 'unmet', told }
    }
    const { offers } = outcome
    if (!named && offers.some(({ factor }) => factor !== 'certificate')) {
      const key = offers.find(({ factor }) => factor === 'webauthn')
      return {
        page: 'username',
        others: [],
        ...(key === undefined ? {} : { keys: [], verification: key.verify ? 'required' : 'preferred' }),
      }
    }
    const onlyKeys = offers.every(({ factor }) => factor === 'webauthn')
    const shown = offers.filter(({ factor, use, keys }) =>
      factor === 'webauthn' ? keys.some((key) => !key.pending) || (keys.length > 0 && onlyKeys) : use,
    )
    const chosen = shown.find(({ factor }) => factor === login.method) ?? shown[0]
    if (chosen === undefined) throw new Error('The model has an offer that no page asks for')
    const others = shown.map(({ factor }) => factor).filter((factor) => factor !== chosen.factor)
    if (chosen.factor !== 'webauthn') return { page: chosen.factor, others }
    const usable = chosen.keys.filter((key) => !key.pending)
    const pending = shown.length === 1 ? chosen.keys.filter((key) => key.pending) : []
    const canSkip = usable.length > 0
    if (pending.length > 0 && !(canSkip && login.skipped)) return { page: 'activate', others, canSkip }
    return {
      page: 'webauthn',
      others,
      keys: usable.map(({ name }) => (name.startsWith(nobodys) ? nobodys : name)).sort(),
      verification: usable.every(({ verify }) => verify) ? 'required' : 'preferred',
    }
  }

  return { keyNamed, isLive, look, situationOf, belongings }
}

export const stranger = (state: OwnedKey['state'], at = 0): OwnedKey => ({
  name: `${nobodys} ${at}`,
  state,
  seeming: true,
})

/** As a browser sees it: one key that nobody has is like another. */
const nobodys = 'a stranger’s'
