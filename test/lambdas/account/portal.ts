/** A person at the portal's API: a house with the applications that are ours, and calls by their access token. */

import { fromBase32 } from '../../../src/core/otp/base32.ts'
import { codeOf, timeStepAt } from '../../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, ownParameters } from '../../../src/core/otp/one-time-password.ts'
import { newId } from '../../../src/core/secret.ts'
import type { Proof } from '../../../src/core/step-up/decide.ts'
import type { User } from '../../../src/core/user.ts'
import { createdOneTimePassword } from '../../../src/store/one-time-passwords.ts'
import { createSecurityKey, type SecurityKey, type SecurityKeyOptions } from '../../authenticator.ts'
import type { House, Request } from '../../house.ts'
import { personToken } from '../../person-token.ts'

export const me = '/api/v1/tenants/demo/me'
export const origin = 'https://id.example.org'

type Way = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** What was shown, as a session keeps it. */
export const proofs = {
  password: (at: number): Proof => ({ factor: 'password', at, request: 'r', credential: 'password#0' }),
  otp: (at: number, credential: string): Proof => ({ factor: 'otp', at, request: 'r', credential }),
  key: (at: number, credential: string): Proof => ({
    factor: 'webauthn',
    at,
    request: 'r',
    credential,
    userVerified: true,
  }),
}

/** Signed in to the portal: with what, at which level, so many seconds ago. */
export async function atPortal(
  house: House,
  user: User,
  {
    shown = [proofs.password(house.now)],
    acr = 'pwd',
    age = 0,
    ...more
  }: Partial<Parameters<typeof personToken>[2]> & { shown?: Proof[] } = {},
) {
  const token = await personToken(house, user, { client: 'portal', acr, age, proofs: shown, ...more })
  return {
    ...token,
    call: <Body = Record<string, unknown>>(method: Way, path: string, body?: unknown, request: Request = {}) =>
      house.invoke<Body>(method, `${me}${path}`, {
        ...request,
        headers: { ...token.headers, ...request.headers },
        ...(body === undefined ? {} : { body }),
      }),
  }
}

export type AtPortal = Awaited<ReturnType<typeof atPortal>>

export const securityKey = (options: Partial<SecurityKeyOptions> = {}): SecurityKey =>
  createSecurityKey({ rpId: 'example.org', origin, ...options })

/** An app with codes, as if its person had set it up. */
export async function addApp(
  house: House,
  user: User,
  change: Pick<Partial<OneTimePassword>, 'state' | 'origin'> = {},
): Promise<OneTimePassword> {
  const id = newId()
  const sealedSecret = await house.world.sealer.seal(Buffer.alloc(20, 7), { user: user.id, id })
  const otp: OneTimePassword = {
    ...ownParameters,
    ...{ id, user: user.id, state: 'active', origin: 'local', sealedSecret, createdAt: house.now, version: 1 },
    ...change,
  }
  await house.seed(createdOneTimePassword(otp))
  return otp
}

export const codeFor = (house: House, secret: string): Promise<string> =>
  codeOf(ownParameters, fromBase32(secret) ?? Buffer.of(), timeStepAt(30, house.now))

export type Options = {
  publicKey: { challenge: string; excludeCredentials: { id: string }[]; attestation: string }
  challengeId: string
}
