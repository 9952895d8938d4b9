/**
 * How many mails went to whom lately: so many in any such while, by the settings, so that nobody's mailbox is filled from
 * here.
 */
import type { Settings } from '../core/realm.ts'
import type { Seconds } from '../core/result.ts'
import { settingLimits } from '../core/settings-limits.ts'
import type { User } from '../core/user.ts'
import type { Db, Place, Write } from './db.ts'
import { places } from './keys.ts'

/** The longest window there may be. */
const strangersKept: Seconds = settingLimits.codeSendWindow.most

/** `times`: those of the window, oldest first. `known` is all that was written, which the next write compares. */
export type MailsSent = { times: Seconds[]; known: Seconds[] | undefined; at: Place; forgottenAt?: Seconds }

/** To a user, who was read already; or, for a name that nobody has, as if there were one. */
export async function mailsSentTo(
  db: Db,
  user: User | undefined,
  typedName: string,
  { codeSendWindow }: Pick<Settings, 'codeSendWindow'>,
  now: Seconds,
): Promise<MailsSent> {
  const at = user === undefined ? places.strangerTries(typedName) : places.user(user.id)
  const known = user === undefined ? ((await db.get(at))?.mailsSent as Seconds[] | undefined) : user.mailsSent
  const times = (known ?? []).filter((time) => time > now - codeSendWindow)
  return { times, known, at, ...(user === undefined ? { forgottenAt: now + strangersKept } : {}) }
}

/** It was not sent after all. */
export const uncountedMail = ({ times, at }: MailsSent, now: Seconds): Write => ({
  write: 'update',
  ...at,
  update: 'SET #mailsSent = :times',
  condition: '#mailsSent = :sent',
  values: { times, sent: [...times, now] },
})

/** One more, if nobody counted one meanwhile, and the user was not deleted. */
export const countedMail = ({ times, known, at, forgottenAt }: MailsSent, now: Seconds): Write => ({
  write: 'update',
  ...at,
  update: `SET #mailsSent = :sent${forgottenAt === undefined ? '' : ', #until = :forgottenAt'}`,
  condition: [
    known === undefined ? 'attribute_not_exists(#mailsSent)' : '#mailsSent = :known',
    ...(forgottenAt === undefined ? ['attribute_exists(#pk)'] : []),
  ].join(' AND '),
  values: { sent: [...times, now], known, forgottenAt },
})
