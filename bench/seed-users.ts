/**
 * `node bench/seed-users.ts`: a hundred thousand users and two hundred thousand authenticators into the service that `npm start`
 * runs, to look at the console with as many as an organisation has.
 *
 *     node bench/seed-users.ts
 *     node bench/seed-users.ts --users 5000 --authenticators 9000 --logs 20000
 *
 * Their ids begin with `crowd-`; done again, it writes the same users and the same keys, and more of the log.
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { localClient } from '../local/tables.ts'
import { seedCrowd } from './many-users.ts'

const { values: flags } = parseArgs({
  options: {
    users: { type: 'string', default: '100000' },
    authenticators: { type: 'string', default: '200000' },
    logs: { type: 'string', default: '0' },
  },
})

function numberOf(name: keyof typeof flags): number {
  const value = Number(flags[name])
  if (!Number.isSafeInteger(value) || value < 0 || value > 1_000_000)
    throw new Error(`--${name} must be a number up to 1000000`)
  return value
}

const crowd = { users: numberOf('users'), authenticators: numberOf('authenticators'), logs: numberOf('logs') }
if (crowd.users === 0) throw new Error('--users must be 1 at least: keys and records are somebody’s')

const file = '.local/outputs.json'
if (!existsSync(file)) throw new Error('Start the service first, with `npm start`.')
const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
const outputs: Record<string, string> = Object.assign({}, ...Object.values(stacks))
const { DynamodbEndpoint: endpoint, ConfigTable, PeopleTable, SessionsTable, AuditTable } = outputs
if (endpoint === undefined || !ConfigTable || !PeopleTable || !SessionsTable || !AuditTable)
  throw new Error(`${file} is not of a service that runs here.`)

const client = localClient(endpoint)
const tableNames = { config: ConfigTable, people: PeopleTable, sessions: SessionsTable, audit: AuditTable }
await seedCrowd({ client, tableNames }, crowd, Math.floor(Date.now() / 1000), (line) => console.log(line))
client.destroy()
