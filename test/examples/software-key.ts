/**
 * A security key in software, for what a browser's `navigator.credentials.create` would return (WebAuthn §6.5).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { isoCBOR } from '@simplewebauthn/server/helpers'

type How = { origin: string; format: 'none' | 'packed'; userVerified?: boolean }

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

export function createCredential(options: PublicKeyCredentialCreationOptionsJSON, how: How): RegistrationResponseJSON {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  const coordinate = (part: string) => new Uint8Array(Buffer.from(part, 'base64url'))
  const cose = isoCBOR.encode(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, coordinate(x)],
      [-3, coordinate(y)],
    ]),
  )
  // User present, attested credential data included, and the user verified unless told otherwise (§6.1).
  const flags = 0x41 | (how.userVerified === false ? 0 : 0x04)
  const authData = Buffer.concat([
    sha256(options.rp.id ?? ''),
    Buffer.from([flags, 0, 0, 0, 7]),
    Buffer.alloc(16, how.format === 'none' ? 0 : 0xab),
    Buffer.from([0, id.length]),
    id,
    cose,
  ])
  const client = JSON.stringify({ type: 'webauthn.create', challenge: options.challenge, origin: how.origin })
  const signature = sign('sha256', Buffer.concat([authData, sha256(client)]), privateKey)
  const statement =
    how.format === 'none'
      ? new Map<string, number | Uint8Array>()
      : new Map<string, number | Uint8Array>([
          ['alg', -7],
          ['sig', new Uint8Array(signature)],
        ])
  const attestation = isoCBOR.encode(
    new Map<string, string | Uint8Array | Map<string, number | Uint8Array>>([
      ['fmt', how.format],
      ['attStmt', statement],
      ['authData', new Uint8Array(authData)],
    ]),
  )
  return {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: { credProps: { rk: true } },
    response: {
      clientDataJSON: Buffer.from(client).toString('base64url'),
      attestationObject: Buffer.from(attestation).toString('base64url'),
      transports: ['usb'],
    },
  }
}
