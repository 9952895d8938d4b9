/**
 * The settings of the realm as a document: what each may be by itself. The API, the command `npm run admin` and the API's
 * description all read this one table. Whether the values can work together, and with the rest of the realm, is decided in
 * `src/settings-admin.ts`.
 */
import { malformed, readBoolean, readDocument, readList, readMembers, readOneOf, readText } from './document.ts'
import { requiredAlgorithms, signingAlgorithms } from './oidc/signing.ts'
import type { Settings } from './realm.ts'
import type { Result } from './result.ts'
import { longestRoot, mostAaguids, mostRoots, settingLimits } from './settings-limits.ts'
import { readAcr } from './step-up/policy.ts'

/** `optional`: left out, it is none. Of numbers, all but counts are seconds. */
export type SettingForm =
  | { kind: 'switch' }
  | { kind: 'choice'; of: readonly string[] }
  | { kind: 'number'; least: number; most: number; optional?: true }
  | { kind: 'aaguids' | 'certificates' | 'algorithms' | 'acr' }

const number = (name: keyof typeof settingLimits): SettingForm => ({ kind: 'number', ...settingLimits[name] })

/** In the order in which they are shown. */
export const settingForms: Record<keyof Settings, SettingForm> = {
  authenticatorImport: { kind: 'switch' },
  activationProof: { kind: 'choice', of: ['email', 'password', 'either'] },
  activationCountsAsLogin: { kind: 'switch' },
  codeAlphabet: { kind: 'choice', of: ['letters', 'digits'] },
  codeLength: number('codeLength'),
  codeLifetime: number('codeLifetime'),
  codeTries: number('codeTries'),
  codeSends: number('codeSends'),
  codeSendWindow: number('codeSendWindow'),
  pendingLifetime: { kind: 'number', ...settingLimits.pendingLifetime, optional: true },
  allowedAaguids: { kind: 'aaguids' },
  selfServiceFido: { kind: 'switch' },
  selfServiceOtp: { kind: 'switch' },
  selfServiceRecoveryCodes: { kind: 'switch' },
  attestationRoots: { kind: 'certificates' },
  counterFailuresToLock: number('counterFailuresToLock'),
  sessionIdle: number('sessionIdle'),
  sessionLifetime: number('sessionLifetime'),
  consoleAcr: { kind: 'acr' },
  sensitiveAcr: { kind: 'acr' },
  sensitiveMaxAge: number('sensitiveMaxAge'),
  signingAlgorithms: { kind: 'algorithms' },
  signingKeyPeriod: number('signingKeyPeriod'),
  signingKeyOverlap: number('signingKeyOverlap'),
}

export const settingNames = Object.keys(settingForms) as (keyof Settings)[]

/**
 * Reads a whole document. One that replaces the settings says all of them: what an older program does not know of is not
 * to go back to its default unseen.
 */
export const readSettingsDocument = (data: unknown): Result<Settings, 'malformed-settings'> =>
  readDocument('malformed-settings', data, (document) => {
    const members = readMembers(document, '', settingNames)
    const read = settingNames.flatMap((name) => {
      const form = settingForms[name]
      const value = members[name]
      if (value === undefined && isOptional(form)) return []
      return [[name, value === undefined ? malformed(`/${name}`, 'is missing') : readSetting(form, value, `/${name}`)]]
    })
    return Object.fromEntries(read) as Settings
  })

export const isOptional = (form: SettingForm): boolean => form.kind === 'number' && form.optional === true

const aaguidShape = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
/** Whether it is a certificate is seen by who can read one. */
const pemShape = /^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/

function readSetting(form: SettingForm, data: unknown, at: string): unknown {
  switch (form.kind) {
    case 'switch':
      return readBoolean(data, at)
    case 'choice':
      return readOneOf(form.of, data, at)
    case 'number':
      return isBetween(data, form) ? data : malformed(at, `must be a whole number from ${form.least} to ${form.most}`)
    case 'acr':
      return readAcr(data, at)
    case 'aaguids':
      return distinct(
        readList(data, at, mostAaguids, (each, its) => readText(each, its, aaguidShape).toLowerCase()),
        at,
      )
    case 'certificates':
      return distinct(
        readList(data, at, mostRoots, (each, its) => readPem(each, its)),
        at,
      )
    case 'algorithms': {
      const named = distinct(
        readList(data, at, signingAlgorithms.length, (each, its) => readOneOf(signingAlgorithms, each, its)),
        at,
      )
      const missing = requiredAlgorithms.filter((alg) => !named.includes(alg))
      if (missing.length > 0) malformed(at, `must have ${missing.join(' and ')}`)
      return signingAlgorithms.filter((alg) => named.includes(alg))
    }
  }
}

const isBetween = (data: unknown, { least, most }: { least: number; most: number }): data is number =>
  typeof data === 'number' && Number.isSafeInteger(data) && data >= least && data <= most

const readPem = (data: unknown, at: string): string =>
  typeof data === 'string' && data.length <= longestRoot && pemShape.test(data)
    ? data.trim()
    : malformed(at, 'must be one certificate in PEM')

const distinct = <Item>(items: Item[], at: string): Item[] =>
  new Set(items).size === items.length ? items : malformed(at, 'names one twice')

/** The same bytes for the same settings, whatever order a store hands its members back in. */
export const writeSettings = (settings: Settings): string =>
  `${JSON.stringify(Object.fromEntries(settingNames.map((name) => [name, settings[name]])), null, 2)}\n`
