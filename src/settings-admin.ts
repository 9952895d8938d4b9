/**
 * What an administrator does to the settings of the realm: the API, the command `npm run admin` and the seed of a laptop do
 * it with these. What each setting may be by itself is in `core/settings-document.ts`; here is whether they can work
 * together, and with the names, clients and keys that there are.
 */
import { X509Certificate } from 'node:crypto'
import {
  type Changed,
  change,
  changed,
  type Decided,
  type Desk,
  type Expects,
  type Shown,
  type State,
  shown,
} from './administration.ts'
import { differences } from './core/difference.ts'
import { rotationTrouble } from './core/oidc/key-rotation.ts'
import { unsignable } from './core/oidc/signing.ts'
import type { Realm, Settings } from './core/realm.ts'
import { ok, type Refusal, type Result, refuse } from './core/result.ts'
import { readSettingsDocument, writeSettings } from './core/settings-document.ts'
import { lengthOfLetters } from './core/settings-limits.ts'
import { changedRealm, readRealm } from './store/realm.ts'

export type SettingsRefusal =
  | 'malformed-settings'
  | 'unworkable-settings'
  | 'realm-too-large'
  | 'changed-since'
  | 'changed-meanwhile'

const showSettings = (settings: Settings): Shown<Settings> => shown(settings, writeSettings(settings))

export const readSettings = async ({ db }: Pick<Desk, 'db'>): Promise<Shown<Settings>> =>
  showSettings((await readRealm(db)).settings)

/** A document in place of all settings, on the condition of the version that it replaces. */
export const replaceSettings = (
  desk: Desk,
  data: unknown,
  expects: Expects,
): Promise<Result<Changed<Settings>, SettingsRefusal>> =>
  settle(desk, ({ settings }) => {
    if (!expects(showSettings(settings).etag)) return refuse('changed-since')
    return readSettingsDocument(data)
  })

/** A few of them. One that is there as `undefined` is taken away. */
export const changeSettings = (
  desk: Desk,
  given: Partial<Settings>,
): Promise<Result<Changed<Settings>, SettingsRefusal>> =>
  settle(desk, ({ settings }) => readSettingsDocument({ ...settings, ...given }))

async function settle(
  desk: Desk,
  decide: (realm: Realm) => Result<Settings, SettingsRefusal>,
): Promise<Result<Changed<Settings>, SettingsRefusal>> {
  const done = await change<Settings, SettingsRefusal>(desk, (state) => {
    const wanted = decide(state.realm)
    if (!wanted.ok) return wanted
    const { realm, clients } = state
    const after = { ...realm, settings: wanted.value }
    const trouble = troubleIn({ realm: after, clients })
    if (trouble !== undefined) return trouble
    const detail = differences(inOrder(realm.settings), inOrder(after.settings))
    if (detail === '') return ok<Decided<Settings>>({ asIs: after.settings })
    return ok({
      edited: { document: 'settings' },
      realm: after,
      clients,
      writes: [changedRealm(after)],
      event: { type: 'settings.changed', detail },
      value: after.settings,
    })
  })
  return done.ok ? changed(done, showSettings) : ours(done)
}

/** By a setting alone, no flow and no policy becomes anything that it was not. */
function ours(refused: Refusal<string>): Refusal<SettingsRefusal> {
  const { reason } = refused
  if (reason === 'unworkable-flow' || reason === 'unworkable-policy')
    throw new Error(`Settings were refused as ${reason}: ${refused.detail}`)
  return { ...refused, reason: reason as SettingsRefusal }
}

const inOrder = (settings: Settings): unknown => JSON.parse(writeSettings(settings))

/** Why the settings cannot work, pointing at the one that is to be changed. */
function troubleIn({ realm, clients }: State): Refusal<'unworkable-settings'> | undefined {
  const { settings } = realm
  const found =
    lifetimeTrouble(settings) ??
    codeTrouble(settings) ??
    modelTrouble(settings) ??
    levelTrouble(realm) ??
    rotationTrouble(settings) ??
    algorithmTrouble(settings, clients)
  return found && refuse('unworkable-settings', { at: `/${found.at}`, detail: found.detail })
}

type Trouble = { at: keyof Settings | `attestationRoots/${number}`; detail: string } | undefined

const lifetimeTrouble = ({ sessionIdle, sessionLifetime }: Settings): Trouble =>
  sessionIdle > sessionLifetime
    ? { at: 'sessionIdle', detail: `must be ${sessionLifetime} or less: no session goes on past sessionLifetime` }
    : undefined

const codeTrouble = ({ codeAlphabet, codeLength }: Settings): Trouble =>
  codeAlphabet === 'letters' && codeLength !== lengthOfLetters
    ? { at: 'codeLength', detail: `must be ${lengthOfLetters} where codeAlphabet is letters` }
    : undefined

/** A model is believed of an attestation alone, whose certificate leads to a root. */
function modelTrouble({ allowedAaguids, attestationRoots }: Settings): Trouble {
  const unread = attestationRoots.findIndex((pem) => !isCertificate(pem))
  if (unread >= 0) return { at: `attestationRoots/${unread}`, detail: 'is not a certificate' }
  return allowedAaguids.length > 0 && attestationRoots.length === 0
    ? {
        at: 'attestationRoots',
        detail: 'must have a root where allowedAaguids names models, or no key could be imported',
      }
    : undefined
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

/** A name that the realm does not know is reached by nobody, and would shut everybody out. */
function levelTrouble({ acrToLoa, settings: { consoleAcr, sensitiveAcr } }: Realm): Trouble {
  const loaOf = (name: string): number | undefined => (Object.hasOwn(acrToLoa, name) ? acrToLoa[name] : undefined)
  const [console, sensitive] = [loaOf(consoleAcr), loaOf(sensitiveAcr)]
  const names = Object.keys(acrToLoa).join(', ')
  if (console === undefined) return { at: 'consoleAcr', detail: `must be a name of the realm's map: ${names}` }
  if (sensitive === undefined) return { at: 'sensitiveAcr', detail: `must be a name of the realm's map: ${names}` }
  return sensitive < console
    ? { at: 'sensitiveAcr', detail: `must not be lower than consoleAcr: ${consoleAcr} is level ${console}` }
    : undefined
}

/** Whoever reads tokens by an algorithm would get none any more. */
function algorithmTrouble({ signingAlgorithms: left }: Settings, clients: State['clients']): Trouble {
  const hit = clients.find((client) => unsignable(client, left) !== undefined)
  return hit && { at: 'signingAlgorithms', detail: `lacks an algorithm that the client ${hit.clientId} asks for` }
}
