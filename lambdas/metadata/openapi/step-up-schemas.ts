/** What flows, policies and explanations look like. */
import { mostFlows } from '../../../src/core/realm.ts'
import { factorKinds, modes, requirements } from '../../../src/core/step-up/flow.ts'
import { type clientStepUpMembers, enrollable } from '../../../src/core/step-up/policy.ts'
import { dateTime, type Json, object, ref, strict } from './parts.ts'

const whole = (description: string): Json => ({ type: 'integer', minimum: 0, maximum: 2_147_483_647, description })
const seconds = (description: string): Json => whole(`${description} Seconds.`)
const list = (items: Json, description = ''): Json => ({
  type: 'array',
  items,
  ...(description === '' ? {} : { description }),
})
const text: Json = { type: 'string' }
const flag: Json = { type: 'boolean' }
const numbers = (description: string): Json => ({
  type: 'object',
  additionalProperties: { type: 'integer', minimum: 0 },
  description,
})

const flowId: Json = { type: 'string', pattern: '^(?!constructor$)[a-z0-9][a-z0-9-]{0,63}$' }
const flowName: Json = { type: 'string', minLength: 1, maxLength: 100 }
const flowDescription: Json = { type: 'string', maxLength: 500 }
const acrToLoa = numbers('ACR names and the level each stands for.')
const warnings = list(ref('schemas', 'Warning'), 'What works, and is perhaps not what was meant.')

const step = object(
  {
    authenticator: { enum: factorKinds },
    requirement: {
      enum: requirements,
      description:
        'required: of everybody; alternative: one of them; conditional: of whoever has that factor; disabled: not looked at.',
    },
    reference: { type: 'string', description: 'What it adds to amr, instead of RFC 8176’s words.' },
    referenceMaxAge: seconds('How long the reference stays in amr; 0: for one request.'),
    demands: object(
      {
        userVerified: flag,
        attested: flag,
        deviceBound: flag,
        aaguids: list(text, 'The models that will do.'),
      },
      [],
      { ...strict, description: 'Of webauthn only.' },
    ),
  },
  ['authenticator', 'requirement', 'referenceMaxAge'],
  strict,
)

const level = object(
  {
    alias: text,
    loa: whole('Its number; levels ascend.'),
    maxAge: seconds('How long it is good; 0: for the request it was shown in.'),
    mode: {
      enum: modes,
      description: 'cumulative: the lower levels must be fresh too; direct: its own steps suffice.',
    },
    steps: { ...list(step), maxItems: 20 },
  },
  ['alias', 'loa', 'maxAge', 'mode', 'steps'],
  strict,
)

const realmPolicy = {
  acrToLoa,
  defaultAcr: list(text, 'What a request asks for that asks for nothing, the preferred one first.'),
  unreachable: {
    enum: ['attempt', 'fail-fast'],
    description: 'When a binding request cannot be met: ask what the flow has and fail, or fail at once.',
  },
  enrol: list({ enum: enrollable }, 'What a user who lacks it may set up in the middle of a login.'),
}

const clientPolicy = {
  flow: { ...flowId, description: 'Instead of the browser flow.' },
  acrToLoa: { ...acrToLoa, description: 'Instead of the realm’s map, as a whole.' },
  defaultAcr: realmPolicy.defaultAcr,
  minimumAcr: { type: 'string', description: 'A floor under whatever is asked.' },
  enforcement: { enum: ['strict', 'voluntary'], description: 'Whether acr_values that are not reached are an error.' },
  maxAges: numbers('Seconds, by the alias or the number of a level; the smaller one counts.'),
  amr: { type: 'boolean', description: 'false: no amr in this client’s tokens.' },
} as const satisfies Record<(typeof clientStepUpMembers)[number], Json>

const enrolmentState: Json = { enum: ['usable', 'pending', 'locked', 'none'] }
const target = object({ acr: text, loa: { type: 'integer' } }, ['loa'])

const report = object(
  {
    wanted: object(
      { names: list(text), from: { enum: ['essential', 'acr_values', 'voluntary', 'default', 'nothing'] } },
      ['names', 'from'],
    ),
    dropped: list(text, 'Names that the map does not know.'),
    target,
    achieved: target,
    levels: list(
      object(
        {
          alias: text,
          loa: { type: 'integer' },
          maxAge: { type: 'integer', description: 'The smaller of the flow’s and the client’s. Seconds.' },
          state: { enum: ['fresh', 'stale', 'missing'] },
          at: { type: 'integer' },
          age: { type: 'integer' },
          reachable: { type: 'boolean', description: 'Whether this user could reach it in this request.' },
        },
        ['alias', 'loa', 'maxAge', 'state', 'reachable'],
      ),
    ),
    reason: { type: 'string' },
  },
  ['wanted', 'dropped', 'levels', 'reason'],
)

const decision: Json = {
  oneOf: [
    object(
      {
        do: { const: 'issue' },
        acr: text,
        amr: list(text),
        authTime: dateTime('auth_time.'),
        level: whole('Reached.'),
      },
      ['do', 'amr', 'authTime', 'level'],
    ),
    object(
      {
        do: { const: 'ask' },
        offers: list(
          object(
            {
              factor: { enum: factorKinds },
              ways: list({ enum: ['use', 'activate', 'enrol'] }),
              authenticators: list(text, 'The keys that lead on, by their id.'),
            },
            ['factor', 'ways', 'authenticators'],
          ),
          'The preferred one first.',
        ),
      },
      ['do', 'offers'],
    ),
    object({ do: { const: 'refuse' }, error: text, reason: text, description: text }, [
      'do',
      'error',
      'reason',
      'description',
    ]),
  ],
}

