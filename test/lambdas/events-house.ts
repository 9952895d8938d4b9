/**
 * A house whose audit log is published: its stream is followed, with what stands for the event bus, and a queue in front of
 * the Lambda that tells webhooks. And receivers that listen, over HTTP, for what they are told.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent, SQSEvent } from 'aws-lambda'
import { makeHandler as makeDelivery } from '../../lambdas/events/deliver.ts'
import { makeHandler as makePublish } from '../../lambdas/events/publish.ts'
import { isNewRecord, localBus, startEventBus } from '../../local/events.ts'
import { startQueue } from '../../local/queue.ts'
import { followStream } from '../../local/stream.ts'
import type { AccountNotice } from '../../src/core/account-notice.ts'
import { deliveryTries } from '../../src/core/deliveries.ts'
import type { Delivery } from '../../src/core/webhook/message.ts'
import { openEventBus } from '../../src/services/event-bus.ts'
import { openPublicFetch } from '../../src/services/public-fetch.ts'
import { openQueue } from '../../src/services/queue.ts'
import { openWebhookQueue } from '../../src/services/webhook-queue.ts'
import { type HouseOptions, openHouse } from '../house.ts'

/** What a receiver answers: a status, a way elsewhere, too much, or nothing for as long as somebody waits. */
export type Says = number | { redirect: string } | 'nothing' | 'no end'

export type Heard = { id: string; timestamp: string; signature: string; type: string; body: string }

export async function openReceiver(says: (attempt: number) => Says = () => 204) {
  const heard: Heard[] = []
  const hanging: ServerResponse[] = []
  const server = createServer(async (request, response) => {
    const header = (name: string): string => String(request.headers[name] ?? '')
    const body = await text(request)
    heard.push({
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      type: header('content-type'),
      body,
    })
    const said = says(heard.length)
    if (said === 'nothing') return void hanging.push(response)
    if (said === 'no end') return void response.writeHead(200).end(Buffer.alloc(2_000_000))
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
    url: `http://${host}/hook`,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export type Receiver = Awaited<ReturnType<typeof openReceiver>>
export type EventsHouse = Awaited<ReturnType<typeof openEventsHouse>>

/** @param second milliseconds that a second lasts in the queue: what takes hours, takes a moment. */
export async function openEventsHouse({
  second = 0.01,
  patience = 2000,
  ...its
}: HouseOptions & { second?: number; patience?: number } = {}) {
  const reachable: string[] = []
  const house = await openHouse({ ...its, reachable })
  const directory = await mkdtemp(join(tmpdir(), 'keystep-events-'))
  const told: string[] = []
  const tell = (line: string) => void told.push(line)
  const published: { event: DynamoDBStreamEvent; answer: DynamoDBBatchResponse }[] = []
  const bus = await startEventBus()
  const queue = await startQueue({
    tries: deliveryTries,
    purpose: 'A webhook was not told',
    second,
    tell,
    deliver: (event: SQSEvent) => delivery(event),
  })
  const sqs = openQueue<Delivery>(queue.url)
  house.world.webhookQueue.send = openWebhookQueue({ webhookQueue: queue.url }).send
  const eventBridge = openEventBus({ name: localBus, endpoint: bus.url })
  /** Set, and the one or the other takes nothing. */
  const away = { queue: false, bus: false }
  const delivery = makeDelivery({
    ...house.world,
    fetch: (address, options) => openPublicFetch(reachable)(address, options),
    queue: sqs,
    patience,
  })
  const letters: AccountNotice[] = []
  const publish = makePublish({
    ...house.world,
    letters: {
      async send(notices) {
        letters.push(...notices)
      },
    },
    bus: {
      async put(entries) {
        if (away.bus) throw new Error('EventBridge is away')
        await eventBridge.put(entries)
      },
    },
    queue: {
      async send(deliveries) {
        if (away.queue) throw new Error('SQS is away')
        await sqs.send(deliveries)
      },
    },
  })
  const following = await followStream({
    endpoint: house.stage.dynamodbEndpoint ?? '',
    table: house.stage.tableNames.audit,
    wants: isNewRecord,
    purpose: 'nothing is published',
    file: join(directory, 'stream.json'),
    every: 20,
    tell,
    async deliver(event) {
      const answer = await publish(event)
      published.push({ event, answer })
      return answer
    },
  })
  const receivers: Receiver[] = []

  return {
    house,
    bus,
    queue,
    letters,
    told,
    published,
    publish,
    away,

    async listens(says?: (attempt: number) => Says, change: { reachable?: boolean } = {}): Promise<Receiver> {
      const receiver = await openReceiver(says)
      receivers.push(receiver)
      if (change.reachable !== false) reachable.push(receiver.host)
      return receiver
    },

    async close() {
      await following.close()
      await queue.close()
      await bus.close()
      for (const receiver of receivers) await receiver.close()
      await house.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
