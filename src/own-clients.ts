/**
 * The applications that come with the service: the console, where people with a role manage it, and the portal, where
 * everybody sees to their own. They are registered as any other application is, and have no other door.
 *
 * An operator may change what is registered of them; only where they are is put right when it has moved.
 */
import { changeClient, findClient } from './client-admin.ts'
import { apiAudience } from './core/api-key.ts'
import { showClient } from './core/oidc/client-metadata.ts'
import { createClient, type NewClient, type Workbench } from './setup.ts'

/** By their ids, and the scope of their tokens: `lambdas/api/person.ts`. */
const ownClients = {
  console: { clientName: 'Console', scope: 'administration' },
  portal: { clientName: 'My account', scope: 'account' },
} as const

type OwnClient = keyof typeof ownClients
const names = Object.keys(ownClients) as OwnClient[]

/**
 * Public, as what runs in a browser is, so that its tokens are bound to a key that does not leave it (RFC 9449). What they
 * ask for is what they get: a level that was not reached opens nothing.
 */
const registrationOf = (issuer: string, name: OwnClient): NewClient => ({
  clientId: name,
  clientName: ownClients[name].clientName,
  redirectUris: [`${issuer}/${name}/callback`],
  postLogoutRedirectUris: [`${issuer}/${name}`],
  tokenEndpointAuthMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  scopes: ['openid', 'profile', ownClients[name].scope],
  resources: [apiAudience(issuer)],
  dpopBoundAccessTokens: true,
  idTokenSignedResponseAlg: 'ES256',
})

/** Makes what is not there, and moves what is there and was elsewhere. Answers with the names of those that it made. */
export async function ensureOwnClients(bench: Workbench, issuer: string): Promise<string[]> {
  const made: string[] = []
  for (const name of names) {
    const wanted = registrationOf(issuer, name)
    const done = await createClient(bench, wanted)
    if (done.ok) made.push(name)
    else if (done.reason === 'client-exists') await move(bench, wanted)
    else
      throw new Error(`The client ${name} cannot be registered: ${done.reason} ${done.at ?? ''} ${done.detail ?? ''}`)
  }
  return made
}

async function move(
  bench: Workbench,
  { clientId, redirectUris, postLogoutRedirectUris = [], resources = [] }: NewClient,
): Promise<void> {
  const present = await findClient(bench, clientId)
  if (!present.ok) return
  const { value, etag } = present.value
  const isThere = redirectUris.every((uri) => value.redirectUris.includes(uri))
  if (isThere && resources.every((resource) => value.resources?.includes(resource))) return
  const moved = showClient({ ...value, redirectUris, postLogoutRedirectUris, resources })
  const done = await changeClient(bench, clientId, moved, (tag) => tag === etag)
  if (!done.ok) throw new Error(`The client ${clientId} cannot be moved: ${done.reason} ${done.detail ?? ''}`)
}
