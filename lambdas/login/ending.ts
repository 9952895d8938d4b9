/**
 * How a login ends: with a code, or with the reason why there is none. Session, grant, login and audit change in one
 * transaction, on the condition that everything they rest on still stands.
 */
import { type AuditType, levelsOf } from '../../src/core/audit-event.ts'
import type { UserId } from '../../src/core/authenticator.ts'
import { proofsOf } from '../../src/core/judge.ts'
import type { Login } from '../../src/core/login.ts'
import { consentFor } from '../../src/core/oidc/consent.ts'
import { codeLifetime, type Grant } from '../../src/core/oidc/grant.ts'
import { pairwiseNames } from '../../src/core/oidc/subject.ts'
import type { Seconds } from '../../src/core/result.ts'
import { hashSecret, joinHalves, newId, newSecret, type TwoHalves } from '../../src/core/secret.ts'
import type { Session } from '../../src/core/session.ts'
import type { Decision } from '../../src/core/step-up/decide.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { setSession } from '../../src/http/cookies.ts'
import { recorded } from '../../src/store/audit.ts'
import type { Transacted, Write } from '../../src/store/db.ts'
import { createdGrant } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { standingHolds } from '../../src/store/people.ts'
import { usedPushedRequest } from '../../src/store/pushed-requests.ts'
import { createdSession, endedSession, replacedSession, seenSession } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { answerTo } from '../oidc/answer-to.ts'
import { showOverPushed } from '../oidc/over-pushed.ts'
import { eventOf } from './event.ts'
import type { Journey, JourneyWorld } from './journey.ts'

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
  const { session, write, cookie, left } = sessionAfter(world, call, journey, standing, login.request.clientId)
  const consent = consentFor(login, journey.person?.consents)
  const code: TwoHalves = { id: newId(), secret: newSecret() }
  const { clientId, redirectUri, codeChallenge, nonce, scopes, claims, resources, codeKey } = login.request
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
    ...(resources === undefined ? {} : { resources }),
    ...(codeKey === undefined ? {} : { codeKey }),
    ...(consent === undefined ? {} : { consent: consent.id }),
    ...(decision.acr === undefined ? {} : { acr: decision.acr }),
    user: session.user,
    sid: session.sid,
    ...pairwiseNames(login.sector, session, journey.realm),
    amr: decision.amr,
    authTime: decision.authTime,
    credentials: decision.credentials,
    standing,
    ...(session.epoch === undefined ? {} : { epoch: session.epoch }),
    askedAt: login.startedAt,
    createdAt: now,
  }
  const done = await world.db.transact([
    ...answeredOnce(login, now),
    ...writes,
    ...stands(session.user, standing, writes),
    write,
    ...left,
    createdGrant(grant),
    ...closed(journey, 'done'),
    recorded({
      type: 'login.succeeded',
      ...levelsOf(decision.report),
      amr: decision.amr,
      reason: decision.report.reason,
      at: now,
      actor: { kind: 'user', id: session.user },
      user: session.user,
      client: clientId,
      session: session.sid,
      ip: call.ip,
      request: call.id,
    }),
  ])
  if (!done.ok) return answeredBefore(login, done) ? showOverPushed(world, call) : undefined
  return answerTo(world, call, login.request, { code: joinHalves(code) }, cookie)
}

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
  told: AuditType = 'step-up.unmet',
): Promise<Answer | undefined> {
  const { login, person } = journey
  const showed = person !== undefined && login.proofs.length > 0
  const after = showed ? sessionAfter(world, call, journey, person.user.standing) : undefined
  const done = await world.db.transact([
    ...answeredOnce(login, world.now()),
    ...writes,
    ...(after === undefined || person === undefined
      ? []
      : [...stands(person.user.id, person.user.standing, writes), after.write, ...after.left]),
    ...closed(journey, 'given-up'),
    eventOf(world, call, journey, {
      type: told,
      reason,
      ...(after === undefined ? {} : { session: after.session.sid }),
      ...levelsOf(report),
    }),
  ])
  if (!done.ok) return answeredBefore(login, done) ? showOverPushed(world, call) : undefined
  return answerTo(world, call, login.request, { error, error_description: description }, after?.cookie)
}

/** What was pushed is answered by one login, of all that were begun with it (RFC 9126 §2.2). First of all writes. */
export const answeredOnce = ({ request }: Pick<Login, 'request'>, now: Seconds): Write[] =>
  request.pushed === undefined ? [] : [usedPushedRequest(request.pushed, now)]

/** Another login answered it. Where more than that changed, who asks again finds out what. */
export const answeredBefore = (
  { request }: Pick<Login, 'request'>,
  { conflicts: [pushed, ...others] }: Extract<Transacted, { ok: false }>,
): boolean => request.pushed !== undefined && pushed !== undefined && others.every((other) => other === undefined)

/** That nothing was taken from the user meanwhile. Of one who is made by these very writes, nothing can have been. */
const stands = (user: UserId, standing: number, writes: readonly Write[]): Write[] => {
  const { table, key } = places.user(user)
  const isMade = writes.some(
    (each) => each.write === 'put' && each.table === table && each.key.pk === key.pk && each.key.sk === key.sk,
  )
  return isMade ? [] : [standingHolds(user, standing)]
}

/** A kept login is done with; one that never was kept leaves nothing. */
const closed = ({ login, kept }: Journey, done: Login['done'] & string): Write[] =>
  kept ? [changedLogin({ ...login, done })] : []

type SessionAfter = {
  session: Session
  write: Write
  cookie: string[]
  /** The end of a session that this one takes the place of. */
  left: Write[]
}

/**
 * The session as this login leaves it: with another secret whenever something new was proved, and with the application
 * that has a code in it now.
 */
function sessionAfter(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  standing: number,
  client?: string,
): SessionAfter {
  const { login, session, leftover, realm, person } = journey
  const now = world.now()
  const { sessionIdle, sessionLifetime } = realm.settings
  const idleUntil = Math.min(now + sessionIdle, session?.until ?? now + sessionLifetime)
  if (session !== undefined && login.proofs.length === 0 && session.standing === standing)
    return { session, write: seenSession(session, now, idleUntil, client), cookie: [], left: [] }

  const secret = newSecret()
  const user = session?.user ?? person?.user.id
  if (user === undefined) throw new Error('A login was finished for nobody')
  const userAgent = call.headers['user-agent']?.slice(0, 256)
  const epoch = person?.user.epoch
  const begun = { sid: newId(), user, createdAt: now, until: now + sessionLifetime }
  const next: Session = {
    ...(session ?? {
      ...begun,
      ...(epoch === undefined ? {} : { epoch }),
      ...(client === undefined ? {} : { clients: [client] }),
    }),
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
    write: session === undefined ? createdSession(next) : replacedSession(next, session.secretHash, client),
    cookie: [setSession({ id: next.sid, secret })],
    left: leftover === undefined ? [] : endings(world, call, leftover),
  }
}

/**
 * One proof a factor and credential, the latest: a session does not grow with each use. A touch without user
 * verification takes nothing away from one with it.
 */
function newestProofs(journey: Journey) {
  const latest = new Map<string, Session['proofs'][number]>()
  for (const proof of proofsOf(journey))
    latest.set(`${proof.factor} ${proof.credential ?? ''} ${proof.userVerified ?? ''}`, proof)
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
