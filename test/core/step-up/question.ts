/** The question that the tests of the decision change one thing of: somebody with every factor, a minute after App1. */
import fidoFlow from '../../../flows/fido.json' with { type: 'json' }
import otpFlow from '../../../flows/stepup-ldap-otp.json' with { type: 'json' }
import cbaFlow from '../../../flows/stepup-ldap-otp-cba.json' with { type: 'json' }
import {
  type AuthenticationRequest,
  type ClientPolicy,
  type Decision,
  decide,
  type Enrolled,
  type Key,
  type Proof,
  policyFor,
  type Question,
  type RealmPolicy,
} from '../../../src/core/step-up/decide.ts'
import { type FactorKind, type Flow, parseFlow, type Step } from '../../../src/core/step-up/flow.ts'

export const flowOf = (data: unknown): Flow => {
  const flow = parseFlow(data)
  if (!flow.ok) throw new Error(`${flow.at}: ${flow.detail}`)
  return flow.value
}
export const withoutLevel = (flow: Flow, alias: string): Flow => ({
  ...flow,
  levels: flow.levels.filter((level) => level.alias !== alias),
})
export const ldapOtp = flowOf(otpFlow)
export const ldapOtpCba = flowOf(cbaFlow)
/** As it ships, without the one-time code between its levels. */
export const fido = withoutLevel(flowOf(fidoFlow), 'otp')
export const ldap: Flow = { ...ldapOtp, id: 'ldap', levels: ldapOtp.levels.slice(0, 1) }

export const t0 = 1_800_000_000
export const realm: RealmPolicy = { acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 3 } }
export const policy = (client: ClientPolicy = {}, more: Partial<RealmPolicy> = {}) =>
  policyFor({ ...realm, ...more }, client)
export const request = (change: Partial<AuthenticationRequest> = {}): AuthenticationRequest => ({
  id: 'app2',
  prompt: [],
  ...change,
})
export const acr = (...acrValues: string[]) => request({ acrValues })

export const password = (at = t0, login = 'app1'): Proof => ({ factor: 'password', at, request: login })
export const otp = (at = t0, login = 'app1'): Proof => ({ factor: 'otp', at, request: login })
export const certificate = (at = t0, login = 'app1'): Proof => ({ factor: 'certificate', at, request: login })
export const webauthn = (change: Partial<Proof> = {}): Proof => ({
  factor: 'webauthn',
  at: t0,
  request: 'app1',
  credential: 'blue',
  userVerified: true,
  deviceBound: true,
  ...change,
})
export const blueKey: Key = { credential: 'blue', state: 'usable', attested: true, deviceBound: true }
export const everything: Enrolled = { password: 'usable', otp: 'usable', certificate: 'usable', webauthn: [blueKey] }

/** Somebody with every factor, signed in at App1 with a password a minute ago, arrives at App2. */
export const usual: Question = {
  request: request(),
  policy: policy(),
  flow: ldapOtp,
  proofs: [password()],
  enrolled: everything,
  now: t0 + 60,
}
export const ask = (change: Partial<Question> = {}) => decide({ ...usual, ...change })

export const pageOf = (decision: Decision) =>
  decision.do === 'ask' ? decision.offers.map(({ factor }) => factor) : decision.do
export const wireOf = (decision: Decision) =>
  decision.do === 'refuse' ? [decision.error, decision.reason, decision.description] : decision.do
export const noMatch = ['unmet_authentication_requirements', 'no-match-acr', 'no-match-acr: No matching acr values']

/** Shows what the first offer asks for until there is nothing to ask, and says which pages that took. */
export const visit = (change: Partial<Question> = {}) => {
  const proofs = [...(change.proofs ?? usual.proofs)]
  const pages: FactorKind[] = []
  for (;;) {
    const decision = ask({ ...change, proofs })
    if (decision.do !== 'ask') return { pages, decision }
    const [{ factor }] = decision.offers
    pages.push(factor)
    proofs.push(
      factor === 'webauthn'
        ? webauthn({ at: change.now ?? usual.now, request: 'app2' })
        : { factor, at: change.now ?? usual.now, request: 'app2' },
    )
  }
}

export function step(authenticator: FactorKind, requirement: Step['requirement'] = 'required'): Step {
  return { authenticator, requirement, referenceMaxAge: 3600 }
}

export function withSteps(loa: number, steps: Step[]): Flow {
  return { ...ldapOtp, levels: ldapOtp.levels.map((level) => (level.loa === loa ? { ...level, steps } : level)) }
}

export function withDemands(demands: NonNullable<Step['demands']>): Flow {
  const levels = fido.levels.map((level) =>
    level.alias === 'fido' ? { ...level, steps: [{ ...step('webauthn'), demands }] } : level,
  )
  return { ...fido, levels }
}
