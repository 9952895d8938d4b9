/**
 * A directory for `npm start`: what the shell's environment says of one, for the Lambda that may ask it and no other. Read
 * when the service starts, so that whoever mistyped it reads why.
 */
import { resolve } from 'node:path'
import { routes } from '../lambdas/routes.ts'
import { directoryVariables, readDirectory } from '../src/stage.ts'
import { CannotStart } from './ports.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether a Lambda of that name asks the directory. */
export const asksDirectory = (name: string): boolean =>
  routes.some(({ lambda, rights }) => lambda === name && rights?.includes('directory'))

/** What such a Lambda is told; empty where there is no directory. Throws CannotStart for one that cannot be asked. */
export function directoryIn(environment: Environment): Record<string, string> {
  const read = readDirectory(environment)
  if (!read.ok) throw new CannotStart(`${read.at} ${read.detail}.`)
  if (read.value === undefined) return {}
  const file = environment.SECRETS_FILE
  if (!file)
    throw new CannotStart(
      'SECRETS_FILE is to name a file with the password of the service account (docs/directory.md).',
    )
  const given = Object.values(directoryVariables).flatMap((variable) => {
    const text = environment[variable]
    return text ? [[variable, text] as const] : []
  })
  return { ...Object.fromEntries(given), SECRETS_FILE: resolve(file) }
}
