/**
 * What an operator runs after deploying: the realm and its keys, the first administrator, API keys, applications and
 * settings, against the deployed tables with the operator's own AWS credentials.
 *
 *     npm run admin -- --outputs cdk-outputs.json init
 *     npm run admin -- --local settings
 */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { localClient } from '../local/tables.ts'
import { type ApiScope, apiScopes, cmsScopes } from '../src/core/api-key.ts'
import type { Settings } from '../src/core/realm.ts'
import type { Result } from '../src/core/result.ts'
import { type Role, roles } from '../src/core/user.ts'
import { openVault } from '../src/services/vault.ts'
import {
  apiKeys,
  changeSettings,
  createApiKey,
  createClient,
  createUser,
  ensureSealKey,
  ensureSigningKeys,
  revokeApiKey,
  seedRealm,
  setEmail,
  setPassword,
  type Workbench,
} from '../src/setup.ts'
import { openDb } from '../src/store/db.ts'
import { readRealm } from '../src/store/realm.ts'

/** Wrong usage, or a wish that cannot be granted: a sentence, and exit code 1. */
class Cannot extends Error {}

/** What each setting may be; a number of seconds where it is a time. `null` takes a setting away. */
const settingForms: Record<keyof Settings, { form: string; read: (text: string) => unknown }> = {
  authenticatorImport: onOrOff(),
  activationProof: oneOf('email', 'password', 'either'),
  activationCountsAsLogin: onOrOff(),
  pendingLifetime: {
    form: 'a whole number of seconds, 3600 or more, or nothing for no end',
    read: (text) => (text === '' ? null : wholeNumber(3600).read(text)),
  },
  allowedAaguids: {
    form: 'AAGUIDs with commas between, or nothing',
    read: (text) => (text === '' ? [] : all(text.split(','), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
  },
  attestationRoots: {
    form: 'a file of PEM certificates, or nothing',
    read: (text) => (text === '' ? [] : certificatesIn(text)),
  },
  counterFailuresToLock: wholeNumber(0),
  sessionIdle: wholeNumber(60),
  sessionLifetime: wholeNumber(60),
}

const settingNames = Object.keys(settingForms)

const usage = `npm run admin -- [--outputs FILE | --local] COMMAND

  --outputs FILE   what \`cdk deploy --outputs-file FILE\` wrote; cdk-outputs.json if left out
  --local          the service that \`npm start\` runs

Commands
  init                                  the realm with its flows, and signing keys; does no harm when repeated
  user add NAME [--email A] [--given-name N] [--family-name N] [--role R]... [--password-stdin]
  user password NAME --password-stdin   a new password, read from standard input
  user email NAME ADDRESS               a new address, or the same one once it takes mail again
  api-key add NAME [--scope S]...       shown once; scopes: ${apiScopes.join(', ')};
                                        what a CMS needs (${cmsScopes.join(', ')}) if none is named
  api-key list
  api-key revoke ID
  client add ID --redirect-uri U... [--post-logout-redirect-uri U]... [--name N] [--public]
             [--scope S]... [--default-acr A]... [--minimum-acr A] [--voluntary] [--no-amr] [--machine]
             [--es256]
  settings                              as they are
  settings set NAME=VALUE...            ${settingNames.join(', ')}
`

const options = {
  outputs: { type: 'string' },
  local: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  email: { type: 'string' },
  'given-name': { type: 'string' },
  'family-name': { type: 'string' },
  role: { type: 'string', multiple: true },
  'password-stdin': { type: 'boolean' },
  scope: { type: 'string', multiple: true },
  'redirect-uri': { type: 'string', multiple: true },
  'post-logout-redirect-uri': { type: 'string', multiple: true },
  name: { type: 'string' },
  public: { type: 'boolean' },
  'default-acr': { type: 'string', multiple: true },
  'minimum-acr': { type: 'string' },
  voluntary: { type: 'boolean' },
  'no-amr': { type: 'boolean' },
  machine: { type: 'boolean' },
  es256: { type: 'boolean' },
} as const

type Given = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values']
type Command = (bench: Workbench, words: string[], given: Given) => Promise<string>

const commands: Record<string, Command> = {
  init: async (bench) => {
    const realm = await seedRealm(bench)
    const keys = await ensureSigningKeys(bench)
    await ensureSealKey(bench)
    const made = realm.ok ? 'The realm is made, with its flows.' : 'There is a realm already; it stays as it is.'
    return `${made}\n${keys.length === 0 ? 'All signing keys are there.' : `Signing keys made: ${keys.join(', ')}`}`
  },

  'user add': async (bench, [userName], given) => {
    const user = granted(
      await createUser(bench, {
        userName: needed(userName, 'a user name'),
        ...defined('email', given.email),
        ...defined('givenName', given['given-name']),
        ...defined('familyName', given['family-name']),
        ...defined('password', await passwordIn(given)),
        ...defined('roles', given.role?.map(roleOf)),
      }),
      { 'user-exists': `There is a user ${userName} already.` },
    )
    return `User ${user.userName} is made, with the id ${user.id}.`
  },

  'user password': async (bench, [userName], given) => {
    const password = needed(await passwordIn(given), '--password-stdin')
    const user = granted(await setPassword(bench, needed(userName, 'a user name'), password), {
      'no-user': `There is no user ${userName}.`,
    })
    return `${user.userName} has a new password.`
  },

  'user email': async (bench, [userName, email]) => {
    const address = needed(email, 'an address')
    const user = granted(await setEmail(bench, needed(userName, 'a user name'), address), {
      'no-user': `There is no user ${userName}.`,
    })
    return `Mail to ${user.userName} goes to ${address}.`
  },

  'api-key add': async (bench, [name], given) => {
    const scopes = given.scope?.map(scopeOf) ?? cmsScopes
    const { id, apiKey } = await createApiKey(bench, { name: needed(name, 'a name for the key'), scopes })
    return `API key ${id}, shown this once:\n${apiKey}`
  },

  'api-key list': async (bench) => {
    const keys = await apiKeys(bench)
    const day = (at: number | undefined) => (at === undefined ? 'never' : new Date(at * 1000).toISOString())
    return keys
      .map((key) =>
        [
          key.id,
          key.name,
          key.scopes.join(' '),
          `made ${day(key.createdAt)}`,
          `last used ${day(key.lastUsedAt)}`,
          ...(key.revokedAt === undefined ? [] : [`revoked ${day(key.revokedAt)}`]),
        ].join('  '),
      )
      .join('\n')
  },

  'api-key revoke': async (bench, [id]) => {
    granted(await revokeApiKey(bench, needed(id, 'the id of a key')), {
      'no-api-key': `There is no API key ${id} that is not revoked.`,
    })
    return `API key ${id} is revoked.`
  },

  'client add': async (bench, [clientId], given) => {
    const { client, secret } = granted(
      await createClient(bench, {
        clientId: needed(clientId, 'a client id'),
        redirectUris: given.machine ? [] : needed(given['redirect-uri'], '--redirect-uri'),
        postLogoutRedirectUris: given['post-logout-redirect-uri'] ?? [],
        tokenEndpointAuthMethod: given.public ? 'none' : 'client_secret_basic',
        enforcement: given.voluntary ? 'voluntary' : 'strict',
        idTokenSignedResponseAlg: given.es256 ? 'ES256' : 'RS256',
        ...(given['no-amr'] ? { amr: false } : {}),
        ...(given.machine ? { grantTypes: ['client_credentials'] as const, scopes: given.scope ?? [] } : {}),
        ...(given.machine ? {} : defined('scopes', given.scope)),
        ...defined('clientName', given.name),
        ...defined('defaultAcr', given['default-acr']),
        ...defined('minimumAcr', given['minimum-acr']),
      }),
      {
        'client-exists': `There is a client ${clientId} already.`,
        'bad-redirect-uri': (detail) =>
          `${detail} is no redirect URI: https, or http to localhost, or a scheme like com.example.app, without a fragment.`,
      },
    )
    return secret === undefined
      ? `Client ${client.clientId} is made; it is public and uses PKCE.`
      : `Client ${client.clientId}, its secret shown this once:\n${secret}`
  },

  settings: async (bench) => JSON.stringify((await readRealm(bench.db)).settings, null, 2),

  'settings set': async (bench, assignments) => {
    const change = Object.fromEntries(needed(assignments, 'NAME=VALUE').map(settingOf)) as Partial<Settings>
    const settings = granted(await changeSettings(bench, change), {
      'changed-meanwhile': 'Somebody else changed the settings meanwhile: look at them, and try again.',
    })
    return JSON.stringify(settings, null, 2)
  },
}

// --- What was typed -----------------------------------------------------------------------------------------------

function needed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) throw new Cannot(`${what} is missing.`)
  return value
}

