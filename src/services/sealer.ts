/**
 * Seals the secrets of one-time passwords and of webhooks: AES-256-GCM with a data key that KMS wraps, kept in the config table.
 *
 * The key is unwrapped once, when a Lambda first needs it, so that a warm one asks nobody (ADR 0015). Each secret is bound
 * to its user and its record, or to its webhook: what was sealed for one opens nowhere else.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Stage } from '../stage.ts'
import type { Db } from '../store/db.ts'
import { readSealKeys, type SealKey } from '../store/seal-keys.ts'
import { openVault } from './vault.ts'

/** What a sealed secret is bound to. */
export type SealedFor = { user: string; id: string } | { webhook: string }

export type Sealer = {
  /** `key.nonce-tag-ciphertext`, base64url. */
  seal(secret: Uint8Array, about: SealedFor): Promise<string>
  /** Throws for what was not sealed here for just this, and for what was changed since. */
  unseal(sealed: string, about: SealedFor): Promise<Uint8Array>
  /**
   * Hashes of what people type and is too short to be hashed alone: without the key, the table is no oracle. The first
   * is by the newest key; where a key was added, what older ones made of it follows.
   */
  hashes(text: string): Promise<[string, ...string[]]>
}

export function openSealer(stage: Pick<Stage, 'wrappingKey'>, db: Db): Sealer {
  const vault = openVault(stage)
  let read: Promise<SealKey[]> | undefined
  const unwrapped = new Map<string, Promise<Buffer>>()

  const readKeys = async (again = false): Promise<[SealKey, ...SealKey[]]> => {
    if (read === undefined || again) {
      const mine = readSealKeys(db)
      read = mine
      // A failure is not kept: the next call tries again.
      mine.catch(() => {
        if (read === mine) read = undefined
      })
    }
    const [newest, ...older] = await read
    if (newest !== undefined) return [newest, ...older]
    read = undefined
    throw new Error('There is no key to seal with: run `npm run admin -- init` first')
  }

  const unwrap = (key: SealKey): Promise<Buffer> => {
    const known = unwrapped.get(key.id)
    if (known !== undefined) return known
    const opened = vault.unwrap(key.wrappedKey, 'keystep-seal-key').then((bytes) => Buffer.from(bytes))
    unwrapped.set(key.id, opened)
    opened.catch(() => unwrapped.delete(key.id))
    return opened
  }

  /** One that was made after this Lambda read them is looked for again. */
  const keyOf = async (id: string): Promise<SealKey> => {
    const find = (keys: readonly SealKey[]) => keys.find((key) => key.id === id)
    const key = find(await readKeys()) ?? find(await readKeys(true))
    if (key === undefined) throw new Error(`There is no key ${id} to open what it sealed`)
    return key
  }

  return {
    async seal(secret, about) {
      const [key] = await readKeys()
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', subkey(await unwrap(key), 'seal'), nonce).setAAD(associated(about))
      const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
      return `${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`
    },

    async unseal(sealed, about) {
      const [id = '', content = ''] = sealed.split('.')
      const key = subkey(await unwrap(await keyOf(id)), 'seal')
      const bytes = Buffer.from(content, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(associated(about)).setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    },

    async hashes(text) {
      const [newest, ...older] = await readKeys()
      const hash = async (key: SealKey) =>
        createHmac('sha256', subkey(await unwrap(key), 'hash'))
          .update(text)
          .digest('base64url')
      return [await hash(newest), ...(await Promise.all(older.map(hash)))]
    },
  }
}

/** A key for each use, so that none of them says anything of another. */
const subkey = (key: Buffer, use: 'seal' | 'hash'): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `keystep one-time password ${use}`, 32))

const associated = (about: SealedFor): Buffer =>
  Buffer.from(
    JSON.stringify('webhook' in about ? ['webhook', about.webhook] : ['one-time-password', about.user, about.id]),
  )
