import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readValidatorSettings } from '../../src/core/token-validator/validator-settings.ts'
import { openTokenValidator } from '../../src/services/token-validator.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystep-validator-'))
})
afterEach(() => rm(folder, { recursive: true }))

const now = () => 1_800_000_000
const question = { userName: 'ada', response: '123456', ip: '192.0.2.1' }
const text = JSON.stringify({ protocol: 'radius', servers: ['127.0.0.1:9'], tries: 1 })

async function ask(secrets: string | undefined) {
  const read = readValidatorSettings(text)
  if (!read.ok) throw new Error(read.reason)
  const file = join(folder, 'secrets.json')
  if (secrets !== undefined) await writeFile(file, secrets, { mode: 0o600 })
  return openTokenValidator({ tokenValidator: read.value, secrets: { file } }, now).validate(question)
}

it.each([
  ['is missing', '{}'],
  ['is shorter than 16 octets', '{"validatorSecret":"fifteen-octets!"}'],
])('a token validator whose secret %s is not asked', async (_, secrets) => {
  const detail = 'the secret has no validatorSecret of 16 characters or more'
  expect(await ask(secrets)).toEqual({ outcome: 'unavailable', detail })
})

it('a token validator whose secret cannot be read is unavailable like any other', async () => {
  expect(await ask('no JSON')).toEqual({ outcome: 'unavailable', detail: 'The secret of this stage is not JSON' })
  await rm(join(folder, 'secrets.json'))
  expect(await ask(undefined)).toMatchObject({ outcome: 'unavailable', detail: expect.stringContaining('ENOENT') })
})

it('a token validator with a secret is asked', async () => {
  expect(await ask('{"validatorSecret":"sixteen-octets!!"}')).toEqual({
    outcome: 'unavailable',
    detail: '127.0.0.1:9: ECONNREFUSED',
  })
})

it('a stage without a token validator has none to be reached', async () => {
  expect(await openTokenValidator({}, now).validate(question)).toEqual({
    outcome: 'unavailable',
    detail: 'none is set',
  })
})
