/**
 * Makes the body of an import: from what a browser's ceremony returned, or from a key pair made here.
 *
 * A raw export is the CMS's word for a key, so the ceremony is verified here, as a real CMS would; an attested one is
 * the key's own word, which the service verifies. The private half of a virtual key is shown once and not kept.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type RegistrationResponseJSON, verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject } from '@simplewebauthn/server/helpers'
import type { Import } from './keystep-api.ts'

export type Labels = { friendlyName?: string; serialNumber?: string }

/** A ceremony that a browser was sent into. `challengeId` is the service's, when the challenge is. */
export type Ceremony = {
  user: string
  rpId: string
  userHandle: string
  challenge: string
  algorithms: number[]
  challengeId?: string
}

export type Made =
  | { ok: true; value: Import }
  | { ok: false; reason: 'no-attestation' | 'bad-ceremony'; detail: string }

const zeroAaguid = '00000000-0000-0000-0000-000000000000'

const bytesOf = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url'))

/** The attestation as it came, unless the browser took it away: then there is nothing to attest with. */
export function attestedImport(ceremony: Ceremony, response: RegistrationResponseJSON, labels: Labels): Made {
  const { clientDataJSON, attestationObject, transports } = response.response
  let format: string
  try {
    format = decodeAttestationObject(bytesOf(attestationObject)).get('fmt')
  } catch {
    return { ok: false, reason: 'bad-ceremony', detail: 'The browser’s answer is not an attestation object.' }
  }
  if (format === 'none' || ceremony.challengeId === undefined)
    return {
      ok: false,
      reason: 'no-attestation',
      detail:
        'The browser returned no attestation (format “none”), so nothing can vouch for the key. Export it raw, or enrol another key.',
    }
  return {
    ok: true,
    value: {
      type: 'fido',
      ...labels,
      metadata: {
        rpId: ceremony.rpId,
        credentialId: response.id,
        ...(transports === undefined ? {} : { transports }),
        userHandle: ceremony.userHandle,
        ...discoverable(response),
        attestation: { clientDataJSON, attestationObject, challengeId: ceremony.challengeId },
      },
    },
  }
}

/** Whether the key keeps the user handle, if the browser says (WebAuthn §10.1.4, credProps). */
const discoverable = (response: RegistrationResponseJSON): { discoverable?: boolean } => {
  const rk = response.clientExtensionResults.credProps?.rk
  return rk === undefined ? {} : { discoverable: rk }
}

/** The public key out of the authenticator data, after the ceremony is verified against what this CMS asked. */
export async function rawImport(
  ceremony: Ceremony,
  response: RegistrationResponseJSON,
  origin: string,
  labels: Labels,
): Promise<Made> {
  let verified: Awaited<ReturnType<typeof verifyRegistrationResponse>>
  try {
    verified = await verifyRegistrationResponse({
      response,
      expectedChallenge: ceremony.challenge,
      expectedOrigin: origin,
      expectedRPID: ceremony.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ceremony.algorithms,
    })
  } catch (error) {
    return { ok: false, reason: 'bad-ceremony', detail: error instanceof Error ? error.message : 'It does not verify.' }
  }
  if (!verified.verified) return { ok: false, reason: 'bad-ceremony', detail: 'Its attestation does not verify.' }
  const { credential, aaguid, credentialDeviceType } = verified.registrationInfo
  return {
    ok: true,
    value: {
      type: 'fido',
      ...labels,
      metadata: {
        rpId: ceremony.rpId,
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        ...(aaguid === zeroAaguid ? {} : { aaguid }),
        signatureCounter: credential.counter,
        ...(credential.transports === undefined ? {} : { transports: credential.transports }),
        userHandle: ceremony.userHandle,
        ...discoverable(response),
        backupEligible: credentialDeviceType === 'multiDevice',
      },
    },
  }
}

/** What the DevTools command `WebAuthn.addCredential` takes as `credential`. All binary members are plain base64. */
export type VirtualCredential = {
  credentialId: string
  isResidentCredential: true
  rpId: string
  userHandle: string
  privateKey: string
  signCount: 0
}

/** A P-256 public key as COSE_Key (RFC 9053 §7.1.1): EC2, ES256, the curve, and both coordinates. */
function coseKey(x: string, y: string): Buffer {
  const coordinates = [x, y].map((part) => Buffer.from(part, 'base64url'))
  const [left = Buffer.alloc(0), right = Buffer.alloc(0)] = coordinates
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
    left,
    Buffer.from([0x22, 0x58, 0x20]),
    right,
  ])
}

/** A key that no hardware holds, for a browser's virtual authenticator. `userHandle` is base64url. */
export function virtualKey(
  rpId: string,
  userHandle: string,
  labels: Labels,
): { body: Import; credential: VirtualCredential } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  return {
    body: {
      type: 'fido',
      ...labels,
      metadata: {
        rpId,
        credentialId: id.toString('base64url'),
        publicKey: coseKey(x, y).toString('base64url'),
        signatureCounter: 0,
        transports: ['internal'],
        userHandle,
        discoverable: true,
        backupEligible: false,
      },
    },
    credential: {
      credentialId: id.toString('base64'),
      isResidentCredential: true,
      rpId,
      userHandle: Buffer.from(userHandle, 'base64url').toString('base64'),
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      signCount: 0,
    },
  }
}
