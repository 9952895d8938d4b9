// POST /par — an authorization request, sent ahead of its user by the application itself (RFC 9126).
import { loginLifetime } from '../../src/core/login.ts'
import {
  type AuthorizeError,
  longestState,
  type Parameters,
  readAuthorizeRequest,
  readParameters,
  readReturn,
} from '../../src/core/oidc/authorize-request.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { proofAlgorithms } from '../../src/core/oidc/dpop.ts'
import { longestPushed, type PushedRequest, pushedLifetime, requestUriOf } from '../../src/core/oidc/pushed-request.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { hashSecret, newId, newSecret } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { createdPushedRequest } from '../../src/store/pushed-requests.ts'
import type { World } from '../../src/world.ts'
import { readSigned } from './authorize-parameters.ts'
import {
  type AuthenticatingWorld,
  authenticate,
  readAsked,
  refusalOf,
  spending,
  wrongClient,
} from './client-authentication.ts'
import { nonceWanted, type ProofWorld, proofRefused, shownProof, spendOf, withNonce } from './proof.ts'

type Needs = AuthenticatingWorld & ProofWorld & Pick<World, 'db'>

export const handle = async (world: Needs, call: Call): Promise<Answer> =>
  withNonce(world, call, await answerOf(world, call))

async function answerOf(world: Needs, call: Call): Promise<Answer> {
  const asked = readAsked(call)
  if (!asked.ok) return asked.answer
  const item = await world.db.get(places.client(asked.credentials.clientId))
  const authenticated = await authenticate(world, call, clientIn(item), asked.credentials)
  if (!authenticated.ok) return wrongClient(call, authenticated)
  const { client } = authenticated.value
  const proof = await shownProof(world, call, { algorithms: proofAlgorithms(client) })
  if (proof?.ok === false) {
    const answer = proofRefused(proof)
    return answer === nonceWanted ? answer : spending(world, authenticated.value, answer)
  }
  const spends = [...authenticated.value.spends, ...(proof === undefined ? [] : [spendOf(proof.value, world.now())])]

  const query = await readPushed(world, call.body, client, proof?.value.jkt)
  if (!query.ok) return spending(world, authenticated.value, oauthError(query.reason, query.detail ?? ''))
  const [id, secret, now] = [newId(), newSecret(), world.now()]
  const expiresAt = now + pushedLifetime
  const pushed: PushedRequest = {
    id,
    secretHash: hashSecret(secret),
    clientId: client.clientId,
    query: query.value,
    expiresAt,
    until: expiresAt + loginLifetime,
  }
  const done = await world.db.transact([...spends.map(({ write }) => write), createdPushedRequest(pushed)])
  if (!done.ok) return refusalOf(spends, done)
  return json(201, { request_uri: requestUriOf({ id, secret }), expires_in: pushedLifetime })
}

/** What authenticates the client is no part of its request. */
const credentialFields = ['client_secret', 'client_assertion', 'client_assertion_type']

/** The request as it is kept: read as `/authorize` reads it, so that what could not be answered there is refused here. */
async function readPushed(
  world: Needs,
  body: string,
  client: Client,
  /** The key of a proof that came along: the code is bound to it (RFC 9449 §10.1). */
  jkt: string | undefined,
): Promise<Result<string, AuthorizeError>> {
  const form = new URLSearchParams(body)
  if (form.has('request_uri')) return refuse('invalid_request', { detail: 'request_uri cannot be pushed.' })
  // Also of who says who they are in another way (§2.1), but for a request object: that has it inside (§3).
  if (!form.get('client_id') && !form.get('request'))
    return refuse('invalid_request', { detail: 'client_id is missing.' })
  for (const field of credentialFields) form.delete(field)
  form.set('client_id', client.clientId)
  const parameters = await readSigned(world, readParameters(form.toString()), client)
  if (!parameters.ok) return parameters
  const { values } = parameters.value
  if (jkt !== undefined && (values.get('dpop_jkt') ?? jkt) !== jkt)
    return refuse('invalid_request', { detail: 'dpop_jkt is not the key of the DPoP proof.' })
  if (jkt !== undefined) values.set('dpop_jkt', jkt)
  const back = readReturn(parameters.value, client)
  if (!back.ok) return refuse('invalid_request', { detail: back.detail ?? words[back.reason] })
  const request = readAuthorizeRequest(parameters.value, client, back.value)
  if (!request.ok) return request
  const query = queryOf(parameters.value)
  return query.length > longestPushed
    ? refuse('invalid_request', { detail: `The request is longer than ${longestPushed} characters.` })
    : ok(query)
}

const queryOf = ({ values, resources }: Parameters): string =>
  new URLSearchParams([...values, ...resources.map((resource) => ['resource', resource])]).toString()

const words = {
  'unknown-client': 'This client is not registered.',
  'unregistered-redirect-uri': 'redirect_uri is missing, or not one that is registered for this client.',
  'ambiguous-request': 'A parameter is given more than once.',
  'overlong-state': `state is longer than ${longestState} characters.`,
  'unprintable-state': 'state has characters that cannot be sent back as they are.',
} as const
