import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeHandler } from '../../../lambdas/account/mail.ts'
import {
  type AccountNotice,
  noticeKinds,
  noticeOf,
  noticesPerWindow,
  noticeThings,
  noticeWindow,
  readAccountNotice,
  withoutCompanions,
} from '../../../src/core/account-notice.ts'
import type { AuditEvent } from '../../../src/core/audit-event.ts'
import { pauseAfter } from '../../../src/core/deliveries.ts'
import type { User } from '../../../src/core/user.ts'
import { accountMail } from '../../../web/account-mails.ts'
import { locales } from '../../../web/view.ts'
import { type House, openHouse } from '../../house.ts'
import { addApp, atPortal, proofs, securityKey } from './portal.ts'

let house: House
let ada: User
let paused: number[]
let handle: ReturnType<typeof makeHandler>
beforeAll(async () => {
  house = await openHouse()
  const queue = { pause: async (_: string, seconds: number) => void paused.push(seconds) }
  handle = makeHandler({ ...house.world, queue })
})
afterAll(() => house?.close())
beforeEach(async () => {
  house.now += noticeWindow
  paused = []
  ada = await house.addUser({ userName: `ada-${house.now}`, password: 'correct horse battery staple', locale: 'de-AT' })
})

const noticeFor = (user: User, change: Partial<AccountNotice> = {}): AccountNotice => ({
  ...{
    id: `n${Math.random()}`,
    kind: 'removed',
    thing: 'key',
    user: user.id,
    at: house.now,
    by: 'you',
    ip: '192.0.2.7',
  },
  ...change,
})

const eventOf = (notices: readonly unknown[], tries = 1): SQSEvent => ({
  Records: notices.map(
    (notice, at) =>
      ({
        messageId: `m${at}`,
        receiptHandle: `r${at}`,
        body: typeof notice === 'string' ? notice : JSON.stringify(notice),
        attributes: { ApproximateReceiveCount: String(tries) },
      }) as SQSRecord,
  ),
})

const mailsTo = ({ email = '' }: User) => house.mails(email)

describe('a letter', () => {
  it('says what, when, by whom and from where, in the language of the person, and has no link', async () => {
    const key = await house.addAuthenticator(ada, securityKey(), { friendlyName: 'Blue key' })
    expect(await handle(eventOf([noticeFor(ada, { kind: 'added', authenticator: key.id })]))).toEqual({
      batchItemFailures: [],
    })
    const [mail] = await mailsTo(ada)
    expect(mail?.subject).toContain('Etwas an Ihrer Anmeldung hat sich geändert')
    for (const word of ['(Blue key) wurde Ihrem Konto hinzugefügt', '192.0.2.7', 'UTC', 'Sie, angemeldet', 'Helpdesk'])
      expect(mail?.text).toContain(word)
    expect(mail?.html).not.toContain('<a ')
    expect(mail?.text).toContain('https://id.example.org/portal')
  })

  it('is one, however often it is told, and comes again where it could not be sent', async () => {
    const notice = noticeFor(ada)
    await handle(eventOf([notice]))
    await handle(eventOf([notice]))
    expect(await mailsTo(ada)).toHaveLength(1)
    const full = await house.addUser({ email: 'full@example.org' })
    const lost = eventOf([noticeFor(full)])
    expect((await handle(lost)).batchItemFailures).toEqual([{ itemIdentifier: 'm0' }])
    expect(paused).toHaveLength(1)
  })

  it('is given as long where the fault is ours, and not used up while a store is away', async () => {
    const away = {
      ...house.world.db,
      get: () => Promise.reject(new Error('away')),
      batch: () => Promise.reject(new Error('away')),
      query: () => Promise.reject(new Error('away')),
    }
    const queue = { pause: async (_: string, seconds: number) => void paused.push(seconds) }
    const { batchItemFailures } = await makeHandler({ ...house.world, db: away, queue })(eventOf([noticeFor(ada)], 4))
    expect([batchItemFailures, paused]).toEqual([[{ itemIdentifier: 'm0' }], [pauseAfter(4)]])
  })

  it('is none to an address that takes no mail, nor to somebody who is gone, nor of what is no notice', async () => {
    await house.changeUser(ada, { mailTrouble: 'bounced' })
    const gone = { ...ada, id: 'nobody' }
    expect((await handle(eventOf([noticeFor(ada), noticeFor(gone)]))).batchItemFailures).toEqual([])
    expect(await mailsTo(ada)).toEqual([])
    expect((await handle(eventOf(['{}', 'x']))).batchItemFailures).toHaveLength(2)
  })

  it('fills no mailbox: so many in an hour, whether they come one by one or at once', async () => {
    const many = Array.from({ length: 5 }, () => Array.from({ length: 5 }, () => noticeFor(ada)))
    for (const batch of many) {
      let left = batch
      for (let tries = 1; left.length > 0 && tries < 20; tries++) {
        const { batchItemFailures } = await handle(eventOf(left, tries))
        left = batchItemFailures.flatMap(({ itemIdentifier }) => left[Number(itemIdentifier.slice(1))] ?? [])
      }
    }
    expect(await mailsTo(ada)).toHaveLength(noticesPerWindow)
    house.now += noticeWindow + 1
    await handle(eventOf([noticeFor(ada)]))
    expect(await mailsTo(ada)).toHaveLength(noticesPerWindow + 1)
  })

  it('keeps nobody waiting for a code that is mailed', async () => {
    await handle(eventOf(Array.from({ length: 3 }, () => noticeFor(ada))))
    expect(await house.db.get({ table: 'people', key: { pk: `user#${ada.id}`, sk: 'profile' } })).not.toHaveProperty(
      'mailsSent',
    )
  })
})

