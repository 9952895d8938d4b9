/**
 * Which letters went to somebody about their account lately: so that one that is told twice is sent once, and nobody's
 * mailbox is filled from here. Kept with the user, apart from the codes that are mailed: neither keeps the other waiting.
 */
import { noticesPerWindow, noticeWindow } from '../core/account-notice.ts'
import type { Seconds } from '../core/result.ts'
import type { User } from '../core/user.ts'
import type { Write } from './db.ts'
import { places } from './keys.ts'

const entryOf = (id: string, at: Seconds): string => `${at} ${id}`

const recent = ({ noticesSent = [] }: Pick<User, 'noticesSent'>, now: Seconds): string[] =>
  noticesSent.filter((entry) => Number(entry.split(' ')[0]) > now - noticeWindow)

export const wasNoticed = (user: Pick<User, 'noticesSent'>, id: string): boolean =>
  (user.noticesSent ?? []).some((entry) => entry.split(' ')[1] === id)

export const hasMostNotices = (user: Pick<User, 'noticesSent'>, now: Seconds): boolean =>
  recent(user, now).length >= noticesPerWindow

/** One more, if nobody counted one meanwhile. */
export const notedNotice = (user: User, id: string, now: Seconds): Write => ({
  write: 'update',
  ...places.user(user.id),
  update: 'SET #noticesSent = :sent',
  condition:
    user.noticesSent === undefined
      ? 'attribute_exists(#pk) AND attribute_not_exists(#noticesSent)'
      : '#noticesSent = :known',
  values: { sent: [...recent(user, now), entryOf(id, now)], known: user.noticesSent },
})
