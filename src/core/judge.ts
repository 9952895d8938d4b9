/**
 * Puts the question of a login together and has it decided: which session has a say, which proofs count, what the
 * person seems to have, which flow and which policy apply. The hosted pages, a session that answers silently and the
 * explain call all come through here, so that what is explained is what happens.
 *
 * It reads nothing: record, realm, session and person are given to it.
 */
import type { Authenticator } from './authenticator.ts'
import type { IdentitySource } from './certificate/certificate-identity.ts'
import { enrolmentAsSeen, enrolmentOf } from './enrolment.ts'
import type { Login } from './login.ts'
import { type Next, whatNext } from './next-page.ts'
import type { Client } from './oidc/client.ts'
import { needsConsent } from './oidc/consent.ts'
import { sectorOf, subjectIn } from './oidc/subject.ts'
import { flowNamed, type Realm } from './realm.ts'
import type { Seconds } from './result.ts'
import { credentialsOf, credentialsStand, type Person, type Session, sessionStands } from './session.ts'
import { type ClientPolicy, type Decision, decide, type Enrolled, type Proof, policyFor } from './step-up/decide.ts'
import type { Flow } from './step-up/flow.ts'
import { descriptions } from './step-up/verdict.ts'
import type { AskedBy } from './token-validator/validator-settings.ts'

/** What is known of a login before it is judged. */
export type Known = {
  login: Login
  realm: Realm
  /** The browser's session, where it has a say in this login and still stands. */
  session: Session | undefined
  person: Person | undefined
}

export type Judged = {
  /** Whether somebody proved to be this person, in the session or on the way here. Until then, pages tell nothing. */
  proved: boolean
  /** What the decision took the person to have. */
  enrolled: Enrolled | 'unknown'
  decision: Decision
  next: Next
}

/** The session and the person that count, of those that were read. */
export function admitted(
  login: Login,
  session: Session | undefined,
  read: Person | undefined,
): { session: Session | undefined; person: Person | undefined } {
  const mine = hasSay(login, session)
  const stands = mine && read !== undefined && read.user.id === session?.user && sessionStands(session, read)
  // A session that stands no more names nobody either: who they are is asked afresh.
  const person = read?.user.enabled && (stands || login.user !== undefined) ? read : undefined
  return { session: stands ? session : undefined, person }
}

/** Whether the browser's session is about the person who signs in, as far as the login says. */
export const hasSay = (login: Pick<Login, 'user' | 'leftSession'>, session: Session | undefined): boolean =>
  session !== undefined && !login.leftSession && [undefined, session.user].includes(login.user)

/** The decision over what is known. `candid`: with what the person really has, although nothing was proved yet. `certificates`, `tokens`: as in `enrolmentOf`. */
export function judgeLogin(
  known: Known,
  now: Seconds,
  {
    proofs = proofsOf(known),
    candid = false,
    certificates,
    tokens,
  }: {
    proofs?: readonly Proof[]
    candid?: boolean
    certificates?: IdentitySource | undefined
    tokens?: AskedBy | undefined
  } = {},
): Judged {
  const { login, realm, person } = known
  // Who confirmed who they are, to activate a key, is no stranger either, although that proves no level.
  const { activation } = login
  const confirmed = activation !== undefined && activation.state !== 'waiting' && activation.until > now
  const proved = person !== undefined && (proofs.length > 0 || confirmed)
  const name = login.typedName ?? person?.user.userName
  const real = person === undefined ? undefined : enrolmentOf(person, now, certificates, tokens)
  const enrolled =
    name === undefined
      ? 'unknown'
      : (proved || candid) && real !== undefined
        ? real
        : enrolmentAsSeen(real, name, realm.decoySecret, certificates)
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
  const consent = needsConsent(login, person?.consents)
  const decision = aboutAnother(known) ? anotherPerson(decided) : consent ? unlessAsked(login, decided) : decided
  const named = name !== undefined
  return {
    proved,
    enrolled,
    decision,
    next: whatNext({ login, decision, named, certificates: certificates !== undefined, consent, now }),
  }
}

/** The application asked about one person, and it is another who signs in. */
const aboutAnother = ({ login, realm, person }: Known): boolean =>
  login.request.subject !== undefined &&
  person !== undefined &&
  subjectIn(login.sector, person.user.id, realm) !== login.request.subject

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

/** With `prompt=none` nobody may be asked for their consent (OpenID Connect Core §3.1.2.6). */
const unlessAsked = ({ request }: Login, decision: Decision): Decision =>
  decision.do !== 'issue' || !request.prompts.includes('none')
    ? decision
    : {
        do: 'refuse',
        error: 'consent_required',
        reason: 'no-consent',
        description: descriptions['no-consent'],
        helps: [],
        report: { ...decision.report, reason: 'no-consent' },
      }

/** What the session and this login have shown, as far as the keys it was shown with are still there. */
export function proofsOf({ login, session, person }: Omit<Known, 'realm'>): Proof[] {
  if (person === undefined) return []
  return [...(session?.proofs ?? []), ...login.proofs].filter((proof) =>
    credentialsStand(credentialsOf([proof]), person),
  )
}

/** The client's flow, or the browser flow: also for a login whose flow was deleted under way. */
export function flowOf(realm: Realm, named: string | undefined): Flow {
  const flow = flowNamed(realm, named) ?? flowNamed(realm, realm.browserFlow)
  if (flow === undefined)
    throw new Error(`The realm has no flow ${realm.browserFlow}, which is bound as its browser flow`)
  return flow
}

/** What a login knows of the client that asks. */
export function askerOf(client: Client): Pick<Login, 'application' | 'policy' | 'flow' | 'sector' | 'thirdParty'> {
  const sector = sectorOf(client)
  return {
    application: client.clientName,
    policy: policyOf(client),
    ...(client.flow === undefined ? {} : { flow: client.flow }),
    ...(sector === undefined ? {} : { sector }),
    ...(client.thirdParty === true ? { thirdParty: { since: client.createdAt } } : {}),
  }
}

/** What a client's record says of levels. */
export const policyOf = (client: Client): ClientPolicy => {
  const { acrToLoa, defaultAcr, minimumAcr, enforcement, maxAges, amr } = client
  return {
    enforcement,
    ...(acrToLoa === undefined ? {} : { acrToLoa }),
    ...(defaultAcr === undefined ? {} : { defaultAcr }),
    ...(minimumAcr === undefined ? {} : { minimumAcr }),
    ...(maxAges === undefined ? {} : { maxAges }),
    ...(amr === undefined ? {} : { amr }),
  }
}

/** What an answer of this key proves. */
export const proofOf = (
  key: Authenticator,
  { userVerified }: { userVerified: boolean },
  login: Pick<Login, 'id'>,
  at: Seconds,
): Proof => ({
  factor: 'webauthn',
  at,
  request: login.id,
  credential: key.id,
  userVerified,
  deviceBound: key.credential.backupEligible !== true,
  attested: key.provenance === 'attested',
  ...(key.provenance === 'attested' && key.credential.aaguid !== undefined ? { aaguid: key.credential.aaguid } : {}),
})
