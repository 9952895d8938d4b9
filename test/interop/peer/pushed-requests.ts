/** Requests that are pushed ahead (RFC 9126), and requests that are signed (RFC 9101). */
import type { Arrived } from '../../conformance/browser.ts'
import { seenBy, seenIn } from './answer.ts'
import { challenge } from './apps.ts'
import { type AppName, ask, type Case, type Cases, type Change, type How, requestOf, send } from './sending.ts'
import type { Side } from './side.ts'

const pushed =
  (change: Change = {}, how: How = {}, app: AppName = 'web'): Case =>
  async (side) =>
    seenIn(await send(side, 'par', app, requestOf(side.apps[app], change), how))

async function uriOf(side: Side, app: AppName = 'web', change: Change = {}): Promise<string> {
  const answer = await send(side, 'par', app, requestOf(side.apps[app], change))
  const { request_uri } = (await answer.json()) as { request_uri: string }
  return request_uri
}

const open = (side: Side, query: Record<string, string>, browser = side.browser()): Promise<Arrived> =>
  browser.open(`${side.metadata.authorization_endpoint}?${new URLSearchParams(query)}`)

/** A browser that comes with a request_uri, and what else is in its address. */
const comesWith =
  (query: (uri: string) => Record<string, string>, app: AppName = 'web'): Case =>
  async (side) =>
    seenBy(side.issuer, await open(side, query(await uriOf(side, app))))

const push: Cases = {
  'par: as usual': pushed(),
  'par: by another method': pushed({}, { method: 'PUT' }),
  'par: by GET': pushed({}, { method: 'GET' }),
  'par: no client authentication': pushed({}, { auth: 'nothing' }),
  'par: a wrong secret': pushed({}, { secret: 'wrong' }),
  'par: client_id of another client': pushed({ client_id: 'second' }),
  'par: no client_id in the form': pushed({ client_id: undefined }),
  'par: no redirect_uri': pushed({ redirect_uri: undefined }),
  'par: another redirect_uri': pushed({ redirect_uri: 'https://evil.example/' }),
  'par: no response_type': pushed({ response_type: undefined }),
  'par: response_type=token': pushed({ response_type: 'token' }),
  'par: a parameter twice': pushed({ nonce: ['one', 'two'] }),
  'par: an unknown prompt': pushed({ prompt: 'something' }),
  'par: request_uri in it': pushed({ request_uri: 'urn:ietf:params:oauth:request_uri:something' }),
  'par: code_challenge_method=plain': pushed({ code_challenge_method: 'plain' }),
  'par: a public client': pushed({}, {}, 'spa'),
  'par: a public client without code_challenge': pushed(
    { code_challenge: undefined, code_challenge_method: undefined },
    {},
    'spa',
  ),
  'par: with private_key_jwt': pushed({}, {}, 'signed'),
  'par: no form': pushed({}, { contentType: 'application/json' }),
  'par: with a proof': pushed({}, { proof: {} }),
  'par: with a proof of another key than dpop_jkt': pushed({ dpop_jkt: 'A'.repeat(43) }, { proof: {} }),
  'par: resource that the client may not have': pushed({ resource: 'https://other-api.example.org' }),
  'par: a client of FAPI 2.0': pushed({}, { proof: {} }, 'fapi'),
  'par: a client of FAPI 2.0 without code_challenge': pushed(
    { code_challenge: undefined, code_challenge_method: undefined },
    { proof: {} },
    'fapi',
  ),
}

const come: Cases = {
  'authorize: request_uri': comesWith((uri) => ({ client_id: 'web', request_uri: uri })),
  'authorize: request_uri without client_id': comesWith((uri) => ({ request_uri: uri })),
  'authorize: request_uri of another client': comesWith((uri) => ({ client_id: 'second', request_uri: uri })),
  'authorize: request_uri and another scope beside': comesWith((uri) => ({
    client_id: 'web',
    request_uri: uri,
    scope: 'profile',
  })),
  'authorize: request_uri that nobody pushed': comesWith(() => ({
    client_id: 'web',
    request_uri: 'urn:ietf:params:oauth:request_uri:something',
  })),
  'authorize: request_uri of the web': comesWith(() => ({
    client_id: 'web',
    request_uri: 'https://web.example/request',
  })),
  'authorize: request_uri that was answered': async (side) => {
    const query = { client_id: 'web', request_uri: await uriOf(side) }
    await side.goOn(side.known, await open(side, query, side.known))
    return seenBy(side.issuer, await open(side, query, side.known))
  },
  'authorize: request_uri that was only looked at': async (side) => {
    const query = { client_id: 'web', request_uri: await uriOf(side) }
    await open(side, query)
    return seenBy(side.issuer, await open(side, query))
  },
  'authorize: request_uri that is over': async (side) => {
    const query = { client_id: 'web', request_uri: await uriOf(side) }
    side.wait(601)
    return seenBy(side.issuer, await open(side, query))
  },
  'authorize: not pushed, of a client that must': async (side) =>
    seenBy(side.issuer, await ask(side, {}, { app: 'pushing' })),
  'authorize: pushed, of a client that must': comesWith(
    (uri) => ({ client_id: 'pushing', request_uri: uri }),
    'pushing',
  ),
  'authorize: not pushed, of a client of FAPI 2.0': async (side) =>
    seenBy(side.issuer, await ask(side, {}, { app: 'fapi' })),
}

