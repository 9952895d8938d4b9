/**
 * Signs with keys that never leave KMS: one call of Sign for each token. Everything but EdDSA is hashed here first, so
 * that KMS is sent 32 bytes whatever the token's length; Ed25519 hashes itself, and KMS takes 4096 bytes at the most.
 */
import { createHash } from 'node:crypto'
import type { SigningAlgorithmSpec } from '@aws-sdk/client-kms'
import { awsPatience } from '../aws-patience.ts'
import type { SigningAlgorithm } from '../core/oidc/signing.ts'

export type KmsSignature = (alg: SigningAlgorithm, kmsKeyArn: string, input: string) => Promise<Uint8Array>

/** KMS's names. PSS salts with as many bytes as the hash has, as RFC 7518 §3.5 wants it. */
export const kmsAlgorithms = {
  RS256: 'RSASSA_PKCS1_V1_5_SHA_256',
  PS256: 'RSASSA_PSS_SHA_256',
  ES256: 'ECDSA_SHA_256',
  EdDSA: 'ED25519_SHA_512',
} as const satisfies Record<SigningAlgorithm, SigningAlgorithmSpec>

const mostBytes = 4096

/** Where KMS is, the environment says, as for every client of AWS. */
export function openKmsSignature(): KmsSignature {
  const opening = async () => {
    const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms')
    return { client: new KMSClient({ requestHandler: awsPatience, maxAttempts: 4 }), SignCommand }
  }
  let opened: ReturnType<typeof opening> | undefined

  return async (alg, kmsKeyArn, input) => {
    opened ??= opening()
    const { client, SignCommand } = await opened
    const bytes = Buffer.from(input)
    if (alg === 'EdDSA' && bytes.length > mostBytes)
      throw new Error(`KMS signs ${mostBytes} bytes by Ed25519 at the most, and this token has ${bytes.length}`)
    const { Signature } = await client.send(
      new SignCommand({
        KeyId: kmsKeyArn,
        SigningAlgorithm: kmsAlgorithms[alg],
        ...(alg === 'EdDSA'
          ? { Message: bytes, MessageType: 'RAW' }
          : { Message: createHash('sha256').update(bytes).digest(), MessageType: 'DIGEST' }),
      }),
    )
    if (Signature === undefined) throw new Error('KMS answered without a signature')
    return alg === 'ES256' ? joseOf(Signature) : Signature
  }
}

/**
 * An ECDSA signature over P-256 as JOSE has it (RFC 7518 §3.4: r and s, 32 bytes each), of one in DER as KMS has it (a
 * sequence of two whole numbers, each as short as can be, with a zero in front where it would look negative).
 */
export function joseOf(der: Uint8Array): Uint8Array {
  const bytes = Buffer.from(der)
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) throw new Error('KMS answered with no ECDSA signature')
  const r = wholeNumberAt(bytes, 2)
  const s = wholeNumberAt(bytes, r.end)
  if (s.end !== bytes.length) throw new Error('KMS answered with more than an ECDSA signature')
  return Buffer.concat([r.value, s.value])
}

function wholeNumberAt(bytes: Buffer, at: number): { value: Buffer; end: number } {
  const end = at + 2 + (bytes[at + 1] ?? 0)
  const digits = bytes.subarray(bytes[at + 2] === 0 ? at + 3 : at + 2, end)
  if (bytes[at] !== 0x02 || end > bytes.length || digits.length > 32)
    throw new Error('KMS answered with no ECDSA signature over P-256')
  return { value: Buffer.concat([Buffer.alloc(32 - digits.length), digits]), end }
}
