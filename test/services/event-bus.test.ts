import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { logEntry } from '../../src/core/audit/log-entry.ts'
import { openEventBus } from '../../src/services/event-bus.ts'

Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })

type Entry = { EventBusName: string; Source: string; DetailType: string; Detail: string; Time: number }

let server: Server | undefined
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((done) => server?.close(done))
})

/** EventBridge as somebody has it who refuses some of what comes. */
async function opened(refuses: (entry: Entry, call: number) => boolean) {
  const calls: Entry[][] = []
  const taken: Entry[] = []
  server = createServer(async (request, response) => {
    const { Entries } = (await json(request)) as { Entries: Entry[] }
    calls.push(Entries)
    const refused = Entries.map((entry) => refuses(entry, calls.length))
    taken.push(...Entries.filter((_, at) => !refused[at]))
    const answers = refused.map((is) => (is ? { ErrorCode: 'ThrottlingException' } : { EventId: 'x' }))
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify({ FailedEntryCount: refused.filter(Boolean).length, Entries: answers }))
  })
  await new Promise<void>((done) => void server?.listen(0, '127.0.0.1', done))
  const endpoint = `http://localhost:${(server.address() as AddressInfo).port}`
  return { calls, taken, bus: openEventBus({ name: 'keystep-test', endpoint }) }
}

const entries = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    logEntry(
      { type: 'login.succeeded', at: 1_800_000_000 + at, actor: { kind: 'user', id: 'ada' } },
      { id: `${at}`, tenantCode: 'demo' },
    ),
  )
const idOf = ({ Detail }: Entry): string => (JSON.parse(Detail) as { id: string }).id

it('puts what is recorded, ten at once, by its type and time', async () => {
  const { calls, bus } = await opened(() => false)
  await bus.put(entries(23))
  expect(calls.map(({ length }) => length)).toEqual([10, 10, 3])
  expect(calls[0]?.[0]).toMatchObject({
    EventBusName: 'keystep-test',
    Source: 'keystep',
    DetailType: 'login.succeeded',
    Time: 1_800_000_000,
  })
})

it('puts those again that were refused, and no others', async () => {
  const { calls, taken, bus } = await opened((entry, call) => call === 1 && ['3', '7'].includes(idOf(entry)))
  await bus.put(entries(10))
  expect(calls.map((call) => call.map(idOf))).toEqual([entries(10).map(({ id }) => id), ['3', '7']])
  expect(taken.map(idOf).toSorted()).toEqual(entries(10).map(({ id }) => id))
})

it('says so when some are refused again and again', async () => {
  const { calls, bus } = await opened((entry) => idOf(entry) === '1')
  await expect(bus.put(entries(3))).rejects.toThrow('EventBridge refused 1 events: ThrottlingException')
  expect(calls).toHaveLength(4)
})
