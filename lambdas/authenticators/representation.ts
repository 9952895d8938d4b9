/** How a user and an authenticator look from outside. */
import type { Authenticator } from '../../src/core/authenticator.ts'
import type { Seconds } from '../../src/core/result.ts'
import { displayNameOf, type User } from '../../src/core/user.ts'
import { type Answer, json } from '../../src/http/call.ts'
import type { Stage } from '../../src/stage.ts'

export const dateTime = (at: Seconds): string => new Date(at * 1000).toISOString()

export function showAuthenticator(key: Authenticator) {
  const { credential } = key
  const aaguid = credential.aaguid ?? key.claimedAaguid
  return {
    id: key.id,
    type: key.type,
    state: key.state,
    ...(key.friendlyName === undefined ? {} : { friendlyName: key.friendlyName }),
    ...(key.externalId === undefined ? {} : { externalId: key.externalId }),
    ...(key.serialNumber === undefined ? {} : { serialNumber: key.serialNumber }),
    origin: key.origin,
    provenance: key.provenance,
    createdDateTime: dateTime(key.createdAt),
    ...(key.activatedAt === undefined ? {} : { activatedDateTime: dateTime(key.activatedAt) }),
    // Of a key that was activated it says nothing any more.
    ...(key.expiresAt === undefined || key.state !== 'pending' ? {} : { expiresDateTime: dateTime(key.expiresAt) }),
    lastUsedAuthnDateTime: key.lastUsedAt === undefined ? null : dateTime(key.lastUsedAt),
    lastSuccessAuthnDateTime: key.lastSuccessAt === undefined ? null : dateTime(key.lastSuccessAt),
    metadata: {
      rpId: credential.rpId,
      credentialId: credential.credentialId,
      publicKey: credential.publicKey,
      algorithm: credential.algorithm,
      ...(aaguid === undefined ? {} : { aaguid }),
      ...(credential.transports === undefined ? {} : { transports: credential.transports }),
      signatureCounter: credential.signatureCounter,
      ...(credential.discoverable === undefined ? {} : { discoverable: credential.discoverable }),
      ...(credential.backupEligible === undefined ? {} : { backupEligible: credential.backupEligible }),
    },
  }
}

export const showUser = (user: User) => ({
  id: user.id,
  userName: user.userName,
  ...(user.email === undefined ? {} : { email: user.email }),
  displayName: displayNameOf(user),
  enabled: user.enabled,
  createdDateTime: dateTime(user.createdAt),
})

/** Of what a CMS may change: that a key was used does not spoil an If-Match. */
export const etagOf = ({ version }: Pick<Authenticator, 'version'>): string => `"${version}"`

export const answerWith = (key: Authenticator): Answer => json(200, showAuthenticator(key), { etag: etagOf(key) })

/** RFC 9110 §13.1.1: a list, or `*`; a weak tag matches nothing. */
export const isExpected = (ifMatch: string | undefined, key: Pick<Authenticator, 'version'>): boolean =>
  ifMatch === undefined ||
  ifMatch
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag === etagOf(key))

export const tenantUrl = ({ issuer, tenantCode }: Pick<Stage, 'issuer' | 'tenantCode'>): string =>
  `${issuer}/api/v1/tenants/${encodeURIComponent(tenantCode)}`

export const authenticatorsUrl = (stage: Stage, user: string): string =>
  `${tenantUrl(stage)}/users/${encodeURIComponent(user)}/authenticators`
