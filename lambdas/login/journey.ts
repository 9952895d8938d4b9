/**
 * A login on its way: what is known of it, what comes next, and how a step forward is kept.
 *
 * Every page and every post of a login goes through here: it is loaded and judged anew, and moves on by one transaction
 * that holds the proof, the audit record and, when nothing is missing any more, the grant and the session as well.
 */
import type { AuditEvent } from '../../src/core/audit-event.ts'
import { returnTo } from '../../src/core/authorize-request.ts'
import { enrolmentAsSeen, enrolmentOf } from '../../src/core/enrolment.ts'
import { codeLifetime, type Grant } from '../../src/core/grant.ts'
import { type Login, loginLifetime } from '../../src/core/login.ts'
import { type Next, whatNext } from '../../src/core/next-page.ts'
import type { Realm } from '../../src/core/realm.ts'
import type { Seconds } from '../../src/core/result.ts'
import { hashSecret, joinHalves, newId, newSecret, sameText, type TwoHalves } from '../../src/core/secret.ts'
import { credentialsOf, credentialsStand, type Person, type Session, sessionStands } from '../../src/core/session.ts'
import { type Decision, decide, policyFor } from '../../src/core/step-up.ts'
import { type Answer, type Call, seeOther } from '../../src/http/call.ts'
import { browserOf, clearSession, sessionCookie, setSession } from '../../src/http/cookies.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Item, Write } from '../../src/store/db.ts'
import { createdGrant } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { changedLogin, createdLogin, loginIn } from '../../src/store/logins.ts'
import { readPerson, standingHolds } from '../../src/store/people.ts'
import { realmIn } from '../../src/store/realm.ts'
import { createdSession, endedSession, replacedSession, seenSession, sessionOf } from '../../src/store/sessions.ts'
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
export const baseOf = (login: Pick<Login, 'id'>): string => `/login/${login.id}`

export type LoginOver = { over: 'done' | 'expired' | 'unknown' | 'other-browser'; login?: Login }

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
  const login = loginIn(loginItem, now)
  const over = whyOver(login, loginItem, call)
  if (login === undefined || over !== undefined)
    return { ok: false as const, over: over ?? { over: 'unknown' as const } }
  const session = sessionOf(sessionItem, cookie, now)
  const journey = await travel(world, { login, kept: true, realm: realmIn(realmItem), session })
  return { ok: true as const, journey, others }
}

function whyOver(login: Login | undefined, item: Item | undefined, call: Call): LoginOver | undefined {
  if (login === undefined) return { over: item === undefined ? 'unknown' : 'expired' }
  // Whose login it is comes first: a stranger learns nothing of how it went.
  if (!sameText(login.browserHash, hashSecret(browserOf(call).secret))) return { over: 'other-browser' }
  return login.done ? { over: 'done', login } : undefined
}

