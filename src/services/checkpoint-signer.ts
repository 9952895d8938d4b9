/**
 * Signs the audit log's checkpoints, by a key that does nothing else and is in no table: one that KMS never lets out, or on
 * a laptop one in a file. Who can write every table can make no checkpoint; its public half is for whoever verifies, who
 * best keeps it elsewhere.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CompactSign, calculateJwkThumbprint, type JWK } from 'jose'
import { awsPatience } from '../aws-patience.ts'
import { type Checkpoint, checkpointType } from '../core/audit-checkpoint.ts'
import { openKmsSignature } from './kms-signature.ts'

export type CheckpointKey = { kms: string } | { file: string }

export type CheckpointSigner = {
  /** A compact JWS. */
  sign(checkpoint: Checkpoint): Promise<string>
  publicKey(): Promise<JWK>
}

export const openCheckpointSigner = (key: CheckpointKey): CheckpointSigner =>
  'kms' in key ? kmsSigner(key.kms) : fileSigner(key.file)

const alg = 'ES256'

function kmsSigner(KeyId: string): CheckpointSigner {
  const signature = openKmsSignature()
  let known: Promise<JWK> | undefined
  const read = async (): Promise<JWK> => {
    const { GetPublicKeyCommand, KMSClient } = await import('@aws-sdk/client-kms')
    const client = new KMSClient({ requestHandler: awsPatience, maxAttempts: 4 })
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
    if (PublicKey === undefined) throw new Error('KMS answered without a public key')
    return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' })
  }
  const publicKey = (): Promise<JWK> => {
    known ??= read()
    return known
  }
  return {
    publicKey,
    async sign(checkpoint) {
      const header = { alg, typ: checkpointType, kid: await calculateJwkThumbprint(await publicKey()) }
      const input = [header, checkpoint].map(encoded).join('.')
      return `${input}.${Buffer.from(await signature(alg, KeyId, input)).toString('base64url')}`
    },
  }
}

function fileSigner(file: string): CheckpointSigner {
  const privateKey = () => createPrivateKey(readFileSync(file))
  const publicKey = async (): Promise<JWK> => createPublicKey(privateKey()).export({ format: 'jwk' })
  return {
    publicKey,
    async sign(checkpoint) {
      const kid = await calculateJwkThumbprint(await publicKey())
      return new CompactSign(Buffer.from(JSON.stringify(checkpoint)))
        .setProtectedHeader({ alg, typ: checkpointType, kid })
        .sign(privateKey())
    },
  }
}

/** For a laptop. */
export function keepCheckpointKey(file: string): string {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  }
  return file
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
