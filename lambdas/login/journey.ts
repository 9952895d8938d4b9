/**
 * A login on its way: what is known of it, and what comes next.
 *
 * Every page and every post of a login is worked out from here, anew each time: the record is read, and its person, and
 * the decision is made over both. How a step is kept is in `step.ts`, how a login ends in `ending.ts`.
 */
import { enrolmentAsSeen, enrolmentOf } from '../../src/core/enrolment.ts'
import { challengeLifetime, type Login, loginLifetime } from '../../src/core/login.ts'
import { type Next, whatNext } from '../../src/core/next-page.ts'
import type { Realm } from '../../src/core/realm.ts'
import type { Seconds } from '../../src/core/result.ts'
import { hashSecret, newId, newSecret, sameText } from '../../src/core/secret.ts'
import { credentialsOf, credentialsStand, type Person, type Session, sessionStands } from '../../src/core/session.ts'
import { type Decision, decide, policyFor } from '../../src/core/step-up.ts'
import type { Call } from '../../src/http/call.ts'
import { browserOf, sessionCookie } from '../../src/http/cookies.ts'
import { places } from '../../src/store/keys.ts'
import { loginIn } from '../../src/store/logins.ts'
import { readPerson } from '../../src/store/people.ts'
import { realmIn } from '../../src/store/realm.ts'
import { sessionOf } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import type { Notice } from '../../web/view.ts'

export type JourneyWorld = Pick<World, 'now' | 'stage' | 'db' | 'log'>

export type Journey = {
  login: Login
  /** Whether the login is in the table: one that needs no page never is. */
  kept: boolean
  realm: Realm
  /** The browser's session, where it has a say in this login and still stands. */
  session: Session | undefined
  /** A session of this browser that ends when this login does: another person's, or one that stands no more. */
  leftover: Session | undefined
  person: Person | undefined
  /** Whether somebody proved to be this person, in the session or on the way here. Until then, pages tell nothing. */
  proved: boolean
  decision: Decision
  next: Next
}

/** Where the pages of a login are. */
// An id that was not looked up yet is whatever a stranger sent.
export const baseOf = (login: Pick<Login, 'id'>): string => `/login/${encodeURIComponent(login.id)}`

export type LoginOver = { over: 'done' | 'given-up' | 'expired' | 'unknown' | 'other-browser'; login?: Login }

/** The login of the address, if it is this browser's and goes on. */
export async function openJourney(world: JourneyWorld, call: Call, more: readonly string[] = []) {
  const cookie = sessionCookie(call)
  const [loginItem, realmItem, sessionItem, ...others] = await world.db.batch([
    places.login(call.params.login ?? ''),
    places.realm(),
    places.session(cookie?.id ?? ''),
    ...more.map(places.credential),
  ])
  const now = world.now()
  const admitted = admit(loginIn(loginItem), call, now)
  if (!admitted.ok) return admitted
  const { login } = admitted
  const session = sessionOf(sessionItem, cookie, now)
  const journey = await travel(world, { login, kept: true, realm: realmIn(realmItem), session })
  return { ok: true as const, journey, others }
}

/** The login alone, for a step that needs nothing else of what there is. */
export async function openLogin(world: JourneyWorld, call: Call): Promise<Admitted> {
  return admit(loginIn(await world.db.get(places.login(call.params.login ?? ''))), call, world.now())
}

type Admitted = { ok: true; login: Login } | { ok: false; over: LoginOver }

function admit(login: Login | undefined, call: Call, now: Seconds): Admitted {
  const ended = (over: LoginOver): Admitted => ({ ok: false, over })
  if (login === undefined) return ended({ over: 'unknown' })
  // Whose login it is comes first: a stranger learns nothing of how it went.
  if (!sameText(login.browserHash, hashSecret(browserOf(call).secret))) return ended({ over: 'other-browser' })
  if (login.done) return ended({ over: login.done, login })
  return login.until <= now ? ended({ over: 'expired', login }) : { ok: true, login }
}

/** The id of no user: ids made here are longer, and an operator's are not empty. */
export const nobody = '-'

