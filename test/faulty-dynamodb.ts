/**
 * A DynamoDB that fails as told: a proxy before the real emulator, for the real client.
 *
 *     const faulty = await startFaulty(endpoint)
 *     faulty.plan = ({ call, attempt }) => (call === 2 && attempt === 1 ? 'reset-after' : undefined)
 *     faulty.calls                       // what was asked, in order; a retry is no call of its own
 *
 * What fails `-after` had its effect: the request reached the emulator, and the answer is what was lost.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const faults = [
  'throttled',
  'broken-before',
  'broken-after',
  'silent-before',
  'silent-after',
  'reset-before',
  'reset-after',
  'no-answer-of-dynamodb',
] as const
/** Those of transactions alone: still at it, met another, or refused for its share of the load. */
export const faultsOfTransactions = ['in-progress-after', 'conflict', 'throttled-inside'] as const
export type Fault = (typeof faults)[number] | (typeof faultsOfTransactions)[number]

/** `call` counts from 1 since the plan was made, and a retry keeps its number; `attempt` counts from 1 in a call. */
export type Asked = { call: number; attempt: number; operation: string }

type Answer = { status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }

export async function startFaulty(endpoint: string) {
  let plan: (asked: Asked) => Fault | undefined = () => undefined
  let calls: string[] = []
  let invocations: string[] = []

  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray())
    const asked = note(incoming)
    const fault = plan(asked)
    const reached = fault === undefined || fault.endsWith('-after')
    const real = reached ? await forward(endpoint, incoming, body) : undefined
    if (fault === undefined && real !== undefined) return send(outgoing, real)
    if (fault?.startsWith('reset')) return void outgoing.destroy()
    if (fault?.startsWith('silent')) return
    send(outgoing, failures[fault ?? 'broken-before'] ?? refusal(500, 'InternalServerError'))
  }

  /** Which call this is a try of: the SDK names each one's tries alike. */
  function note({ headers }: IncomingMessage): Asked {
    const invocation = String(headers['amz-sdk-invocation-id'])
    const operation = String(headers['x-amz-target']).split('.').at(-1) ?? ''
    if (!invocations.includes(invocation)) {
      invocations.push(invocation)
      calls.push(operation)
    }
    const attempt = Number(/attempt=(\d+)/.exec(String(headers['amz-sdk-request']))?.[1] ?? 1)
    return { call: invocations.indexOf(invocation) + 1, attempt, operation }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was asked since the plan was made. */
    get calls(): readonly string[] {
      return calls
    },
    set plan(next: typeof plan) {
      plan = next
      calls = []
      invocations = []
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const forward = (endpoint: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const onward = request(new URL(url ?? '/', endpoint), { method, headers }, async (incoming) => {
      const status = incoming.statusCode ?? 500
      resolve({ status, headers: incoming.headers, body: Buffer.concat(await incoming.toArray()) })
    })
    onward.on('error', reject)
    onward.end(body)
  })

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, connection: __, ...rest } = headers
  outgoing.writeHead(status, { ...rest, 'content-length': String(body.length) }).end(body)
}

/** As DynamoDB says no. */
function refusal(status: number, name: string, more: object = {}): Answer {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${name}, as the test wants it`, ...more }
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  }
}

const cancelled = (Code: string): Answer =>
  refusal(400, 'TransactionCanceledException', { CancellationReasons: [{ Code: 'None' }, { Code }] })

const failures: Partial<Record<Fault, Answer>> = {
  throttled: refusal(400, 'ProvisionedThroughputExceededException'),
  'in-progress-after': refusal(400, 'TransactionInProgressException'),
  conflict: cancelled('TransactionConflict'),
  'throttled-inside': cancelled('ThrottlingError'),
  'no-answer-of-dynamodb': {
    status: 503,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><body><h1>503 Service Unavailable</h1></body></html>'),
  },
}
