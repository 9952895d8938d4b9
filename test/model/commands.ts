/** What may happen, as random commands: what people at browsers do, what applications ask, what others change meanwhile. */
import fc from 'fast-check'
import type { OtpChange } from '../../src/core/otp/one-time-password.ts'
import type { FactorKind, Level, Step } from '../../src/core/step-up/flow.ts'
import type { PolicyFacts, RequestFacts } from './facts.ts'
import { clientNames, flows, keyNames, passwords, personNames, spare, strangers } from './scenario.ts'

const factors: FactorKind[] = ['password', 'otp', 'certificate', 'webauthn']
const steps = [
  'username',
  'password',
  'otp',
  'webauthn',
  'method',
  'skip',
  'allow',
  'restart',
  'cancel',
  'reload',
] as const

export type Post = (typeof steps)[number]
type KeyChange = 'suspend' | 'resume' | 'lock' | 'delete'

/** `go`: what the page asks for, honestly; any other step is posted whatever the page is. */
export type StepCommand = {
  do: 'go' | Post
  browser: number
  /** 0: the newest tab; 1: the one before. */
  tab: number
  name: string
  text: string
  key: string
  verified: boolean
  stale: boolean
  factor: FactorKind
}

export type Command =
  /** An application asks; and where `onward` says so, somebody does what each page asks until they are back. */
  | { do: 'authorize'; browser: number; client: string; request: RequestFacts; onward: StepCommand | undefined }
  | StepCommand
  | { do: 'logout'; browser: number }
  | { do: 'wait'; seconds: number }
  | { do: 'change key'; key: string; change: KeyChange }
  | { do: 'give key'; key: string }
  | { do: 'change codes'; person: string; change: OtpChange }
  | { do: 'change password'; person: string; text: string }
  | { do: 'enable'; person: string; enabled: boolean }
  | { do: 'edit flow'; flow: string; level: number; step: number; edit: Edit }
  | { do: 'delete flow'; flow: string }
  | { do: 'restore flow'; flow: string }
  | { do: 'bind flow'; flow: string }
  | { do: 'change client'; client: string; policy: PolicyFacts; flow: string | undefined }
  | { do: 'change realm'; unreachable: 'attempt' | 'fail-fast'; sessionIdle: number; defaultAcr: string[] | undefined }

export type Edit = Partial<Pick<Level, 'maxAge' | 'mode'>> &
  Partial<Pick<Step, 'requirement' | 'referenceMaxAge' | 'demands'>>

// --- Random commands ----------------------------------------------------------------------------------------------

const pick = <Value>(...values: Value[]) => fc.constantFrom(...values)
/** Left out as often as it is there, or so many times as often. */
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>, absent = 1, there = 1) =>
  fc.oneof({ weight: there, arbitrary }, { weight: absent, arbitrary: fc.constant(undefined) })

const present = <Shape extends object>(shape: Shape): Partial<Shape> =>
  Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Partial<Shape>

const acrName = pick('pwd', 'pwd', 'otp', 'otp', 'cba', 'fido', 'fido', 'gold', 'best', 'constructor')
const someNames = fc.oneof(
  { weight: 3, arbitrary: acrName.map((name) => [name]) },
  { weight: 2, arbitrary: fc.uniqueArray(acrName, { minLength: 2, maxLength: 3 }) },
)
const browser = pick(0, 0, 0, 1)

const aRequest: fc.Arbitrary<RequestFacts> = fc
  .record({
    acrValues: maybe(someNames, 1),
    claims: maybe(
      fc.oneof(
        { weight: 15, arbitrary: fc.record({ essential: fc.boolean(), values: someNames }) },
        { weight: 1, arbitrary: pick('malformed' as const) },
      ),
      4,
    ),
    maxAge: maybe(pick(0, 60, 300, 3600), 4),
    prompt: maybe(
      pick('none', 'none', 'none', 'login', 'login', 'login', 'consent', 'select_account', 'none login'),
      2,
    ),
  } as const)
  .map((request) => present(request) as RequestFacts)

