import type { SNSEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeHandler, noteTrouble, parseFeedback, type Trouble } from '../../../lambdas/mail/feedback.ts'
import { userTag } from '../../../src/services/mail-tag.ts'
import { createSecurityKey } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { visit } from '../../visitor.ts'

// As Amazon SES publishes them to SNS, shortened to what its guide shows.
const mail = {
  timestamp: '2026-11-22T08:00:00.000Z',
  source: 'no-reply@keystep.example.org',
  sourceArn: 'arn:aws:ses:eu-central-1:111122223333:identity/keystep.example.org',
  sendingAccountId: '111122223333',
  messageId: '0100015e1b2c3d4e-5f6a7b8c-9d0e-4f1a-8b2c-3d4e5f6a7b8c-000000',
  destination: ['anna@example.com'],
  headersTruncated: false,
  tags: { 'ses:configuration-set': ['keystep-prod'] },
}
const usualBounce = {
  bounceType: 'Permanent',
  bounceSubType: 'General',
  bouncedRecipients: [
    {
      emailAddress: 'anna@example.com',
      action: 'failed',
      status: '5.1.1',
      diagnosticCode: 'smtp; 550 5.1.1 user unknown',
    },
  ],
  timestamp: '2026-11-22T08:00:02.669Z',
  feedbackId: '0100015e1b2c3d4f-aaaa',
  reportingMTA: 'dsn; mta.example.com',
}
const usualComplaint = {
  complainedRecipients: [{ emailAddress: 'anna@example.com' }],
  timestamp: '2026-11-22T09:00:00.012Z',
  feedbackId: '0100015e1b2c3d50-bbbb',
  complaintSubType: null,
  userAgent: 'ExampleCorp Feedback Loop (V0.01)',
  complaintFeedbackType: 'abuse',
  arrivalDate: '2026-11-22T08:00:02.669Z',
}
const bounce = (change: Partial<typeof usualBounce> = {}) =>
  JSON.stringify({ eventType: 'Bounce', bounce: { ...usualBounce, ...change }, mail })
const complaint = (change: Record<string, unknown> = {}) =>
  JSON.stringify({ eventType: 'Complaint', complaint: { ...usualComplaint, ...change }, mail })

describe('what SES tells of a mail', () => {
  it('takes a permanent bounce for a trouble of the address', () => {
    expect(parseFeedback(bounce())).toEqual({
      ok: true,
      value: [
        {
          email: 'anna@example.com',
          trouble: 'bounced',
          at: 1795334402,
          reason: 'Permanent/General',
          feedbackId: '0100015e1b2c3d4f-aaaa',
        },
      ],
    })
  })

  it('takes a complaint for a trouble of the address', () => {
    expect(parseFeedback(complaint())).toEqual({
      ok: true,
      value: [
        {
          email: 'anna@example.com',
          trouble: 'complained',
          at: 1795338000,
          reason: 'complaint/abuse',
          feedbackId: '0100015e1b2c3d50-bbbb',
        },
      ],
    })
  })

  it.each([
    [
      'a complaint that says no more',
      { complaintFeedbackType: undefined, complaintSubType: undefined },
      'complaint/unspecified',
    ],
    [
      'an address that SES suppresses',
      { complaintFeedbackType: undefined, complaintSubType: 'OnAccountSuppressionList' },
      'complaint/OnAccountSuppressionList',
    ],
  ])('keeps the reason of %s', (_, change, reason) => {
    expect(parseFeedback(complaint(change))).toMatchObject({ ok: true, value: [{ reason }] })
  })

  it('reads an identity’s notification like a configuration set’s event', () => {
    const { eventType: notificationType, ...rest } = JSON.parse(bounce()) as { eventType: string }
    expect(parseFeedback(JSON.stringify({ notificationType, ...rest }))).toEqual(parseFeedback(bounce()))
  })

  it('names each address once, in lower case and without a display name', () => {
    const bouncedRecipients = ['Anna <Anna@Example.com>', 'anna@example.com', 'ben@example.com'].map(
      (emailAddress) => ({
        ...usualBounce.bouncedRecipients[0],
        emailAddress,
      }),
    )
    const read = parseFeedback(
      JSON.stringify({ eventType: 'Bounce', bounce: { ...usualBounce, bouncedRecipients }, mail }),
    )
    expect(read.ok && read.value.map(({ email }) => email)).toEqual(['anna@example.com', 'ben@example.com'])
  })

  it.each([
    ['a mailbox that is full', bounce({ bounceType: 'Transient', bounceSubType: 'MailboxFull' })],
    ['an absence note', bounce({ bounceType: 'Transient', bounceSubType: 'General' })],
    ['a bounce that SES could not read', bounce({ bounceType: 'Undetermined', bounceSubType: 'Undetermined' })],
    ['a mail taken out of the spam folder', complaint({ complaintFeedbackType: 'not-spam' })],
    ['a delivery', JSON.stringify({ eventType: 'Delivery', mail, delivery: {} })],
    [
      'the subscription of an identity',
      JSON.stringify({ notificationType: 'AmazonSnsSubscriptionSucceeded', message: 'You have…' }),
    ],
    ['the first meeting with the topic', 'Successfully validated SNS topic for Amazon SES event publishing.'],
  ])('does not mark anybody for %s', (_, message) => {
    expect(parseFeedback(message)).toEqual({ ok: true, value: [] })
  })

  it.each([
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['no kind', '{}'],
    [
      'a bounce without its address',
      JSON.stringify({ eventType: 'Bounce', bounce: { ...usualBounce, bouncedRecipients: [{}] } }),
    ],
    [
      'a bounce without its time',
      JSON.stringify({ eventType: 'Bounce', bounce: { ...usualBounce, timestamp: 'soon' } }),
    ],
    ['a complaint without its body', JSON.stringify({ eventType: 'Complaint' })],
  ])('refuses %s', (_, message) => {
    expect(parseFeedback(message)).toMatchObject({ ok: false, reason: 'malformed-feedback' })
  })
})

