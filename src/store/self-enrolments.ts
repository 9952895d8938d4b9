/** What a person began to add at the portal: for them, in this session, for this purpose, and used once. */
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export type SelfEnrolment = {
  id: string
  user: UserId
  sid: string
  purpose: 'fido' | 'otp'
  /** For the key to answer; of one-time codes, nothing. */
  challenge?: string
  until: Seconds
}

type Whose = Pick<SelfEnrolment, 'user' | 'sid' | 'purpose'>

/** If it is this person's, of this session and for this, and not over. */
export function selfEnrolmentIn(item: Item | undefined, { user, sid, purpose }: Whose, now: Seconds) {
  const found = item as SelfEnrolment | undefined
  const isTheirs = found?.user === user && found.sid === sid && found.purpose === purpose
  return isTheirs && found.until > now ? found : undefined
}

export const begunSelfEnrolment = (enrolment: SelfEnrolment): Write => ({
  write: 'put',
  ...places.selfEnrolment(enrolment.id),
  item: enrolment,
  condition: 'attribute_not_exists(#pk)',
})

/** Used up, if it is still there: of two answers at once, one is. */
export const spentSelfEnrolment = ({ id, user, sid, purpose }: SelfEnrolment, now: Seconds): Write => ({
  write: 'delete',
  ...places.selfEnrolment(id),
  condition: '#user = :user AND #sid = :sid AND #purpose = :purpose AND #until > :now',
  values: { user, sid, purpose, now },
})
