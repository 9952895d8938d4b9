/** Who is told of the end of a session, by the changes of the table as AWS has them; and that no address signs anybody out. */
import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeHandler as makeDelivery } from '../../lambdas/logout/deliver.ts'
import { makeHandler } from '../../lambdas/logout/session-ended.ts'
import type { LogoutNotice } from '../../src/core/oidc/logout-token.ts'
import { ok } from '../../src/core/result.ts'
import { type House, openHouse } from '../house.ts'
import { visit } from '../visitor.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
  const told = { backchannelLogoutUri: 'https://app1.example.com/logout' }
  await house.addClient({ ...told })
  await house.addClient({ ...told, clientId: 'disabled', enabled: false })
  await house.addClient({ clientId: 'silent' })
})
afterAll(() => house?.close())

let notices: LogoutNotice[] = []
let logged: string[] = []
let refusing = false
beforeEach(() => {
  notices = []
  logged = []
  refusing = false
})

const at = 1_800_000_000
const session = {
  pk: 'session#one',
  sid: 'one',
  user: 'anna',
  until: at + 60,
  idleUntil: at - 60,
  clients: new Set(['app1', 'disabled', 'silent', 'deleted']),
}

/** As the stream of a table with OLD_IMAGE has it. */
const removal = (image: Record<string, unknown> = {}, change: Partial<DynamoDBRecord> = {}): DynamoDBRecord => ({
  eventID: 'c4ca4238a0b923820dcc509a6f75849b',
  eventName: 'REMOVE',
  eventVersion: '1.1',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-central-1',
  dynamodb: {
    ApproximateCreationDateTime: at,
    Keys: { pk: { S: String(image.pk ?? session.pk) } },
    OldImage: marshall({ ...session, ...image }, { removeUndefinedValues: true }) as NonNullable<
      DynamoDBRecord['dynamodb']
    >['OldImage'] &
      object,
    SequenceNumber: '111',
    SizeBytes: 26,
    StreamViewType: 'OLD_IMAGE',
  },
  ...change,
})

const handle = (...Records: DynamoDBRecord[]) =>
  makeHandler({
    db: house.db,
    queue: {
      send: async (some) => {
        if (refusing) throw new Error('The queue is away')
        notices.push(...some)
      },
    },
    log: (message) => logged.push(message),
  })({ Records })

describe('of a session that somebody ended', () => {
  it('each application is told that had a code in it, is there, and wants to hear', async () => {
    expect(await handle(removal())).toEqual({ batchItemFailures: [] })
    expect(notices).toEqual([{ clientId: 'app1', sid: 'one', user: 'anna', endedAt: at }])
  })

  it('nothing is lost where the queue is away: from that change on all come again', async () => {
    refusing = true
    expect(await handle(removal({ pk: 'grant#x' }), removal())).toEqual({
      batchItemFailures: [{ itemIdentifier: '111' }],
    })
    expect(logged).toEqual(['fan-out-failed'])
  })
})

describe('nobody is told', () => {
  it.each<[string, DynamoDBRecord]>([
    ['that DynamoDB removed what had run out', removal({}, { userIdentity: ttl() })],
    ['of a session that goes on', removal({}, { eventName: 'MODIFY' })],
    ['of one that begins', removal({}, { eventName: 'INSERT' })],
    ['of a grant, a refresh token or a login', removal({ pk: 'grant#one' })],
    ['of one that had run out when it was removed', removal({ until: at })],
    ['of one without applications', removal({ clients: undefined })],
  ])('%s', async (_name, record) => {
    expect(await handle(record)).toEqual({ batchItemFailures: [] })
    expect(notices).toEqual([])
    expect(logged).toEqual([])
  })
})

it('an application that was switched off since a notice went into the queue hears no more', async () => {
  const asked: string[] = []
  const body = (clientId: string) => JSON.stringify({ clientId, sid: 'one', user: 'anna', endedAt: at })
  const message = (clientId: string) => ({ messageId: clientId, receiptHandle: '', body: body(clientId) })
  const Records = ['app1', 'disabled'].map(message).map((each) => ({
    ...each,
    attributes: { ApproximateReceiveCount: '1' },
  })) as SQSRecord[]
  const deliver = makeDelivery({
    ...house.world,
    log: () => {},
    fetch: async (_address, { post }) => {
      asked.push(String(decodeJwt(new URLSearchParams(post?.body.toString()).get('logout_token') ?? '').aud))
      return ok(Buffer.from(''))
    },
    queue: { pause: async () => {} },
  })
  expect(await deliver({ Records })).toEqual({ batchItemFailures: [] })
  expect(asked).toEqual(['app1'])
})

function ttl() {
  return { type: 'Service', principalId: 'dynamodb.amazonaws.com' }
}

describe('an address', () => {
  it.each(['yes', 'everywhere'])(
    'that says confirmed=%s signs nobody out, whoever sends them there',
    async (confirmed) => {
      const password = 'correct horse battery staple'
      const user = await house.addUser({ password })
      const browser = visit(house)
      await browser.ask({ acr_values: 'pwd' })
      await browser.post('username', { username: user.userName })
      await browser.post('password', { password })
      for (const site of ['same-origin', 'same-site', 'cross-site', 'none']) {
        const reply = await house.invoke('GET', `/logout?confirmed=${confirmed}`, {
          headers: { 'sec-fetch-site': site, origin: house.stage.issuer },
          cookies: Object.fromEntries(browser.cookies),
        })
        expect(reply.status).toBe(200)
        expect(reply.cookies ?? []).toEqual([])
      }
      expect(
        (await house.all('sessions')).filter(({ pk, user: of }) => String(pk).startsWith('session#') && of === user.id),
      ).toHaveLength(1)
    },
  )
})
