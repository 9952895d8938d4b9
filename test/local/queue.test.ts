import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Queue, type QueueSettings, startQueue } from '../../local/queue.ts'
import { openQueue } from '../../src/services/queue.ts'

Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })

let directory: string
let queues: Queue[]
let told: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystep-queue-'))
  queues = []
  told = []
})
afterEach(async () => {
  for (const queue of queues) await queue.close()
  await rm(directory, { recursive: true })
})

const start = async (settings: Partial<QueueSettings> & Pick<QueueSettings, 'deliver'>): Promise<Queue> => {
  const queue = await startQueue({
    tries: 3,
    second: 1,
    purpose: 'An application was not told',
    tell: (line) => void told.push(line),
    ...settings,
  })
  queues.push(queue)
  return queue
}

const notice = (at: number) => ({ clientId: `app${at}`, sid: 'sid', user: 'ada', endedAt: at })
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 10_000, interval: 10 })
const all = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => ({
  batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
})
const none = async (): Promise<SQSBatchResponse> => ({ batchItemFailures: [] })

it('takes from the SDK more than it takes at once, and hands all of it out in batches', async () => {
  const batches: SQSEvent[] = []
  const queue = await start({
    deliver: async (event) => {
      batches.push(event)
      return none()
    },
  })
  await openQueue(queue.url).send(Array.from({ length: 23 }, (_, at) => notice(at)))
  await eventually(() => expect(queue.waiting()).toEqual([]))
  expect(Math.max(...batches.map(({ Records }) => Records.length))).toBeLessThanOrEqual(5)
  const bodies = batches.flatMap(({ Records }) => Records.map(({ body }) => JSON.parse(body).clientId))
  expect(new Set(bodies).size).toBe(23)
})

it('brings again what failed and nothing else, hidden for as long as its receiver says', async () => {
  const seen: [body: string, tries: string][] = []
  const queue = await start({
    visibility: 1_000_000,
    deliver: async ({ Records }) => {
      seen.push(...Records.map(({ body, attributes }): [string, string] => [body, attributes.ApproximateReceiveCount]))
      const failed = Records.filter(({ body }) => body.includes('app1'))
      for (const { receiptHandle } of failed) await sqs.pause(receiptHandle, 5)
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
    },
  })
  const sqs = openQueue(queue.url)
  await sqs.send([notice(1), notice(2)])
  await eventually(() => expect(queue.deadLetters()).toHaveLength(1))
  expect(seen.filter(([body]) => body.includes('app1')).map(([, tries]) => tries)).toEqual(['1', '2', '3'])
  expect(seen.filter(([body]) => body.includes('app2'))).toHaveLength(1)
  expect(told.join()).toContain('app1')
})

it('keeps what waits, and dead letters, over a restart', async () => {
  const file = join(directory, 'queue.json')
  let handed = 0
  const first = await start({
    file,
    visibility: 60_000,
    deliver: (event) => {
      handed += 1
      return all(event)
    },
  })
  await openQueue(first.url).send([notice(1)])
  await eventually(() => expect(handed).toBe(1))
  await first.close()
  const second = await start({ file, deliver: none })
  expect(second.waiting()).toHaveLength(1)
  await openQueue(second.url).send([notice(2)])
  await eventually(() => expect(second.waiting().map((body) => JSON.parse(body).clientId)).toEqual(['app1']))
})

it('begins with nothing where its file is no good', async () => {
  const file = join(directory, 'queue.json')
  await writeFile(file, 'x')
  const queue = await start({ file, deliver: none })
  expect(queue.waiting()).toEqual([])
})

it('tells of a Lambda that threw, and brings the message again', async () => {
  let calls = 0
  const queue = await start({
    visibility: 5,
    deliver: async () => {
      calls += 1
      if (calls === 1) throw new Error('it crashed')
      return none()
    },
  })
  await openQueue(queue.url).send([notice(1)])
  await eventually(() => expect(queue.waiting()).toEqual([]))
  expect(calls).toBe(2)
  expect(told.join()).toContain('it crashed')
})

it('does not know what nobody here asks of it', async () => {
  const queue = await start({ deliver: none })
  for (const operation of ['DeleteQueue', 'constructor'])
    expect(
      (await fetch(queue.url, { method: 'POST', headers: { 'x-amz-target': `AmazonSQS.${operation}` }, body: '{}' }))
        .status,
    ).toBe(400)
})
