/**
 * npm `oidc-provider` over HTTP, configured to do what Keystep does: the same addresses, features, lifetimes, algorithms
 * and applications, and one person. Its pages are the plainest that sign in and consent; who is asked for a consent is
 * decided as here, by whose the application is and by `prompt=consent`.
 *
 * What it does by itself, and cannot be told otherwise, is what the comparison is about.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import Provider, {
  type Configuration,
  errors,
  interactionPolicy,
  type JWK,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import { memoryStore } from '../../../bench/peer.ts'
import { listen } from '../../../local/ports.ts'
import { claimsOfScope } from '../../../src/core/oidc/user-claims.ts'
import type { Metadata } from '../../conformance/suite.ts'
import { type Apps, api, scopes } from './apps.ts'

export type PeerProvider = { url: string; failures: Error[]; close(): Promise<void> }

type Person = { id: string; claims: Readonly<Record<string, unknown>> }

/** @param ours the other provider's metadata: what it takes and makes, this one does. */
export async function openPeerProvider(ours: Metadata, apps: Apps, person: Person): Promise<PeerProvider> {
  const store = memoryStore()
  for (const app of Object.values(apps))
    await store('Client').upsert(app.id, {
      client_id: app.id,
      redirect_uris: [app.redirectUri],
      post_logout_redirect_uris: [app.goodbye],
      ...(app.secret === undefined ? {} : { client_secret: app.secret }),
      ...app.peer,
    })
  const provider = new Provider(ours.issuer, { ...configuration(ours, person), adapter: store })
  provider.proxy = true
  const failures: Error[] = []
  provider.on('server_error', (_context, error) => void failures.push(error))

  const answer = provider.callback()
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/'))
      interact(provider, request, response, person.id).catch((error) => failures.push(error))
    else void answer(request, response)
  })
  const url = `http://localhost:${await listen(server, 0, 'oidc-provider')}`
  return {
    url,
    failures,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

const configuration = (ours: Metadata, person: Person): Configuration => ({
  routes: {
    authorization: '/authorize',
    pushed_authorization_request: '/par',
    token: '/token',
    userinfo: '/userinfo',
    introspection: '/introspect',
    revocation: '/revoke',
    end_session: '/logout',
    jwks: '/jwks',
  },
  jwks: { keys: keys() },
  responseTypes: ['code'],
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: (_context, accountId, client) => `${accountId} at ${client.clientId}`,
  scopes,
  acrValues: ['pwd', 'otp', 'cba', 'fido'],
  claims: { openid: ['sub'], acr: null, amr: null, sid: null, auth_time: null, iss: null, ...scopedClaims() },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  enabledJWA: algorithms(ours),
  enableHttpPostMethods: true,
  allowOmittingSingleRegisteredRedirectUri: false,
  cookies: { keys: ['a key to sign cookies with'], long: { sameSite: 'none' } },
  discovery: { ui_locales_supported: ['en', 'de'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    fapi: { enabled: true, profile: (_context, client) => (client?.clientId === 'fapi' ? '2.0' : undefined) },
    introspection: { enabled: true },
    jwtUserinfo: { enabled: true },
    requestObjects: { enabled: true },
    resourceIndicators: { enabled: true, ...resourceServers },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: askToLogOut, postLogoutSuccessSource: page('logged-out') },
  },
  interactions: { policy: policy(), url: (_context, { uid }) => `/interaction/${uid}` },
  loadExistingGrant: allowed,
  findAccount: (_context, id) =>
    id === person.id ? { accountId: id, claims: async () => ({ sub: id, ...person.claims }) } : undefined,
  renderError: (context, { error }) => {
    page('error')(context)
    context.body += `<p id="error">${error}</p>`
  },
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    ClientCredentials: 600,
    Grant: 1_209_600,
    IdToken: 600,
    Interaction: 1800,
    RefreshToken: 1_209_600,
    Session: 86_400,
  },
})

type Algorithms = NonNullable<Configuration['enabledJWA']>

function algorithms(ours: Metadata): Algorithms {
  const listed = <Name extends keyof Algorithms>(name: string) => ours[name] as Algorithms[Name]
  return {
    idTokenSigningAlgValues: listed<'idTokenSigningAlgValues'>('id_token_signing_alg_values_supported'),
    userinfoSigningAlgValues: listed<'userinfoSigningAlgValues'>('userinfo_signing_alg_values_supported'),
    requestObjectSigningAlgValues: listed<'requestObjectSigningAlgValues'>(
      'request_object_signing_alg_values_supported',
    ),
    clientAuthSigningAlgValues: listed<'clientAuthSigningAlgValues'>(
      'token_endpoint_auth_signing_alg_values_supported',
    ),
    dPoPSigningAlgValues: listed<'dPoPSigningAlgValues'>('dpop_signing_alg_values_supported'),
  }
}

/** Somebody else may be chosen, too. */
function policy() {
  const known = interactionPolicy.base()
  known.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }))
  return known
}

const page = (id: string) => (context: KoaContextWithOIDC) => {
  context.type = 'html'
  context.body = `<!doctype html><body id="page-${id}">`
}

function askToLogOut(context: KoaContextWithOIDC, form: string) {
  page('log-out')(context)
  context.body += form.replace('</form>', '<button name="logout" value="yes"></button></form>')
}

const scopedClaims = () =>
  Object.fromEntries(Object.entries(claimsOfScope).map(([scope, names]) => [scope, [...(names ?? [])]]))

const keys = (): JWK[] => [
  ...['RS256', 'PS256'].map((alg) => jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }), alg)),
  jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'),
  jwkOf(generateKeyPairSync('ed25519'), 'EdDSA'),
]

const jwkOf = ({ privateKey }: ReturnType<typeof generateKeyPairSync>, alg: string): JWK =>
  ({ ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' }) as JWK

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>

const resourceServers: ResourceIndicators = {
  useGrantedResource: () => true,
  getResourceServerInfo: (_context, resource) => {
    if (resource !== api) throw new errors.InvalidTarget()
    return { scope: 'read', audience: api, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
  },
}

/** Ours has no page of consent for an application of its own; so its grant is there already. */
async function allowed(context: KoaContextWithOIDC) {
  const { client, session, result, provider } = context.oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId)
  if (known !== undefined) return provider.Grant.find(known)
  return client.clientId === 'partner'
    ? undefined
    : provider.Grant.find(await grant(provider, client.clientId, session.accountId))
}

function grant(provider: Provider, clientId: string, accountId: string): Promise<string> {
  const given = new provider.Grant({ clientId, accountId })
  given.addOIDCScope(scopes.join(' '))
  given.addOIDCClaims(Object.values(claimsOfScope).flatMap((names) => [...(names ?? [])]))
  given.addResourceScope(api, 'read')
  return given.save()
}

/** A page with one form, which is sent without anything filled in. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse, accountId: string) {
  const { uid, prompt, params } = await provider.interactionDetails(request, response)
  if (request.method === 'GET') {
    const form = `<form id="${prompt.name}-form" method="post" action="/interaction/${uid}"></form>`
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><body id="page-${prompt.name}">${form}`)
    return
  }
  const result =
    prompt.name === 'login'
      ? { login: { accountId, acr: 'pwd', amr: ['pwd'] } }
      : { consent: { grantId: await grant(provider, String(params.client_id), accountId) } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
}
