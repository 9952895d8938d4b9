/**
 * A house whose DynamoDB can be made to fail, call by call and in every way, while a request is on its way.
 *
 * What is asked of each answer is the same everywhere: it is the success, or an error that the caller knows, with no
 * trace of what broke; and a fault that passes is one that nobody but us gets to see.
 */
import { expect } from 'vitest'
import { openSigner } from '../../src/services/signer.ts'
import { openVerifier } from '../../src/services/verifier.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'
import { type Asked, type Fault, faults, faultsOfTransactions, startFaulty } from '../faulty-dynamodb.ts'
import { type House, openHouse, type Reply } from '../house.ts'

/** Milliseconds. Long enough for an emulator that is at hand, on a machine that does something else beside it. */
const patience = { connectionTimeout: 200, requestTimeout: 200, throwOnRequestTimeout: true }

export type Outage = {
  fault: Fault
  /** Which call fails, from 1; with each of its retries, or the first time only. */
  call: number
  lasting: boolean
}

export type FaultyHouse = Awaited<ReturnType<typeof openFaultyHouse>>

export async function openFaultyHouse() {
  const house: House = await openHouse()
  const faulty = await startFaulty(house.stage.dynamodbEndpoint ?? '')

  /** Does what is asked with a client, a signer and a verifier that have nothing at hand yet, as after a cold start. */
  async function under<Body>(outage: Outage | undefined, ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
    const { world } = house
    const { db, signer, verifier } = world
    const client = openDynamodb({ dynamodbEndpoint: faulty.endpoint }, patience)
    const failing = openDb(client, house.stage.tableNames)
    Object.assign(world, {
      db: failing,
      signer: openSigner(house.stage, failing, world.now),
      verifier: openVerifier(house.stage, failing, world.now),
    })
    faulty.plan = (asked) => (outage !== undefined && isMet(outage, asked) ? outage.fault : undefined)
    try {
      return await ask()
    } finally {
      faulty.plan = () => undefined
      Object.assign(world, { db, signer, verifier })
      client.destroy()
    }
  }

  return {
    house,
    faulty,
    under,

    /** Every way in which each of the calls can fail that are made for what is asked. */
    async outagesOf(ask: () => Promise<Reply>): Promise<Outage[]> {
      const calls: string[] = []
      await under(undefined, async () => {
        const reply = await ask()
        calls.push(...faulty.calls)
        return reply
      })
      return calls.flatMap((operation, at) => {
        const writes = operation === 'TransactWriteItems'
        const its: readonly Fault[] = writes ? [...faults, ...faultsOfTransactions] : faults
        return its.flatMap((fault) => [false, true].map((lasting) => ({ fault, call: at + 1, lasting })))
      })
    },

    close: async () => {
      await faulty.close()
      await house.close()
    },
  }
}

/** What DynamoDB cancels is asked again by ourselves, which is another call to the SDK: for good, all that follow are cancelled. */
const isMet = ({ fault, call, lasting }: Outage, asked: Asked): boolean =>
  lasting && (fault === 'conflict' || fault === 'throttled-inside')
    ? asked.call >= call && asked.operation === 'TransactWriteItems'
    : asked.call === call && (lasting || asked.attempt === 1)

export const nameOf = ({ fault, call, lasting }: Outage): string =>
  `call ${call} ${fault}${lasting ? ' for good' : ' once'}`

const traces = /\bat .*\(|node_modules|Error:|DynamoDB|dynamodb|127\.0\.0\.1|<html/

/** The success, or `server_error` as RFC 6749 §5.2 has errors: JSON, kept by nobody, and without a trace of what broke. */
export function expectClean(reply: Reply, outage: Outage): void {
  const about = nameOf(outage)
  if (!outage.lasting) expect(reply.status, `${about}: ${reply.body}`).toBeLessThan(400)
  if (reply.status < 400) return
  expect(reply.status, about).toBe(500)
  expect(reply.headers['content-type'], about).toBe('application/json')
  expect(reply.headers['cache-control'], about).toBe('no-store')
  expect(reply.json, about).toMatchObject({ error: 'server_error' })
  expect(reply.body, about).not.toMatch(traces)
}

/** That nothing that is good for something stands in the log. */
export function expectSecretsKept(house: House, secrets: readonly (string | undefined)[]): void {
  const log = JSON.stringify(house.lines)
  for (const secret of secrets) if (secret !== undefined) expect(log).not.toContain(secret)
  house.lines.length = 0
}
