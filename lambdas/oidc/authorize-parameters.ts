/**
 * Where the parameters of an authorization request are: in the address or the form, in a request object that the client
 * signed, or where the client pushed them before. From here on they are read in one way.
 *
 * What a client is registered for is held here: whether it must push, whether it must sign.
 */
import { type AuthorizeError, type Parameters, readParameters } from '../../src/core/oidc/authorize-request.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { readJwt } from '../../src/core/oidc/client-jwt.ts'
import { isGood, isPushedUri, type PushedRequest, readRequestUri } from '../../src/core/oidc/pushed-request.ts'
import { readRequestObject } from '../../src/core/oidc/request-object.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { TwoHalves } from '../../src/core/secret.ts'
import { isSignedBy } from '../../src/services/client-signature.ts'
import type { World } from '../../src/world.ts'

type Needs = Pick<World, 'now' | 'stage' | 'clientKeys'>

/** The two halves of the address of a pushed request, if there is one: for the first read. */
export const pushedIn = ({ values }: Parameters): TwoHalves | undefined =>
  readRequestUri(values.get('request_uri') ?? '')

export type Told = { parameters: Parameters; pushed?: string }

/**
 * `invalid_request_uri`: where to answer is not known. All others are answered where the parameters outside lead to, if
 * they lead anywhere.
 */
export async function readTold(
  world: Needs,
  outside: Parameters,
  client: Client,
  pushed: PushedRequest | undefined,
): Promise<Result<Told, AuthorizeError | 'invalid_request_uri'>> {
  const reference = outside.values.get('request_uri')
  if (reference !== undefined && isPushedUri(reference)) {
    const [halves, twice] = [pushedIn(outside), outside.repeated.includes('request_uri')]
    const asked = { secret: halves?.secret ?? '', clientId: client.clientId, now: world.now() }
    if (twice || pushed === undefined || !isGood(pushed, asked)) return refuse('invalid_request_uri')
    // Nothing beside the address counts (RFC 9126 §4), so nothing beside it is wrong.
    return ok({ parameters: readParameters(pushed.query), pushed: pushed.id })
  }
  if (client.requirePushedAuthorizationRequests || client.profile === 'fapi2')
    return refuse('invalid_request', { detail: 'This client must push its requests (RFC 9126).' })
  const read = await readSigned(world, outside, client)
  return read.ok ? ok({ parameters: read.value }) : read
}

/** The parameters of the request object, or those outside where there is none and none is demanded. */
export async function readSigned(
  { now, stage, clientKeys }: Needs,
  outside: Parameters,
  client: Client,
): Promise<Result<Parameters, AuthorizeError>> {
  const { values, repeated } = outside
  const [text, alg] = [values.get('request'), client.requestObjectSigningAlg]
  if (values.has('request_uri'))
    return refuse('request_uri_not_supported', { detail: 'Only request_uri from pushed requests are supported.' })
  if (text === undefined)
    return client.requireSignedRequestObject
      ? refuse('invalid_request', { detail: 'This client must sign its requests (RFC 9101).' })
      : ok(outside)
  if (alg === undefined)
    return refuse('request_not_supported', { detail: 'This client is not registered for request objects.' })
  if (repeated.includes('request') || repeated.includes('client_id'))
    return refuse('invalid_request', { detail: 'A parameter is given more than once.' })
  const wrong = (detail: string) => refuse('invalid_request_object', { detail })
  const jwt = readJwt(text)
  if (!jwt.ok) return wrong(`The request object ${jwt.detail}.`)
  const read = readRequestObject(jwt.value, { client, issuer: stage.issuer, now: now() })
  if (!read.ok) return read
  if (!(await isSignedBy(clientKeys, client, text, jwt.value, alg)))
    return wrong('The request object is not signed with the registered algorithm by a key of the client.')
  return ok(readParameters(read.value))
}
