/** Signing keys: the public half to read, the private half wrapped by a key that never leaves its vault. */
import type { SigningAlgorithm } from '../core/oidc/signing.ts'
import type { Seconds } from '../core/result.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'

export type SigningKey = {
  /** RFC 7638 thumbprint. */
  kid: string
  alg: SigningAlgorithm
  /** next: published, not used yet · active: signs · retiring: published until what it signed has ended. */
  state: 'next' | 'active' | 'retiring'
  publicJwk: Record<string, string>
  /** PKCS#8, wrapped, base64. */
  wrappedPrivateKey: string
  createdAt: Seconds
}

export async function readSigningKeys(db: Db): Promise<SigningKey[]> {
  const { items } = await db.query({
    table: 'config',
    where: '#pk = :pk',
    values: { pk: places.signingKey('').key.pk },
  })
  return items as SigningKey[]
}

export const createdSigningKey = (key: SigningKey): Write => ({
  write: 'put',
  ...places.signingKey(key.kid),
  item: key,
  condition: 'attribute_not_exists(#pk)',
})
