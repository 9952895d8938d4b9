/** What an operator typed, and the sentence they read when it cannot be done. */
import { existsSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { parseArgs } from 'node:util'
import { passwordTrouble } from '../../src/core/password.ts'
import type { Result } from '../../src/core/result.ts'
import type { ArchivePlace } from '../../src/services/archive.ts'
import type { CheckpointKey } from '../../src/services/checkpoint-signer.ts'
import type { Workbench } from '../../src/setup.ts'
import type { Elsewhere, Stage } from '../../src/stage.ts'

/** Wrong usage, or a wish that cannot be granted: a sentence, and exit code 1. */
export class Cannot extends Error {}

export const options = {
  outputs: { type: 'string' },
  local: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  email: { type: 'string' },
  'given-name': { type: 'string' },
  'family-name': { type: 'string' },
  role: { type: 'string', multiple: true },
  'password-stdin': { type: 'boolean' },
  directory: { type: 'boolean' },
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
  overlap: { type: 'string' },
  now: { type: 'boolean' },
  emergency: { type: 'string' },
  replace: { type: 'boolean' },
  description: { type: 'string' },
  'if-match': { type: 'string' },
  acr: { type: 'string', multiple: true },
  claims: { type: 'string' },
  'max-age': { type: 'string' },
  prompt: { type: 'string', multiple: true },
  proof: { type: 'string', multiple: true },
  sid: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean' },
  'from-keycloak': { type: 'string' },
  id: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  archive: { type: 'string' },
  key: { type: 'string' },
  patience: { type: 'string' },
  format: { type: 'string' },
  user: { type: 'string' },
  type: { type: 'string' },
  flow: { type: 'string' },
  authenticator: { type: 'string', multiple: true },
} as const

export type Given = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values']
/**
 * With what the outputs say of certificates and of a token validator, which `explain` is to know of, and of where the audit
 * log is archived.
 */
export type Bench = Workbench & {
  elsewhere: Elsewhere
  audit: { archive?: ArchivePlace; key?: CheckpointKey }
  /** What an export calls the service. */
  stage: Pick<Stage, 'issuer' | 'serviceName' | 'tenantCode'>
}

export type Command = (bench: Bench, words: string[], given: Given) => Promise<string>

export function needed<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) throw new Cannot(`${what} is missing.`)
  return value
}

export const defined = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [name in Name]?: Value } => (value === undefined ? {} : ({ [name]: value } as { [name in Name]: Value }))

export function cannot(sentence: string): never {
  throw new Cannot(sentence)
}

export async function passwordIn(given: Given): Promise<string | undefined> {
  if (!given['password-stdin']) return undefined
  const password = (await text(process.stdin)).replace(/\r?\n$/, '')
  const trouble = passwordTrouble(password)
  if (trouble !== undefined) throw new Cannot(`A password ${trouble} (NIST SP 800-63B-4 §3.1.1.2).`)
  return password
}

/** The JSON of a file; `-` is standard input. */
export async function documentIn(file: string | undefined): Promise<unknown> {
  const name = needed(file, 'a file')
  if (name !== '-' && !existsSync(name)) throw new Cannot(`There is no file ${name}.`)
  return jsonIn(name === '-' ? await text(process.stdin) : readFileSync(name, 'utf8'), name)
}

/** `name` says where it stood, for who reads that it is none. */
export function jsonIn(content: string, name: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw new Cannot(`${name} is not JSON.`)
  }
}

type Sentences<Reason extends string> = Record<Reason, string | ((detail: string, at: string) => string)>

export function granted<Value, Reason extends string>(
  result: Result<Value, Reason>,
  sentences: Sentences<Reason>,
): Value {
  if (result.ok) return result.value
  const sentence = sentences[result.reason]
  throw new Cannot(typeof sentence === 'string' ? sentence : sentence(result.detail ?? '', result.at ?? ''))
}
