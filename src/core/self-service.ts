/**
 * Decides what people may do by themselves about what they sign in with: which proof it takes, and what they may not do
 * without.
 *
 * A session that somebody left open is not enough to change what its person signs in with (Keycloak CVE-2026-3429). What
 * is taken away must be proved afresh at its own level; what is added, at the highest level that the person can reach.
 * Which level that is, what reaches it, and whether something is still in reach without an authenticator is the step-up
 * decision's own word. Whether the proof was made is read from the access token and the session, by whoever asks.
 */

import { policyOf } from './judge.ts'
import type { Client } from './oidc/client.ts'
import { flowNamed, type Realm } from './realm.ts'
import type { Seconds } from './result.ts'
import type { SignedIn } from './role.ts'
import {
  type ClientPolicy,
  decide,
  type Enrolled,
  type Policy,
  type Proof,
  policyFor,
  type Question,
} from './step-up/decide.ts'
import type { FactorKind, Flow } from './step-up/flow.ts'
import { lookUp } from './step-up/names.ts'
import { prospectOf } from './step-up/offers.ts'
import { reaches, standings } from './step-up/standing.ts'
import type { User } from './user.ts'

/** The portal as the decision sees it: which flow and which names apply, and what its person has. */
export type Standpoint = { policy: Policy; flow: Flow; enrolled: Enrolled; now: Seconds }

export const standpointOf = (realm: Realm, client: Client, enrolled: Enrolled, now: Seconds): Standpoint => ({
  policy: policyFor(realm, policyOf(client)),
  flow: flowFor(realm, client),
  enrolled,
  now,
})

const flowFor = (realm: Realm, { flow: named }: Pick<Client, 'flow'>): Flow => {
  const flow = flowNamed(realm, named) ?? flowNamed(realm, realm.browserFlow)
  if (flow === undefined)
    throw new Error(`The realm has no flow ${realm.browserFlow}, which is bound as its browser flow`)
  return flow
}

/** Nobody's request: what is asked here is what a request to come would meet. */
const nobodys = { id: '', prompt: [] } as const

const questionOf = ({ policy, flow, enrolled, now }: Standpoint, proofs: readonly Proof[] = []): Question => ({
  request: nobodys,
  policy,
  flow,
  proofs,
  enrolled,
  now,
})

/** A level to be proved afresh. Without a name there is no level that anybody could be asked for: recent is all it can be. */
export type FreshProof = { acr?: string; loa: number; maxAge: Seconds }

/** What is to be changed: something is added, or something of this kind is taken away. */
export type Purpose = 'add' | Extract<FactorKind, 'otp' | 'webauthn'>

/**
 * Which proof it takes. Where what is taken away proves no level that the person can reach, the highest that they can
 * reach stands in for it. Codes that failures have locked count as if they could be reached, so that whoever knows a
 * password does not come by it to codes of their own: the help desk unlocks them.
 */
export function proofFor(purpose: Purpose, standpoint: Standpoint, maxAge: Seconds): FreshProof {
  const { policy, enrolled } = standpoint
  const inReach = (having: Enrolled) =>
    prospectOf(questionOf({ ...standpoint, enrolled: having }), [], ['use']).levels.filter(({ met }) => met)
  const own = inReach(enrolled).find(({ level }) =>
    level.steps.some(({ authenticator, requirement }) => authenticator === purpose && requirement !== 'disabled'),
  )
  const unlocked: Enrolled = enrolled.otp === 'locked' ? { ...enrolled, otp: 'usable' } : enrolled
  const loa = (own ?? inReach(unlocked).at(-1))?.level.loa
  if (loa === undefined) return { loa: Number.MIN_SAFE_INTEGER, maxAge }
  // The level's own name, or the nearest one below: above it there may be nothing that the person can reach.
  const named = Object.entries(policy.acrToLoa)
    .filter(([, its]) => its <= loa)
    .sort(([one, low], [other, high]) => high - low || (one < other ? -1 : 1))[0]
  return named === undefined ? { loa: Number.MIN_SAFE_INTEGER, maxAge } : { acr: named[0], loa: named[1], maxAge }
}

/** Whether the token says it, recently enough, and the session still has what it rests on: elevation may have been dropped. */
export function isProved(
  { acr, loa, maxAge }: FreshProof,
  { acr: reached, authTime }: SignedIn,
  proofs: readonly Proof[],
  standpoint: Standpoint,
): boolean {
  if (standpoint.now - authTime > maxAge) return false
  if (acr === undefined) return true
  const said = reached === undefined ? undefined : lookUp(standpoint.policy.acrToLoa, reached)
  if (said === undefined || said < loa) return false
  return reaches(standings(questionOf(standpoint, proofs), proofs, true), loa)
}

/** By which name a pending key is asked for, so that it is activated: of the lowest level that takes one. */
export function acrOfKeys({ flow, policy }: Pick<Standpoint, 'flow' | 'policy'>): string | undefined {
  const level = flow.levels.find(({ steps }) =>
    steps.some(({ authenticator, requirement }) => authenticator === 'webauthn' && requirement !== 'disabled'),
  )
  if (level === undefined) return undefined
  return Object.entries(policy.acrToLoa)
    .filter(([, loa]) => loa >= level.loa)
    .sort(([one, low], [other, high]) => low - high || (one < other ? -1 : 1))[0]?.[0]
}

