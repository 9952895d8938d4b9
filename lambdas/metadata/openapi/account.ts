/** The API that people use for themselves, as their portal does: below `/me`, by an access token with the scope `account`. */
import { pageSizes } from '../../api/pages.ts'
import type { Reason } from '../../api/problems.ts'
import { answer, body, example, inQuery, type Json, ofBody, parameter, refusals, tenant } from './parts.ts'

const me = `${tenant}/me`

/** No API key opens these. */
const common = { tags: ['My account'], security: [{ person: ['account'] }] } as const

const fresh = 'It takes a fresh proof: the answer 401 says at which level and how recent (RFC 9470).'
const noContent = (description: string): Json => ({ description })
const refused = (...reasons: Reason[]): Json => refusals(reasons)
const proved = refused

export const accountPaths = {
  [me]: {
    get: {
      ...common,
      operationId: 'readMe',
      summary: 'Who one is, what one is signed in with, and how long each level is still good',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('The person, their session and its levels.', 'Me'), ...refused() },
    },
  },
  [`${me}/authenticators`]: {
    get: {
      ...common,
      operationId: 'listMyAuthenticators',
      summary: 'What one signs in with',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('All of every kind, and what may be added.', 'MyAuthenticators'), ...refused() },
    },
    post: {
      ...common,
      operationId: 'addMyAuthenticator',
      summary: 'Add the key that was just made',
      description: `By the answer of navigator.credentials.create to creation-options. It is active at once. ${fresh}`,
      parameters: parameter('tenantCode'),
      requestBody: body('MyNewAuthenticator', 65_536, {}),
      responses: {
        201: answer('It was added.', 'MyAuthenticator'),
        ...proved(
          ...ofBody,
          'self-service-off',
          'enrolment-over',
          'too-many-authenticators',
          'taken',
          'changed-meanwhile',
          'rp-id-mismatch',
          'unsupported-algorithm',
          'bad-public-key',
          'aaguid-not-allowed',
          'attestation-invalid',
        ),
      },
    },
  },
  [`${me}/authenticators/creation-options`]: {
    post: {
      ...common,
      operationId: 'beginMyAuthenticator',
      summary: 'Begin to add a key',
      description: `The challenge is for this person in this session, once and within five minutes. ${fresh}`,
      parameters: parameter('tenantCode'),
      responses: {
        200: answer('What navigator.credentials.create takes.', 'MyCreationOptions'),
        ...proved('self-service-off', 'too-many-authenticators'),
      },
    },
  },
  [`${me}/authenticators/{authenticatorId}`]: {
    patch: {
      ...common,
      operationId: 'renameMyAuthenticator',
      summary: 'Rename one',
      parameters: parameter('tenantCode', 'authenticatorId'),
      requestBody: body('MyName', 65_536, { rename: example('Another name', { friendlyName: 'Blue key' }) }, [
        'application/json',
        'application/merge-patch+json',
      ]),
      responses: {
        200: answer('As it is now.', 'MyAuthenticator'),
        ...refused(...ofBody, 'authenticator-not-found', 'wrong-state', 'changed-meanwhile'),
      },
    },
    delete: {
      ...common,
      operationId: 'removeMyAuthenticator',
      summary: 'Remove one of one’s own',
      description: `Never an imported one, and never one without which a level is out of reach that an application or a role demands. The sessions that it proved end with it. ${fresh}`,
      parameters: parameter('tenantCode', 'authenticatorId'),
      responses: {
        204: noContent('It is gone.'),
        ...proved('authenticator-not-found', 'managed-elsewhere', 'still-needed', 'changed-meanwhile'),
      },
    },
  },
  [`${me}/one-time-passwords/enrolments`]: {
    post: {
      ...common,
      operationId: 'beginMyOneTimePassword',
      summary: 'Begin to set up an app with one-time codes',
      description: `Nothing is kept before a code has confirmed it. ${fresh}`,
      parameters: parameter('tenantCode'),
      responses: {
        200: answer('The secret, as text, link and picture.', 'MyCodesBegun'),
        ...proved('self-service-off', 'too-many-one-time-passwords'),
      },
    },
  },
  [`${me}/one-time-passwords`]: {
    post: {
      ...common,
      operationId: 'addMyOneTimePassword',
      summary: 'Confirm it by a code',
      description: `With recovery codes, where there are none yet. ${fresh}`,
      parameters: parameter('tenantCode'),
      requestBody: body('MyNewCodes', 65_536, {}),
      responses: {
        201: answer('It counts from now on.', 'MyCodesAdded'),
        ...proved(
          ...ofBody,
          'self-service-off',
          'enrolment-over',
          'too-many-one-time-passwords',
          'wrong-one-time-code',
          'changed-meanwhile',
        ),
      },
    },
  },
  [`${me}/recovery-codes`]: {
    post: {
      ...common,
      operationId: 'makeMyRecoveryCodes',
      summary: 'Make new recovery codes',
      description: `Shown this once. Those from before are void. ${fresh}`,
      parameters: parameter('tenantCode'),
      responses: {
        201: answer('The codes.', 'MyRecoveryCodes'),
        ...proved('self-service-off', 'no-one-time-passwords', 'changed-meanwhile'),
      },
    },
  },
  [`${me}/sessions`]: {
    get: {
      ...common,
      operationId: 'listMySessions',
      summary: 'Where one is signed in',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('This one first.', 'MySessions'), ...refused() },
    },
    delete: {
      ...common,
      operationId: 'endMySessions',
      summary: 'End all sessions, or all others',
      description: 'All: with all that goes on without a session. Applications are told by back-channel logout.',
      parameters: [
        ...parameter('tenantCode'),
        inQuery('others', 'All but this one.', { type: 'boolean', default: false }),
      ],
      responses: { 204: noContent('They have ended.'), ...refused('user-not-found') },
    },
  },
  [`${me}/sessions/{sessionId}`]: {
    delete: {
      ...common,
      operationId: 'endMySession',
      summary: 'End a session',
      parameters: parameter('tenantCode', 'sessionId'),
      responses: { 204: noContent('It has ended.'), ...refused('session-not-found') },
    },
  },
  [`${me}/elevation`]: {
    delete: {
      ...common,
      operationId: 'dropMyElevation',
      summary: 'Go back to the lowest level of this session',
      description:
        'What was granted on more ends with it wherever this service is asked. Access tokens that nobody asks about last ten minutes at most.',
      parameters: parameter('tenantCode'),
      responses: { 204: noContent('It has.'), ...refused('changed-meanwhile') },
    },
  },
  [`${me}/consents`]: {
    get: {
      ...common,
      operationId: 'listMyConsents',
      summary: 'What one allowed applications',
      parameters: parameter('tenantCode'),
      responses: { 200: answer('By application.', 'MyConsents'), ...refused() },
    },
  },
  [`${me}/consents/{clientId}`]: {
    delete: {
      ...common,
      operationId: 'withdrawMyConsent',
      summary: 'Take it back',
      parameters: parameter('tenantCode', 'clientId'),
      responses: { 204: noContent('It is withdrawn.'), ...refused('consent-not-found', 'changed-meanwhile') },
    },
  },
  [`${me}/activity`]: {
    get: {
      ...common,
      operationId: 'listMyActivity',
      summary: 'What happened with one’s account in ninety days',
      parameters: parameter('tenantCode', 'pageSize', 'cursor'),
      responses: { 200: answer(`Newest first, ${pageSizes.usual} at a time.`, 'MyActivities'), ...refused() },
    },
  },
}
