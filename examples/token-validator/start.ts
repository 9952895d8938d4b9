/**
 * Runs the example's validator on this machine until it is stopped, and says how `npm start` finds it:
 *
 *     npx node examples/token-validator/start.ts .local/secrets.json
 *
 * The file has the key of the agent. Where there is none yet, one is made.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { startTokenValidator } from './token-validator.ts'

const file = process.argv[2] ?? '.local/secrets.json'
if (!existsSync(file)) {
  mkdirSync(dirname(file), { recursive: true })
  const validatorSecret = randomBytes(32).toString('base64url')
  writeFileSync(file, `${JSON.stringify({ validatorSecret })}\n`, { mode: 0o600 })
}
const { validatorSecret } = JSON.parse(readFileSync(file, 'utf8'))
if (typeof validatorSecret !== 'string') throw new Error(`${file} has no validatorSecret`)

const { url } = await startTokenValidator({ keys: { keystep: validatorSecret }, port: 4409 })
const settings = JSON.stringify({ protocol: 'https', url, keyId: 'keystep', privateAddresses: true })
console.log(`The validator is at ${url}. In another shell:\n`)
console.log(`SECRETS_FILE=${file} TOKEN_VALIDATOR='${settings}' npm start`)
