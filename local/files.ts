/** The files of a local service, in a folder that is its user's alone: secrets are among them. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CannotStart } from './ports.ts'

/** Whoever reads the file finds all of it, or what was there before. */
export function writeWhole(file: string, value: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** The key that stands in for KMS's. Signing keys that were wrapped by another are lost with it. */
export function keepWrappingKey(directory: string): string {
  const file = join(directory, 'wrapping-key')
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  return file
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** One folder after the other: with `recursive`, Node 24 tries for ever where the system takes none, as in /proc. */
function makeFolder(path: string): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another start may have made it since.
    if (!isFolder(path)) throw error
  }
}

const reasons: Record<string, string> = {
  EEXIST: 'is there, and is not a directory',
  ENOENT: 'cannot be made there',
  EACCES: 'may not be written by you',
  EPERM: 'may not be written by you',
  EROFS: 'is on a disk that can only be read',
  ENOSPC: 'is on a disk that is full',
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error

function directoryRefused(directory: string, error: NodeJS.ErrnoException): CannotStart {
  const { path = directory, code = '' } = error
  const where = path === directory ? '' : ` (in --directory ${directory})`
  return new CannotStart(
    `${path}${where} ${reasons[code] ?? `cannot be used: ${error.message}`}. Choose another directory.`,
  )
}

const ours = [
  'demo.json',
  'outputs.json',
  'seed.json',
  'wrapping-key',
  'dynamodb',
  'mail',
  'lambdas',
  'lambdas.log',
  'certificates',
  'audit-archive',
  'audit-key',
  'audit-chain-stream.json',
]

/**
 * Takes the folder for this process, empties it if asked to, and answers how to give it back. Two services on other
 * ports would write to the same tables. Throws CannotStart with a sentence.
 */
export function takeDirectory(directory: string, fresh: boolean): () => void {
  try {
    return take(directory, fresh)
  } catch (error) {
    throw isOfSystem(error) ? directoryRefused(directory, error) : error
  }
}

function take(directory: string, fresh: boolean): () => void {
  makeFolder(directory)
  const lock = join(directory, 'pid')
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0
  // Our own number is that of a start which was killed: a container gives out the same ones each time.
  if (holder > 0 && holder !== process.pid && isRunning(holder)) {
    throw new CannotStart(
      `Another npm start (process ${holder}) is using ${directory}: stop it first. If there is none, delete ${lock}.`,
    )
  }
  rmSync(lock, { force: true })
  // Made, not written over: of two that found no holder, one gets it.
  writeFileSync(lock, String(process.pid), { flag: 'wx' })
  // What is not ours stays: the folder may be one that somebody named by mistake.
  if (fresh) for (const name of ours) rmSync(join(directory, name), { recursive: true, force: true })
  return () => rmSync(lock, { force: true })
}
