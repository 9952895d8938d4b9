/**
 * A token validator for `npm start`: what the shell's environment says of one goes to each Lambda, since each page looks
 * at what a person has; the file with its secret only to the Lambda that may ask it. Read when the service starts, so that
 * whoever mistyped it reads why.
 */
import { resolve } from 'node:path'
import { routes } from '../lambdas/routes.ts'
import { readValidatorSettings } from '../src/core/token-validator/validator-settings.ts'
import { CannotStart } from './ports.ts'

export type LocalValidator = { text: string; secretsFile: string }

/** Throws CannotStart for a validator that cannot be asked. */
export function tokenValidatorIn({
  TOKEN_VALIDATOR: text,
  SECRETS_FILE: file,
}: Readonly<Record<string, string | undefined>>): LocalValidator | undefined {
  if (!text) return undefined
  const read = readValidatorSettings(text)
  if (!read.ok) throw new CannotStart(`TOKEN_VALIDATOR: ${read.at || 'it'} ${read.detail}.`)
  if (!file) throw new CannotStart('SECRETS_FILE is to name a file with validatorSecret (docs/token-validator.md).')
  return { text, secretsFile: resolve(file) }
}

/** The variables of a Lambda of that name. */
export function tokenValidatorFor(name: string, validator: LocalValidator | undefined): Record<string, string> {
  if (validator === undefined) return {}
  const asks = routes.some(({ lambda, rights }) => lambda === name && rights?.includes('validate'))
  return { TOKEN_VALIDATOR: validator.text, ...(asks ? { SECRETS_FILE: validator.secretsFile } : {}) }
}
