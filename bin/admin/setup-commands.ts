/** The realm, its keys, API keys and settings. */

import { createApiKey, revokeApiKey } from '../../src/api-key-admin.ts'
import { type ApiScope, apiScopes, cmsScopes } from '../../src/core/api-key.ts'
import type { Settings } from '../../src/core/realm.ts'
import { ensureOwnClients } from '../../src/own-clients.ts'
import { changeSettings, readSettings } from '../../src/settings-admin.ts'
import { ensureSealKey, ensureSigningKeys, seedRealm } from '../../src/setup.ts'
import { listApiKeys } from '../../src/store/api-keys.ts'
import { formInWords, settingOf } from './settings.ts'
import { type Command, cannot, granted, needed } from './typed.ts'

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

  'api-key add': async (bench, [name], given) => {
    const scopes = given.scope?.map(scopeOf) ?? cmsScopes
    const { key, secret } = await createApiKey(bench, { name: needed(name, 'a name for the key'), scopes })
    return `API key ${key.id}, shown this once:\n${secret}`
  },

  'api-key list': async (bench) => {
    const keys = await listApiKeys(bench.db)
    const day = (at: number | undefined) => (at === undefined ? 'never' : new Date(at * 1000).toISOString())
    return keys
      .map((key) =>
        [
          key.id,
          key.name,
          key.scopes.join(' '),
          `made ${day(key.createdAt)}`,
          `last used ${day(key.lastUsedAt)}`,
          ...(key.expiresAt === undefined ? [] : [`until ${day(key.expiresAt)}`]),
          ...(key.revokedAt === undefined ? [] : [`revoked ${day(key.revokedAt)}`]),
        ].join('  '),
      )
      .join('\n')
  },

  'api-key revoke': async (bench, [id]) => {
    granted(await revokeApiKey(bench, needed(id, 'the id of a key')), {
      'api-key-not-found': `There is no API key ${id} that is not revoked.`,
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

const scopeOf = (text: string): ApiScope =>
  apiScopes.find((scope) => scope === text) ?? cannot(`${text} is no scope: ${apiScopes.join(', ')}.`)