/** Reads the person, and judges: the session, the proofs, what is missing, which page is next. */
export async function travel(
  world: JourneyWorld,
  { login, kept, realm, session }: Pick<Journey, 'login' | 'kept' | 'realm' | 'session'>,
): Promise<Journey> {
  const mine = session !== undefined && !login.leftSession && [undefined, session.user].includes(login.user)
  const user = login.user ?? (mine && login.typedName === undefined ? session.user : undefined)
  // For a name that nobody has, nobody is read: it takes as long as for one that somebody has.
  const read =
    user === undefined && login.typedName === undefined ? undefined : await readPerson(world.db, user ?? nobody)
  const stands = mine && read !== undefined && read.user.id === session.user && sessionStands(session, read)
  // A session that stands no more names nobody either: who they are is asked afresh.
  const person = read?.user.enabled && (stands || login.user !== undefined) ? read : undefined
  return judge(world, {
    login,
    kept,
    realm,
    session: stands ? session : undefined,
    leftover: stands ? undefined : session,
    person,
  })
}

export type Unjudged = Omit<Journey, 'proved' | 'decision' | 'next'>

/** The decision over what is known, without reading anything. */
export function judge(world: Pick<World, 'now'>, known: Unjudged, proofs = proofsOf(known)): Journey {
  const { login, realm, person } = known
  const now = world.now()
  // Who confirmed who they are, to activate a key, is no stranger either, although that proves no level.
  const { activation } = login
  const confirmed = activation !== undefined && activation.state !== 'waiting' && activation.until > now
  const proved = person !== undefined && (proofs.length > 0 || confirmed)
  const name = login.typedName ?? person?.user.userName
  const real = person === undefined ? undefined : enrolmentOf(person, now)
  const enrolled =
    name === undefined
      ? 'unknown'
      : proved && real !== undefined
        ? real
        : enrolmentAsSeen(real, name, realm.decoySecret)
  const decided = decide({
    request: {
      id: login.id,
      acrValues: login.request.acrValues,
      essentialAcr: login.request.essentialAcr,
      voluntaryAcr: login.request.voluntaryAcr,
      maxAge: login.request.maxAge,
      prompt: login.request.prompts,
    },
    policy: policyFor(realm, login.policy),
    flow: flowOf(realm, login.flow),
    proofs,
    enrolled,
    now,
  })
  const decision = aboutAnother(known) ? anotherPerson(decided) : decided
  const named = name !== undefined
  return { ...known, proved, decision, next: whatNext({ login, decision, named, now }) }
}

/** The application asked about one person, and it is another who signs in. */
const aboutAnother = ({ login, person }: Unjudged): boolean =>
  login.request.subject !== undefined && person !== undefined && person.user.id !== login.request.subject

/** No answer about anybody else (OpenID Connect Core §3.1.2.2). They may sign in first: who they are is known then. */
const anotherPerson = (decision: Decision): Decision =>
  decision.do !== 'issue'
    ? decision
    : {
        do: 'refuse',
        error: 'login_required',
        reason: 'no-session',
        description: 'Another user than the one that was asked for is signed in.',
        helps: [],
        report: { ...decision.report, reason: 'no-session' },
      }

/** What the session and this login have shown, as far as the keys it was shown with are still there. */
export function proofsOf({ login, session, person }: Unjudged) {
  if (person === undefined) return []
  return [...(session?.proofs ?? []), ...login.proofs].filter((proof) =>
    credentialsStand(credentialsOf([proof]), person),
  )
}

export function flowOf(realm: Realm, named: string | undefined) {
  const flow = realm.flows[named ?? realm.browserFlow] ?? realm.flows[realm.browserFlow]
  if (flow === undefined)
    throw new Error(`The realm has no flow ${realm.browserFlow}, which is bound as its browser flow`)
  return flow
}

/** The one key the pages are about: to be activated, or being so. Undefined for a key that nobody has. */
export const keyOf = ({ person }: Journey, id: string) => person?.authenticators.find((key) => key.id === id)

/** What happened meanwhile, as far as the person can be told: the key they are activating may be active, or gone. */
export function overtaken({ login, person }: Journey): Notice {
  const about = login.activation?.authenticators
  if (about === undefined || person === undefined) return 'step-over'
  const states = person.authenticators.filter((key) => about.includes(key.id)).map((key) => key.state)
  if (states.length === 0) return 'key-gone'
  return states.includes('active') ? 'already-active' : 'step-over'
}

/** A new login, not kept yet. */
export function newLogin(
  given: Pick<Login, 'request' | 'application' | 'policy' | 'browserHash'> & Pick<Login, 'flow' | 'leftSession'>,
  now: Seconds,
): Login {
  return {
    ...given,
    id: newId(),
    startedAt: now,
    until: now + loginLifetime,
    proofs: [],
    ...newChallenge(now),
    version: 1,
  }
}

export const newChallenge = (now: Seconds) => ({ challenge: newSecret(), challengeUntil: now + challengeLifetime })
