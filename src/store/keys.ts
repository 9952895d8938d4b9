/**
 * Every key of every table, in one place.
 *
 * Each kind of record has its own prefix, so that no kind of token can pass as another (Keycloak CVE-2026-4282,
 * CVE-2026-4325: one flat key space).
 */
import { hashSecret } from '../core/secret.ts'
import { nameKey } from '../core/user.ts'
import type { Place } from './db.ts'

const config = (pk: string, sk: string): Place => ({ table: 'config', key: { pk, sk } })
const people = (pk: string, sk: string): Place => ({ table: 'people', key: { pk, sk } })
const sessions = (pk: string): Place => ({ table: 'sessions', key: { pk } })

export const places = {
  realm: (): Place => config('realm', 'realm'),
  client: (clientId: string): Place => config('client', clientId),
  apiKey: (id: string): Place => config('api-key', id),
  signingKey: (kid: string): Place => config('signing-key', kid),
  /** How often the signing keys changed. */
  signingKeyChanges: (): Place => config('signing-key-changes', 'signing-key-changes'),
  /** What a model of security keys is called. */
  fidoModel: (aaguid: string): Place => config('fido-model', aaguid),
  /** Where somebody outside hears of what happens. */
  webhook: (id: string): Place => config('webhook', id),
  /** What the secrets of one-time passwords and of webhooks are sealed with. */
  sealKey: (id: string): Place => config('seal-key', id),

  user: (id: string): Place => people(`user#${id}`, 'profile'),
  authenticator: (user: string, id: string): Place => people(`user#${user}`, `authenticator#${id}`),
  oneTimePassword: (user: string, id: string): Place => people(`user#${user}`, `otp#${id}`),
  /** What a person allowed an application that is not the organisation's own. */
  consent: (user: string, clientId: string): Place => people(`user#${user}`, `consent#${clientId}`),
  recoveryCodes: (user: string): Place => people(`user#${user}`, 'recovery-codes'),
  /** Holds a user name for one user. */
  userName: (userName: string): Place => people(`name#${nameKey(userName)}`, 'name'),
  /** Holds what a provisioning directory calls a user for that user. */
  externalId: (externalId: string): Place => people(`external#${externalId}`, 'external'),
  /** Has a user listed under something else than their name. Beside their partition, which every sign-in reads. */
  userEntry: (user: string, listing: string, order: string): Place => people(`entry#${user}`, `${listing}#${order}`),
  /** Who is an administrator and enabled, as a set: so that there is always one. */
  administrators: (): Place => people('administrators', 'administrators'),
  /** Holds an entry of the directory for one user, by the id that the directory never changes. */
  directoryEntry: (id: string): Place => people(`directory#${id}`, 'directory'),
  /** Holds a certificate for one user, by its thumbprint. */
  thumbprint: (thumbprint: string): Place => people(`certificate#${thumbprint}`, 'certificate'),
  /** The tries at a name that nobody has: it must tire as a real one does. */
  strangerTries: (userName: string): Place => people(`name#${nameKey(userName)}`, 'tries'),
  /** Holds a credential id for one user, over all users. */
  credential: (credentialId: string): Place => people(`credential#${credentialId}`, 'credential'),

  login: (id: string): Place => sessions(`login#${id}`),
  session: (sid: string): Place => sessions(`session#${sid}`),
  grant: (id: string): Place => sessions(`grant#${id}`),
  refreshToken: (id: string): Place => sessions(`refresh#${id}`),
  /** What an application pushed ahead of its user (RFC 9126). */
  pushedRequest: (id: string): Place => sessions(`pushed#${id}`),
  /** The `jti` of what is good once: a client's assertion, a DPoP proof. Whose it is, is part of it. */
  assertionId: (clientId: string, jti: string): Place => sessions(`assertion#${hashSecret(`${clientId} ${jti}`)}`),
  dpopProof: (jkt: string, jti: string): Place => sessions(`dpop#${hashSecret(`${jkt} ${jti}`)}`),
  /** An access token that was revoked before its end, by its `jti`. */
  revokedToken: (jti: string): Place => sessions(`revoked#${jti}`),
  /** A login that is showing a certificate on the host that asks for one. */
  handoff: (id: string): Place => sessions(`handoff#${id}`),
  /** What a CMS's request with this Idempotency-Key was answered. */
  idempotency: (caller: string, key: string): Place => sessions(`idempotency#${caller}#${key}`),
  /** What a person began to add at the portal. */
  selfEnrolment: (id: string): Place => sessions(`self-enrolment#${id}`),
  /** A challenge given to a CMS for a key to attest to. */
  enrolment: (id: string): Place => sessions(`enrolment#${id}`),
}

/** The partition of everything that is a user's, for a query. */
export const userPartition = (id: string): string => `user#${id}`