const aStep = (kind: fc.Arbitrary<'go' | Post>) =>
  fc.record({
    do: kind,
    browser,
    tab: pick(0, 0, 0, 0, 1, 2),
    name: fc.oneof(
      { weight: 9, arbitrary: pick(...personNames, 'anna', 'anna') },
      { weight: 1, arbitrary: pick(...strangers) },
    ),
    text: pick(...passwords),
    key: pick(...keyNames),
    verified: pick(true, true, true, false),
    stale: pick(false, false, false, false, false, true),
    factor: pick(...factors, 'webauthn' as const),
  })

const aPolicy: fc.Arbitrary<PolicyFacts> = fc
  .record({
    enforcement: pick('voluntary' as const, 'strict' as const),
    acrToLoa: maybe(
      pick<Record<string, number>>(
        { pwd: 0, otp: 1, cba: 2, fido: 3 },
        { silver: 0, gold: 1, best: 3 },
        { pwd: 0, basic: 0, gold: 2 },
      ),
      1,
    ),
    defaultAcr: maybe(pick(['otp'], ['best', 'pwd'], ['unheard-of'])),
    minimumAcr: maybe(pick('otp', 'gold', 'pwd', 'unheard-of'), 1),
    maxAges: maybe(pick<Record<string, number>>({ pwd: 60 }, { '0': 0 }, { fido: 0 }, { '1': 600, otp: 60 }), 1),
    amr: maybe(pick(false), 1),
  })
  .map((policy) => present(policy) as PolicyFacts)

const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  pick(0, 60, 600, 3600).map((maxAge) => ({ maxAge })),
  pick('cumulative' as const, 'direct' as const).map((mode) => ({ mode })),
  pick('required' as const, 'alternative' as const, 'conditional' as const).map((requirement) => ({ requirement })),
  pick(0, 60, 3600).map((referenceMaxAge) => ({ referenceMaxAge })),
  pick({}, { userVerified: true }, { attested: true }, { deviceBound: true }).map((demands) => ({ demands })),
)

const flowName = pick(...Object.keys(flows))

export const aCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: pick('authorize' as const),
      browser,
      client: pick(...clientNames),
      request: aRequest,
      onward: maybe(aStep(pick('go' as const)), 1, 3),
    }),
  },
  { weight: 24, arbitrary: aStep(pick('go' as const)) },
  { weight: 8, arbitrary: aStep(pick(...steps)) },
  { weight: 1, arbitrary: fc.record({ do: pick('logout' as const), browser }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: pick('wait' as const),
      seconds: pick(1, 30, 61, 151, 301, 601, 1801, 3601, 7201, 36_001),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: pick('change key' as const),
      key: pick(...keyNames),
      change: pick<KeyChange>('suspend', 'resume', 'lock', 'delete'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: pick('change codes' as const),
      person: pick('anna', 'bob'),
      change: pick<OtpChange>('suspend', 'resume', 'lock'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: pick('give key' as const), key: pick(...Object.keys(spare)) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: pick('change password' as const),
      person: pick(...personNames),
      text: pick('first', 'second'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: pick('enable' as const), person: pick(...personNames), enabled: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: pick('edit flow' as const),
      flow: flowName,
      level: fc.nat(3),
      step: fc.nat(1),
      edit: anEdit,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: pick('delete flow' as const, 'restore flow' as const, 'bind flow' as const, 'bind flow' as const),
      flow: flowName,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: pick('change client' as const),
      client: pick(...clientNames),
      policy: aPolicy,
      flow: maybe(flowName),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: pick('change realm' as const),
      unreachable: pick('attempt' as const, 'fail-fast' as const),
      sessionIdle: pick(600, 7200),
      defaultAcr: maybe(pick(['otp'], ['fido', 'pwd'])),
    }),
  },
)
