/**
 * `npm run bench`: what is fast, what is slow, and against whom. README.md says what the figures mean.
 *
 *     npm run bench -- --seconds 2          a longer stretch for each side and round
 *     npm run bench -- --only code          one contest, or more: --only code --only par; also: calls, bundles
 *     npm run bench -- --json figures.json  the same as data
 */
import { writeFile } from 'node:fs/promises'
import { arch, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { localClient } from '../local/tables.ts'
import { type BundleFigures, measureBundles } from './bundles.ts'
import { openCallsHouse } from './calls/house.ts'
import { countCalls, type Step } from './calls.ts'
import type { Contest } from './contests/contest.ts'
import { openContests } from './contests.ts'
import { type Figures, race } from './measure.ts'
import { openOurs } from './ours.ts'
import { dynamodbStore, memoryStore, openPeer } from './peer.ts'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0.2' },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
})
const seconds = Number(flags.seconds)
if (!(seconds > 0)) throw new Error('--seconds must be a number above 0')

const rounds = 5
const people = 16
const names = [
  ...['code', 'signed-code', 'refresh', 'rotated-refresh', 'client-credentials', 'par', 'introspection', 'revocation'],
  ...['userinfo', 'bound-userinfo', 'authorize', 'documents', 'webauthn-core', 'webauthn', 'import', 'sign-in'],
  ...['decisions', 'otp', 'ldap', 'typed-sign-in', 'floor', 'signing', 'crypto'],
] as const
const wants = (name: string) => flags.only === undefined || flags.only.includes(name)
const all: readonly string[] = [...names, 'calls', 'bundles']
if (!(flags.only ?? []).every((name) => all.includes(name))) throw new Error(`--only must be one of ${all.join(', ')}`)

const say = (line = '') => void process.stdout.write(`${line}\n`)
// The handlers print a line a request. What they print it to is not ours to measure.
console.log = () => {}
// The peer warns of each thing that a deployment would set.
console.warn = () => {}
console.info = () => {}

type Raced = Pick<Contest, 'name' | 'title' | 'atOnce'> & { figures: Figures[] }
type Results = {
  date: string
  machine: string
  node: string
  contests: Raced[]
  peerCalls: Record<string, number>
  steps: Step[]
  bundles: BundleFigures[]
}

const results: Results = {
  date: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'a core'} ${arch()}`,
  node: process.version,
  contests: [],
  peerCalls: {},
  steps: [],
  bundles: [],
}

say(
  `${results.machine}, Node ${results.node}, ${results.date.slice(0, 10)}; ${rounds} rounds of ${seconds} s, in turns`,
)
if (names.some(wants)) await runContests()
if (wants('calls')) await runCalls()
if (wants('bundles')) await runBundles()
if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(results, undefined, 2)}\n`)
process.exit(0)

async function runContests(): Promise<void> {
  const ours = await openOurs(people)
  const client = localClient(ours.endpoint)
  let sent = 0
  client.middlewareStack.add(
    (next) => (args) => {
      sent += 1
      return next(args)
    },
    { step: 'initialize', name: 'count' },
  )
  const peers = {
    memory: await openPeer(memoryStore(), people),
    memoryJwt: await openPeer(memoryStore(), people, { jwt: true }),
    dynamodb: await openPeer(await dynamodbStore(client, 'peer'), people),
    dynamodbJwt: await openPeer(await dynamodbStore(client, 'peer-jwt'), people, { jwt: true }),
  }
  const { contests, close } = await openContests(ours, peers)
  try {
    for (const name of names.filter(wants)) {
      const contest = await (contests[name] ?? missing(name))().catch(leaveOut)
      if (contest === undefined) continue
      await run(contest)
      for (const side of contest.sides.filter((each) => /on DynamoDB(, JWT)?$/.test(each.name))) {
        const [use] = await side.prepare(1)
        const before = sent
        await use?.()
        results.peerCalls[`${name}: ${side.name}`] = sent - before
      }
    }
  } finally {
    await close()
    client.destroy()
    await ours.close()
  }
}

async function run({ name, title, atOnce, sides, note }: Contest): Promise<void> {
  const figures = await race(sides, { seconds, rounds, atOnce })
  results.contests.push({ name, title, atOnce, figures })
  say()
  say(`${title}${atOnce === 1 ? '' : `, ${atOnce} at once`}`)
  printTable(
    ['', 'per second', 'CPU µs', 'CPU ×'],
    figures.map((each) => [each.name, count(each.perSecond), few(each.cpu), few(each.cpuRatio)]),
  )
  sayShares(figures)
  if (note !== undefined) say(`  ${note(figures)}`)
}

/** What needs a package that is not installed is left out of a whole run, which says so. */
function leaveOut(failure: Error): undefined {
  if (flags.only !== undefined || !failure.message.startsWith('Install the package')) throw failure
  say()
  say(`Left out: ${failure.message}`)
}

function missing(name: string): never {
  throw new Error(`There is no contest ${name}`)
}

/** How much of our handler is the store: DynamoDB's SDK, and turning records into its form. */
function sayShares(figures: readonly Figures[]): void {
  const [whole, storeless] = ['keystep, handler', 'keystep, store left out'].map((name) =>
    figures.find((each) => each.name === name),
  )
  if (whole === undefined || storeless === undefined) return
  say(`  of the handler's CPU, ${((1 - storeless.cpu / whole.cpu) * 100).toFixed(0)} % is the store`)
}

async function runCalls(): Promise<void> {
  const setting = await openCallsHouse().catch(leaveOut)
  if (setting === undefined) return
  results.steps = await countCalls(setting).finally(setting.close)
  say()
  say('DynamoDB calls per step')
  printTable(
    ['', 'calls', 'commands'],
    results.steps.map(({ step, calls, commands }) => [step, String(calls), calls > 4 ? '' : commands]),
  )
  const peer = Object.entries(results.peerCalls)
  if (peer.length > 0)
    printTable(
      ['of the peer', 'calls'],
      peer.map(([step, calls]) => [step, String(calls)]),
    )
}

async function runBundles(): Promise<void> {
  results.bundles = await measureBundles(7)
  say()
  say('Lambdas: size in kB, init in ms over an empty process')
  const kilo = (bytes: number) => (bytes / 1000).toFixed(0)
  printTable(
    ['', 'raw', 'minified', 'gzip', 'init', 'init CPU'],
    results.bundles.map(({ lambda, raw, minified, gzip, init, cpu }) => [
      lambda,
      kilo(raw),
      kilo(minified),
      kilo(gzip),
      init.toFixed(0),
      cpu.toFixed(0),
    ]),
  )
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const isText = head.map((_, at) => at === 0 || rows.some((row) => /^[A-Z]/.test(row[at] ?? '')))
  for (const row of [head, ...rows])
    say(
      `  ${row
        .map((cell, at) => (isText[at] ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd()}`,
    )
}

/** Two decimals, and of what is small enough digits to compare. */
function few(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function count(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3)
}