type Wrong = { claims?: Record<string, unknown>; header?: Record<string, unknown>; by?: AppName; beside?: Change }

/** The parameters as the claims of a JWT. */
const objectOf = (side: Side, { claims = {}, header = {}, by = 'jar' }: Wrong): string => {
  const now = side.now()
  const its = Object.fromEntries(requestOf(side.apps.jar))
  const about = { iss: 'jar', aud: side.issuer, iat: now, nbf: now, exp: now + 300, jti: String(Math.random()) }
  return side.apps[by].key?.sign({ typ: 'oauth-authz-req+jwt', ...header }, { ...its, ...about, ...claims }) ?? ''
}

const signed =
  (wrong: Wrong = {}): Case =>
  async (side) =>
    seenBy(side.issuer, await ask(side, { request: objectOf(side, wrong), ...wrong.beside }, { app: 'jar' }))

const unsigned = (side: Side): string => {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { ...Object.fromEntries(requestOf(side.apps.jar)), iss: 'jar', aud: side.issuer }
  return `${encoded({ alg: 'none' })}.${encoded(claims)}.`
}

const objects: Cases = {
  'request object: as usual': signed(),
  'request object: nothing else beside': signed({
    beside: Object.fromEntries(
      ['redirect_uri', 'state', 'nonce', 'code_challenge', 'code_challenge_method'].map((name) => [name, undefined]),
    ),
  }),
  'request object: no client_id beside': signed({ beside: { client_id: undefined } }),
  'request object: no response_type and scope beside': signed({
    beside: { response_type: undefined, scope: undefined },
  }),
  'request object: something else beside': signed({ beside: { state: 'another state', max_age: 'soon' } }),
  'request object: is no JWT': async (side) =>
    seenBy(side.issuer, await ask(side, { request: 'something' }, { app: 'jar' })),
  'request object: alg=none': async (side) =>
    seenBy(side.issuer, await ask(side, { request: unsigned(side) }, { app: 'jar' })),
  'request object: signed by somebody else': signed({ by: 'signed', header: { kid: 'jar-key' } }),
  'request object: iss of somebody else': signed({ claims: { iss: 'second' } }),
  'request object: no iss': signed({ claims: { iss: undefined } }),
  'request object: aud of somebody else': signed({ claims: { aud: 'https://elsewhere.example' } }),
  'request object: no aud': signed({ claims: { aud: undefined } }),
  'request object: over': signed({ claims: { exp: 1_000_000_000 } }),
  'request object: no exp': signed({ claims: { exp: undefined } }),
  'request object: nbf ahead': signed({ claims: { nbf: 4_000_000_000 } }),
  'request object: client_id of somebody else': signed({ claims: { client_id: 'second' } }),
  'request object: sub': signed({ claims: { sub: 'jar' } }),
  'request object: another typ': signed({ header: { typ: 'at+jwt' } }),
  'request object: request in it': signed({ claims: { request: 'something' } }),
  'request object: another redirect_uri in it': signed({ claims: { redirect_uri: 'https://evil.example/' } }),
  'request object: an unknown prompt in it': signed({ claims: { prompt: 'something' } }),
  'request object: of a client that registered for none': async (side) =>
    seenBy(side.issuer, await ask(side, { request: objectOf(side, { claims: { iss: 'web', client_id: 'web' } }) })),
  'request object: pushed': async (side) => {
    const form = new URLSearchParams({ request: objectOf(side, {}), client_id: 'jar' })
    return seenIn(await send(side, 'par', 'jar', form))
  },
  'request object: pushed, aud of somebody else': async (side) => {
    const request = objectOf(side, { claims: { aud: 'https://elsewhere.example', code_challenge: challenge } })
    return seenIn(await send(side, 'par', 'jar', new URLSearchParams({ request, client_id: 'jar' })))
  },
}

export const pushedRequests: Cases = { ...push, ...come, ...objects }
