/**
 * DynamoDB on a laptop: the emulator dynoxide, a native binary from an optional npm package, as a child process.
 *
 * `DYNAMODB_ENDPOINT` names another (DynamoDB Local, or AWS), and then nothing is started here.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CannotStart, freePort } from './ports.ts'

export type Dynamodb = { endpoint: string; close(): Promise<void> }

export type AwsAccess = { region: string; accessKeyId: string; secretAccessKey: string; sessionToken?: string }

/** The emulators check that there is a signature, and not whose. */
const dummy: AwsAccess = { region: 'eu-central-1', accessKeyId: 'local', secretAccessKey: 'local' }

/** Whom DynamoDB and SES take us for: nobody, unless `DYNAMODB_ENDPOINT` may name an AWS that wants to know. */
export function awsAccess(): AwsAccess {
  const { DYNAMODB_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
  if (!DYNAMODB_ENDPOINT || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return dummy
  return {
    region: AWS_REGION || dummy.region,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  }
}

const elsewhere = 'or set DYNAMODB_ENDPOINT to another DynamoDB, such as DynamoDB Local at http://localhost:8000'

export function binary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  const file = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide'
  try {
    return createRequire(import.meta.url).resolve(`${name}/${file}`)
  } catch {
    throw new CannotStart(
      `The DynamoDB emulator for this machine is missing: install it with npm install --no-save ${name}, ${elsewhere}.`,
    )
  }
}

/**
 * Starts the binary so that it ends when this process does, however that happens: a shell beside it waits for the
 * end of a pipe that only we hold. Killed with SIGKILL we could not stop it ourselves, and it would keep port and file.
 */
function spawnBound(file: string, args: string[]): ChildProcess {
  if (process.platform === 'win32') return spawn(file, args, { stdio: ['pipe', 'ignore', 'pipe'], windowsHide: true })
  const script = 'exec 3<&0; (cat <&3 >&3; kill $$) >/dev/null 2>&1 3<&3 & exec "$0" "$@" 3<&- </dev/null'
  // Detached, so that Ctrl-C reaches us alone and requests in progress end before their store does.
  return spawn('/bin/sh', ['-c', script, file, ...args], { stdio: ['pipe', 'ignore', 'pipe'], detached: true })
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(250) })
    await response.body?.cancel()
    return response.headers.has('x-dynoxide-version')
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  // It has nothing left to write that its journal does not hold.
  const timer = setTimeout(() => child.kill('SIGKILL'), 500)
  await gone
  clearTimeout(timer)
}

async function startOn(port: number, directory: string | undefined): Promise<Dynamodb> {
  const endpoint = `http://localhost:${port}`
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port)]
  if (directory !== undefined) {
    mkdirSync(directory, { recursive: true })
    args.push('--db-path', join(directory, 'dynamodb.sqlite'))
  }
  const child = spawnBound(binary(), args)
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000)
  })
  let failure: string | undefined
  child.on('error', (error) => {
    failure ??= error.message
  })
  child.on('exit', (code, signal) => {
    failure ??= said.trim() || `it ended with ${code ?? signal}`
    child.stdin?.destroy()
  })
  child.stdin?.on('error', () => {})
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)

  for (const until = Date.now() + 10_000; ; await wait(5)) {
    // Asked before the answer is believed: on a port in use, what answers is somebody else's.
    if (failure !== undefined || Date.now() > until) {
      await stop(child)
      process.off('exit', kill)
      const why = failure ?? 'it did not answer within 10 seconds'
      throw new CannotStart(`The DynamoDB emulator did not start on port ${port}: ${why.replace(/^error: /, '')}.`)
    }
    if ((await answers(endpoint)) && failure === undefined) break
  }
  let closing = false
  child.on('exit', () => {
    if (!closing) console.error(`The DynamoDB emulator at ${endpoint} ended: ${failure}. Start again.`)
  })
  return {
    endpoint,
    async close() {
      closing = true
      process.off('exit', kill)
      await stop(child)
    },
  }
}

/**
 * @param port 0 or none: a free one.
 * @param directory where the state is kept over restarts; none: in memory.
 */
export async function startDynamodb({
  port = 0,
  directory,
}: {
  port?: number
  directory?: string
} = {}): Promise<Dynamodb> {
  const given = process.env.DYNAMODB_ENDPOINT
  if (given) return { endpoint: given, close: async () => {} }
  if (port !== 0) return startOn(port, directory)
  for (let tries = 5; ; tries -= 1) {
    try {
      return await startOn(await freePort(), directory)
    } catch (error) {
      // Between being free and being ours, the port may have become somebody else's.
      if (tries === 0 || !(error instanceof CannotStart && error.message.includes('in use'))) throw error
    }
  }
}
