/** Challenges given to a CMS for a key to attest to: for one user, used once. */
import type { UserId } from '../core/authenticator.ts'
import type { Seconds } from '../core/result.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export type Enrolment = { id: string; challenge: string; subject: UserId; until: Seconds }

export function enrolmentIn(item: Item | undefined, now: Seconds): Enrolment | undefined {
  const enrolment = item as Enrolment | undefined
  return enrolment !== undefined && enrolment.until > now ? enrolment : undefined
}

export const createdEnrolment = (enrolment: Enrolment): Write => ({
  write: 'put',
  ...places.enrolment(enrolment.id),
  item: enrolment,
  condition: 'attribute_not_exists(#pk)',
})

/** Used up by the import that answers it, if it is still there and this user's. */
export const spentEnrolment = (enrolment: Enrolment, now: Seconds): Write => ({
  write: 'delete',
  ...places.enrolment(enrolment.id),
  condition: '#subject = :subject AND #until > :now',
  values: { subject: enrolment.subject, now },
})
