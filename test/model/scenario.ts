/**
 * Who and what the sequences start with: people with passwords and keys of every kind, applications, flows. Keys and
 * password hashes are made once, because making them is slow.
 */
import { createHash } from 'node:crypto'
import fido from '../../flows/fido.json' with { type: 'json' }
import { toBase64url } from '../../src/core/base64url.ts'
import { enrolmentAsSeen } from '../../src/core/enrolment.ts'
import { type Flow, parseFlow, type Step } from '../../src/core/step-up/flow.ts'
import { createSecurityKey, type SecurityKey } from '../authenticator.ts'
import type { ClientFacts, KeyFacts, PersonFacts, RealmFacts } from './facts.ts'
import type { OwnedKey } from './naive-decision.ts'
import { type Given, stranger } from './sight.ts'

export const start = 1_800_000_000
export const issuer = 'https://id.example.org'
export const rpId = 'example.org'
export const decoySecret = createHash('sha256').update('the decoys of the model').digest('base64url')

export const models = {
  listed: 'ee882879-721c-4913-9775-3dfcce97072a',
  other: '11111111-1111-4111-8111-111111111111',
}

const keyOf = (name: string, change: Partial<KeyFacts> = {}): KeyFacts => ({
  name,
  state: 'active',
  attested: true,
  synced: false,
  model: models.listed,
  ...change,
})

const people = (): Record<string, PersonFacts> => ({
  anna: {
    name: 'anna',
    enabled: true,
    password: { text: 'first', version: 0 },
    codes: { state: 'active', last: -1 },
    keys: [keyOf('blue'), keyOf('red', { attested: false, synced: true, model: models.other })],
  },
  bob: {
    name: 'bob',
    enabled: true,
    password: { text: 'first', version: 0 },
    codes: { state: 'active', last: -1 },
    keys: [],
  },
  carl: {
    name: 'carl',
    enabled: true,
    password: { text: 'first', version: 0 },
    keys: [keyOf('green', { state: 'pending' })],
  },
  dora: {
    name: 'dora',
    enabled: true,
    password: { text: 'first', version: 0 },
    keys: [keyOf('grey', { state: 'locked' })],
  },
  eva: { name: 'eva', enabled: true, keys: [keyOf('gold', { model: models.other })] },
})

/** Keys that somebody may be given later. */
export const spare: Record<string, KeyFacts> = {
  white: keyOf('white', { attested: false }),
  black: keyOf('black', { state: 'pending', synced: true }),
}

export const keyNames = ['blue', 'red', 'green', 'gold', 'grey', ...Object.keys(spare)]
export const passwords = ['first', 'second', 'wrong'] as const
export const personNames = Object.keys(people())

const owners: Record<string, string> = {
  blue: 'anna',
  red: 'anna',
  green: 'carl',
  gold: 'eva',
  grey: 'dora',
  white: 'bob',
  black: 'anna',
}
export const ownerOf = (key: string): string => owners[key] ?? ''

const made = new Map<string, SecurityKey>()
export function securityKey(name: string): SecurityKey {
  const { model, synced } = [...Object.values(people()).flatMap(({ keys }) => keys), ...Object.values(spare)].find(
    (key) => key.name === name,
  ) ?? { model: models.other, synced: false }
  const userHandle = toBase64url(Buffer.from(ownerOf(name)))
  const key =
    made.get(name) ?? createSecurityKey({ rpId, origin: issuer, userHandle, backupEligible: synced, aaguid: model })
  made.set(name, key)
  return key
}

// --- Flows --------------------------------------------------------------------------------------------------------

const flowOf = (data: unknown): Flow => {
  const flow = parseFlow(data)
  if (!flow.ok) throw new Error(`${flow.at}: ${flow.detail}`)
  return flow.value
}

const step = (authenticator: Step['authenticator'], change: Partial<Step> = {}): Step => ({
  authenticator,
  requirement: 'required',
  referenceMaxAge: 3600,
  ...change,
})
const level = (alias: string, loa: number, mode: 'cumulative' | 'direct', steps: Step[], maxAge = 3600) => ({
  alias,
  loa,
  maxAge,
  mode,
  steps,
})
const flow = (id: string, levels: Flow['levels']): Flow => ({ id, name: id, description: '', version: 1, levels })

export const flows: Record<string, Flow> = {
  fido: flowOf(fido),
  /** A key on top of a password, and what it must be on top of that. */
  climbing: flow('climbing', [
    level('pwd', 0, 'cumulative', [step('password', { reference: 'pwd' })]),
    level('otp', 1, 'cumulative', [step('webauthn')]),
    level('cba', 2, 'cumulative', [step('webauthn', { demands: { userVerified: true, attested: true } })], 300),
    level('fido', 3, 'direct', [step('webauthn', { demands: { aaguids: [models.listed], deviceBound: true } })], 0),
  ]),
  /** Either will do at first; both further up, from those who have a key. */
  either: flow('either', [
    level('pwd', 0, 'cumulative', [
      step('password', { requirement: 'alternative', referenceMaxAge: 60 }),
      step('webauthn', { requirement: 'alternative', reference: 'key' }),
    ]),
    level('otp', 1, 'direct', [step('password'), step('webauthn', { requirement: 'conditional' })], 600),
    level('fido', 3, 'cumulative', [step('webauthn', { demands: { userVerified: true } })]),
  ]),
  /** Ends with a code: what is asked beyond it is out of reach. */
  'ldap-otp': flow('ldap-otp', [
    level('pwd', 0, 'cumulative', [step('password', { reference: 'pwd' })]),
    level('otp', 1, 'cumulative', [step('otp', { reference: 'otp' })]),
  ]),
}

// --- All of it ----------------------------------------------------------------------------------------------------

const clients = (): Record<string, ClientFacts> => ({
  app1: { policy: { enforcement: 'voluntary' } },
  app2: { policy: { enforcement: 'strict' }, flow: 'ldap-otp' },
  app3: {
    policy: { enforcement: 'strict', acrToLoa: { silver: 0, gold: 1, best: 3 }, maxAges: { pwd: 600 } },
    flow: 'climbing',
  },
})
export const clientNames = Object.keys(clients())

const realm = (): RealmFacts => ({
  acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 3 },
  unreachable: 'attempt',
  flows: { ...flows },
  browserFlow: 'fido',
  sessionIdle: 7200,
})

const kinds = ['usable', 'pending', 'usable usable', 'usable pending']

/** Names that nobody has, one of each kind of seeming. */
export const strangers = ['seems-usable', 'seems-pending', 'seems-two', 'seems-mixed'].map(
  (name, at) =>
    Array.from({ length: 200 }, (_, n) => `${name}-${n}`).find((each) => kindOf(each) === kinds[at]) ?? name,
)

function decoysOf(name: string): OwnedKey[] {
  return enrolmentAsSeen(undefined, name, decoySecret).webauthn.map(({ state }, at) => stranger(state, at))
}

function kindOf(name: string): string {
  return decoysOf(name)
    .map(({ state }) => state)
    .join(' ')
}

/** What a name seems to have that nobody has: which it is, is the service's secret, and so it is given. */
const decoys = Object.fromEntries([...strangers, ...personNames].map((name) => [name, decoysOf(name)]))

export const beginning = (): Given => ({
  now: start,
  realm: realm(),
  clients: clients(),
  people: people(),
  browsers: [{ tabs: [] }, { tabs: [] }],
  decoys,
})
