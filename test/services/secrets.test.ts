import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSecrets } from '../../src/services/secrets.ts'

let directory: string
let file: string
let now = 1000

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystep-secrets-'))
  file = join(directory, 'secrets.json')
  now = 1000
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const keep = (value: unknown, mode = 0o600) => writeFile(file, JSON.stringify(value), { mode })
const open = () => openSecrets({ secrets: { file } }, () => now)

describe('secrets in a file', () => {
  it('are read by name, and one that is not there is nothing', async () => {
    await keep({ directoryPassword: 'of the service account' })
    expect(await open().read('directoryPassword')).toBe('of the service account')
    expect(await open().read('validatorSecret')).toBeUndefined()
  })

  it('are read again after five minutes, and not before', async () => {
    await keep({ validatorSecret: 'old' })
    const secrets = open()
    expect(await secrets.read('validatorSecret')).toBe('old')
    await keep({ validatorSecret: 'new' })
    now += 299
    expect(await secrets.read('validatorSecret')).toBe('old')
    now += 1
    expect(await secrets.read('validatorSecret')).toBe('new')
  })

  it('are tried again at once when they could not be read', async () => {
    const secrets = open()
    await expect(secrets.read('validatorSecret')).rejects.toThrow('ENOENT')
    await keep({ validatorSecret: 'there now' })
    expect(await secrets.read('validatorSecret')).toBe('there now')
  })

  it('are refused when others can read them', async () => {
    await keep({ validatorSecret: 'x' })
    await chmod(file, 0o644)
    await expect(open().read('validatorSecret')).rejects.toThrow(`Others can read ${file}: chmod 600 it`)
  })

  it.each([
    ['{"validatorSecret": "hush', 'not JSON'],
    ['["hush"]', 'not a JSON object'],
    ['{"validatorSecret": {"nested": "hush"}}', 'whose members are strings'],
  ])('are refused as %s, without being told', async (text, reason) => {
    await writeFile(file, text, { mode: 0o600 })
    const failure = await open()
      .read('validatorSecret')
      .catch((error: Error) => error.message)
    expect(failure).toContain(reason)
    expect(failure).not.toContain('hush')
  })

  it('are none in a stage that has none', async () => {
    const secrets = openSecrets({}, () => now)
    expect(await secrets.read('directoryPassword')).toBeUndefined()
  })
})

describe('secrets in Secrets Manager', () => {
  const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:keystep-test-AbCdEf'
  const asked: { target: string | undefined; body: string }[] = []
  let server: Server

  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        asked.push({ target: request.headers['x-amz-target']?.toString(), body: Buffer.concat(chunks).toString() })
        response.setHeader('content-type', 'application/x-amz-json-1.1')
        response.end(JSON.stringify({ ARN: arn, SecretString: '{"directoryPassword":"from AWS"}' }))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    // What the SDK reads itself: a Lambda finds all but the endpoint in its environment, too.
    Object.assign(process.env, {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    })
  })
  afterEach(async () => {
    delete process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER
    await new Promise((done) => server.close(done))
  })

  it('are asked for once by their ARN, whatever is read of them', async () => {
    const secrets = openSecrets({ secrets: { arn } }, () => now)
    expect(await Promise.all([secrets.read('directoryPassword'), secrets.read('directoryCa')])).toEqual([
      'from AWS',
      undefined,
    ])
    expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', body: JSON.stringify({ SecretId: arn }) }])
  })
})
