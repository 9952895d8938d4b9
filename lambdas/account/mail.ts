/**
 * Writes to a person that what they sign in with has changed: when, what, from where, and what to do if it was not them.
 *
 * No route: the queue invokes it, so that a change never waits for a mail and never fails by one. It is counted before it is
 * sent, and sent again only where it came back to the queue: one that the stream told twice is one letter. To an address at
 * which mail bounced nothing is sent until an operator says so.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { type AccountNotice, readAccountNotice } from '../../src/core/account-notice.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Person } from '../../src/core/session.ts'
import { type Mail, openMail } from '../../src/services/mail.ts'
import { openQueue, type Queue } from '../../src/services/queue.ts'
import { readStage } from '../../src/stage.ts'
import { hasMostNotices, notedNotice, wasNoticed } from '../../src/store/account-notices.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'
import { readPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { accountMail } from '../../web/account-mails.ts'
import { fromQueue } from '../events/from-queue.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'log'> & {
  mail: Mail
  queue: Pick<Queue<AccountNotice>, 'pause'>
}

export const makeHandler = (needs: Needs) =>
  fromQueue<AccountNotice>(needs, {
    read: readAccountNotice,
    tell: (notice, tries) => tell(needs, notice, tries),
    gaveUp: async () => {},
    failure: 'account-mail-failed',
    about: ({ id, user }) => ({ notice: id, user }),
  })

const attempts = 5

async function tell(needs: Needs, notice: AccountNotice, tries: number): Promise<Result<undefined, 'mail-failed'>> {
  const { db, now, log } = needs
  for (let attempt = 0; attempt < attempts; attempt++) {
    const person = await readPerson(db, notice.user)
    // Gone meanwhile, or without an address that takes mail: there is nobody to write to.
    if (person?.user.email === undefined || person.user.mailTrouble !== undefined) return ok(undefined)
    const { user } = person
    if (wasNoticed(user, notice.id)) return tries > 1 ? send(needs, notice, person, person.user.email) : ok(undefined)
    if (hasMostNotices(user, now())) {
      log('account-mail-withheld', { notice: notice.id, user: user.id })
      return ok(undefined)
    }
    const counted = await db.transact([notedNotice(user, notice.id, now())])
    if (counted.ok) return send(needs, notice, person, person.user.email)
  }
  return refuse('mail-failed', { detail: 'many at once' })
}

async function send(
  { mail, stage }: Needs,
  notice: AccountNotice,
  { user, authenticators, otps }: Person,
  to: string,
): Promise<Result<undefined, 'mail-failed'>> {
  const about = [...authenticators, ...otps].find(({ id }) => id === notice.authenticator)
  const letter = accountMail({
    notice,
    serviceName: stage.serviceName,
    portal: `${stage.issuer}/portal`,
    locale: user.locale?.toLowerCase().split('-')[0] === 'de' ? 'de' : 'en',
    ...(user.claims?.zoneinfo === undefined ? {} : { timeZone: user.claims.zoneinfo }),
    ...(about?.friendlyName === undefined ? {} : { name: about.friendlyName }),
  })
  const sent = await mail.send({ to, user: user.id, ...letter })
  return sent.ok ? ok(undefined) : sent
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: SQSEvent): Promise<SQSBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    if (stage.mailQueue === undefined) throw new Error('Settings missing from the environment: MAIL_QUEUE_URL')
    opened = makeHandler({
      stage,
      db: openDb(openDynamodb(stage), stage.tableNames, stage),
      now: () => Math.floor(Date.now() / 1000),
      mail: openMail(stage),
      queue: openQueue(stage.mailQueue),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
