/**
 * As many users as an organisation has, with authenticators in every state, written past the service: the same records
 * that it would write, twenty-five at a time, without its conditions. For an emulator, and never for a deployment.
 */
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import type { Table } from '../lib/tables.ts'
import type { AuditType } from '../src/core/audit-event.ts'
import type { Authenticator, AuthenticatorState } from '../src/core/authenticator.ts'
import type { User } from '../src/core/user.ts'
import { recorded } from '../src/store/audit.ts'
import type { Write } from '../src/store/db.ts'
import { createdAuthenticator } from '../src/store/people.ts'
import { createdUser } from '../src/store/users.ts'
import { createSecurityKey } from '../test/authenticator.ts'
import { runAll } from './measure.ts'

/** `unheld`: without the guards of their credential ids, which nothing that only reads comes near. */
export type Crowd = { users: number; authenticators: number; logs: number; unheld?: boolean }

const givenNames = [
  'Anna',
  'Béla',
  'Carla',
  'Dávid',
  'Elif',
  'Fatima',
  'Grete',
  'Håkon',
  'Ines',
  'Jürgen',
  'Karl-Heinz',
]
const familyNames = [
  'Müller',
  'Kovács',
  'García',
  'Nowak',
  'Öztürk',
  'Haddad',
  'Hermann',
  'Lund',
  'Silva',
  'Weiß',
  'Berg',
]

/** Of twenty: most are active, some wait for their user, a few are suspended or locked. */
const states: readonly AuthenticatorState[] = [
  ...Array<AuthenticatorState>(13).fill('active'),
  ...Array<AuthenticatorState>(4).fill('pending'),
  ...(['suspended', 'suspended', 'locked'] as const),
]

/** A day of the last year for each, so that lists by time have something to sort. */
const timeOf = (now: number, number: number): number => now - (number % 365) * 86_400 - (number % 86_399)

export const crowdUserId = (number: number): string => `crowd-${String(number).padStart(6, '0')}`

/** Everybody has a name that only they have, and parts of it that thousands have. One in fifty is disabled. */
export function crowdUser(number: number, now: number): User {
  const givenName = givenNames[number % givenNames.length] ?? ''
  const familyName = familyNames[Math.floor(number / givenNames.length) % familyNames.length] ?? ''
  const userName = `${givenName}.${familyName}.${number}`.toLowerCase()
  const at = timeOf(now, number)
  return {
    id: crowdUserId(number),
    userName,
    email: `${userName.normalize('NFKD').replace(/[^a-z0-9.-]/g, '')}@example.org`,
    emailVerified: true,
    givenName,
    familyName,
    externalId: `hr-${number}`,
    enabled: number % 50 !== 49,
    ...(number % 10_000 === 7 ? { roles: ['auditor'] as const } : {}),
    standing: 1,
    createdAt: at,
    updatedAt: at,
    version: 1,
  }
}

const key = createSecurityKey({ rpId: 'example.org', origin: 'https://id.example.org' })

/** Keys of nobody's hardware: what is kept of them is as large as of real ones. */
function crowdKey(number: number, users: number, now: number): Authenticator {
  const state = states[number % states.length] ?? 'active'
  const id = `crowd-${String(number).padStart(16, '0')}`
  return {
    id,
    user: crowdUserId(number % users),
    type: 'fido',
    state,
    origin: 'imported',
    provenance: 'raw',
    friendlyName: `Key ${number}`,
    createdAt: timeOf(now, number),
    ...(state === 'pending' ? {} : { activatedAt: timeOf(now, number) + 60, lastUsedAt: now - (number % 1000) }),
    credential: { ...key.credential, credentialId: Buffer.from(id).toString('base64url') },
    version: 1,
  }
}

const types = [
  'login.succeeded',
  'token.issued',
  'session.ended',
  'login.failed',
] as const satisfies readonly AuditType[]

const crowdEvent = (number: number, users: number, now: number): Write => {
  const user = crowdUserId(number % users)
  const type = types[number % types.length] ?? 'login.succeeded'
  return recorded({ type, at: timeOf(now, number), actor: { kind: 'user', id: user }, user, ip: '192.0.2.1' })
}

/** Of the first thousand: what a user's log takes does not hang on everybody else's. */
const withLogs = 1000

type Store = { client: DynamoDBClient; tableNames: Record<Table, string> }

/** @param say hears how far it is, after each tenth. */
export async function seedCrowd(store: Store, crowd: Crowd, now: number, say: (line: string) => void): Promise<void> {
  const kinds = [
    ['users', crowd.users, (number: number) => createdUser(crowdUser(number, now))],
    [
      'authenticators',
      crowd.authenticators,
      (number: number) =>
        createdAuthenticator(crowdKey(number, crowd.users, now)).filter(
          ({ key: { pk } }) => !crowd.unheld || !pk.startsWith('credential#'),
        ),
    ],
    ['audit records', crowd.logs, (number: number) => [crowdEvent(number, Math.min(crowd.users, withLogs), now)]],
  ] as const
  for (const [name, count, make] of kinds) {
    const from = performance.now()
    const step = Math.max(1000, Math.ceil(count / 10))
    for (let start = 0; start < count; start += step) {
      const numbers = Array.from({ length: Math.min(step, count - start) }, (_, at) => start + at)
      await writeAll(store, numbers.flatMap(make))
      const seconds = ((performance.now() - from) / 1000).toFixed(0)
      say(`${Math.min(start + step, count)} of ${count} ${name}, ${seconds} s`)
    }
  }
}

type Put = Extract<Write, { write: 'put' }>

/** What is put; a check has nothing to hold here, since each number is somebody else. */
async function writeAll({ client, tableNames }: Store, writes: readonly Write[]): Promise<void> {
  const requests = writes
    .filter((write): write is Put => write.write === 'put')
    .map(({ table, item, key: its }): [string, WriteRequest] => [
      tableNames[table],
      { PutRequest: { Item: marshall({ ...item, ...its }, { removeUndefinedValues: true }) } },
    ])
  const batches = Array.from({ length: Math.ceil(requests.length / 25) }, (_, at) =>
    requests.slice(at * 25, at * 25 + 25),
  )
  await runAll(
    batches.map((batch) => () => send(client, batch)),
    8,
  )
}

async function send(client: DynamoDBClient, batch: readonly [string, WriteRequest][]): Promise<void> {
  let left: Record<string, WriteRequest[]> = {}
  for (const [table, request] of batch) left[table] = [...(left[table] ?? []), request]
  while (Object.keys(left).length > 0) {
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: left }))
    left = UnprocessedItems ?? {}
  }
}