/** As SNS hands messages over. */
const eventOf = (...messages: string[]): SNSEvent => ({
  Records: messages.map((Message, at) => ({
    EventVersion: '1.0',
    EventSubscriptionArn: 'arn:aws:sns:eu-central-1:111122223333:events:1',
    EventSource: 'aws:sns',
    Sns: {
      SignatureVersion: '1',
      Timestamp: '2026-11-22T08:00:03.000Z',
      Signature: '',
      SigningCertUrl: '',
      MessageId: `message-${at}`,
      Message,
      MessageAttributes: {},
      Type: 'Notification',
      UnsubscribeUrl: '',
      TopicArn: '',
    },
  })),
})

describe('the Lambda mail-feedback', () => {
  it('notes every trouble of every message', async () => {
    const noted: Trouble[] = []
    await makeHandler(async (trouble) => void noted.push(trouble))(eventOf(bounce(), complaint()))
    expect(noted.map(({ trouble }) => trouble)).toEqual(['bounced', 'complained'])
  })

  it('fails on a message it cannot read, so that SNS and the dead-letter queue keep it', async () => {
    await expect(makeHandler(async () => {})(eventOf('hello'))).rejects.toThrow('message-0')
  })
})

describe('a user whose mail came back', () => {
  let house: House
  beforeAll(async () => {
    house = await openHouse()
  })
  afterAll(() => house.close())

  const tagged = (user: string, change: Partial<typeof usualBounce> = {}) =>
    JSON.stringify({
      eventType: 'Bounce',
      bounce: { ...usualBounce, ...change },
      mail: { ...mail, tags: { ...mail.tags, user: [userTag(user).Value] } },
    })
  const hear = (message: string) => makeHandler(noteTrouble(house.db))(eventOf(message))
  const kept = async (id: string) => (await house.all('people')).find((item) => item.id === id)

  it('is marked and told of in the audit log, once however often it is said', async () => {
    const user = await house.addUser({ email: 'Anna@example.com' })
    await Promise.all(Array.from({ length: 5 }, () => hear(tagged(user.id))))
    await hear(tagged(user.id))
    expect(await kept(user.id)).toMatchObject({ mailTrouble: 'bounced' })
    expect((await house.audit('mail.bounced')).filter((event) => event.user === user.id)).toHaveLength(1)
  })

  it('is left alone when the address is another by now, or the user is gone', async () => {
    const user = await house.addUser({ email: 'new@example.com' })
    await hear(tagged(user.id))
    await hear(tagged('nobody'))
    expect((await kept(user.id))?.mailTrouble).toBeUndefined()
  })

  it('gets no code at that address, and is told so', async () => {
    const user = await house.addUser({ mailTrouble: 'complained' })
    const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })
    await house.addAuthenticator(user, key, { state: 'pending' })
    await house.addClient()
    const browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('username', { username: user.userName })
    await browser.post('activation')
    expect(browser.notice).toBe('mail-failed')
    expect(await house.mails(user.email)).toEqual([])
  })
})
