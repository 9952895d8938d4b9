/**
 * A login on its way: what is known of it, and what comes next.
 *
 * Every page and every post of a login is worked out from here, anew each time: the record is read, and its person, and
 * the decision is made over both. How a step is kept is in `step.ts`, how a login ends in `ending.ts`.
 */
import { admitted, hasSay, judgeLogin, proofsOf } from '../../src/core/judge.ts'
import type { Login } from '../../src/core/login.ts'
import type { Next } from '../../src/core/next-page.ts'
import type { Realm } from '../../src/core/realm.ts'
import type { Seconds } from '../../src/core/result.ts'
import { hashSecret, sameText } from '../../src/core/secret.ts'
import type { Person, Session } from '../../src/core/session.ts'
import type { Decision } from '../../src/core/step-up/decide.ts'
import type { Call } from '../../src/http/call.ts'
import { browserOf, sessionCookie } from '../../src/http/cookies.ts'
import { elsewhereOf } from '../../src/stage.ts'
import type { Place } from '../../src/store/db.ts'
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

/** The login of the address, if it is this browser's and goes on. `more`: what a step needs beside it, in the same read. */
export async function openJourney(world: JourneyWorld, call: Call, more: readonly Place[] = []) {
  const cookie = sessionCookie(call)
  const [loginItem, realmItem, sessionItem, ...others] = await world.db.batch([
    places.login(call.params.login ?? ''),
    places.realm(),
    places.session(cookie?.id ?? ''),
    ...more,
  ])
  const now = world.now()
  const entry = admit(loginIn(loginItem), call, now)
  if (!entry.ok) return entry
  const { login } = entry
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
  const mine = hasSay(login, session)
  const user = login.user ?? (mine && login.typedName === undefined ? session?.user : undefined)
  // For a name that nobody has, nobody is read: it takes as long as for one that somebody has.
  const read =
    user === undefined && login.typedName === undefined ? undefined : await readPerson(world.db, user ?? nobody)
  const counted = admitted(login, session, read)
  return judge(world, {
    login,
    kept,
    realm,
    leftover: counted.session === undefined ? session : undefined,
    ...counted,
  })
}

export type Unjudged = Omit<Journey, 'proved' | 'decision' | 'next'>

/** The decision over what is known, without reading anything. */
export function judge(world: Pick<World, 'now' | 'stage'>, known: Unjudged, proofs = proofsOf(known)): Journey {
  const { proved, decision, next } = judgeLogin(known, world.now(), { proofs, ...elsewhereOf(world.stage) })
  return { ...known, proved, decision, next }
}

/** The one key the pages are about: to be activated, or being so. Undefined for a key that nobody has. */
export const keyOf = ({ person }: Journey, id: string) => person?.authenticators.find((key) => key.id === id)

/** What happened meanwhile, as far as the person can be told: the key they are activating may be active, or gone. */
export function overtaken({ login, person, decision }: Journey): Notice {
  const about = login.activation?.authenticators
  if (about === undefined || person === undefined) return hasRunOut(decision) ? 'ran-out' : 'step-over'
  const states = person.authenticators.filter((key) => about.includes(key.id)).map((key) => key.state)
  if (states.length === 0) return 'key-gone'
  return states.includes('active') ? 'already-active' : 'step-over'
}

/** What was shown before is too old by now: a step that was not due any more was not done either. */
const hasRunOut = ({ do: does, report }: Decision): boolean =>
  does === 'ask' && report.levels.some(({ state }) => state === 'stale')
