/**
 * The decision by itself, for questions from the usual one to the largest that a realm is likely to ask, beside a whole
 * request that makes one of them.
 */
import fidoFlow from '../../flows/fido.json' with { type: 'json' }
import cbaFlow from '../../flows/stepup-ldap-otp-cba.json' with { type: 'json' }
import { decide, type Enrolled, type Key, type Proof, policyFor, type Question } from '../../src/core/step-up/decide.ts'
import { type Flow, type Level, parseFlow, type Step } from '../../src/core/step-up/flow.ts'
import { again, type Figures } from '../measure.ts'
import { aroundOf, type Contests, type Setting, sideOf, withCode } from './contest.ts'
import { sessionsOf } from './tokens.ts'

const flowOf = (document: unknown): Flow => {
  const flow = parseFlow(document)
  if (!flow.ok) throw new Error(`${flow.at}: ${flow.detail}`)
  return flow.value
}

const now = 1_800_000_000
const proof = (factor: Proof['factor'], more: Partial<Proof> = {}): Proof => ({
  factor,
  at: now - 60,
  request: 'of-app1',
  credential: `${factor}#0`,
  ...more,
})

const enrolled: Enrolled = { password: 'usable', otp: 'usable', certificate: 'none', webauthn: [] }
const acrToLoa = { pwd: 0, otp: 1, cba: 2, fido: 3 }

/** App1 was signed in with a password a minute ago, App2 asks. */
const usual: Question = {
  request: { id: 'of-app2', acrValues: ['pwd'], prompt: [] },
  policy: policyFor({ acrToLoa }, {}),
  flow: flowOf(cbaFlow),
  proofs: [proof('password')],
  enrolled,
  now,
}

const asking = (acr: string): Question['request'] => ({ ...usual.request, acrValues: [acr] })

const step = (authenticator: Step['authenticator'], more: Partial<Step> = {}): Step => ({
  authenticator,
  requirement: 'required',
  referenceMaxAge: 3600,
  ...more,
})
const level = (alias: string, loa: number, ...steps: Step[]): Level => ({
  alias,
  loa,
  maxAge: 3600,
  mode: 'cumulative',
  steps,
})

/** Every third waits for its activation, every other one stays on its device. */
const twentyKeys: Key[] = Array.from({ length: 20 }, (_, at) => ({
  credential: `key-${at}`,
  state: at % 3 === 0 ? 'pending' : 'usable',
  deviceBound: at % 2 === 0,
  attested: at === 16,
}))

const fiveLevels: Question = {
  ...usual,
  request: asking('attested'),
  policy: policyFor({ acrToLoa: { pwd: 0, otp: 1, key: 2, bound: 3, attested: 4 } }, {}),
  flow: {
    ...usual.flow,
    levels: [
      level('pwd', 0, step('password')),
      level('otp', 1, step('otp')),
      level('key', 2, step('webauthn')),
      level('bound', 3, step('webauthn', { demands: { deviceBound: true } })),
      level('attested', 4, step('webauthn', { demands: { deviceBound: true, attested: true, userVerified: true } })),
    ],
  },
  enrolled: { ...enrolled, webauthn: twentyKeys },
}

const conditional: Question = {
  ...usual,
  flow: {
    ...usual.flow,
    levels: [
      level(
        'pwd',
        0,
        step('password'),
        step('otp', { requirement: 'conditional' }),
        step('webauthn', { requirement: 'conditional' }),
      ),
    ],
  },
}

/** Each with what it has to come to: a figure for another decision would be none. */
const questions: Record<string, { question: Question; comes: ReturnType<typeof decide>['do'] }> = {
  'silent reuse': { question: usual, comes: 'issue' },
  'one factor missing': { question: { ...usual, request: asking('otp') }, comes: 'ask' },
  'conditional steps': { question: conditional, comes: 'ask' },
  'nobody known yet, a key or a password': {
    question: { ...usual, flow: flowOf(fidoFlow), proofs: [], enrolled: 'unknown', request: asking('fido') },
    comes: 'ask',
  },
  refused: {
    question: { ...usual, request: asking('cba'), proofs: [proof('password'), proof('otp', { request: 'of-app2' })] },
    comes: 'refuse',
  },
  'five levels, twenty keys': { question: fiveLevels, comes: 'ask' },
}

const whole = 'keystep, handler: authorize with a session'

export const decisionContests = ({ ours, carriers }: Setting): Contests => ({
  decisions: async () => {
    const sides = Object.entries(questions).map(([name, { question, comes }]) => {
      const { do: does } = decide(question)
      if (does !== comes) throw new Error(`The decision on ${name} is to ${does}, and was to be to ${comes}`)
      return again(`decide: ${name}`, async () => decide(question))
    })
    const sessions = await sessionsOf(ours, carriers.event)
    return {
      name: 'decisions',
      title: 'decisions (src/core/step-up/decide.ts), and a request that makes one',
      atOnce: 1,
      sides: [...sides, sideOf(whole, carriers.event, aroundOf(sessions, withCode))],
      note: shareOfDecision,
    }
  },
})

function shareOfDecision(figures: readonly Figures[]): string {
  const request = figures.find(({ name }) => name === whole)
  // Ratios are to the first side, which is the decision that such a request makes.
  return `of the request's CPU, ${(100 / (request?.cpuRatio ?? Number.NaN)).toFixed(2)} % is the decision`
}