// --- What cannot be done without ----------------------------------------------------------------------------------

/** Somebody who lets nobody in below a level; `name` of an application, none where it is the person's role. */
type Demander = { name?: string; policy: ClientPolicy; flow: Flow; names: string[] }

/** What would be out of reach. Without `acr` it is the last way to sign in. */
export type Lost = { acr?: string; application?: string }

/**
 * What the person reaches now and would not reach any more, of what an application's record, the realm's default or their
 * role demands. What an application asks in a request of its own is not known beforehand; that somebody can sign in at all
 * is demanded by every application.
 *
 * @param after what they would have then.
 */
export function lostWithout(
  realm: Realm,
  clients: readonly Client[],
  user: Pick<User, 'roles'>,
  [before, after]: readonly [Enrolled, Enrolled],
  now: Seconds,
): Lost | undefined {
  for (const demander of demanders(realm, clients, user)) {
    const reached = targetOf(realm, demander, before, now)
    if (reached === undefined || targetOf(realm, demander, after, now) !== undefined) continue
    const acr = reached.acr ?? demander.policy.minimumAcr
    return {
      ...(acr === undefined ? {} : { acr }),
      ...(demander.name === undefined ? {} : { application: demander.name }),
    }
  }
  return undefined
}

function demanders(realm: Realm, clients: readonly Client[], { roles = [] }: Pick<User, 'roles'>): Demander[] {
  const ofClient = clients
    .filter(({ enabled, grantTypes }) => enabled && grantTypes.includes('authorization_code'))
    .map((client): Demander => {
      const policy = policyOf(client)
      // What is only wished for is not needed: of such a client the floor alone binds.
      const bound = policy.enforcement === 'voluntary' ? { ...policy, defaultAcr: [] } : policy
      return { name: client.clientName, policy: bound, flow: flowFor(realm, client), names: [] }
    })
  const { consoleAcr, sensitiveAcr } = realm.settings
  const own = flowFor(realm, {})
  const ofRole = roles.length === 0 ? [] : [consoleAcr, sensitiveAcr]
  const all = [...ofClient, ...ofRole.map((acr): Demander => ({ policy: {}, flow: own, names: [acr] }))]
  // Most applications demand the same: each question is asked once.
  return [...new Map(all.map((each) => [JSON.stringify([each.policy, each.flow.id, each.names]), each])).values()]
}

/** What a request to it would aim at, of somebody who has shown nothing yet; `undefined`: it could not be met. */
function targetOf(realm: Realm, { policy, flow, names }: Demander, enrolled: Enrolled, now: Seconds) {
  const decision = decide({
    request: { ...nobodys, acrValues: names },
    policy: policyFor(realm, policy),
    flow,
    proofs: [],
    enrolled,
    now,
  })
  return decision.do === 'ask' && decision.report.reason === 'missing' ? decision.target : undefined
}

// --- Levels -------------------------------------------------------------------------------------------------------

export type HeldLevel = {
  alias: string
  loa: number
  acr?: string
  state: 'fresh' | 'stale' | 'missing'
  at?: Seconds
  /** Until when it is good without being shown again; of one that rests on lower levels, theirs counts as well. */
  until?: Seconds
  reachable: boolean
}

/** Each level of the portal's flow, as the session's proofs carry it. */
export function levelsOf(standpoint: Standpoint, proofs: readonly Proof[]): HeldLevel[] {
  const { policy, flow } = standpoint
  let lower = Number.POSITIVE_INFINITY
  return decide(questionOf(standpoint, proofs)).report.levels.map(
    ({ alias, loa, maxAge, state, at, reachable }, index) => {
      const own = at === undefined ? undefined : at + maxAge
      const until = own === undefined || flow.levels[index]?.mode === 'direct' ? own : Math.min(own, lower)
      lower = Math.min(lower, own ?? lower)
      const acr = Object.keys(policy.acrToLoa)
        .filter((name) => policy.acrToLoa[name] === loa)
        .sort()[0]
      return {
        ...{ alias, loa, state, reachable },
        ...(acr === undefined ? {} : { acr }),
        ...(at === undefined ? {} : { at }),
        ...(until === undefined || state !== 'fresh' ? {} : { until }),
      }
    },
  )
}

/**
 * The proofs of the lowest level that the session has: what is left of it when its person wants no more than that.
 * Whether it is recent does not matter, or somebody who signed in with a password two hours ago and touched a key since
 * would keep the key's level.
 */
export function baseProofs(standpoint: Standpoint, proofs: readonly Proof[]): Proof[] {
  const base = standings(questionOf(standpoint, proofs), proofs, true).find(({ met }) => met)
  const kept = new Set(base?.counted.map(({ proof }) => proof))
  return base === undefined ? [...proofs] : proofs.filter((proof) => kept.has(proof))
}
