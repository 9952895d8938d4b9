/**
 * Answers why a user was asked, or refused: what a login by this client with this request would come to, made from the
 * records as they are and by the code that a login goes through. Nothing is written but that somebody asked.
 */

import type { Desk } from './administration.ts'
import { levelsOf } from './core/audit-event.ts'
import { admitted, askerOf, flowOf, judgeLogin, policyOf, proofOf } from './core/judge.ts'
import { type Login, newLogin } from './core/login.ts'
import type { Next } from './core/next-page.ts'
import { grantable } from './core/oidc/authorize-request.ts'
import type { Client } from './core/oidc/client.ts'
import { askedAndBefore } from './core/oidc/consent.ts'
import type { Realm } from './core/realm.ts'
import { ok, type Result, refuse, type Seconds } from './core/result.ts'
import { isLive, type Person, type Session } from './core/session.ts'
import { type Decision, type Enrolled, type Policy, type Proof, policyFor, type Report } from './core/step-up/decide.ts'
import { type ExplainQuestion, parseExplain, reasonsFor, supposedProof } from './core/step-up/explain.ts'
import { checkFlow } from './core/step-up/flow.ts'
import type { Elsewhere } from './stage.ts'
import { recorded } from './store/audit.ts'
import { clientIn } from './store/clients.ts'
import { places } from './store/keys.ts'
import { namedIn, readPerson } from './store/people.ts'
import { realmIn } from './store/realm.ts'
import { sessionIn } from './store/sessions.ts'

export type Explanation = {
  user: { id: string; userName: string }
  client: { clientId: string; clientName: string }
  at: string
  /** `isClients`: it is the client's own. `supposed`: the one of the question, whichever the client has. */
  flow: { id: string; version: number; isClients: boolean; supposed: boolean }
  policy: Policy
  /** `none`: none was given. `over`: past its end. `fallen`: with a key or a password that it rested on. */
  session: { state: 'counts' | 'none' | 'over' | 'fallen'; proofs: ShownProof[] }
  enrolment: ShownEnrolment
  decision: ShownDecision
  report: Report
  next: { page: Next['page'] }
  why: string[]
}

/** Without the request that it was made in, which is a login's id. */
type ShownProof = Pick<Proof, 'factor'> & { secondsAgo: Seconds; authenticator?: string }
type ShownKey = { authenticator: string; state: string; attested: boolean; deviceBound: boolean; aaguid?: string }
type ShownEnrolment = Omit<Enrolled, 'webauthn'> & { webauthn: ShownKey[] }
type ShownOffer = { factor: string; ways: string[]; authenticators: string[] }
type ShownDecision =
  | { do: 'issue'; acr?: string; amr: string[]; authTime: string; level: number }
  | { do: 'ask'; offers: ShownOffer[] }
  | { do: 'refuse'; error: string; reason: string; description: string }

type NotExplained =
  | 'malformed-request'
  | 'user-not-found'
  | 'client-not-found'
  | 'session-not-found'
  | 'authenticator-not-found'
  | 'unworkable-flow'

export async function explain(
  desk: Desk,
  data: unknown,
  elsewhere: Elsewhere,
): Promise<Result<Explanation, NotExplained>> {
  const read = parseExplain(data)
  if (!read.ok) return read
  const question = read.value
  const { db, now, actor, about } = desk
  const sid = question.session !== undefined && 'sid' in question.session ? question.session.sid : undefined
  const [clientItem, realmItem, byId, byName, sessionItem] = await db.batch([
    places.client(question.client),
    places.realm(),
    places.user(question.user),
    places.userName(question.user),
    ...(sid === undefined ? [] : [places.session(sid)]),
  ])
  const id = namedIn(question.user, byId, byName)
  const person = id === undefined ? undefined : await readPerson(db, id)
  if (person === undefined || !person.user.enabled) return refuse('user-not-found', { at: '/user' })
  const client = clientIn(clientItem)
  if (client === undefined || !client.enabled) return refuse('client-not-found', { at: '/client' })
  const given = withSupposedFlow(question, realmIn(realmItem), client)
  if (!given.ok) return given
  const at = question.at ?? now()
  const session = sessionFor(question, person, sessionIn(sessionItem), at)
  if (!session.ok) return session

  const explanation = explanationOf({
    question,
    ...given.value,
    person,
    session: session.value,
    at,
    elsewhere,
  })
  const told = recorded({
    type: 'step-up.explained',
    at: now(),
    actor,
    ...about,
    user: person.user.id,
    client: client.clientId,
    ...(sid === undefined ? {} : { session: sid }),
    ...levelsOf(explanation.report),
    reason: explanation.report.reason,
    ...(question.flow === undefined ? {} : { flow: question.flow.id, detail: 'with a flow that was supposed' }),
  })
  const done = await db.transact([told])
  if (!done.ok) throw new Error('The audit record of an explanation met one of the same id')
  return ok(explanation)
}

/** The client with the flow that is supposed, if it could be saved; without one, as both are. */
function withSupposedFlow(
  { flow }: ExplainQuestion,
  realm: Realm,
  client: Client,
): Result<{ realm: Realm; client: Client }, 'unworkable-flow'> {
  if (flow === undefined) return ok({ realm, client })
  const works = checkFlow(flow, client.acrToLoa ?? realm.acrToLoa)
  return works.ok
    ? ok({ realm: { ...realm, flows: { ...realm.flows, [flow.id]: flow } }, client: { ...client, flow: flow.id } })
    : { ...works, at: `/flow${works.at ?? ''}` }
}

