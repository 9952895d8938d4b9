/** All that is in a user's partition beside their own record, to be removed with them. */
import type { Authenticator, UserId } from '../core/authenticator.ts'
import type { Consent } from '../core/oidc/consent.ts'
import type { OneTimePassword } from '../core/otp/one-time-password.ts'
import type { Db, Item, Write } from './db.ts'
import { userPartition } from './keys.ts'

type Kept<Value> = Value & { pk: string; sk: string }
type Belongings = {
  authenticators: Authenticator[]
  otps: Kept<OneTimePassword>[]
  consents: Kept<Consent>[]
  /** Of no kind that the audit log hears of one by one: recovery codes, and what a later version may keep here. */
  others: Kept<Item>[]
}

/** The first page of it, consistently: whoever removes it asks again until there is nothing. */
export async function belongingsOf(db: Db, user: UserId): Promise<Belongings> {
  const { items } = await db.query({ table: 'people', where: '#pk = :pk', values: { pk: userPartition(user) } })
  const kinds = new Map<string, Kept<Item>[]>()
  for (const item of items as Kept<Item>[]) {
    const [kind = ''] = item.sk.split('#')
    kinds.set(kind, [...(kinds.get(kind) ?? []), item])
  }
  const { authenticator = [], otp = [], consent = [], profile, ...others } = Object.fromEntries(kinds)
  return {
    authenticators: authenticator as unknown as Authenticator[],
    otps: otp as unknown as Kept<OneTimePassword>[],
    consents: consent as unknown as Kept<Consent>[],
    others: Object.values(others).flat(),
  }
}

export const removedBelonging = ({ pk, sk }: { pk: string; sk: string }): Write => ({
  write: 'delete',
  table: 'people',
  key: { pk, sk },
})
