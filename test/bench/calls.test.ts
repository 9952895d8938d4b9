import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CallsHouse, openCallsHouse } from '../../bench/calls/house.ts'
import { countCalls, type Step } from '../../bench/calls.ts'
import { routes } from '../../lambdas/routes.ts'

let setting: CallsHouse
let steps: Step[]
beforeAll(async () => {
  setting = await openCallsHouse()
  steps = await countCalls(setting)
})
afterAll(() => setting?.close())

// A call to DynamoDB costs more than all else that a step does. One more needs a reason better than convenience.
it.each([
  ['authorize with a session', 2],
  ['code → tokens', 3],
  ['code → tokens, with a refresh token', 3],
  ['refresh', 2],
  ['userinfo', 2],
  ['userinfo, the first in five minutes', 2],
  ['code → tokens, bound to a key', 3],
  ['refresh, bound to a key', 2],
  ['refresh, of a client that authenticates', 2],
  // One more than a Bearer token: that the proof was shown.
  ['userinfo, bound to a key', 2],
  ['an access token revoked', 2],
  ['a refresh token revoked', 2],
  ['client credentials', 2],
  ['client credentials, with an assertion', 2],
  ['introspection, with an assertion', 2],
  ['a pushed request', 2],
  ['a pushed request, signed', 2],
  ['authorize with a session, a pushed request', 2],
  ['authorize, a new login', 2],
  ['a page of it', 2],
  ['the user name', 2],
  ["the key's answer", 3],
  ["the key's answer, no user name", 3],
  ['authorize with a session, one factor more', 3],
  // One counts the try before anything is compared, and so cannot be part of what follows.
  ['a password', 4],
  ["a directory's password", 4],
  // Whose the entry is, is looked up before somebody is made of it.
  ["a directory's password, the first time", 5],
  ['a one-time code', 4],
  ['a recovery code', 4],
  ['one-time codes: their page', 2],
  ['one-time codes: set up', 3],
  ['recovery codes: their page', 2],
  ['recovery codes: put away', 3],
  ['a certificate: off to its host', 3],
  ['a certificate: examined', 2],
  ['a certificate: back with a ticket', 3],
  ['activation: send the code', 3],
  ['activation: the code', 3],
  ['activation: the ceremony', 3],
  ['activation: the nickname', 3],
  ['whole FIDO sign-in, no user name', 8],
  ['whole FIDO sign-in, user name first', 12],
  ['whole sign-in, password and one-time code', 19],
  // Who asks is read afresh, once it is known whose page it is.
  ['consent: its page', 3],
  ['consent: given', 4],
  // What was allowed is with the person, who is read for it.
  ['authorize with a session, a third party', 3],
  ['code → tokens, a third party', 3],
  ['consents of a user', 4],
  ['a consent withdrawn', 5],
  ['logout', 2],
  ['logout, over already', 1],
  // All at once is one transaction; what follows is a look at the index, and one for each record.
  ['logout everywhere, two sessions', 6],
  ['sessions of a user', 3],
  ['a session ended', 3],
  ['all sessions ended, none left', 5],
  // One to know the API key. What is changed, all others are held against: they are a query.
  ['clients', 2],
  ['a client', 2],
  ['a client registered', 6],
  ['a client changed', 6],
  ["a client's secret rotated", 4],
  ["a client's secrets", 2],
  ["a client's former secret ended", 4],
  ['a client deleted', 4],
  // What no request calls.
  ['the end of a session, of one application', 1],
  ['an application told of it', 2],
  ['the signing keys, nothing due', 3],
  ['introspection of an access token', 2],
  // One to know the API key, and one to tell the audit log.
  ['an explanation', 4],
  // One to count the keys that the user has.
  ['import, raw', 4],
  ['jwks', 1],
  ['discovery', 2],
])('%s asks DynamoDB no more than %d times', (name, most) => {
  const step = steps.find((each) => each.step === name)
  expect(step, `of ${steps.map((each) => each.step).join(', ')}`).toBeDefined()
  expect(step?.calls, step?.commands).toBeLessThanOrEqual(most)
})

/** A person meets none of these in a sign-in, and no application waits for one. */
const uncounted = [
  ...['console', 'portal', 'caller', 'fido-models', 'break-glass'],
  ...['home', 'openapi', 'assets', 'statistics-read'],
  ...['api-page', 'api-otherwise', 'scim-otherwise'],
  ...['scim-users-list', 'scim-users-search', 'scim-users-create', 'scim-users-read', 'scim-users-replace'],
  ...['scim-users-patch', 'scim-users-delete', 'scim-groups'],
  ...['scim-config', 'scim-resource-types', 'scim-resource-type', 'scim-schemas', 'scim-schema'],
  ...['login-method', 'login-cancel', 'login-restart', 'activation-skip', 'activation-password'],
  ...['users-list', 'users-create', 'users-read', 'users-change', 'users-delete', 'users-roles', 'users-password'],
  ...['users-unlock', 'authenticators-search', 'authenticators-list', 'authenticators-read'],
  ...['authenticators-bulk', 'creation-options', 'authenticators-change', 'authenticators-delete'],
  ...['one-time-passwords-bulk', 'one-time-passwords-import', 'one-time-passwords-list', 'one-time-passwords-read'],
  ...['one-time-passwords-change', 'one-time-passwords-delete'],
  ...['flows-list', 'flows-create', 'flows-read', 'flows-change', 'flows-delete', 'flows-duplicate', 'flows-bind'],
  ...['settings-read', 'settings-change', 'api-keys-list', 'api-keys-create', 'api-keys-read', 'api-keys-change'],
  ...['api-keys-revoke', 'mails-list', 'mails-read', 'mails-test'],
  ...['me', 'own-authenticators', 'own-authenticators-begin', 'own-authenticators-add', 'own-authenticators-change'],
  ...['own-authenticators-delete', 'own-codes-begin', 'own-codes-add', 'own-recovery-codes', 'own-sessions'],
  ...['own-sessions-end', 'own-sessions-end-all', 'own-elevation-drop', 'own-consents', 'own-consents-withdraw'],
  ...['own-activity'],
  ...['policy-read', 'policy-change', 'client-policy-read', 'client-policy-change'],
  ...['logs-list', 'logs-export', 'logs-read', 'webhooks-list', 'webhooks-create', 'webhooks-read', 'webhooks-change'],
  ...['webhooks-delete', 'webhook-secret', 'webhook-test', 'webhook-deliveries', 'webhook-resend'],
]

it('every other route was counted', () => {
  const counted = new Set(setting.house.commands.map(({ route }) => route))
  const names = new Set(routes.map(({ name }) => name))
  expect([...names].filter((name) => !counted.has(name)).sort()).toEqual(uncounted.toSorted())
})
