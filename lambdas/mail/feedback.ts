/**
 * What SES tells of a mail afterwards: that it bounced for good, or that its owner marked it as spam.
 *
 * No route: SNS invokes it. A message is judged by what it says, and one that says nothing of an address is no failure;
 * one that cannot be read is, and ends in the dead-letter queue for somebody to look at.
 *
 * Each mail carries the id of its user as a message tag, so that nobody has to be looked for by address.
 */
import type { SNSEvent } from 'aws-lambda'
import * as z from 'zod'
import { ok, type Result, refuse, type Seconds } from '../../src/core/result.ts'
import type { User } from '../../src/core/user.ts'
import { userOfTag } from '../../src/services/mail-tag.ts'
import { readStage } from '../../src/stage.ts'
import { recorded } from '../../src/store/audit.ts'
import { type Db, openDb, openDynamodb } from '../../src/store/db.ts'
import { readUser } from '../../src/store/people.ts'
import { troubledMail } from '../../src/store/users.ts'

export type Trouble = {
  /** In lower case: SES repeats what the other side made of it. */
  email: string
  /** The user whom the mail was for, where it says so. */
  user?: string
  trouble: NonNullable<User['mailTrouble']>
  at: Seconds
  /** `Permanent/NoEmail`, `complaint/abuse`: SES's words, for the audit record. */
  reason: string
  /** SES's id of this notice, to be found again. The same notice may come twice. */
  feedbackId: string
}

/** SNS's events are called `eventType` by a configuration set and `notificationType` by an identity. */
const kindOf = z.object({ eventType: z.string().optional(), notificationType: z.string().optional() })

/** Tags come with a configuration set's events. */
const tagged = z.object({ mail: z.object({ tags: z.object({ user: z.array(z.string()).optional() }) }) })

function userIn(notice: unknown): { user?: string } {
  const read = tagged.safeParse(notice)
  const user = userOfTag(read.data?.mail.tags.user?.[0])
  return user === undefined ? {} : { user }
}

const recipients = z.array(z.object({ emailAddress: z.string() }))
const common = { timestamp: z.iso.datetime({ offset: true }), feedbackId: z.string() }

const bounceNotice = z.object({
  bounce: z.object({ ...common, bounceType: z.string(), bounceSubType: z.string(), bouncedRecipients: recipients }),
})

const complaintNotice = z.object({
  complaint: z.object({
    ...common,
    complainedRecipients: recipients,
    complaintFeedbackType: z.string().nullish(),
    complaintSubType: z.string().nullish(),
  }),
})

/** The body of one SNS message. None for what is no trouble of an address: a full mailbox, an absence note, a test. */
export function parseFeedback(message: string): Result<Trouble[], 'malformed-feedback'> {
  // Said once, in plain text, when SES first meets the topic.
  if (message.startsWith('Successfully validated SNS topic')) return ok([])
  const notice = parseJson(message)
  const kind = kindOf.safeParse(notice)
  if (!kind.success) return refuse('malformed-feedback', { detail: 'no JSON object' })
  switch (kind.data.eventType ?? kind.data.notificationType) {
    case 'Bounce':
      return bounceIn(notice)
    case 'Complaint':
      return complaintIn(notice)
    case undefined:
      return refuse('malformed-feedback', { detail: 'neither eventType nor notificationType' })
    default:
      return ok([])
  }
}

function bounceIn(notice: unknown): Result<Trouble[], 'malformed-feedback'> {
  const read = bounceNotice.safeParse(notice)
  if (!read.success) return refuse('malformed-feedback', { detail: z.prettifyError(read.error) })
  const { bounceType, bounceSubType, bouncedRecipients, timestamp, feedbackId } = read.data.bounce
  // Transient and undetermined ones pass, or come again as permanent.
  if (bounceType !== 'Permanent') return ok([])
  const told = {
    trouble: 'bounced',
    at: secondsOf(timestamp),
    reason: `${bounceType}/${bounceSubType}`,
    feedbackId,
    ...userIn(notice),
  } as const
  return ok(addressesOf(bouncedRecipients).map((email) => ({ email, ...told })))
}

function complaintIn(notice: unknown): Result<Trouble[], 'malformed-feedback'> {
  const read = complaintNotice.safeParse(notice)
  if (!read.success) return refuse('malformed-feedback', { detail: z.prettifyError(read.error) })
  const { complaintFeedbackType, complaintSubType, complainedRecipients, timestamp, feedbackId } = read.data.complaint
  // Somebody took our mail out of the spam folder, and that is told as a complaint, too (RFC 6430).
  if (complaintFeedbackType === 'not-spam') return ok([])
  const reason = `complaint/${complaintFeedbackType ?? complaintSubType ?? 'unspecified'}`
  const told = { trouble: 'complained', at: secondsOf(timestamp), reason, feedbackId, ...userIn(notice) } as const
  return ok(addressesOf(complainedRecipients).map((email) => ({ email, ...told })))
}

/** Each once, without a display name. */
const addressesOf = (told: z.infer<typeof recipients>): string[] => [
  ...new Set(
    told.map(({ emailAddress }) => (/<([^<>]+)>\s*$/.exec(emailAddress)?.[1] ?? emailAddress).trim().toLowerCase()),
  ),
]

const secondsOf = (timestamp: string): Seconds => Math.floor(Date.parse(timestamp) / 1000)

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `note` must bear to hear the same trouble twice: SNS delivers at least once. */
export const makeHandler =
  (note: (trouble: Trouble) => Promise<void>) =>
  async ({ Records }: SNSEvent): Promise<void> => {
    for (const { Sns } of Records) {
      const feedback = parseFeedback(Sns.Message)
      if (!feedback.ok) throw new Error(`SNS message ${Sns.MessageId}: ${feedback.reason}: ${feedback.detail}`)
      for (const trouble of feedback.value) await note(trouble)
    }
  }

/** Marks the user whom the mail was for, if the address is still theirs, and tells the audit log. */
export const noteTrouble =
  (db: Db) =>
  async ({ email, user: id, trouble, at, reason, feedbackId }: Trouble): Promise<void> => {
    const user = id === undefined ? undefined : await readUser(db, id)
    if (user?.email?.toLowerCase() !== email) return
    await db.transact([
      troubledMail(user, trouble, feedbackId),
      recorded({
        type: `mail.${trouble}`,
        at,
        actor: { kind: 'service', id: 'ses' },
        user: user.id,
        reason,
        detail: feedbackId,
      }),
    ])
  }

let note: ReturnType<typeof noteTrouble> | undefined

export const handler = makeHandler(async (trouble) => {
  if (note === undefined) {
    const stage = readStage(process.env)
    note = noteTrouble(openDb(openDynamodb(stage), stage.tableNames, stage))
  }
  const { email: _, ...facts } = trouble
  console.log(JSON.stringify({ message: 'mail-trouble', ...facts }))
  await note(trouble)
})