describe('which a person is written to about', () => {
  const about = (type: AuditEvent['type'], change: Partial<AuditEvent> = {}) => ({
    ...({ id: 'a', type, at: house.now, actor: { kind: 'user', id: ada.id }, user: ada.id } as const),
    ...change,
  })

  it('is what they sign in with: more, less, shut; whoever it was', () => {
    expect(noticeOf(about('authenticator.added'))).toMatchObject({ kind: 'added', thing: 'key', by: 'you' })
    expect(
      noticeOf(about('otp.locked', { actor: { kind: 'stranger', id: '192.0.2.9' }, ip: '192.0.2.9' })),
    ).toMatchObject({
      ...{ kind: 'locked', thing: 'app', by: 'stranger', ip: '192.0.2.9' },
    })
    const byCms = noticeOf(about('authenticator.deleted', { actor: { kind: 'api-key', id: 'k' }, ip: '198.51.100.1' }))
    expect(byCms).toMatchObject({ kind: 'removed', by: 'organisation' })
    expect(byCms).not.toHaveProperty('ip')
    for (const type of ['login.succeeded', 'authenticator.renamed', 'code.sent', 'authenticator.expired'] as const)
      expect(noticeOf(about(type))).toBeUndefined()
    expect(noticeOf(about('authenticator.deleted', { reason: 'expired' }))).toBeUndefined()
  })

  it('is told once of what comes together', () => {
    const together = [about('otp.enrolled', { request: 'r' }), about('recovery-codes.made', { request: 'r' })]
    expect(withoutCompanions(together)).toHaveLength(1)
    expect(withoutCompanions([about('recovery-codes.made', { request: 's' })])).toHaveLength(1)
  })

  it('is read from the queue as it was written', () => {
    const notice = noticeOf(about('authenticator.added', { authenticator: 'x' }))
    expect(readAccountNotice(JSON.stringify(notice))).toEqual(notice)
  })

  it('is said of every kind and thing, in every language', () => {
    for (const locale of locales)
      for (const kind of noticeKinds)
        for (const thing of noticeThings) {
          const letter = accountMail({
            ...{
              notice: noticeFor(ada, { kind, thing }),
              serviceName: 'Keystep',
              portal: 'https://id.example.org/portal',
            },
            locale,
            timeZone: 'Nowhere/Nothing',
            name: '<b>\r\nBcc: x',
          })
          expect(letter.subject).not.toMatch(/[\r\n]/)
          expect(letter.html).not.toContain('<b>')
          expect(letter.text).not.toContain('undefined')
        }
  })
})

it('is what a change at the portal comes to', async () => {
  const app = await addApp(house, ada)
  const portal = await atPortal(house, ada, {
    shown: [proofs.password(house.now), proofs.otp(house.now, app.id)],
    acr: 'otp',
  })
  await portal.call('DELETE', `/authenticators/${app.id}`)
  const events = (await house.audit()).filter(({ user, at }) => user === ada.id && at === house.now)
  const notices = events.flatMap((event) => noticeOf(event as unknown as AuditEvent & { id: string }) ?? [])
  expect(notices).toMatchObject([{ kind: 'removed', thing: 'app', by: 'you', ip: '192.0.2.1' }])
  await handle(eventOf(notices))
  expect((await mailsTo(ada))[0]?.text).toContain('Authenticator-App wurde aus Ihrem Konto entfernt')
})
