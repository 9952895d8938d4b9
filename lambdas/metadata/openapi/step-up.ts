/** The API that administers step-up: flows, ACR maps, policies, and why somebody was asked. */
import fido from '../../../flows/fido.json' with { type: 'json' }
import { bodyLimits } from '../../api/asked.ts'
import type { tokenScopes } from '../../api/caller.ts'
import type { Reason } from '../../api/problems.ts'
import { answer, body, example, header, type Json, ofBody, parameter, refusals, tenant } from './parts.ts'

const oneFlow = `${tenant}/flows/{flowId}`

/** For access tokens, another scope than a Credential Management System's. */
const common = {
  tags: ['Step-up'],
  security: [{ apiKey: [] }, { clientCredentials: ['step-up' satisfies keyof typeof tokenScopes] }],
} as const

const etag = header('The version of the document, for If-Match: a tag of its bytes.')
const location = header('The address of the flow.', { type: 'string', format: 'uri' })

const changing = [...ofBody, 'realm-too-large', 'changed-meanwhile'] as const satisfies readonly Reason[]
const making = [
  ...changing,
  'flow-exists',
  'too-many-flows',
  'malformed-flow',
  'unworkable-flow',
] as const satisfies readonly Reason[]
const matching = ['changed-since', 'precondition-required'] as const satisfies readonly Reason[]

const gold = { acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 3 }, defaultAcr: ['pwd'], unreachable: 'attempt', enrol: [] }

