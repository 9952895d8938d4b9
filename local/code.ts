/** `npm run code -- chidi`: an authenticator app for the people of the demo, for whoever has none at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fromBase32 } from '../src/core/otp/base32.ts'
import { codeOf, timeStepAt } from '../src/core/otp/one-time-code.ts'
import { ownParameters } from '../src/core/otp/one-time-password.ts'
import type { Demo } from './service.ts'

/** Those of the demo are RFC 6238's usual ones. */
const period = 30

/** The code of now, and for how many seconds it is shown. Throws a sentence for somebody who has none. */
export async function codeFor(
  { people }: Pick<Demo, 'people'>,
  userName: string | undefined,
  now: number,
): Promise<{ code: string; seconds: number }> {
  const totp = people.find((person) => person.userName === userName)?.totp
  const secret = totp === undefined ? undefined : fromBase32(totp)
  if (secret === undefined) {
    const those = people.flatMap((person) => (person.totp === undefined ? [] : [person.userName]))
    throw new Error(`${userName ?? 'Nobody'} has no one-time codes. These have: ${those.join(', ')}`)
  }
  return { code: await codeOf(ownParameters, secret, timeStepAt(period, now)), seconds: period - (now % period) }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { directory: { type: 'string' } }, allowPositionals: true })
  const file = join(values.directory ?? fileURLToPath(new URL('../.local', import.meta.url)), 'demo.json')
  if (!existsSync(file)) throw new Error(`There is no ${file}: run npm start first`)
  const demo = JSON.parse(readFileSync(file, 'utf8')) as Demo
  const { code, seconds } = await codeFor(demo, positionals[0], Math.floor(Date.now() / 1000))
  console.log(`${code}   (for ${seconds} s; each works once)`)
}

if (import.meta.main)
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  })
