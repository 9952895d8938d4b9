/** What a CMS hears for each reason. The reason itself is in the audit record and the log. */
import type { Refusal } from '../../src/core/result.ts'
import { type Answer, problem } from '../../src/http/call.ts'

type Said = { status: number; code: string; title: string }

const says = <Code extends string>(status: number, code: Code, title: string) => ({ status, code, title })

export const problems = {
  unauthenticated: says(401, 'unauthenticated', 'Send an API key that is in use, or an access token'),
  'insufficient-scope': says(403, 'insufficient-scope', 'This caller may not do that'),
  // RFC 9470 §3.
  'insufficient-user-authentication': says(
    401,
    'insufficient-user-authentication',
    'This needs another sign-in, better or more recent',
  ),
  'beyond-caller': says(403, 'beyond-caller', 'Only an administrator changes people who have a role here'),
  'tenant-not-found': says(404, 'tenant-not-found', 'There is no such tenant'),
  'user-not-found': says(404, 'user-not-found', 'There is no such user, or they are disabled'),
  'malformed-user': says(422, 'malformed-user', 'This is not such a user'),
  'user-exists': says(409, 'user-exists', 'Somebody has this user name already'),
  'external-id-taken': says(409, 'external-id-taken', 'Somebody has this external id already'),
  'last-administrator': says(409, 'last-administrator', 'There would be no administrator any more'),
  'not-yourself': says(403, 'not-yourself', 'Nobody does this to themselves'),
  'owned-by-directory': says(409, 'owned-by-directory', 'The directory has the say on this'),
  'user-deleting': says(409, 'user-deleting', 'This user is being deleted'),
  'authenticator-not-found': says(404, 'authenticator-not-found', 'This user has no such authenticator'),

  'one-time-password-not-found': says(404, 'one-time-password-not-found', 'This user has no such one-time password'),

  'malformed-request': says(400, 'malformed-request', 'The request is malformed'),
  'not-json': says(400, 'not-json', 'The body is not JSON'),
  'unsupported-media-type': says(415, 'unsupported-media-type', 'The body must be application/json'),
  'too-large': says(413, 'too-large', 'The body is too large'),

  'bad-otpauth-uri': says(422, 'bad-otpauth-uri', 'The otpauth URI is not one that can be used here'),
  'bad-pskc': says(422, 'bad-pskc', 'The key container holds what is not understood here'),
  'different-one-time-password': says(409, 'conflict', 'This user has this secret with other parameters'),
  'too-many-one-time-passwords': says(
    409,
    'too-many-one-time-passwords',
    'This user has as many one-time passwords as one may have',
  ),

  'import-disabled': says(403, 'import-disabled', 'Authenticator import via API is turned off'),
  'rp-id-mismatch': says(422, 'rp-id-mismatch', 'The key was made for an RP ID that is not accepted here'),
  'unsupported-algorithm': says(422, 'unsupported-algorithm', 'Keys of this algorithm are not accepted'),
  'bad-public-key': says(422, 'bad-public-key', 'The public key is no good'),
  'aaguid-not-allowed': says(422, 'aaguid-not-allowed', 'Keys of this model are not accepted'),
  'attestation-invalid': says(422, 'attestation-invalid', 'The attestation does not hold'),
  // Whose it is, nobody is told.
  taken: says(409, 'conflict', 'This credential ID belongs to somebody else'),
  'different-key': says(409, 'conflict', 'This user has another key under this credential ID'),
  'too-many-authenticators': says(
    409,
    'too-many-authenticators',
    'This user has as many authenticators as one may have',
  ),
  'idempotency-key-reused': says(422, 'idempotency-key-reused', 'This Idempotency-Key came with another request'),

  'only-the-user-activates': says(409, 'only-the-user-activates', 'Only its user activates a pending authenticator'),
  'wrong-state': says(409, 'wrong-state', 'The authenticator is in a state that does not allow this'),
  'managed-by-cms': says(
    403,
    'managed-by-cms',
    'The Credential Management System that imported this authenticator manages it: revoke it there',
  ),
  'not-imported': says(403, 'not-imported', 'This authenticator was made here and is not managed by a CMS'),
  'precondition-failed': says(412, 'precondition-failed', 'The authenticator is not the one that If-Match names'),
  'flow-not-found': says(404, 'flow-not-found', 'There is no such flow'),
  'client-not-found': says(404, 'client-not-found', 'There is no such client'),
  // RFC 7591 §3.2.2 has these two, with their words and their status.
  invalid_redirect_uri: says(400, 'invalid_redirect_uri', 'A redirect URI is not one that can be registered'),
  invalid_client_metadata: says(400, 'invalid_client_metadata', 'A member of the registration does not do'),
  'client-exists': says(409, 'client-exists', 'There is a client with this id already'),
  'too-many-clients': says(409, 'too-many-clients', 'There are as many clients as there may be'),
  'scope-beyond-caller': says(403, 'scope-beyond-caller', 'This caller may not give that scope'),
  'malformed-overlap': says(422, 'malformed-overlap', 'This is not how long a secret may overlap'),
  'client-has-no-secret': says(409, 'client-has-no-secret', 'This client does not authenticate by a secret'),
  'secret-still-retiring': says(409, 'secret-still-retiring', 'An older secret is good still'),
  'no-retiring-secret': says(404, 'no-retiring-secret', 'No secret of this client is retiring'),
  'self-service-off': says(403, 'self-service-off', 'Your organisation does not have people do this themselves'),
  'managed-elsewhere': says(403, 'managed-elsewhere', 'This authenticator is managed by whoever gave it to you'),
  'still-needed': says(409, 'still-needed', 'You could not sign in where you have to without this authenticator'),
  'enrolment-over': says(422, 'enrolment-over', 'What was begun is over, or was never begun here: begin again'),
  'wrong-one-time-code': says(422, 'wrong-one-time-code', 'This is not the code that the app shows now'),
  'no-one-time-passwords': says(
    409,
    'no-one-time-passwords',
    'Recovery codes stand in for one-time codes: set those up first',
  ),
  'malformed-settings': says(422, 'malformed-settings', 'These are not such settings'),
  'unworkable-settings': says(422, 'unworkable-settings', 'These settings could not work'),
  'api-key-not-found': says(404, 'api-key-not-found', 'There is no such API key that is not revoked'),
  'malformed-api-key': says(422, 'malformed-api-key', 'This is not such an API key'),
  'mail-not-found': says(404, 'mail-not-found', 'There is no such mail'),
  'not-a-person': says(403, 'not-a-person', 'Only a person who is signed in may do this'),
  'no-verified-address': says(409, 'no-verified-address', 'You have no address here that is verified and takes mail'),
  'too-many-mails': says(429, 'too-many-mails', 'You were sent as many mails as one may be; wait'),
  'mail-failed': says(502, 'mail-failed', 'The mail was not taken'),
  'session-not-found': says(404, 'session-not-found', 'This user has no such session'),
  'consent-not-found': says(404, 'consent-not-found', 'This user allowed no such application anything'),
  'malformed-webhook': says(422, 'malformed-webhook', 'This is not a webhook'),
  'webhook-not-found': says(404, 'webhook-not-found', 'There is no such webhook'),
  'webhook-disabled': says(409, 'webhook-disabled', 'This webhook is disabled'),
  'too-many-webhooks': says(409, 'too-many-webhooks', 'There are as many webhooks as there may be'),
  'delivery-not-found': says(404, 'delivery-not-found', 'There is no such message to send again'),
  'log-not-found': says(404, 'log-not-found', 'The audit log has no such record'),
  'flow-exists': says(409, 'flow-exists', 'There is a flow with this id already'),
  'flow-in-use': says(409, 'flow-in-use', 'The flow is in use'),
  'too-many-flows': says(409, 'too-many-flows', 'There are as many flows as there may be'),
  'realm-too-large': says(409, 'realm-too-large', 'There is no room for this in the realm'),
  'malformed-flow': says(422, 'malformed-flow', 'This is not a flow'),
  'unworkable-flow': says(422, 'unworkable-flow', 'This flow could not work'),
  'malformed-policy': says(422, 'malformed-policy', 'This is not such a policy'),
  'unworkable-policy': says(422, 'unworkable-policy', 'This policy could not work'),
  'precondition-required': says(428, 'precondition-required', 'Say by If-Match which version you have changed'),
  'changed-since': says(412, 'precondition-failed', 'It is not the version that If-Match names any more'),
  'changed-meanwhile': says(409, 'changed-meanwhile', 'Others are changing the same thing; try again'),
} as const satisfies Record<string, Said>

export type Reason = keyof typeof problems
export type Refused = Refusal<Reason>

export const answerTo = ({ reason, at, detail }: Refused, headers: Record<string, string> = {}): Answer =>
  problem(
    {
      ...problems[reason],
      ...(at === undefined ? {} : { pointer: at }),
      ...(detail === undefined ? {} : { detail }),
    },
    headers,
  )

/** The problem document by itself, for one of many results. */
export const documentOf = (refused: Refused): unknown => JSON.parse(answerTo(refused).body ?? '{}')
