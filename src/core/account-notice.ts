/**
 * Decides of what happened which a person is written to about: what they sign in with became more, less, or shut. They
 * hear of it whoever it was, so that they notice what they did not do.
 *
 * In the notice is nothing that is secret, and nothing that proves anything.
 */
import type { AuditEvent, AuditType } from './audit-event.ts'
import { byOf } from './own-activity.ts'
import type { Seconds } from './result.ts'

export const noticeKinds = ['prepared', 'activated', 'added', 'removed', 'suspended', 'locked'] as const
export type NoticeKind = (typeof noticeKinds)[number]

export const noticeThings = ['key', 'app', 'recovery-codes'] as const
export type NoticeThing = (typeof noticeThings)[number]

export type AccountNotice = {
  /** Of the audit record: told twice, it is the same one. */
  id: string
  kind: NoticeKind
  thing: NoticeThing
  user: string
  at: Seconds
  by: ReturnType<typeof byOf>
  authenticator?: string
  ip?: string
}

/** `authenticator.expired` is none: nobody could sign in with it, and nobody took it away. */
const told: Partial<Record<AuditType, [NoticeKind, NoticeThing]>> = {
  'authenticator.imported': ['prepared', 'key'],
  'authenticator.activated': ['activated', 'key'],
  'authenticator.added': ['added', 'key'],
  'authenticator.deleted': ['removed', 'key'],
  'authenticator.suspended': ['suspended', 'key'],
  'authenticator.locked': ['locked', 'key'],
  'otp.enrolled': ['added', 'app'],
  'otp.imported': ['added', 'app'],
  'otp.deleted': ['removed', 'app'],
  'otp.suspended': ['suspended', 'app'],
  'otp.locked': ['locked', 'app'],
  'recovery-codes.made': ['added', 'recovery-codes'],
}

export function noticeOf(event: AuditEvent & { id: string }): AccountNotice | undefined {
  const { id, type, user, at, actor, authenticator, ip, reason } = event
  const [kind, thing] = told[type] ?? []
  if (kind === undefined || thing === undefined || user === undefined || reason === 'expired') return undefined
  const by = byOf(actor, user)
  return {
    ...{ id, kind, thing, user, at, by },
    ...(authenticator === undefined ? {} : { authenticator }),
    // From where an operator works is theirs.
    ...(ip === undefined || by === 'organisation' ? {} : { ip }),
  }
}

/**
 * Of what was written at once, one letter: an app that is set up comes with recovery codes, and its letter says so.
 * What stands by itself stays.
 */
export function withoutCompanions(events: readonly (AuditEvent & { id: string })[]): (AuditEvent & { id: string })[] {
  const enrolled = new Set(events.flatMap(({ type, request }) => (type === 'otp.enrolled' ? (request ?? []) : [])))
  return events.filter(({ type, request = '' }) => type !== 'recovery-codes.made' || !enrolled.has(request))
}

/** `undefined` for what is none: whoever can write to the queue is still not believed unseen. */
export function readAccountNotice(text: string): AccountNotice | undefined {
  let data: Partial<AccountNotice>
  try {
    data = JSON.parse(text) as Partial<AccountNotice>
  } catch {
    return undefined
  }
  const { id, user, at, by, authenticator, ip } = data
  const kind = noticeKinds.find((each) => each === data.kind)
  const thing = noticeThings.find((each) => each === data.thing)
  if (kind === undefined || thing === undefined || by === undefined) return undefined
  if (typeof id !== 'string' || typeof user !== 'string' || !Number.isSafeInteger(at)) return undefined
  return {
    ...{ id, kind, thing, user, at: at ?? 0, by },
    ...(typeof authenticator === 'string' ? { authenticator } : {}),
    ...(typeof ip === 'string' ? { ip } : {}),
  }
}

/** So many letters to one person in an hour: many keys that are handed over at once are no reason to fill a mailbox. */
export const noticesPerWindow = 10
export const noticeWindow: Seconds = 3600
