/** The realm, its keys, people, API keys, applications and settings. */
import { type ApiScope, apiScopes, cmsScopes } from '../../src/core/api-key.ts'
import type { Settings } from '../../src/core/realm.ts'
import { type Role, roles } from '../../src/core/user.ts'
import { ensureOwnClients } from '../../src/own-clients.ts'
import { changeSettings, readSettings } from '../../src/settings-admin.ts'
import {
  apiKeys,
  claimsOf,
  createApiKey,
  createUser,
  ensureSealKey,
  ensureSigningKeys,
  revokeApiKey,
  seedRealm,
  setClaims,
  setEmail,
  setPassword,
} from '../../src/setup.ts'
import { formInWords, settingOf } from './settings.ts'
import { type Command, cannot, defined, documentIn, granted, needed, passwordIn } from './typed.ts'

export const setupCommands: Record<string, Command> = {
  init: async (bench) => {
    const realm = await seedRealm(bench)
    const keys = await ensureSigningKeys(bench)
    const sealed = await ensureSealKey(bench)
    const own = bench.reach === undefined ? [] : await ensureOwnClients(bench, bench.reach.issuer)
    const made = realm.ok ? 'The realm is made, with its flows.' : 'There is a realm already; it stays as it is.'
    const signing =
      keys.length === 0
        ? 'All signing keys are there.'
        : keys.map(({ detail }) => `Signing key made: ${detail}.`).join('\n')
    const applications = own.map((name) => `The application ${name} is registered.`)
    return [made, signing, ...applications, ...(sealed ? ['The key that secrets are sealed with is made.'] : [])].join(
      '\n',
    )
  },

  'user add': async (bench, [userName], given) => {
    if (given.directory && given['password-stdin']) cannot('A password is kept here or in the directory: take one.')
    const user = granted(
      await createUser(bench, {
        userName: needed(userName, 'a user name'),
        ...defined('email', given.email),
        ...defined('givenName', given['given-name']),
        ...defined('familyName', given['family-name']),
        ...defined('password', await passwordIn(given)),
        ...defined('directory', given.directory ? {} : undefined),
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

  'user claims': async (bench, [userName, file]) => {
    const name = needed(userName, 'a user name')
    const document = granted(
      file === undefined ? await claimsOf(bench, name) : await setClaims(bench, name, await documentIn(file)),
      {
        'no-user': `There is no user ${name}.`,
        'malformed-claims': (detail, at) => `${file}${at}: ${detail}.`,
      },
    )
    return JSON.stringify(document, null, 2)
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

  settings: async (bench) => (await readSettings(bench)).written.trimEnd(),

  'settings set': async (bench, assignments) => {
    const change = Object.fromEntries(needed(assignments, 'NAME=VALUE').map(settingOf)) as Partial<Settings>
    const meanwhile = 'Somebody else changed the settings meanwhile: look at them, and try again.'
    const made = granted(await changeSettings(bench, change), {
      'changed-meanwhile': meanwhile,
      'changed-since': meanwhile,
      'realm-too-large': (detail) => detail,
      'malformed-settings': (_detail, at) => `${settingAt(at)} takes ${formInWords(settingAt(at))}.`,
      'unworkable-settings': (detail, at) => `That cannot be: ${settingAt(at)} ${detail}.`,
    })
    return made.written.trimEnd()
  },
}

const settingAt = (pointer: string): string => pointer.split('/')[1] ?? ''

const roleOf = (text: string): Role =>
  roles.find((role) => role === text) ?? cannot(`${text} is no role: ${roles.join(', ')}.`)

const scopeOf = (text: string): ApiScope =>
  apiScopes.find((scope) => scope === text) ?? cannot(`${text} is no scope: ${apiScopes.join(', ')}.`)
