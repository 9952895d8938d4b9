/**
 * Recovery codes: ten that a person keeps on paper, for the day that the app with the one-time codes is gone. Each works
 * once, in place of a one-time code.
 *
 * Shown once and kept hashed, with a key that is not in the table: they are short enough to be guessed from plain hashes.
 */
import { createHash } from 'node:crypto'
import type { Seconds } from '../result.ts'

/** One set a user. `codes`: by number, the hashes of those that were not used. */
export type RecoveryCodes = { id: string; codes: Readonly<Record<string, string>>; createdAt: Seconds }

const recoveryCodeCount = 10

/** Without 0 O 1 I L 5 S 2 Z 8 B and vowels but A and E: nothing that looks alike, and few words by accident. */
const alphabet = '34679ACDEFGHJKMNPQRTVWXY'
const length = 12

/** 55 bits each, without bias. From one seed the same ones, so that a page that is loaded again shows them again. */
export function recoveryCodesFrom(seed: Uint8Array): string[] {
  // Of 256 values the first 240 are ten times the alphabet; of 1024 bytes some 960 are such, and 120 are needed.
  const letters = [...createHash('shake256', { outputLength: 1024 }).update(seed).digest()]
    .filter((byte) => byte < alphabet.length * 10)
    .map((byte) => alphabet[byte % alphabet.length])
  return Array.from({ length: recoveryCodeCount }, (_, at) => letters.slice(at * length, (at + 1) * length).join(''))
}

/** In groups of four, which people copy without losing their place. */
export const spacedRecoveryCode = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-')

/** As it was shown, whatever spaces, dashes or case came back with it; undefined for what cannot be one. */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed.replace(/[\s-]/g, '').toUpperCase()
  return code.length === length && [...code].every((letter) => alphabet.includes(letter)) ? code : undefined
}

/** What is hashed: bound to the user and the set. */
export const recoveryText = (user: string, set: string, code: string): string =>
  JSON.stringify(['recovery-code', user, set, code])

/** The set as a credential that proofs name. A new set is another one. */
export const recoveryCredential = ({ id }: Pick<RecoveryCodes, 'id'>): string => `recovery-codes#${id}`

export const codesLeft = (set: RecoveryCodes | undefined): number => Object.keys(set?.codes ?? {}).length