/** The id of no user: ids made here are longer, and an operator's are not empty. */
const nobody = '-'

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
  const proved = proofs.length > 0
  const name = login.typedName ?? person?.user.userName
  const real = person === undefined ? undefined : enrolmentOf(person, now)
  const enrolled =
    name === undefined
      ? 'unknown'
      : proved && real !== undefined
        ? real
        : enrolmentAsSeen(real, name, realm.decoySecret)
  const decision = decide({
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
  const named = name !== undefined
  return { ...known, proved, decision, next: whatNext({ login, decision, named, now }) }
}

/** What the session and this login have shown, as far as the keys it was shown with are still there. */
function proofsOf({ login, session, person }: Unjudged) {
  if (person === undefined) return []
  return [...(session?.proofs ?? []), ...login.proofs].filter((proof) =>
    credentialsStand(credentialsOf([proof]), person),
  )
}

function flowOf(realm: Realm, named: string | undefined) {
  const flow = realm.flows[named ?? realm.browserFlow] ?? realm.flows[realm.browserFlow]
  if (flow === undefined)
    throw new Error(`The realm has no flow ${realm.browserFlow}, which is bound as its browser flow`)
  return flow
}

/** The one key the pages are about: to be activated, or being so. Undefined for a key that nobody has. */
export const keyOf = ({ person }: Journey, id: string) => person?.authenticators.find((key) => key.id === id)

/** An event of this login, with what every one of them says. Until somebody proved to be the user, a stranger did it. */
export function eventOf(
  world: Pick<World, 'now'>,
  call: Call,
  { login, person, proved = false }: Pick<Journey, 'login'> & Partial<Pick<Journey, 'person' | 'proved'>>,
  event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>,
): Write {
  const user = person?.user.id ?? login.user
  return recorded({
    at: world.now(),
    actor: proved && user !== undefined ? { kind: 'user', id: user } : { kind: 'stranger', id: call.ip },
    client: login.request.clientId,
    ip: call.ip,
    request: call.id,
    ...(user === undefined ? {} : { user }),
    ...event,
  })
}

/** Back to the login's address, where the next page is worked out. */
export const onward = (login: Pick<Login, 'id'>, notice?: Notice, wait?: { until: Seconds }): Answer =>
  seeOther(
    `${baseOf(login)}${notice === undefined ? '' : `?notice=${notice}`}${wait === undefined ? '' : `&until=${wait.until}`}`,
  )

export type Step = {
  /** The login as it is to be. */
  login: Login
  /** What changes beside it, and what is told of it. */
  writes: Write[]
  /** The person as the writes will leave them, where they touch what the decision looks at. */
  person?: Person
  notice?: Notice
}

/**
 * Keeps a step: with it, in the same transaction, the answer to the application if nothing is missing any more.
 * `undefined` when something that the step rests on was changed meanwhile; nothing is kept then.
 */
export async function keep(world: JourneyWorld, call: Call, journey: Journey, step: Step): Promise<Answer | undefined> {
  const ahead = judge(world, { ...journey, login: step.login, person: step.person ?? journey.person })
  if (ahead.next.page === 'finish') return finish(world, call, ahead, ahead.next.decision, step.writes)
  if (ahead.next.page === 'unmet' && !ahead.next.told) return fail(world, call, ahead, ahead.next.decision, step.writes)
  const done = await world.db.transact([...step.writes, changedLogin(step.login)])
  return done.ok ? onward(step.login, step.notice) : undefined
}

/** Issues the code: grant, session, login and audit in one transaction. */
export async function finish(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  decision: Extract<Decision, { do: 'issue' }>,
  writes: Write[] = [],
  /** The standing the session was last checked under, where the person was not read: it must still be that. */
  standing = journey.person?.user.standing ?? 0,
): Promise<Answer | undefined> {
  const { login } = journey
  const now = world.now()
  const { session, write, cookie, left } = sessionAfter(world, call, journey, standing)
  const code: TwoHalves = { id: newId(), secret: newSecret() }
  const { clientId, redirectUri, codeChallenge, nonce, scopes, claims } = login.request
  const grant: Grant = {
    id: code.id,
    codeHash: hashSecret(code.secret),
    codeUntil: now + codeLifetime,
    until: now + 86_400,
    clientId,
    redirectUri,
    scopes,
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
    ...(nonce === undefined ? {} : { nonce }),
    ...(claims === undefined ? {} : { claims }),
    ...(decision.acr === undefined ? {} : { acr: decision.acr }),
    user: session.user,
    sid: session.sid,
    amr: decision.amr,
    authTime: decision.authTime,
    credentials: decision.credentials,
    standing,
    createdAt: now,
  }
  const done = await world.db.transact([
    ...writes,
    standingHolds(session.user, standing),
    write,
    ...left,
    createdGrant(grant),
    ...closed(journey),
    recorded({
      ...succeeded(decision),
      at: now,
      actor: { kind: 'user', id: session.user },
      user: session.user,
      client: clientId,
      session: session.sid,
      ip: call.ip,
      request: call.id,
    }),
  ])
  if (!done.ok) return undefined
  return seeOther(returnTo(world.stage.issuer, login.request, { code: joinHalves(code) }), cookie)
}

const succeeded = ({ report, acr, amr }: Extract<Decision, { do: 'issue' }>) =>
  ({
    type: 'login.succeeded',
    amr,
    reason: report.reason,
    requested: report.wanted.names,
    ...(report.target?.acr === undefined ? {} : { target: report.target.acr }),
    ...(acr === undefined ? {} : { achieved: acr }),
    ages: agesIn(report),
  }) as const

export const agesIn = (report: Decision['report']): Record<string, Seconds> =>
  Object.fromEntries(report.levels.flatMap(({ alias, age }) => (age === undefined ? [] : [[alias, age]])))

/** Tells the application that its request cannot be met. What was proved on the way stays proved. */
export async function fail(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  {
    error,
    reason,
    description,
    report,
  }: Pick<Extract<Decision, { do: 'refuse' }>, 'error' | 'reason' | 'description' | 'report'>,
  writes: Write[] = [],
): Promise<Answer | undefined> {
  const { login, person } = journey
  const showed = person !== undefined && login.proofs.length > 0
  const after = showed ? sessionAfter(world, call, journey, person.user.standing) : undefined
  const done = await world.db.transact([
    ...writes,
    ...(after === undefined || person === undefined
      ? []
      : [standingHolds(person.user.id, person.user.standing), after.write, ...after.left]),
    ...closed(journey),
    eventOf(world, call, journey, {
      type: 'step-up.unmet',
      reason,
      requested: report.wanted.names,
      ages: agesIn(report),
      ...(report.target?.acr === undefined ? {} : { target: report.target.acr }),
      ...(report.achieved?.acr === undefined ? {} : { achieved: report.achieved.acr }),
    }),
  ])
  if (!done.ok) return undefined
  const answer = { error, error_description: description }
  return seeOther(returnTo(world.stage.issuer, login.request, answer), after?.cookie)
}

/** A kept login is done with; one that never was kept leaves nothing. */
const closed = ({ login, kept }: Journey): Write[] => (kept ? [changedLogin({ ...login, done: true })] : [])

type SessionAfter = {
  session: Session
  write: Write
  cookie: string[]
  /** The end of a session that this one takes the place of. */
  left: Write[]
}

/** The session as this login leaves it: with another secret whenever something new was proved. */
function sessionAfter(world: JourneyWorld, call: Call, journey: Journey, standing: number): SessionAfter {
  const { login, session, leftover, realm, person } = journey
  const now = world.now()
  const { sessionIdle, sessionLifetime } = realm.settings
  const idleUntil = Math.min(now + sessionIdle, session?.until ?? now + sessionLifetime)
  if (session !== undefined && login.proofs.length === 0 && session.standing === standing)
    return { session, write: seenSession(session, now, idleUntil), cookie: [], left: [] }

  const secret = newSecret()
  const user = session?.user ?? person?.user.id
  if (user === undefined) throw new Error('A login was finished for nobody')
  const userAgent = call.headers['user-agent']?.slice(0, 256)
  const next: Session = {
    ...(session ?? { sid: newId(), user, createdAt: now, until: now + sessionLifetime }),
    secretHash: hashSecret(secret),
    proofs: newestProofs(journey),
    standing,
    lastSeenAt: now,
    idleUntil,
    ip: call.ip,
    ...(userAgent === undefined ? {} : { userAgent }),
  }
  return {
    session: next,
    write: session === undefined ? createdSession(next) : replacedSession(next, session.secretHash),
    cookie: [setSession({ id: next.sid, secret })],
    left: leftover === undefined ? [] : endings(world, call, leftover),
  }
}

/** One proof a factor and credential, the latest: a session does not grow with each use. */
function newestProofs(journey: Journey) {
  const latest = new Map<string, Session['proofs'][number]>()
  for (const proof of proofsOf(journey)) latest.set(`${proof.factor} ${proof.credential ?? ''}`, proof)
  return [...latest.values()]
}

/** The end of a session, and the record of it. */
export const endings = (world: Pick<World, 'now'>, call: Call, session: Session, reason = 'replaced'): Write[] => [
  endedSession(session.sid),
  recorded({
    type: 'session.ended',
    at: world.now(),
    actor: { kind: 'user', id: session.user },
    user: session.user,
    session: session.sid,
    ip: call.ip,
    request: call.id,
    reason,
  }),
]

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

export const newChallenge = (now: Seconds) => ({ challenge: newSecret(), challengeUntil: now + 300 })

/** Keeps a new login: the application asked for something that takes a page. */
export async function begin(world: JourneyWorld, call: Call, journey: Journey, cookies: string[]): Promise<Answer> {
  const { login, decision, leftover } = journey
  // Not left by choice, so it fell: with its user, or with a key that it rests on.
  const stale = leftover !== undefined && !login.leftSession
  const done = await world.db.transact([
    createdLogin(login),
    ...(stale ? endings(world, call, leftover, 'no-longer-stands') : []),
    eventOf(world, call, journey, {
      type: 'step-up.asked',
      reason: decision.report.reason,
      requested: decision.report.wanted.names,
      ages: agesIn(decision.report),
      ...(decision.report.target?.acr === undefined ? {} : { target: decision.report.target.acr }),
      ...(decision.report.achieved?.acr === undefined ? {} : { achieved: decision.report.achieved.acr }),
    }),
  ])
  if (!done.ok) throw new Error('A new login met one of the same id')
  return seeOther(baseOf(login), [...cookies, ...(stale ? [clearSession()] : [])])
}
