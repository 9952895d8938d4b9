/** What Lambdas ask of DynamoDB that no request calls: at the end of a session, telling an application of it, and keys. */
import { marshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda'
import { makeHandler as makeDelivery } from '../../lambdas/logout/deliver.ts'
import { makeHandler as makeFanOut } from '../../lambdas/logout/session-ended.ts'
import { localClient } from '../../local/tables.ts'
import type { LogoutNotice } from '../../src/core/oidc/logout-token.ts'
import { rotateKeys } from '../../src/rotate-keys.ts'
import { openKeyMaker } from '../../src/services/key-maker.ts'
import { openPublicFetch } from '../../src/services/public-fetch.ts'
import { openVault } from '../../src/services/vault.ts'
import { openDb } from '../../src/store/db.ts'
import type { Command, House } from '../../test/house.ts'
import { openReceiver } from '../../test/lambdas/logout-house.ts'
import { visit } from '../../test/visitor.ts'
import { type Noted, password } from './steps.ts'

export async function countEvents(house: House): Promise<Noted[]> {
  const counting = openCounting(house)
  try {
    return [...(await countLogout(house, counting)), ...(await countKeys(house, counting))]
  } finally {
    counting.close()
  }
}

type Counting = ReturnType<typeof openCounting>

/** A store of the house's tables, and what is sent for what it is asked. */
function openCounting({ stage }: House) {
  const client = localClient(stage.dynamodbEndpoint ?? '')
  const sent: Command[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push({ request: '', route: '', name: String(commandName).replace(/Command$/, ''), actions: [] })
        return next(args)
      },
    { step: 'initialize', name: 'count' },
  )
  return {
    db: openDb(client, stage.tableNames),
    async of(work: () => Promise<unknown>): Promise<Command[]> {
      const from = sent.length
      await work()
      return sent.slice(from)
    },
    close: () => client.destroy(),
  }
}

/** A session of one application, which listens. */
async function countLogout(house: House, { db, of }: Counting): Promise<Noted[]> {
  const receiver = await openReceiver()
  try {
    await house.addClient({ clientId: 'told', backchannelLogoutUri: receiver.uri })
    const { id, userName } = await house.addUser({ password })
    const browser = visit(house)
    await browser.ask({ client_id: 'told', acr_values: 'pwd' })
    await browser.post('username', { username: userName })
    await browser.post('password', { password })
    const session = (await house.all('sessions')).find(({ pk, user }) => user === id && /^session#/.test(String(pk)))
    const notices: LogoutNotice[] = []
    const { log } = house.world
    const fanOut = makeFanOut({ db, log, queue: { send: async (sent) => void notices.push(...sent) } })
    const OldImage = marshall(session ?? {}, { removeUndefinedValues: true }) as never
    const removed: DynamoDBRecord = {
      eventName: 'REMOVE',
      dynamodb: { OldImage, ApproximateCreationDateTime: house.now },
    }
    const ended = await of(() => fanOut({ Records: [removed] }))

    const fetch = openPublicFetch([receiver.host])
    const deliver = makeDelivery({ ...house.world, db, fetch, queue: { pause: async () => {} } })
    const attributes = { ApproximateReceiveCount: '1' }
    const Records = notices.map((notice) => ({ body: JSON.stringify(notice), attributes }) as unknown as SQSRecord)
    const told = await of(() => deliver({ Records }))
    if (receiver.heard.length !== 1)
      throw new Error(`The application heard ${receiver.heard.length} times of its logout`)
    return [
      ['the end of a session, of one application', ended],
      ['an application told of it', told],
    ]
  } finally {
    await receiver.close()
  }
}

async function countKeys({ stage, world }: House, { db, of }: Counting): Promise<Noted[]> {
  const rotator = {
    db,
    now: world.now,
    actor: { kind: 'service', id: 'rotate-keys' } as const,
    keyMaker: openKeyMaker(openVault(stage), undefined),
  }
  // The first makes those that are next.
  await rotateKeys(rotator)
  return [['the signing keys, nothing due', await of(() => rotateKeys(rotator))]]
}