const defined = <Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } =>
  value === undefined ? {} : ({ [name]: value } as { [name in Name]: Value })

const roleOf = (text: string): Role =>
  roles.find((role) => role === text) ?? cannot(`${text} is no role: ${roles.join(', ')}.`)

const scopeOf = (text: string): ApiScope =>
  apiScopes.find((scope) => scope === text) ?? cannot(`${text} is no scope: ${apiScopes.join(', ')}.`)

function cannot(sentence: string): never {
  throw new Cannot(sentence)
}

async function passwordIn(given: Given): Promise<string | undefined> {
  if (!given['password-stdin']) return undefined
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password.length < 8) throw new Cannot('A password has eight characters at least (NIST SP 800-63B-4 §3.1.1.2).')
  return password
}

function onOrOff() {
  return {
    form: 'true or false',
    read: (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined),
  }
}

function oneOf(...words: string[]) {
  return { form: words.join(', '), read: (text: string) => words.find((word) => word === text) }
}

function wholeNumber(least: number) {
  const read = (text: string) => (/^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined)
  return { form: `a whole number, ${least} or more`, read }
}

function all(texts: string[], form: RegExp): string[] | undefined {
  return texts.every((text) => form.test(text)) ? texts : undefined
}

/** Undefined unless every part of the file is a certificate. */
function certificatesIn(file: string): string[] | undefined {
  if (!existsSync(file)) throw new Cannot(`There is no file ${file}.`)
  const pems = readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    for (const pem of pems) new X509Certificate(pem)
  } catch {
    return undefined
  }
  return pems.length > 0 ? [...pems] : undefined
}