export const stepUpPaths = {
  [`${tenant}/flows`]: {
    get: {
      ...common,
      operationId: 'listFlows',
      summary: 'List flows',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('Every flow, and who uses it.', 'Flows'), ...refusals([]) },
    },
    post: {
      ...common,
      operationId: 'createFlow',
      summary: 'Create or import a flow',
      description: 'A document that was exported here or elsewhere keeps its version.',
      parameters: parameter('tenantCode'),
      requestBody: body('Flow', bodyLimits.one, { fido: example('The flow that ships', { ...fido, id: 'our-fido' }) }),
      responses: {
        201: answer('It was made.', 'FlowChanged', {}, { Location: location, ETag: etag }),
        ...refusals(making),
      },
    },
  },
  [oneFlow]: {
    get: {
      ...common,
      operationId: 'readFlow',
      summary: 'Read or export a flow',
      description: 'The same bytes for the same flow, as a file would have them.',
      parameters: parameter('tenantCode', 'flowId'),
      responses: { 200: answer('The flow.', 'Flow', {}, { ETag: etag }), ...refusals(['flow-not-found']) },
    },
    put: {
      ...common,
      operationId: 'changeFlow',
      summary: 'Edit a flow',
      description:
        'Replaces it as a whole. The version in the document is not looked at: If-Match says which one is edited. Logins in progress go on with the flow as it is now.',
      parameters: parameter('tenantCode', 'flowId', 'requiredMatch'),
      requestBody: body('Flow', bodyLimits.one, { fido: example('A shorter max age', fido) }),
      responses: {
        200: answer('The flow as it is now.', 'FlowChanged', {}, { ETag: etag }),
        ...refusals([...changing, ...matching, 'flow-not-found', 'malformed-flow', 'unworkable-flow']),
      },
    },
    delete: {
      ...common,
      operationId: 'deleteFlow',
      summary: 'Delete a flow',
      description: 'Unless it is bound as the browser flow, or a client uses it.',
      parameters: parameter('tenantCode', 'flowId', 'ifMatch'),
      responses: {
        204: { description: 'It is gone.' },
        ...refusals(['flow-not-found', 'flow-in-use', 'changed-since', 'changed-meanwhile']),
      },
    },
  },
  [`${oneFlow}/duplicate`]: {
    post: {
      ...common,
      operationId: 'duplicateFlow',
      summary: 'Duplicate a flow',
      parameters: parameter('tenantCode', 'flowId'),
      requestBody: body('Copy', bodyLimits.one, {
        copy: example('To be edited', { id: 'our-fido', name: 'Our FIDO', description: 'With a shorter max age' }),
      }),
      responses: {
        201: answer('The copy.', 'FlowChanged', {}, { Location: location, ETag: etag }),
        ...refusals([...making, 'flow-not-found']),
      },
    },
  },
  [`${tenant}/browser-flow`]: {
    put: {
      ...common,
      operationId: 'bindFlow',
      summary: 'Bind a flow as the browser flow',
      description: 'It is then the flow of every client that has none of its own.',
      parameters: parameter('tenantCode'),
      requestBody: body('Binding', bodyLimits.one, { bind: example('The flow that ships', { flow: 'fido' }) }),
      responses: {
        200: answer('It is bound.', 'Bound'),
        ...refusals([...changing, 'malformed-policy', 'unworkable-policy']),
      },
    },
  },
  [`${tenant}/step-up-policy`]: {
    get: {
      ...common,
      operationId: 'readStepUpPolicy',
      summary: 'Read the realm’s policy',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('The policy.', 'StepUpPolicy', {}, { ETag: etag }), ...refusals([]) },
    },
    put: {
      ...common,
      operationId: 'changeStepUpPolicy',
      summary: 'Change the realm’s policy',
      description: 'Replaces it as a whole.',
      parameters: parameter('tenantCode', 'requiredMatch'),
      requestBody: body('StepUpPolicy', bodyLimits.one, { usual: example('A default', gold) }),
      responses: {
        200: answer('The policy as it is now.', 'StepUpPolicyChanged', {}, { ETag: etag }),
        ...refusals([...changing, ...matching, 'malformed-policy', 'unworkable-policy']),
      },
    },
  },
  [`${tenant}/clients/{clientId}/step-up-policy`]: {
    get: {
      ...common,
      operationId: 'readClientStepUpPolicy',
      summary: 'Read a client’s policy',
      parameters: parameter('tenantCode', 'clientId'),
      responses: {
        200: answer('The policy.', 'ClientStepUpPolicy', {}, { ETag: etag }),
        ...refusals(['client-not-found']),
      },
    },
    put: {
      ...common,
      operationId: 'changeClientStepUpPolicy',
      summary: 'Change a client’s policy',
      description: 'Replaces it as a whole; what is left out is the realm’s.',
      parameters: parameter('tenantCode', 'clientId', 'requiredMatch'),
      requestBody: body('ClientStepUpPolicy', bodyLimits.one, {
        strict: example('FIDO, and not older than five minutes', {
          flow: 'fido',
          minimumAcr: 'fido',
          enforcement: 'strict',
          maxAges: { fido: 300 },
        }),
      }),
      responses: {
        200: answer('The policy as it is now.', 'ClientStepUpPolicyChanged', {}, { ETag: etag }),
        ...refusals([...changing, ...matching, 'client-not-found', 'malformed-policy', 'unworkable-policy']),
      },
    },
  },
  [`${tenant}/explain`]: {
    post: {
      ...common,
      operationId: 'explain',
      summary: 'Explain a decision',
      description:
        'What a login of this user at this client would come to, and why: decided as in a login, and nothing is changed. With `flow`, as if the client had that one: what an edit would change can be seen before it is saved.',
      parameters: parameter('tenantCode'),
      requestBody: body('ExplainQuestion', bodyLimits.one, {
        stepUp: example('Would anna be asked for more than her password?', {
          user: 'anna',
          client: 'app2',
          request: { acrValues: ['fido'] },
          session: { proofs: [{ factor: 'password', secondsAgo: 120 }] },
        }),
      }),
      responses: {
        200: answer('What would happen.', 'Explanation'),
        ...refusals([
          ...ofBody,
          'user-not-found',
          'client-not-found',
          'session-not-found',
          'authenticator-not-found',
          'unworkable-flow',
        ]),
      },
    },
  },
} as const satisfies Record<string, Json>
