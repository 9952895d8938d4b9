/**
 * Who and what is there on a laptop from the start: the realm, some people, three applications and a CMS's API key, made
 * by the same functions as an operator's after deploying.
 *
 * What is secret of it is made once and kept beside the tables, so that a restart finds the same.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApiKey } from '../src/api-key-admin.ts'
import { changeClient, findClient } from '../src/client-admin.ts'
import { type ApiScope, apiScopes, cmsScopes } from '../src/core/api-key.ts'
import { showClient } from '../src/core/oidc/client-metadata.ts'
import { fromBase32, toBase32 } from '../src/core/otp/base32.ts'
import { type OneTimePassword, ownParameters, ownSecretBytes } from '../src/core/otp/one-time-password.ts'
import { newSecret } from '../src/core/secret.ts'
import type { Role } from '../src/core/user.ts'
import { ensureOwnClients } from '../src/own-clients.ts'
import type { Sealer } from '../src/services/sealer.ts'
import {
  createClient,
  createUser,
  ensureSealKey,
  ensureSigningKeys,
  type NewUser,
  seedRealm,
  type Workbench,
} from '../src/setup.ts'
import { createdOneTimePassword } from '../src/store/one-time-passwords.ts'
import { readWebhook } from '../src/store/webhooks.ts'
import { changeWebhook, createWebhook } from '../src/webhook-admin.ts'
import { writeWhole } from './files.ts'
import { CannotStart } from './ports.ts'
import { seedModels } from './seed-models.ts'

/** `totp`: the secret of the person's one-time codes, base32, as an authenticator app takes it. */
export type Person = {
  id: string
  userName: string
  email: string
  password: string
  totp?: string
  roles?: readonly Role[]
}
export type DemoClient = { clientId: string; clientSecret?: string; redirectUris: string[] }

/** The demo CMS's, and the one that may do everything. */
export type ApiKeys = { apiKey: string; adminApiKey: string }

/** `seed.json`. Without a key until the first one was made. */
type Secrets = Partial<ApiKeys> &
  Record<'passwords' | 'clientSecrets', Record<string, string>> & {
    /** Missing from what an earlier version made. */
    totps?: Record<string, string>
    /** Of the CMS's webhook. */
    webhook?: { id: string; secret: string }
  }

export type Seeded = ApiKeys & {
  /** Of the demo CMS's webhook. */
  webhookSecret: string
  people: Person[]
  clients: Record<AppId, Required<DemoClient>>
}

const people = [
  // Of her, every claim is known that OpenID Connect has a name for.
  {
    ...{ userName: 'ada', givenName: 'Ada', familyName: 'Lindqvist', email: 'ada@example.org', locale: 'en-SE' },
    claims: {
      ...{ middle_name: 'Karin', nickname: 'addi', gender: 'female', birthdate: '1987-10-16' },
      ...{ profile: 'https://example.org/ada', picture: 'https://example.org/ada.png', website: 'https://ada.example' },
      ...{ zoneinfo: 'Europe/Stockholm', phone_number: '+46 8 555 123 45', phone_number_verified: true },
      address: {
        formatted: 'Storgatan 1\n114 51 Stockholm\nSweden',
        street_address: 'Storgatan 1',
        locality: 'Stockholm',
        region: 'Stockholms län',
        postal_code: '114 51',
        country: 'Sweden',
      },
    },
  },
  { userName: 'bela', givenName: 'Béla', familyName: 'Novák', email: 'bela@example.org' },
  { userName: 'chidi', givenName: 'Chidi', familyName: 'Okafor', email: 'chidi@example.org' },
  { userName: 'dora', givenName: 'Dora', familyName: 'Weiss', email: 'dora@example.org', locale: 'de' },
  { userName: 'emil', givenName: 'Emil', familyName: 'Sørensen', email: 'emil@example.org' },
  // Her mailbox takes nothing: see `ses.ts`.
  { userName: 'fatima', givenName: 'Fatima', familyName: 'Haddad', email: 'full@example.org' },
  // Who works at the console: one of each role.
  {
    ...{ userName: 'gita', givenName: 'Gita', familyName: 'Rao', email: 'gita@example.org' },
    roles: ['administrator'],
  },
  { userName: 'hugo', givenName: 'Hugo', familyName: 'Martin', email: 'hugo@example.org', roles: ['operator'] },
  { userName: 'ines', givenName: 'Inês', familyName: 'Costa', email: 'ines@example.org', roles: ['auditor'] },
] as const satisfies readonly NewUser[]

