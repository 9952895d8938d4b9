/**
 * How big each Lambda is, and how long it takes to be there: what a cold start adds to the first request.
 *
 * Init is the time and the CPU of a new process that imports the bundle, less those of one that imports nothing: made in
 * turns, medians. The environment and the flags are those of a deployment.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { lambdas } from '../lambdas/routes.ts'
import { bundle, eventLambdas } from '../lib/bundle.ts'
import { environmentOf } from '../local/environment.ts'
import { median } from './measure.ts'

export type BundleFigures = {
  lambda: string
  /** Bytes: as written, minified as deployed, and that compressed. */
  raw: number
  minified: number
  gzip: number
  /** Milliseconds over an empty process. */
  init: number
  cpu: number
}

type Started = { wall: number; cpu: number }

const environment: Record<string, string> = {
  ...environmentOf('bench', {
    issuer: 'https://id.example.org',
    enrolmentOrigin: 'https://cms.example.org',
    dynamodbEndpoint: 'http://localhost:9',
    sesEndpoint: 'http://localhost:9',
    tableNames: { config: 'config', people: 'people', sessions: 'sessions', audit: 'audit' },
    wrappingKeyFile: '/dev/null',
  }),
  NODE_OPTIONS: '--enable-source-maps',
}

export async function measureBundles(rounds: number): Promise<BundleFigures[]> {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-bundles-'))
  try {
    const names = [...lambdas, ...(Object.keys(eventLambdas) as (keyof typeof eventLambdas)[])]
    const made = await Promise.all(
      names.map(async (lambda) => {
        const [{ file, bytes }, { bytes: raw }] = await Promise.all([
          bundle(lambda, join(directory, lambda)),
          bundle(lambda, join(directory, 'raw', lambda), { minify: false }),
        ])
        return { lambda, file, minified: bytes, raw, gzip: gzipSync(await readFile(file), { level: 9 }).length }
      }),
    )
    const empty: Started[] = []
    const samples = new Map<string, Started[]>(names.map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      empty.push(await start())
      for (const { lambda, file } of made) samples.get(lambda)?.push(await start(file))
    }
    const over = (own: readonly Started[] | undefined, what: keyof Started) =>
      median((own ?? []).map((each) => each[what])) - median(empty.map((each) => each[what]))
    return made.map(({ lambda, raw, minified, gzip }) => ({
      lambda,
      raw,
      minified,
      gzip,
      init: over(samples.get(lambda), 'wall'),
      cpu: over(samples.get(lambda), 'cpu'),
    }))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const report =
  'const { user, system } = process.cpuUsage(); process.stdout.write(JSON.stringify({ wall: performance.now(), cpu: (user + system) / 1000 }))'

/** From the start of the process to the end of the import, by its own clock. */
async function start(file?: string): Promise<Started> {
  const load = file === undefined ? '' : `await import(${JSON.stringify(pathToFileURL(file).href)}); `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', load + report], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, complaint] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  await new Promise((done) => child.on('close', done))
  if (said === '') throw new Error(`${file} did not load: ${complaint}`)
  return JSON.parse(said)
}
