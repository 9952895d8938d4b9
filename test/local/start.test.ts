import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startDynamodb } from '../../local/dynamodb.ts'
import { takeDirectory } from '../../local/files.ts'
import { freePort, listen } from '../../local/ports.ts'
import type { Demo } from '../../local/service.ts'
import { portsOf } from '../../local/service.ts'
import { complaint, readFlags } from '../../local/start.ts'

// A start takes seconds, and on a busy machine up to a minute; some tests start twice.
vi.setConfig({ testTimeout: 150_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystep-start-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

type Started = { child: ChildProcess; said: () => string; complained: () => string; ended: Promise<number | null> }

function start(args: string[], environment: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, ['local/start.ts', '--directory', directory, ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const texts = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => {
    texts.out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    texts.err += chunk
  })
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  return { child, said: () => texts.out, complained: () => texts.err, ended }
}

/** What a start that cannot be says before it ends. */
async function refusal(args: string[], environment: Record<string, string> = {}) {
  const { ended, complained } = start(args, environment)
  return { code: await ended, complained: complained() }
}

const demoFile = () => join(directory, 'demo.json')
const outputsFile = () => join(directory, 'outputs.json')
const readDemo = async (): Promise<Demo> => JSON.parse(await readFile(demoFile(), 'utf8')) as Demo

/** Started as one would, on ports that are free. */
async function startReady(
  args: string[] = ['--port', '0'],
  environment: Record<string, string> = {},
): Promise<Started & { demo: Demo }> {
  const started = start(args, environment)
  const ready = vi.waitFor(() => expect(started.said()).toContain('Keystep is ready'), {
    timeout: 60_000,
    interval: 50,
  })
  const ended = started.ended.then(() => Promise.reject(new Error(`It ended: ${started.complained()}`)))
  ended.catch(() => {})
  await Promise.race([ready, ended])
  return { ...started, demo: await readDemo() }
}

async function stop({ child, ended }: Started, signal: NodeJS.Signals = 'SIGINT') {
  const since = performance.now()
  child.kill(signal)
  return { code: await ended, milliseconds: performance.now() - since }
}

const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  )

describe('the flags', () => {
  const read = (...args: string[]) => readFlags(args, { APP1_PORT: '7000', CMS_PORT: '' })

  it('set each port alone, before the environment', () => {
    expect(read('--port', '5000', '--inbox-port=6000')).toEqual({
      port: 5000,
      inboxPort: 6000,
      app1Port: 7000,
      directory: join(root, '.local'),
      fresh: false,
      help: false,
    })
    expect(read('--app1-port', '7001', '--fresh', '--directory', 'x')).toMatchObject({
      app1Port: 7001,
      directory: resolve('x'),
      fresh: true,
    })
  })

  it.each([
    ['an unknown one', ['--prot', '1'], "Unknown option '--prot'. See npm start -- --help."],
    ['one without its value', ['--port'], "Option '--port <value>' argument missing. See npm start -- --help."],
    ['a word', ['fresh'], "Unexpected argument 'fresh'. See npm start -- --help."],
    ['a port that is none', ['--port', '8o8o'], '--port must be a port'],
    ['a port that is too high', ['--cms-port', '65536'], '--cms-port must be a port'],
    ['a negative port', ['--port=-1'], '--port must be a port'],
    ['a port that leaves no room', ['--port', '65531'], '--port must leave room'],
  ])('are refused for %s', (_, args, sentence) => {
    expect(() => read(...args)).toThrow(sentence)
  })

  it('name the variable that is wrong', () => {
    expect(() => readFlags([], { INBOX_PORT: 'x' })).toThrow('INBOX_PORT must be a port')
  })

  it('have the other ports follow the issuer’s, and be free ones where it is', () => {
    expect(portsOf({ directory, port: 5000, cmsPort: 80 })).toMatchObject({
      inboxPort: 5001,
      app2Port: 5003,
      cmsPort: 80,
    })
    expect(portsOf({ directory })).toMatchObject({ port: 4400, inboxPort: 4401, dynamodbPort: 4405 })
    expect(portsOf({ directory, port: 0 })).toMatchObject({ port: 0, inboxPort: 0, dynamodbPort: 0 })
  })
})

describe('a start that cannot be', () => {
  it('ends with one sentence and a code', async () => {
    const { code, complained } = await refusal(['--prot'])
    expect(code).toBe(1)
    expect(complained.trim().split('\n')).toEqual(["Unknown option '--prot'. See npm start -- --help."])
  })

  it.each([
    ['--port', 'the issuer'],
    ['--inbox-port', 'the inbox'],
    ['--dynamodb-port', undefined],
    ['--app1-port', 'App1'],
    ['--cms-port', 'the CMS'],
  ])('because the port of %s is in use says so', async (flag, purpose) => {
    const other = createServer()
    const port = await listen(other, 0, 'a test')
    const args = flag === '--port' ? [] : ['--port', '0']
    const { code, complained } = await refusal([...args, flag, String(port)])
    other.close()
    expect(code).toBe(1)
    expect(complained.trim().split('\n')).toHaveLength(1)
    expect(complained).toMatch(
      purpose === undefined ? `port ${port} is already in use` : `Port ${port}, for ${purpose}, is in use`,
    )
  })

  const oneSentence = (complained: string) => {
    expect(complained.trim().split('\n')).toHaveLength(1)
    expect(complained).not.toMatch(/\bat .*:\d+:\d+/)
  }

  it.each([
    ['no address', 'garbage', 'which is no http or https address'],
    ['no address of the web', 'ftp://x', 'which is no http or https address'],
    ['an address without its scheme', 'localhost:8000', 'which is no http or https address'],
    ['an address where nothing is', 'http://localhost:1', 'ECONNREFUSED'],
  ])('because DYNAMODB_ENDPOINT is %s says so, and keeps what --fresh would delete', async (_, endpoint, why) => {
    const kept = join(directory, 'seed.json')
    await writeFile(kept, '{}')
    const { code, complained } = await refusal(['--port', '0', '--fresh'], { DYNAMODB_ENDPOINT: endpoint })
    const isKept = existsSync(kept)
    await rm(kept)
    expect(code).toBe(1)
    oneSentence(complained)
    expect(complained).toContain(`DYNAMODB_ENDPOINT is “${endpoint}”, wh`)
    expect(complained).toContain(why)
    expect(isKept).toBe(true)
  })

  it.each([
    ['never answers', () => {}, 'where nothing answers within 3 seconds'],
    ['is no DynamoDB', (answer: ServerResponse) => answer.end('<p>Hello</p>\n<p>you</p>'), 'where no DynamoDB can be'],
  ])('because what DYNAMODB_ENDPOINT names %s says so', async (_, reply, why) => {
    const other = createHttpServer((_request, answer) => reply(answer))
    const endpoint = `http://localhost:${await listen(other, 0, 'a test')}`
    const { code, complained } = await refusal(['--port', '0'], { DYNAMODB_ENDPOINT: endpoint })
    other.closeAllConnections()
    other.close()
    expect(code).toBe(1)
    oneSentence(complained)
    expect(complained).toContain(why)
  })

  it('because --directory is a file, or in one, says so', async () => {
    const file = join(directory, 'a-file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'x')]) {
      const { code, complained } = await refusal(['--port', '0', '--directory', path])
      expect(code).toBe(1)
      oneSentence(complained)
      expect(complained).toContain(path)
      expect(complained).toContain('is there, and is not a directory')
    }
    await rm(file)
  })

  it.runIf(process.platform === 'linux').each(['/proc/x', '/proc/x/y', '/proc'])(
    'because nothing can be kept in %s says so',
    async (path) => {
      const { code, complained } = await refusal(['--port', '0', '--directory', path])
      expect(code).toBe(1)
      oneSentence(complained)
      expect(complained).toContain(path)
    },
  )

  it('because the bundler failed says what it says, and not its stack', async () => {
    const failure = await build({ stdin: { contents: 'const = 1', sourcefile: 'some.ts' }, logLevel: 'silent' }).catch(
      (error: unknown) => error,
    )
    const [sentence, ...more] = complaint(failure)
    expect(sentence).toMatch(/^The Lambdas could not be bundled\. .*\nsome\.ts:1:6: ERROR: Expected identifier/)
    expect(sentence).not.toContain('esbuild/lib')
    expect(more).toEqual([])
  })

  it('for a reason that nobody foresaw keeps the stack', () => {
    const error = new AggregateError([new Error('x')])
    expect(complaint(error)).toEqual([expect.stringContaining('did not foresee'), error])
  })

  it('tells what it understands', async () => {
    const { said, ended } = start(['--help'])
    expect(await ended).toBe(0)
    expect(said()).toContain('--inbox-port <n>')
  })
})

describe('a start', () => {
  it('from nothing deletes what an earlier one left, and nothing else', async () => {
    const folder = join(directory, 'of-its-own', 'folder')
    takeDirectory(folder, false)()
    expect((await stat(folder)).mode & 0o077).toBe(0)
    for (const name of ['outputs.json', 'demo.json', 'seed.json', 'wrapping-key', 'a-thesis'])
      await writeFile(join(folder, name), '{}')
    takeDirectory(folder, true)()
    expect(await readdir(folder)).toEqual(['a-thesis'])
  })

  it('is ready when demo.json is there, and has what it names', async () => {
    await writeFile(demoFile(), '{"stale":true}')
    const started = await startReady()
    const { demo } = started
    expect(Object.keys(demo)).toEqual([
      'issuer',
      'inbox',
      'inboxJson',
      'eventsJson',
      'tenantCode',
      'apiKey',
      'adminApiKey',
      'people',
      'clients',
      'apps',
      'certificates',
    ])
    expect(demo.people.length).toBeGreaterThan(3)
    for (const { totp, roles: _, ...person } of demo.people) {
      expect(Object.keys(person)).toEqual(['id', 'userName', 'email', 'password'])
      expect(totp ?? 'A'.repeat(32)).toMatch(/^[A-Z2-7]{32}$/)
    }
    expect(demo.people.flatMap(({ userName, totp }) => (totp === undefined ? [] : [userName]))).toEqual([
      ...['chidi', 'dora', 'gita', 'hugo', 'ines'],
    ])
    expect(demo.people.flatMap(({ roles = [] }) => roles)).toEqual(['administrator', 'operator', 'auditor'])
    expect(demo.clients.map(({ clientId }) => clientId)).toEqual(['app1', 'app2', 'app3'])
    expect(JSON.parse(await readFile(outputsFile(), 'utf8'))).toMatchObject({
      local: { DynamodbEndpoint: expect.stringContaining('http://localhost:'), CertificateIdentity: 'upn' },
    })
    expect((await stat(demoFile())).mode & 0o077).toBe(0)

    expect(await (await fetch(demo.inboxJson)).json()).toEqual([])
    for (const address of [demo.inbox, ...Object.values(demo.apps)]) expect((await fetch(address)).status).toBe(200)
    const discovered = await (await fetch(`${demo.issuer}/.well-known/openid-configuration`)).json()
    expect(discovered).toMatchObject({ issuer: demo.issuer })
    const users = await fetch(`${demo.issuer}/api/v1/tenants/${demo.tenantCode}/users/ada`, {
      headers: { apikey: demo.apiKey },
    })
    expect(users.status).toBe(200)
    const flows = (apikey: string) =>
      fetch(`${demo.issuer}/api/v1/tenants/${demo.tenantCode}/flows`, { headers: { apikey } })
    expect((await flows(demo.adminApiKey)).status).toBe(200)
    expect((await flows(demo.apiKey)).status).toBe(403)
    for (const address of Object.values(demo.apps)) expect(started.said()).toContain(address)
    for (const { password } of demo.people) expect(started.said()).toContain(password)

    const { code, milliseconds } = await stop(started)
    expect(code).toBe(0)
    expect(milliseconds).toBeLessThan(2000)
    expect(existsSync(demoFile())).toBe(false)
    expect(existsSync(outputsFile())).toBe(false)
    for (const address of [demo.issuer, demo.inbox, ...Object.values(demo.apps)])
      expect(await isUp(address)).toBe(false)
  })

  it('finds the secrets of the one before, and registers the addresses it has now', async () => {
    const first = await startReady()
    await stop(first, 'SIGTERM')
    const second = await startReady()
    expect(second.demo.people).toEqual(first.demo.people)
    expect(second.demo.apiKey).toBe(first.demo.apiKey)
    expect(second.demo.adminApiKey).toBe(first.demo.adminApiKey)
    expect(second.demo.clients.map(({ clientSecret }) => clientSecret)).toEqual(
      first.demo.clients.map(({ clientSecret }) => clientSecret),
    )
    const [app1] = second.demo.clients
    expect(app1?.redirectUris).toEqual([`${second.demo.apps.app1}/callback`])
    const authorize = new URL('/authorize', second.demo.issuer)
    authorize.search = new URLSearchParams({
      client_id: 'app1',
      response_type: 'code',
      redirect_uri: `${second.demo.apps.app1}/callback`,
      scope: 'openid',
      state: 's',
      nonce: 'n',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    }).toString()
    const answer = await fetch(authorize, { redirect: 'manual' })
    expect(answer.headers.get('location')).toMatch(/\/login\//)
    await stop(second)
  })

  it('from nothing has other secrets', async () => {
    const kept = JSON.parse(await readFile(join(directory, 'seed.json'), 'utf8')) as { apiKey: string }
    const fresh = await startReady(['--port', '0', '--fresh'])
    expect(fresh.demo.apiKey).not.toBe(kept.apiKey)
    await stop(fresh)
  })

  it('while another one runs says so, and leaves that one alone', async () => {
    const port = await freePort()
    const first = await startReady(['--port', '0', '--inbox-port', String(port)])
    const issuerPort = new URL(first.demo.issuer).port
    const same = await refusal(['--port', issuerPort, '--fresh'])
    expect(same).toMatchObject({
      code: 1,
      complained: expect.stringContaining(`Port ${issuerPort}, for the issuer, is in use`),
    })
    const other = await refusal(['--port', '0', '--fresh'])
    expect(other).toMatchObject({ code: 1, complained: expect.stringContaining('Another npm start') })
    expect(await readDemo()).toEqual(first.demo)
    await stop(first)
  })

  it('uses the DynamoDB that DYNAMODB_ENDPOINT names', async () => {
    const other = await startDynamodb()
    const started = await startReady(['--port', '0'], { DYNAMODB_ENDPOINT: other.endpoint })
    expect(JSON.parse(await readFile(outputsFile(), 'utf8'))).toMatchObject({
      local: { DynamodbEndpoint: other.endpoint },
    })
    await stop(started)
    await other.close()
  })

  it('after one that was killed finds ports and tables free', async () => {
    const killed = await startReady()
    await stop(killed, 'SIGKILL')
    const next = await startReady()
    expect(next.demo.apiKey).toBe(killed.demo.apiKey)
    await stop(next)
  })
})