/** The others may set up codes of their own when they are asked for one. */
const withCodes: readonly string[] = ['chidi', 'dora', 'gita', 'hugo', 'ines']

export const userNames: readonly string[] = people.map(({ userName }) => userName)

const apps = {
  app1: { clientName: 'App1' },
  app2: { clientName: 'App2' },
  /** Where a certificate is asked for, after a password and a one-time code. */
  app3: { clientName: 'App3', flow: 'stepup-ldap-otp-cba' },
} as const
export type AppId = keyof typeof apps

const words =
  `amber anchor apple arrow autumn badger bamboo beacon birch breeze bridge canyon carbon cedar cherry cinder
  clover cobalt copper coral cotton cricket crystal dapple delta ember falcon fennel fern flint forest garnet ginger
  glacier granite harbor hazel heron indigo island ivory jasmine juniper kestrel lagoon lantern laurel lemon lichen
  linen lotus magnet maple marble meadow mercury nectar nutmeg olive orchid otter pebble pepper pine plover prairie
  quartz quill rabbit raven river saffron sage salmon sierra silver spruce summit sunset tango thistle thunder timber
  topaz tulip tundra umber valley velvet violet walnut willow winter zephyr`.split(/\s+/)

/** Some 37 bits: easy to type, and not in a list of passwords. */
const newPassword = (): string =>
  [...Array.from({ length: 5 }, () => words[randomInt(words.length)]), randomInt(10, 100)].join('-')

const personId = (userName: string): string => `demo-${userName}`

function readSecrets(file: string): Secrets | undefined {
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  } catch {
    throw new CannotStart(`${file} cannot be read any more: begin from nothing with --fresh.`)
  }
}

const newSecrets = (): Secrets => ({
  passwords: Object.fromEntries(people.map(({ userName }) => [userName, newPassword()])),
  totps: Object.fromEntries(withCodes.map((userName) => [userName, toBase32(randomBytes(ownSecretBytes))])),
  clientSecrets: Object.fromEntries(Object.keys(apps).map((id) => [id, newSecret()])),
})

/** With those of whoever came later than the file. */
const completed = (kept: Secrets | undefined): Secrets => {
  const fresh = newSecrets()
  if (kept === undefined) return fresh
  return {
    ...kept,
    passwords: { ...fresh.passwords, ...kept.passwords },
    totps: { ...fresh.totps, ...kept.totps },
    clientSecrets: { ...fresh.clientSecrets, ...kept.clientSecrets },
  }
}

/** Each is written down before the next one is made: a start that is broken off in between must find it. */
async function ensureApiKeys(bench: Workbench, file: string, secrets: Secrets): Promise<ApiKeys> {
  const { apiKey = await newApiKey(bench, 'Demo CMS', cmsScopes) } = secrets
  if (secrets.apiKey === undefined) writeWhole(file, { ...secrets, apiKey })
  const { adminApiKey = await newApiKey(bench, 'Demo administration', apiScopes) } = secrets
  if (secrets.adminApiKey === undefined) writeWhole(file, { ...secrets, apiKey, adminApiKey })
  return { apiKey, adminApiKey }
}

/** The CMS is told what happens to keys, at the address that it has this time. */
async function ensureWebhook(
  bench: Workbench & { sealer: Sealer },
  url: string,
  file: string,
  secrets: Secrets,
): Promise<{ id: string; secret: string }> {
  const present = secrets.webhook === undefined ? undefined : await readWebhook(bench.db, secrets.webhook.id)
  if (secrets.webhook !== undefined && present !== undefined) {
    const { description, types } = present
    const moved = { url, types, enabled: true, ...(description === undefined ? {} : { description }) }
    await changeWebhook(bench, present.id, moved, () => true)
    return secrets.webhook
  }
  const made = await createWebhook(bench, { url, description: 'Demo CMS' })
  if (!made.ok) throw new Error(`The CMS's webhook cannot be registered: ${made.reason} ${made.at} ${made.detail}`)
  const webhook = { id: made.value.webhook.id, secret: made.value.secret }
  writeWhole(file, { ...secrets, webhook })
  return webhook
}

const newApiKey = async (bench: Workbench, name: string, scopes: readonly ApiScope[]): Promise<string> =>
  (await createApiKey(bench, { name, scopes })).secret