function settingOf(assignment: string): [string, unknown] {
  const [name = '', ...rest] = assignment.split('=')
  const setting = Object.entries(settingForms).find(([known]) => known === name)?.[1]
  if (setting === undefined) throw new Cannot(`${name} is no setting: ${settingNames.join(', ')}.`)
  const value = setting.read(rest.join('='))
  if (value === undefined) throw new Cannot(`${name} takes ${setting.form}.`)
  return [name, value ?? undefined]
}

type Sentences<Reason extends string> = Record<Reason, string | ((detail: string) => string)>

function granted<Value, Reason extends string>(result: Result<Value, Reason>, sentences: Sentences<Reason>): Value {
  if (result.ok) return result.value
  const sentence = sentences[result.reason]
  throw new Cannot(typeof sentence === 'string' ? sentence : sentence(result.detail ?? ''))
}

// --- Where --------------------------------------------------------------------------------------------------------

/** The outputs of the stacks by name; `npm start` writes a file of the same form. */
function readOutputs(file: string, hint: string): Record<string, string> {
  if (!existsSync(file)) throw new Cannot(`There is no ${file}: ${hint}`)
  try {
    const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
    return Object.assign({}, ...Object.values(stacks))
  } catch {
    throw new Cannot(`${file} is not what \`cdk deploy --outputs-file\` writes.`)
  }
}

function openBench(given: Given): Workbench {
  const file = given.local ? '.local/outputs.json' : (given.outputs ?? 'cdk-outputs.json')
  const outputs = readOutputs(
    file,
    given.local ? 'start the service first, with `npm start`.' : 'deploy with `--outputs-file cdk-outputs.json` first.',
  )
  const need = (name: string) => needed(outputs[name], `The output ${name} in ${file}`)
  const tableNames = {
    config: need('ConfigTable'),
    people: need('PeopleTable'),
    sessions: need('SessionsTable'),
    audit: need('AuditTable'),
  }
  const { DynamodbEndpoint: endpoint, WrappingKeyFile: keyFile, Region: region } = outputs
  // Where the stacks are, for whoever has not said so: the tables and the key are nowhere else.
  if (region !== undefined) process.env.AWS_REGION = region
  return {
    db: openDb(endpoint === undefined ? new DynamoDBClient() : localClient(endpoint), tableNames),
    now: () => Math.floor(Date.now() / 1000),
    vault: openVault({ wrappingKey: keyFile === undefined ? { kms: need('WrappingKeyArn') } : { file: keyFile } }),
    actor: { kind: 'operator', id: process.env.USER ?? 'unknown' },
  }
}

// --- The command --------------------------------------------------------------------------------------------------

async function run(): Promise<string> {
  const { values: given, positionals } = parseArgs({ options, allowPositionals: true })
  if (given.help) return usage
  const [first = '', second = '', ...rest] = positionals
  const two = commands[`${first} ${second}`]
  const command = two ?? commands[first]
  if (command === undefined)
    throw new Cannot(
      `${first === '' ? 'A command is missing.' : `There is no command ${positionals.join(' ')}.`}\n\n${usage}`,
    )
  const words = two === undefined ? positionals.slice(1) : rest
  return command(openBench(given), words, given)
}

/** The SDK's and Node's own words for what an operator can mend: credentials, region, a table that is not there. */
const isOperational = (failure: Error): boolean =>
  '$metadata' in failure ||
  ('code' in failure && typeof failure.code === 'string') ||
  ['CredentialsProviderError', 'AggregateError'].includes(failure.name) ||
  /region is missing/i.test(failure.message)

try {
  console.log(await run())
} catch (failure) {
  if (!(failure instanceof Error) || !(failure instanceof Cannot || isOperational(failure))) throw failure
  console.error(isOperational(failure) ? `${failure.name}: ${failure.message}` : failure.message)
  process.exitCode = 1
}