const supposedProof = object(
  {
    factor: { enum: factorKinds },
    secondsAgo: seconds('How long ago it was shown.'),
    authenticator: { type: 'string', description: 'Of webauthn: with which of the user’s authenticators.' },
    userVerified: flag,
    smartCard: flag,
  },
  ['factor', 'secondsAgo'],
  strict,
)

export const stepUpSchemas = {
  Flow: object(
    {
      id: flowId,
      name: flowName,
      description: flowDescription,
      version: whole('Goes up with each edit.'),
      levels: { ...list(level), maxItems: 20 },
    },
    ['id', 'name', 'description', 'version', 'levels'],
    strict,
  ),
  Flows: object(
    {
      flows: {
        ...list(
          object(
            {
              id: flowId,
              name: flowName,
              description: flowDescription,
              version: { type: 'integer' },
              bound: { type: 'boolean', description: 'Whether it is the browser flow.' },
              clients: list(text, 'Those that use it instead of the browser flow.'),
            },
            ['id', 'name', 'description', 'version', 'bound', 'clients'],
          ),
        ),
        maxItems: mostFlows,
      },
    },
    ['flows'],
  ),
  FlowChanged: object({ flow: ref('schemas', 'Flow'), warnings }, ['flow', 'warnings']),
  Copy: object({ id: flowId, name: flowName, description: flowDescription }, ['id', 'name'], strict),
  Binding: object({ flow: flowId }, ['flow'], strict),
  Bound: object({ flow: flowId, warnings }, ['flow', 'warnings']),
  StepUpPolicy: object(realmPolicy, ['acrToLoa'], strict),
  StepUpPolicyChanged: object({ policy: ref('schemas', 'StepUpPolicy'), warnings }, ['policy', 'warnings']),
  ClientStepUpPolicy: object(clientPolicy, [], strict),
  ClientStepUpPolicyChanged: object({ policy: ref('schemas', 'ClientStepUpPolicy'), warnings }, ['policy', 'warnings']),
  Warning: object(
    { pointer: { type: 'string', description: 'The place in the document that was sent (RFC 6901).' }, detail: text },
    ['pointer', 'detail'],
  ),
  ExplainQuestion: object(
    {
      user: { type: 'string', description: 'An id or a user name.' },
      client: text,
      request: object(
        {
          acrValues: list(text),
          claims: { type: 'object', description: 'The claims parameter, as JSON.' },
          maxAge: seconds('The max_age parameter.'),
          prompt: list({ enum: ['none', 'login', 'consent', 'select_account'] }),
          scope: { ...list(text), description: 'The names of the scope parameter; all of the client’s if left out.' },
          resource: { ...list(text), description: 'The resource parameters (RFC 8707).' },
        },
        [],
        strict,
      ),
      session: object({ proofs: { ...list(supposedProof), maxItems: 20 } }, ['proofs'], strict),
      sid: { type: 'string', description: 'Instead of session: a session of this user’s.' },
      flow: {
        allOf: [ref('schemas', 'Flow')],
        description: 'Decided with this flow, saved or not, instead of the one that the client has.',
      },
      at: dateTime('When; now if left out.'),
    },
    ['user', 'client'],
    strict,
  ),
  Explanation: object(
    {
      user: object({ id: text, userName: text }, ['id', 'userName']),
      client: object({ clientId: text, clientName: text }, ['clientId', 'clientName']),
      at: dateTime('The time it was decided for.'),
      flow: object({ id: flowId, version: { type: 'integer' }, isClients: flag, supposed: flag }, [
        'id',
        'version',
        'isClients',
        'supposed',
      ]),
      policy: object(
        {
          acrToLoa,
          defaultAcr: list(text),
          minimumAcr: text,
          enforcement: { enum: ['strict', 'voluntary'] },
          unreachable: { enum: ['attempt', 'fail-fast'] },
          enrol: list(text),
          maxAges: numbers('Seconds, by level.'),
          amr: flag,
        },
        ['acrToLoa', 'defaultAcr', 'enforcement', 'unreachable', 'enrol', 'maxAges', 'amr'],
        { description: 'The realm’s and the client’s word in one.' },
      ),
      session: object(
        {
          state: {
            enum: ['counts', 'none', 'over', 'fallen'],
            description: 'over: past its end; fallen: with a key or a password that it rested on.',
          },
          proofs: list(
            object({ factor: { enum: factorKinds }, secondsAgo: { type: 'integer' }, authenticator: text }, [
              'factor',
              'secondsAgo',
            ]),
          ),
        },
        ['state', 'proofs'],
      ),
      enrolment: object(
        {
          password: enrolmentState,
          otp: enrolmentState,
          certificate: enrolmentState,
          webauthn: list(
            object(
              {
                authenticator: text,
                state: { enum: ['usable', 'pending', 'locked'] },
                attested: flag,
                deviceBound: flag,
                aaguid: text,
              },
              ['authenticator', 'state', 'attested', 'deviceBound'],
            ),
          ),
        },
        ['password', 'otp', 'certificate', 'webauthn'],
        { description: 'What the user has, as the service sees it.' },
      ),
      decision,
      report,
      next: object({ page: text }, ['page'], { description: 'What the person would see first.' }),
      why: list(text, 'The same in sentences, in the order in which it is decided.'),
    },
    ['user', 'client', 'at', 'flow', 'policy', 'session', 'enrolment', 'decision', 'report', 'next', 'why'],
  ),
} as const satisfies Record<string, Json>
