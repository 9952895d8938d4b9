/** AWS that takes a request and never answers: it is given up while there is time to say so. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tables } from '../../lib/tables.ts'
import { awsPatience } from '../../src/aws-patience.ts'
import { openVault } from '../../src/services/vault.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'

let server: Server
let endpoint: string
let asked = 0
beforeAll(async () => {
  Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
  server = createServer(() => {
    asked++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL_KMS
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('is given up', { timeout: 60_000 }, () => {
  it('before the least of our Lambdas ends', () => {
    expect(4 * awsPatience.requestTimeout).toBeLessThan(8000)
  })

  it('by DynamoDB’s client, after four tries', async () => {
    asked = 0
    const names = Object.fromEntries(Object.keys(tables).map((table) => [table, table]))
    const db = openDb(openDynamodb({ dynamodbEndpoint: endpoint }), names as Record<keyof typeof tables, string>)
    await expect(db.get({ table: 'config', key: { pk: 'realm', sk: 'realm' } })).rejects.toThrow('requestTimeout')
    expect(asked).toBe(4)
  })

  it('by the client that unwraps keys', async () => {
    asked = 0
    process.env.AWS_ENDPOINT_URL_KMS = endpoint
    const vault = openVault({ wrappingKey: { kms: 'alias/keys' } })
    await expect(vault.unwrap('AAAA', 'keystep-signing-key')).rejects.toThrow('requestTimeout')
    expect(asked).toBeGreaterThanOrEqual(1)
  })
})
