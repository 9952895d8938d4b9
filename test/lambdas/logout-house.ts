/**
 * A house whose ends of sessions are told: its stream is followed, and a queue in front of the Lambda that delivers. And
 * applications that listen, over HTTP, for what they are told.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSEvent } from 'aws-lambda'
import { decodeJwt } from 'jose'
import { makeHandler as makeDelivery } from '../../lambdas/logout/deliver.ts'
import { makeHandler as makeFanOut } from '../../lambdas/logout/session-ended.ts'
import { isEndOfSession } from '../../local/logout.ts'
import { startQueue } from '../../local/queue.ts'
import { followStream } from '../../local/stream.ts'
import { deliveryTries } from '../../src/core/deliveries.ts'
import type { LogoutNotice } from '../../src/core/oidc/logout-token.ts'
import { openPublicFetch } from '../../src/services/public-fetch.ts'
import { openQueue } from '../../src/services/queue.ts'
import { type HouseOptions, openHouse } from '../house.ts'

/** What an application answers: a status, a way elsewhere, or nothing for as long as somebody waits. */
type Says = number | { redirect: string } | 'nothing'

export async function openReceiver(says: (attempt: number) => Says = () => 200) {
  const heard: { token: string; type: string; claims: Record<string, unknown> }[] = []
  const hanging: ServerResponse[] = []
  const server = createServer(async (request, response) => {
    const token = new URLSearchParams(await text(request)).get('logout_token') ?? ''
    heard.push({ token, type: request.headers['content-type'] ?? '', claims: token === '' ? {} : decodeJwt(token) })
    const said = says(heard.length)
    if (said === 'nothing') return void hanging.push(response)
    if (typeof said === 'number') return void response.writeHead(said).end()
    response.writeHead(302, { location: said.redirect }).end()
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const host = `localhost:${(server.address() as AddressInfo).port}`
  return {
    heard,
    host,
    uri: `http://${host}/backchannel-logout`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>

export type LogoutHouse = Awaited<ReturnType<typeof openLogoutHouse>>

/** @param second milliseconds that a second lasts in the queue: what takes hours, takes a moment. */
export async function openLogoutHouse({
  second = 0.01,
  patience = 2000,
  ...its
}: HouseOptions & { second?: number; patience?: number } = {}) {
  const house = await openHouse(its)
  const directory = await mkdtemp(join(tmpdir(), 'keystep-logout-'))
  const reachable: string[] = []
  const told: string[] = []
  const tell = (line: string) => void told.push(line)
  const fan: { event: DynamoDBStreamEvent; answer: DynamoDBBatchResponse }[] = []
  const queue = await startQueue({
    tries: deliveryTries,
    second,
    purpose: 'An application was not told of the end of a session',
    tell,
    deliver: (event: SQSEvent) => delivery(event),
  })
  const sqs = openQueue<LogoutNotice>(queue.url)
  /** Set, and the queue takes nothing: as if SQS were away. */
  const away = { is: false }
  const delivery = makeDelivery({
    ...house.world,
    fetch: (address, options) => openPublicFetch(reachable)(address, options),
    queue: sqs,
    patience,
  })
  const fanOut = makeFanOut({
    ...house.world,
    queue: {
      async send(notices) {
        if (away.is) throw new Error('SQS is away')
        await sqs.send(notices)
      },
    },
  })
  const follow = () =>
    followStream({
      endpoint: house.stage.dynamodbEndpoint ?? '',
      table: house.stage.tableNames.sessions,
      wants: isEndOfSession,
      purpose: 'nobody is told',
      file: join(directory, 'stream.json'),
      every: 20,
      tell,
      async deliver(event) {
        const answer = await fanOut(event)
        fan.push({ event, answer })
        return answer
      },
    })
  let following = await follow()
  const receivers: Receiver[] = []

  return {
    house,
    queue,
    sqs,
    told,
    fan,
    fanOut,
    delivery,
    away,

    async listens(says?: (attempt: number) => Says, change: { reachable?: boolean } = {}): Promise<Receiver> {
      const receiver = await openReceiver(says)
      receivers.push(receiver)
      if (change.reachable !== false) reachable.push(receiver.host)
      return receiver
    },

    /** The process that follows the stream is gone, and comes back. */
    async stops(): Promise<{ resume(): Promise<void> }> {
      await following.close()
      return {
        async resume() {
          following = await follow()
        },
      }
    },

    async close() {
      await following.close()
      await queue.close()
      for (const receiver of receivers) await receiver.close()
      await house.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
