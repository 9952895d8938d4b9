/** A Credential Management System for the tests: a house, a person, and calls with an API key. */
import type { Route } from '../../../lambdas/routes.ts'
import type { User } from '../../../src/core/user.ts'
import { createSecurityKey, type SecurityKey, type SecurityKeyOptions } from '../../authenticator.ts'
import { type House, type HouseOptions, openHouse, type Reply, type Request } from '../../house.ts'

export const root = '/api/v1/tenants/demo'

export type Shown = {
  id: string
  state: string
  origin: string
  provenance: string
  friendlyName?: string
  createdDateTime: string
  expiresDateTime?: string
  metadata: { credentialId: string; publicKey: string; rpId: string; aaguid?: string; signatureCounter: number }
  [member: string]: unknown
}

export type Listed<Item = Shown> = {
  page: { items: Item[]; totalItems?: number; pageIndex?: number; pageSize: number }
  links: { self: string; next?: string; prev?: string }
}

export type Problem = { type: string; title: string; status: number; code: string; detail?: string; pointer?: string }

export const rpId = 'example.org'
export const origin = 'https://cms.example.org'

export const newKey = (options: Partial<SecurityKeyOptions> = {}): SecurityKey =>
  createSecurityKey({ rpId, origin, ...options })

type Body = { [member: string]: unknown; metadata: Record<string, unknown> }

/** The body of a raw import of a key. */
export const rawImport = (
  key: SecurityKey,
  change: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): Body => ({
  type: 'fido',
  ...change,
  metadata: { rpId, credentialId: key.credentialId, publicKey: key.publicKey, ...metadata },
})

export type Cms = Awaited<ReturnType<typeof openCms>>

type Call = <Answered = Shown & Problem>(
  method: Route['method'],
  path: string,
  request?: Request,
) => Promise<Reply<Answered>>

export async function openCms(options: HouseOptions = {}) {
  const house: House = await openHouse(options)
  const apiKey = await house.addApiKey()
  const send: Call = (method, path, request = {}) => house.invoke(method, `${root}${path}`, request)
  const call: Call = (method, path, request = {}) =>
    send(method, path, { ...request, headers: { apikey: apiKey.shown, ...request.headers } })

  const keysOf = (user: Pick<User, 'id'>): string => `/users/${user.id}/authenticators`

  return {
    house,
    apiKey,
    /** With the API key. */
    call,
    /** With no credentials but those in the headers. */
    send,
    keysOf,
    importKey: (user: Pick<User, 'id'>, body: unknown, headers: Record<string, string> = {}) =>
      call('POST', keysOf(user), { body, headers }),

    /** A challenge of ours. */
    challengeFor: async (user: Pick<User, 'id'>, minutes = 5) => {
      const { json } = await call<{ publicKey: { challenge: string }; challengeId: string }>(
        'GET',
        `${keysOf(user)}/creation-options?challengeTimeoutInMinutes=${minutes}`,
      )
      return { challenge: json.publicKey.challenge, challengeId: json.challengeId }
    },
  }
}

/** The body of an attested import: the key's answer to a challenge. */
export function attestedImport(
  key: SecurityKey,
  { challenge, challengeId }: { challenge: string; challengeId?: string },
  metadata: Record<string, unknown> = {},
  overrides: Partial<Parameters<SecurityKey['register']>[0]> = {},
): Body {
  const attestation = {
    ...key.register({ challenge, ...overrides }),
    ...(challengeId === undefined ? {} : { challengeId }),
  }
  return { type: 'fido', metadata: { rpId, credentialId: key.credentialId, attestation, ...metadata } }
}