/** The session that is asked about: a real one of this user's, or one that is supposed. */
function sessionFor(
  { session: given }: ExplainQuestion,
  person: Person,
  found: Session | undefined,
  at: Seconds,
): Result<Session | undefined, 'session-not-found' | 'authenticator-not-found'> {
  if (given === undefined) return ok(undefined)
  if ('sid' in given)
    return found === undefined || found.user !== person.user.id
      ? refuse('session-not-found', { at: '/sid' })
      : ok(found)
  const proofs: Proof[] = []
  for (const [index, supposed] of given.proofs.entries()) {
    const proof = supposedProof(supposed, at, index)
    if (supposed.authenticator === undefined) {
      proofs.push(proof)
      continue
    }
    const key = person.authenticators.find(({ id }) => id === supposed.authenticator)
    if (key === undefined) return refuse('authenticator-not-found', { at: `/session/proofs/${index}/authenticator` })
    const userVerified = supposed.userVerified ?? true
    proofs.push(proofOf(key, { userVerified }, { id: proof.request }, proof.at))
  }
  const { id, standing } = person.user
  const lasts = { createdAt: at, lastSeenAt: at, until: at + 1, idleUntil: at + 1 }
  return ok(proofs.length === 0 ? undefined : { sid: '', secretHash: '', user: id, proofs, standing, ...lasts })
}

type Case = {
  question: ExplainQuestion
  realm: Realm
  client: Client
  person: Person
  session: Session | undefined
  at: Seconds
  elsewhere: Elsewhere
}

function explanationOf({ question, realm, client, person, session: given, at, elsewhere }: Case): Explanation {
  const maxAge = question.request.maxAge ?? client.defaultMaxAge
  const request = { ...question.request, ...(maxAge === undefined ? {} : { maxAge }) }
  const scopes = grantable(request.scopes ?? client.scopes, client)
  const asked = newLogin(
    {
      request: { clientId: client.clientId, redirectUri: '', ...request, scopes },
      ...askerOf(client),
      browserHash: '',
      ...(request.prompts.includes('select_account') ? { leftSession: true } : {}),
    },
    at,
  )
  const live = given !== undefined && isLive(given, at) ? given : undefined
  const counted = admitted(asked, live, person)
  const first = judgeLogin({ login: asked, realm, ...counted }, at, elsewhere)
  // Without a session that counts, a stranger comes, and is shown what strangers are shown. An administrator wants to
  // know what happens to the user, so that is decided for somebody who said who they are, and with what they have.
  const named: Login = { ...asked, user: person.user.id, typedName: person.user.userName }
  const judged =
    counted.session === undefined
      ? judgeLogin({ login: named, realm, session: undefined, person }, at, { candid: true, ...elsewhere })
      : first
  const { decision } = judged
  if (judged.enrolled === 'unknown') throw new Error('A user who is known has nothing that is known')
  const flow = flowOf(realm, client.flow)
  const policy = policyFor(realm, policyOf(client))
  return {
    user: { id: person.user.id, userName: person.user.userName },
    client: { clientId: client.clientId, clientName: client.clientName },
    at: new Date(at * 1000).toISOString(),
    flow: {
      id: flow.id,
      version: flow.version,
      isClients: client.flow === flow.id && question.flow === undefined,
      supposed: question.flow !== undefined,
    },
    policy,
    session: {
      state: given === undefined ? 'none' : counted.session !== undefined ? 'counts' : live ? 'fallen' : 'over',
      proofs: (given?.proofs ?? []).map((proof) => showProof(proof, person, at)),
    },
    enrolment: showEnrolment(judged.enrolled),
    decision: showDecision(decision),
    report: decision.report,
    next: { page: first.next.page },
    why: reasonsFor({
      client: { hasMap: client.acrToLoa !== undefined, hasDefault: client.defaultAcr !== undefined },
      policy,
      flow,
      request,
      decision,
      consent: judged.next.page === 'consent' ? askedAndBefore(asked, person.consents)[0] : undefined,
    }),
  }
}

/** Of credentials, only those that are authenticators of the API have an id that an administrator may know. */
const showProof = ({ factor, at, credential }: Proof, { authenticators }: Person, now: Seconds): ShownProof => ({
  factor,
  secondsAgo: now - at,
  ...(authenticators.some(({ id }) => id === credential) && credential !== undefined
    ? { authenticator: credential }
    : {}),
})

const showEnrolment = ({ password, otp, certificate, webauthn }: Enrolled): ShownEnrolment => ({
  password,
  otp,
  certificate,
  webauthn: webauthn.map(({ credential, state, attested = false, deviceBound = false, aaguid }) => ({
    authenticator: credential,
    state,
    attested,
    deviceBound,
    ...(aaguid === undefined ? {} : { aaguid }),
  })),
})

function showDecision(decision: Decision): ShownDecision {
  switch (decision.do) {
    case 'issue': {
      const { acr, amr, authTime, loa } = decision
      const time = new Date(authTime * 1000).toISOString()
      return { do: 'issue', ...(acr === undefined ? {} : { acr }), amr, authTime: time, level: loa }
    }
    case 'ask':
      return {
        do: 'ask',
        offers: decision.offers.map(({ factor, ways, keys }) => ({
          factor,
          ways,
          authenticators: keys.map(({ credential }) => credential),
        })),
      }
    case 'refuse': {
      const { error, reason, description } = decision
      return { do: 'refuse', error, reason, description }
    }
  }
}
