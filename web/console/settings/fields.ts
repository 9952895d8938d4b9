/** Which settings are in which section, and how each is typed: what a form has, and the document that it becomes. */
import type { Settings } from '../../../src/core/realm.ts'
import { settingLimits } from '../../../src/core/settings-limits.ts'

export type Field =
  | { kind: 'switch' | 'duration' | 'lines' | 'pem' | 'acr' | 'algorithms' }
  | { kind: 'number'; least: number; most: number }
  | { kind: 'choice'; of: readonly string[] }

export type Section = 'fido' | 'codes' | 'portal' | 'sessions' | 'console' | 'keys'
export type Name = keyof Settings

const number = (name: keyof typeof settingLimits): Field => ({ kind: 'number', ...settingLimits[name] })

/** Every setting is in one of them: of one that is new, the type asks where. */
export const fieldOf: Record<Name, Field & { section: Section }> = {
  authenticatorImport: { section: 'fido', kind: 'switch' },
  activationProof: { section: 'fido', kind: 'choice', of: ['email', 'password', 'either'] },
  activationCountsAsLogin: { section: 'fido', kind: 'switch' },
  pendingLifetime: { section: 'fido', kind: 'duration' },
  allowedAaguids: { section: 'fido', kind: 'lines' },
  attestationRoots: { section: 'fido', kind: 'pem' },
  counterFailuresToLock: { section: 'fido', ...number('counterFailuresToLock') },
  codeAlphabet: { section: 'codes', kind: 'choice', of: ['letters', 'digits'] },
  codeLength: { section: 'codes', ...number('codeLength') },
  codeLifetime: { section: 'codes', kind: 'duration' },
  codeTries: { section: 'codes', ...number('codeTries') },
  codeSends: { section: 'codes', ...number('codeSends') },
  codeSendWindow: { section: 'codes', kind: 'duration' },
  selfServiceFido: { section: 'portal', kind: 'switch' },
  selfServiceOtp: { section: 'portal', kind: 'switch' },
  selfServiceRecoveryCodes: { section: 'portal', kind: 'switch' },
  sessionIdle: { section: 'sessions', kind: 'duration' },
  sessionLifetime: { section: 'sessions', kind: 'duration' },
  consoleAcr: { section: 'console', kind: 'acr' },
  sensitiveAcr: { section: 'console', kind: 'acr' },
  sensitiveMaxAge: { section: 'console', kind: 'duration' },
  signingAlgorithms: { section: 'keys', kind: 'algorithms' },
  signingKeyPeriod: { section: 'keys', kind: 'duration' },
  signingKeyOverlap: { section: 'keys', kind: 'duration' },
}

export const sections: readonly Section[] = ['fido', 'codes', 'portal', 'sessions', 'console', 'keys']
const names = Object.keys(fieldOf) as Name[]
export const namesIn = (section: Section): Name[] => names.filter((name) => fieldOf[name].section === section)

/** What was typed, by setting: a text where it is a list, so that it can be half typed. `null`: nothing. */
export type Changes = Partial<Record<Name, unknown>>

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** A text without a certificate goes as it is: the answer says what is wrong with it, and where. */
function pemsIn(text: string): string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  return found === null ? lines(text).slice(0, 1) : [...found]
}

/** As the form shows it. */
export function typedOf(name: Name, value: unknown): unknown {
  const { kind } = fieldOf[name]
  return (kind === 'lines' || kind === 'pem') && Array.isArray(value) ? value.join('\n') : value
}

/** The whole document: what was there, with what was typed in its place. */
export function documentOf(base: Settings, changes: Changes): Record<string, unknown> {
  const all = names.map((name): [string, unknown] => {
    if (!(name in changes)) return [name, base[name]]
    const typed = changes[name]
    const { kind } = fieldOf[name]
    if (kind === 'lines') return [name, lines(String(typed))]
    return [name, kind === 'pem' ? pemsIn(String(typed)) : typed]
  })
  // The one that may be left out is, where nothing was typed.
  return Object.fromEntries(all.filter(([name, value]) => name !== 'pendingLifetime' || (value ?? null) !== null))
}