type Addresses = { redirectUris: string[]; postLogoutRedirectUris: string[]; backchannelLogoutUri: string }

/** Registers the addresses that the application has this time; nothing else of it changes. */
async function moveClient(bench: Workbench, clientId: string, addresses: Addresses): Promise<void> {
  const present = await findClient(bench, clientId)
  if (!present.ok) return
  const moved = { ...present.value.value, ...addresses }
  const done = await changeClient(bench, clientId, showClient(moved), (etag) => etag === present.value.etag)
  if (!done.ok) throw new Error(`${clientId} cannot be moved: ${done.reason} ${done.at} ${done.detail}`)
}

/** An authenticator app with this secret, as if a CMS had imported it. */
export async function oneTimePasswordOf(
  { sealer, now }: { sealer: Sealer; now(): number },
  user: string,
  totp: string,
): Promise<OneTimePassword> {
  const secret = fromBase32(totp)
  if (secret === undefined) throw new Error(`The secret of ${user}'s one-time codes is no base32`)
  const id = `${user}-codes`
  const sealedSecret = await sealer.seal(secret, { user, id })
  const made = { id, user, state: 'active', origin: 'imported', friendlyName: 'Authenticator app' } as const
  return { ...ownParameters, ...made, sealedSecret, createdAt: now(), version: 1 }
}

/**
 * Makes what is not there yet.
 *
 * @param directory holds the secrets, in `seed.json`.
 * @param addresses of the applications, without a slash at the end.
 */
export async function seed(
  bench: Workbench & { sealer: Sealer },
  directory: string,
  addresses: Record<AppId | 'cms', string>,
): Promise<Seeded> {
  const file = join(directory, 'seed.json')
  const kept = readSecrets(file)
  const secrets = completed(kept)
  // Before the records: a start that is broken off in between must know them the next time.
  writeWhole(file, secrets)

  const realm = await seedRealm(bench, { enrol: ['otp'] })
  if (!realm.ok && kept === undefined) {
    throw new CannotStart(
      `The tables hold an earlier start whose secrets are gone (${file}): begin from nothing with --fresh.`,
    )
  }
  await ensureSigningKeys(bench)
  await ensureSealKey(bench)

  const seededPeople = await Promise.all(
    people.map(async (person) => {
      const password = secrets.passwords[person.userName] ?? newPassword()
      const id = personId(person.userName)
      const totp = secrets.totps?.[person.userName]
      const theirs = totp === undefined ? [] : [createdOneTimePassword(await oneTimePasswordOf(bench, id, totp))]
      // Whoever is there already stays as they are.
      const { roles, ...rest }: NewUser & { email: string } = person
      await createUser(bench, { ...rest, id, password, ...(roles === undefined ? {} : { roles }) }, theirs)
      return {
        ...{ id, userName: person.userName, email: person.email, password },
        ...(totp === undefined ? {} : { totp }),
        ...(roles === undefined ? {} : { roles }),
      }
    }),
  )

  const clients = await Promise.all(
    (Object.keys(apps) as AppId[]).map(async (clientId) => {
      const clientSecret = secrets.clientSecrets[clientId] ?? newSecret()
      const its = {
        redirectUris: [`${addresses[clientId]}/callback`],
        postLogoutRedirectUris: [`${addresses[clientId]}/`],
        backchannelLogoutUri: `${addresses[clientId]}/backchannel-logout`,
      }
      const made = await createClient(bench, { ...apps[clientId], clientId, ...its, secret: clientSecret })
      if (!made.ok && made.reason !== 'client-exists')
        throw new Error(`${clientId} cannot be registered: ${made.reason} ${made.at} ${made.detail}`)
      if (!made.ok) await moveClient(bench, clientId, its)
      return [clientId, { clientId, clientSecret, redirectUris: its.redirectUris }] as const
    }),
  )

  if (bench.reach !== undefined) await ensureOwnClients(bench, bench.reach.issuer)
  await seedModels(bench)
  const keys = await ensureApiKeys(bench, file, secrets)
  const { secret: webhookSecret } = await ensureWebhook(bench, `${addresses.cms}/webhook`, file, {
    ...secrets,
    ...keys,
  })
  return { ...keys, webhookSecret, people: seededPeople, clients: Object.fromEntries(clients) as Seeded['clients'] }
}
