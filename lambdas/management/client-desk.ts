/** What the routes of applications share: the desk, with what a registration may reach and give, and answers. */

import type { ClientDesk, Issued, SecretState } from '../../src/client-admin.ts'
import { showClient } from '../../src/core/oidc/client-metadata.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { type ApiCaller, mayGive } from '../api/caller.ts'
import { dateTime, tenantUrl } from '../api/representation.ts'
import { deskOf, type ManagementNeeds, showDoubt } from './desk.ts'

export type ClientNeeds = ManagementNeeds & Pick<World, 'fetchPublic'>

export const clientDeskOf = (needs: ClientNeeds, call: Call, caller: ApiCaller): ClientDesk => ({
  ...deskOf(needs, call, caller),
  reach: { issuer: needs.stage.issuer, fetchPublic: needs.fetchPublic },
  mayGive: mayGive(caller),
})

export const clientUrl = ({ stage }: Pick<World, 'stage'>, clientId: string): string =>
  `${tenantUrl(stage)}/clients/${encodeURIComponent(clientId)}`

/** The registration as it is now, and the secret where one was made: this once (RFC 7591 §3.2.1 has its names). */
export const answerClient = (
  { value, etag, warnings, secret }: Issued,
  status = 200,
  headers: Record<string, string> = {},
): Answer =>
  json(
    status,
    {
      client: showClient(value),
      ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
      warnings: warnings.map(showDoubt),
    },
    { etag, ...headers },
  )

export const showSecretState = ({ state, createdAt, until }: SecretState) => ({
  state,
  createdDateTime: dateTime(createdAt),
  ...(until === undefined ? {} : { expiresDateTime: dateTime(until) }),
})
