/** Wraps keys: KMS in a deployment, a key in a file on a laptop, behind one port. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { awsPatience } from '../aws-patience.ts'
import type { Stage } from '../stage.ts'

/**
 * The private halves of signing keys, and the keys that secrets are sealed with. Bound to each ciphertext, and demanded
 * by the role's policy: a wrapped key cannot be passed off as anything else.
 */
export type Purpose = 'keystep-signing-key' | 'keystep-seal-key'

export type Vault = {
  wrap(plain: Uint8Array, purpose: Purpose): Promise<string>
  unwrap(wrapped: string, purpose: Purpose): Promise<Uint8Array>
}

export function openVault(stage: Pick<Stage, 'wrappingKey'>): Vault {
  return 'file' in stage.wrappingKey ? fileVault(stage.wrappingKey.file) : kmsVault(stage.wrappingKey.kms)
}

function kmsVault(keyId: string): Vault {
  const open = async () => {
    const { DecryptCommand, EncryptCommand, KMSClient } = await import('@aws-sdk/client-kms')
    return { client: new KMSClient({ requestHandler: awsPatience }), DecryptCommand, EncryptCommand }
  }
  return {
    async wrap(plain, purpose) {
      const { client, EncryptCommand } = await open()
      const { CiphertextBlob } = await client.send(
        new EncryptCommand({ KeyId: keyId, Plaintext: plain, EncryptionContext: { purpose } }),
      )
      if (CiphertextBlob === undefined) throw new Error('KMS answered without a ciphertext')
      return Buffer.from(CiphertextBlob).toString('base64')
    },
    async unwrap(wrapped, purpose) {
      const { client, DecryptCommand } = await open()
      const { Plaintext } = await client.send(
        new DecryptCommand({
          KeyId: keyId,
          CiphertextBlob: Buffer.from(wrapped, 'base64'),
          EncryptionContext: { purpose },
        }),
      )
      if (Plaintext === undefined) throw new Error('KMS answered without a plaintext')
      return Plaintext
    },
  }
}

/** AES-256-GCM: nonce, tag and ciphertext in one. */
function fileVault(file: string): Vault {
  const key = async (): Promise<Buffer> => {
    const bytes = await readFile(file)
    if (bytes.length !== 32) throw new Error(`${file} is not a wrapping key of 32 bytes`)
    return bytes
  }
  const associated = (purpose: Purpose): Buffer => Buffer.from(JSON.stringify({ purpose }))
  return {
    async wrap(plain, purpose) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', await key(), nonce).setAAD(associated(purpose))
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },
    async unwrap(wrapped, purpose) {
      const bytes = Buffer.from(wrapped, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', await key(), bytes.subarray(0, 12)).setAAD(associated(purpose))
      decipher.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    },
  }
}
