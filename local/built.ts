/**
 * Remembers what a bundle was made of, so that a start after no change need not bundle again.
 *
 * A file counts as unchanged while its time and size are. Packages are not looked at one by one: npm notes every
 * install in one file, which is asked in their stead.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from './files.ts'

/** What bundling answers: the file that exports `handler`, and all that went into it. */
export type Built = { file: string; inputs: string[] }

type Kept = Built & { stamps: Record<string, string> }

const keptIn = (directory: string): string => join(directory, 'built.json')

export const isPackage = (file: string): boolean => file.includes('/node_modules/')

function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? 'gone' : `${stat.mtimeMs} ${stat.size}`
}

/** @param toolchain what every bundle depends on besides its inputs: how bundles are made, and what is installed. */
export function keepBuilt(directory: string, built: Built, toolchain: readonly string[]): void {
  const files = [...built.inputs.filter((file) => !isPackage(file)), ...toolchain]
  const stamps = Object.fromEntries(files.map((file) => [file, stampOf(file)]))
  writeWhole(keptIn(directory), { ...built, stamps } satisfies Kept)
}

/** What was kept, if nothing it was made of has changed since and it was made with the same toolchain. */
export function findBuilt(directory: string, toolchain: readonly string[]): Built | undefined {
  if (!existsSync(keptIn(directory))) return undefined
  try {
    const { file, inputs, stamps } = JSON.parse(readFileSync(keptIn(directory), 'utf8')) as Kept
    const unchanged = Object.entries(stamps).every(([path, stamp]) => stampOf(path) === stamp)
    return unchanged && existsSync(file) && toolchain.every((path) => path in stamps) ? { file, inputs } : undefined
  } catch {
    return undefined
  }
}
