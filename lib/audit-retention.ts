/** What an operator decides about how long the audit log is kept, online and in the archive, and how firmly there. */

export type AuditRetention = {
  onlineDays: number
  archiveDays: number
  /** By Object Lock: nobody at all deletes what is kept by `compliance` before its time, not even the account's root. */
  lock: 'governance' | 'compliance'
}

const isDays = (least: number) => (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= least

/** Half a month of an archive that fails, in which the alarms are heard, and the log is still all there. */
const leastOnline = 30

export const auditRetentionKinds = {
  auditOnlineDays: { expected: `${leastOnline} days or more, such as 400`, fits: isDays(leastOnline) },
  auditArchiveDays: { expected: 'as many days as auditOnlineDays or more, such as 3653', fits: isDays(leastOnline) },
  auditArchiveLock: {
    expected: 'governance or compliance',
    fits: (text: string) => text === 'governance' || text === 'compliance',
  },
} as const

export function auditRetentionOf(
  one: (name: keyof typeof auditRetentionKinds) => string | undefined,
  problems: string[],
): AuditRetention {
  const onlineDays = Number(one('auditOnlineDays') ?? 400)
  const archiveDays = Number(one('auditArchiveDays') ?? Math.max(3653, onlineDays))
  if (archiveDays < onlineDays)
    problems.push(
      `auditArchiveDays: ${archiveDays} given. Expected: ${auditRetentionKinds.auditArchiveDays.expected} (${onlineDays})`,
    )
  return { onlineDays, archiveDays, lock: one('auditArchiveLock') === 'compliance' ? 'compliance' : 'governance' }
}
