/** The tokens themselves: ID token (OpenID Connect Core §2), access token (RFC 9068), and the answer that carries them. */
import { randomBytes } from 'node:crypto'
import { apiAudience } from '../../src/core/api-key.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import type { Confirmation } from '../../src/core/oidc/confirmation.ts'
import { accessTokenLifetime, type Grant, idTokenLifetime } from '../../src/core/oidc/grant.ts'
import { accessTokenAlg, leftHalfHash } from '../../src/core/oidc/signing.ts'
import { sidOf, subjectOf } from '../../src/core/oidc/subject.ts'
import { hearable, speaksOfUser, userClaims } from '../../src/core/oidc/user-claims.ts'
import { type Answer, json } from '../../src/http/call.ts'
import { readUser } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'

type Needs = Pick<World, 'now' | 'stage' | 'signer' | 'db'>

type Given = {
  /** Whom the access token is for; none: us, for userinfo or for our API. */
  resources?: readonly string[]
  /** What the access token is bound to. */
  cnf?: Confirmation | undefined
  idToken?: boolean
  refreshToken?: string
  scopes?: string[]
}

/** For a grant, or without one for a client itself. */
export async function tokenAnswer(
  world: Needs,
  client: Client,
  grant: Grant | undefined,
  { idToken = false, refreshToken, scopes = grant?.scopes ?? [], resources = [], cnf }: Given,
): Promise<Answer> {
  const accessToken = await signAccessToken(world, client, grant, { scopes, resources, cnf })
  return json(
    200,
    {
      access_token: accessToken,
      token_type: tokenTypeOf(cnf),
      expires_in: accessTokenLifetime,
      scope: scopes.join(' '),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
      ...(idToken && grant !== undefined ? { id_token: await signIdToken(world, client, grant, accessToken) } : {}),
    },
    { pragma: 'no-cache' },
  )
}

/** How a token is shown: one that is bound to a key with a proof of it (RFC 9449 §5), any other as it is. */
export const tokenTypeOf = (cnf: Confirmation | undefined): 'DPoP' | 'Bearer' =>
  cnf !== undefined && 'jkt' in cnf ? 'DPoP' : 'Bearer'

/** `acr`, `amr` and `auth_time` as they were when the grant was made (RFC 9068 §2.2.1). */
export const levels = ({ acr, amr, authTime }: Grant) => ({
  auth_time: authTime,
  ...(acr === undefined ? {} : { acr }),
  ...(amr.length === 0 ? {} : { amr }),
})

function signAccessToken(
  { now, stage, signer }: Needs,
  client: Client,
  grant: Grant | undefined,
  { scopes, resources, cnf }: { scopes: string[]; resources: readonly string[]; cnf: Confirmation | undefined },
) {
  // A person's token is for userinfo, a client's own for the API, unless they are for somebody else.
  const [only = grant === undefined ? apiAudience(stage.issuer) : stage.issuer, ...more] = resources
  const iat = now()
  const random = randomBytes(12).toString('base64url')
  return signer.sign(accessTokenAlg, 'at+jwt', {
    iss: stage.issuer,
    aud: more.length === 0 ? only : [...resources],
    sub: grant === undefined ? client.clientId : subjectOf(grant),
    client_id: client.clientId,
    iat,
    exp: iat + accessTokenLifetime,
    scope: scopes.join(' '),
    // Names the grant, so that userinfo finds in one read whether it still holds.
    jti: grant === undefined ? random : `${grant.id}.${random}`,
    ...(grant === undefined ? {} : { ...levels(grant), sid: sidOf(grant) }),
    ...(cnf === undefined ? {} : { cnf }),
  })
}

async function signIdToken(
  { now, stage, signer, db }: Needs,
  client: Client,
  grant: Grant,
  accessToken: string,
): Promise<string> {
  const iat = now()
  // Only the claims parameter puts a person's claims here; scopes do so at userinfo (OpenID Connect Core §5.4).
  const asked = hearable(grant.claims?.idToken ?? [], client.scopes)
  const user = speaksOfUser(asked) ? await readUser(db, grant.user) : undefined
  return signer.sign(client.idTokenSignedResponseAlg, 'JWT', {
    ...(user === undefined ? {} : userClaims(user, asked)),
    iss: stage.issuer,
    aud: client.clientId,
    sub: subjectOf(grant),
    iat,
    exp: iat + idTokenLifetime,
    sid: sidOf(grant),
    ...levels(grant),
    ...(grant.nonce === undefined ? {} : { nonce: grant.nonce }),
    at_hash: leftHalfHash(client.idTokenSignedResponseAlg, accessToken),
  })
}
