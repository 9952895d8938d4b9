/** How an authenticator looks from outside. */
import type { Authenticator } from '../../src/core/authenticator.ts'
import { type Answer, json } from '../../src/http/call.ts'
import type { Stage } from '../../src/stage.ts'
import { dateTime, etagOf, tenantUrl } from '../api/representation.ts'

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
    ...(key.stateChangedAt === undefined ? {} : { stateChangedDateTime: dateTime(key.stateChangedAt) }),
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
      ...(credential.aaguid === undefined ? {} : { aaguidCertified: true }),
      ...(credential.transports === undefined ? {} : { transports: credential.transports }),
      signatureCounter: credential.signatureCounter,
      ...(credential.discoverable === undefined ? {} : { discoverable: credential.discoverable }),
      ...(credential.backupEligible === undefined ? {} : { backupEligible: credential.backupEligible }),
    },
  }
}

export const answerWith = (key: Authenticator): Answer => json(200, showAuthenticator(key), { etag: etagOf(key) })

export const authenticatorsUrl = (stage: Stage, user: string): string =>
  `${tenantUrl(stage)}/users/${encodeURIComponent(user)}/authenticators`
