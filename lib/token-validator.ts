/** What an operator decides about a token validator: one setting, `tokenValidator`, which is told to the Lambdas as it is. */
import {
  type AskedBy,
  readValidatorSettings,
  type ValidatorSettings,
} from '../src/core/token-validator/validator-settings.ts'
import type { Reach } from './function.ts'

export type TokenValidatorSettings = {
  /** For `TOKEN_VALIDATOR`. */
  text: string
  /** By which of a user's names it is asked. */
  askedBy: AskedBy
  /** Where it is, if that is inside the network; `undefined` for one that all the world can reach. */
  inside?: readonly Reach[]
}

export const tokenValidatorKinds = {
  tokenValidator: {
    expected: 'JSON as docs/token-validator.md has it, such as {"protocol":"radius","servers":["10.0.0.5:1812"]}',
    fits: (text: string) => text.length <= 2048,
    json: true,
  },
} as const

export function tokenValidatorOf(
  text: string | undefined,
  hasNetwork: boolean,
  problems: string[],
): TokenValidatorSettings | undefined {
  if (text === undefined) return undefined
  const read = readValidatorSettings(text)
  if (!read.ok) {
    problems.push(`tokenValidator: ${read.at || 'it'} ${read.detail}`)
    return undefined
  }
  const inside = insideOf(read.value)
  // RADIUS hides a code by MD5 and the user name by nothing: it is for a network of one's own.
  if (inside !== undefined && !hasNetwork)
    problems.push('tokenValidator: is inside a network. Expected: vpcId, subnetIds and availabilityZones as well')
  return { text, askedBy: read.value.askedBy, ...(inside === undefined ? {} : { inside }) }
}

function insideOf(settings: ValidatorSettings): readonly Reach[] | undefined {
  const what = 'the token validator'
  if (settings.protocol === 'radius')
    return [...new Set(settings.servers.map(({ port }) => port))].map((port) => ({ protocol: 'udp', port, what }))
  return settings.privateAddresses
    ? [{ protocol: 'tcp', port: Number(new URL(settings.url).port || 443), what }]
    : undefined
}
