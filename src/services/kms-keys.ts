/**
 * Signing keys that KMS makes, holds, and does away with. Each bears a tag, and the rights to make one, to sign with one
 * and to have one deleted are for keys with that tag.
 *
 * A key that was made just before a run broke off is in no record, and nobody uses it: it is found by its tag.
 */
import { createPublicKey } from 'node:crypto'
import type { KeySpec } from '@aws-sdk/client-kms'
import { awsPatience } from '../aws-patience.ts'
import type { SigningAlgorithm } from '../core/oidc/signing.ts'
import { publicHalf } from '../core/oidc/signing-key.ts'
import type { MadeKey } from './key-maker.ts'

export const kmsKeyTag = 'keystep-signing-key'

const specs = {
  RS256: 'RSA_3072',
  PS256: 'RSA_3072',
  ES256: 'ECC_NIST_P256',
  EdDSA: 'ECC_NIST_EDWARDS25519',
} as const satisfies Record<SigningAlgorithm, KeySpec>

/** The least that KMS has: what nobody reads any more is not worth more days. */
const pendingDays = 7

/** Milliseconds. A pair of RSA keys takes KMS a while, and who stops waiting and asks again has made two. */
const making = { ...awsPatience, requestTimeout: 10_000 }

/** KMS may not know of a key right after it has made it: asked so often, and a little later each time. */
const tries = 6

const open = async (options: { requestHandler: typeof awsPatience; maxAttempts: number }) => {
  const { KMSClient, ...commands } = await import('@aws-sdk/client-kms')
  return { client: new KMSClient(options), ...commands }
}

const patient = { requestHandler: awsPatience, maxAttempts: 4 }

/** `tagValue`: the stage, so that two in one account do not reach each other's. */
export async function makeKmsKey(alg: SigningAlgorithm, tagValue: string): Promise<MadeKey> {
  const { client, CreateKeyCommand } = await open({ requestHandler: making, maxAttempts: 1 })
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({
      KeySpec: specs[alg],
      KeyUsage: 'SIGN_VERIFY',
      Description: `Keystep: signs tokens by ${alg}`,
      Tags: [{ TagKey: kmsKeyTag, TagValue: tagValue }],
    }),
  )
  const kmsKeyArn = KeyMetadata?.Arn
  if (kmsKeyArn === undefined) throw new Error('KMS made a key and did not say which')
  const spki = await readPublicKey(kmsKeyArn)
  return { ...publicHalf(alg, createPublicKey({ key: spki, format: 'der', type: 'spki' })), kmsKeyArn }
}

async function readPublicKey(kmsKeyArn: string): Promise<Buffer> {
  const { client, GetPublicKeyCommand, NotFoundException } = await open(patient)
  for (let attempt = 1; ; attempt++) {
    try {
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: kmsKeyArn }))
      if (PublicKey === undefined) throw new Error('KMS answered without a public key')
      return Buffer.from(PublicKey)
    } catch (failure) {
      if (attempt === tries || !(failure instanceof NotFoundException)) throw failure
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt))
    }
  }
}

/** From now on it signs no more. May be said twice. */
export async function deleteKmsKey(kmsKeyArn: string): Promise<void> {
  const { client, ScheduleKeyDeletionCommand, KMSInvalidStateException, NotFoundException } = await open(patient)
  try {
    await client.send(new ScheduleKeyDeletionCommand({ KeyId: kmsKeyArn, PendingWindowInDays: pendingDays }))
  } catch (failure) {
    if (!(failure instanceof KMSInvalidStateException || failure instanceof NotFoundException)) throw failure
  }
}
