import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { handler } from '../../../lambdas/keys/rotate.ts'
import { environmentOf } from '../../../local/environment.ts'
import { type House, openHouse } from '../../house.ts'
import { type Kms, startKms } from '../../kms.ts'

let house: House
let kms: Kms
let lines: Record<string, unknown>[]
beforeEach(async () => {
  house = await openHouse()
  kms = await startKms()
  const { issuer, tableNames, wrappingKey, dynamodbEndpoint = '' } = house.stage
  const environment = environmentOf('rotate-keys', {
    issuer,
    enrolmentOrigin: issuer,
    dynamodbEndpoint,
    sesEndpoint: '',
    tableNames,
    wrappingKeyFile: 'file' in wrappingKey ? wrappingKey.file : '',
  })
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  lines = []
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(JSON.parse(line)))
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await kms.close()
  await house.close()
})

const states = async () =>
  (await house.all('config'))
    .filter(({ pk }) => pk === 'signing-key')
    .map(({ alg, state }) => `${alg} ${state}`)
    .sort()

it('makes what is next, once, and says so in the log and in the audit', async () => {
  await handler()
  const four = ['ES256', 'EdDSA', 'PS256', 'RS256']
  expect(await states()).toEqual(four.flatMap((alg) => [`${alg} active`, `${alg} next`]))
  expect(lines.map(({ message }) => message)).toEqual(four.map(() => 'signing-key.created'))
  const told = await house.audit('signing-key.created')
  expect(told).toHaveLength(4)
  for (const { actor, detail } of told) {
    expect(actor).toEqual({ kind: 'service', id: 'rotate-keys' })
    expect(detail).toMatch(/^(RS256|PS256|ES256|EdDSA) [\w-]{43}, next$/)
  }
  await handler()
  expect(lines).toHaveLength(4)
  expect(kms.calls).toEqual([])
})

it('has KMS hold them where the stage wants that', async () => {
  vi.stubEnv('KMS_SIGNING_KEYS', 'demo')
  await handler()
  expect(kms.calls.filter((call) => call === 'CreateKey')).toHaveLength(4)
  const next = (await house.all('config')).filter(({ pk, state }) => pk === 'signing-key' && state === 'next')
  expect(next.every((key) => String(key.kmsKeyArn).startsWith('arn:aws:kms:') && !('wrappedPrivateKey' in key))).toBe(
    true,
  )
})

it('fails loudly where there is no realm: then an alarm rises', async () => {
  vi.stubEnv('TABLE_CONFIG', house.stage.tableNames.people)
  await expect(handler()).rejects.toThrow('There is no realm yet')
})
