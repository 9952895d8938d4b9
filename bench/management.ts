/**
 * `node bench/management.ts`: how long the management API takes to answer, with a thousand users and with a hundred
 * thousand: the Lambdas as they are deployed, on an emulator each, asked in turns. README.md says what the figures mean.
 *
 *     node bench/management.ts --users 20000 --rounds 100
 */
import { arch, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { createApiKey } from '../src/api-key-admin.ts'
import { openVault } from '../src/services/vault.ts'
import { byEvent, type Carrier } from './carriers.ts'
import { crowdUser, crowdUserId, seedCrowd } from './many-users.ts'
import { type Ours, openOurs } from './ours.ts'

const { values: flags } = parseArgs({
  options: { users: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '200' } },
})
const [few, many, rounds] = [1000, Number(flags.users), Number(flags.rounds)]
if (!(many >= few && rounds > 0)) throw new Error(`--users must be ${few} at least, and --rounds 1`)

const print = console.log
// The handlers print a line a request. What they print it to is not ours to measure.
console.log = () => {}
const now = Math.floor(Date.now() / 1000)
const tenant = '/api/v1/tenants/default'

type Target = (number: number, users: number) => string

/** Each with another user, or another word, each time: nothing is asked for twice in a row. */
const asked: Record<string, Target> = {
  'users, a page of 20': (number) => `/users?prefix=${'abcdefghij'[number % 10]}`,
  'users, a page of 100': () => '/users?pageSize=100',
  'search, a word that one has': (number, users) =>
    `/users?search=${encodeURIComponent(crowdUser(number % users, now).userName)}`,
  'search, a word that thousands have': (number) => `/users?search=${['mull', 'gar', 'her', 'now'][number % 4]}`,
  'search, who is disabled': (number) => `/users?enabled=false&search=${['mull', 'gar', 'her'][number % 3]}`,
  'those with a role': () => '/users?role=auditor',
  'one user': (number, users) => `/users/${crowdUserId((number * 7919) % users)}`,
  'the authenticators of one': (number, users) => `/users/${crowdUserId((number * 7919) % users)}/authenticators`,
  'authenticators by state': (number) =>
    `/authenticators?state=${['pending', 'active', 'suspended', 'locked'][number % 4]}`,
  'pending ones, older than a month': () => '/authenticators?state=pending&olderThan=P30D',
  'the log of one user': (number) => `/logs?user=${crowdUserId((number * 7919) % few)}`,
}

type Side = { users: number; ours: Ours; carrier: Carrier; headers: Record<string, string>; base: string }

async function open(users: number): Promise<Side> {
  const ours = await openOurs(0)
  const { client, tableNames, db, stage } = ours
  // How long a log takes does not hang on how long it is: bench/audit.ts has that.
  const crowd = { users, authenticators: users * 2, logs: few * 3, unheld: true }
  await seedCrowd({ client, tableNames }, crowd, now, (line) => process.stderr.write(`${line}\n`))
  const bench = { db, now: () => now, vault: openVault(stage), actor: { kind: 'operator', id: 'bench' } as const }
  const scopes = ['users:read', 'authenticators:read', 'audit:read'] as const
  const { secret } = await createApiKey(bench, { name: 'bench', scopes })
  const base = tenant.replace('default', stage.tenantCode)
  return { users, ours, carrier: byEvent(ours.bundled), headers: { apikey: secret }, base }
}

/** Milliseconds. */
async function time({ carrier, headers, users, base }: Side, target: Target, number: number): Promise<number> {
  const go = carrier.load({ method: 'GET', target: `${base}${target(number, users)}`, headers })
  const before = performance.now()
  const { status, body } = await go()
  const took = performance.now() - before
  if (status !== 200) throw new Error(`${target(number, users)}: ${status} ${body}`)
  return took
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

const small = await open(few)
const large = await open(many)
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'a core'} ${arch()}`
print(`${machine}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, load ${loadavg()[0]?.toFixed(1)}`)
print(`\n| ms a request, ${many} users | p50 | p95 | ${few} users: p50 | p95 | p50 over p50 |`)
print('| --- | --- | --- | --- | --- | --- |')
for (const [name, target] of Object.entries(asked)) {
  const [slow, fast]: [number[], number[]] = [[], []]
  for (let number = -20; number < rounds; number++) {
    const [its, other] = [await time(large, target, Math.abs(number)), await time(small, target, Math.abs(number))]
    // The first ones are for the compiler.
    if (number >= 0) slow.push(its)
    if (number >= 0) fast.push(other)
  }
  const figures = [quantile(slow, 0.5), quantile(slow, 0.95), quantile(fast, 0.5), quantile(fast, 0.95)]
  const ratio = quantile(slow, 0.5) / quantile(fast, 0.5)
  print(`| ${name} | ${figures.map((each) => each.toFixed(1)).join(' | ')} | ${ratio.toFixed(2)} |`)
}
await small.ours.close()
await large.ours.close()
process.exit(0)
