/** What applications do that sign for themselves and push their requests: what is good once costs no call of its own. */
import { asserted, assertionClaims, type ClientKey, createClientKey } from '../../test/client-key.ts'
import type { House } from '../../test/house.ts'
import { usualRequest, visit } from '../../test/visitor.ts'
import { type Noted, password, succeeded } from './steps.ts'

export async function countClients(house: House): Promise<Noted[]> {
  const key = createClientKey('ES256')
  const own = { tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } } as const
  const grants = {
    grantTypes: ['authorization_code', 'client_credentials'],
    scopes: ['openid', 'introspection'],
  } as const
  await house.addClient({ clientId: 'signs', ...own, ...grants, requestObjectSigningAlg: 'ES256' })
  const ask = (path: string, fields: Record<string, string>) =>
    succeeded(
      house.invoke<{ request_uri: string }>('POST', path, {
        body: new URLSearchParams({ ...fields, ...assertion(house, key) }),
      }),
    )
  const pushed = await ask('/par', { ...usualRequest, client_id: 'signs', acr_values: 'pwd' })
  const signed = key.sign({}, { ...usualRequest, ...times(house), client_id: 'signs', iss: 'signs' })

  const browser = visit(house)
  const { userName } = await house.addUser({ password })
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: userName })
  await browser.post('password', { password })
  const query = new URLSearchParams({ client_id: 'signs', request_uri: pushed.json.request_uri })
  const come = await browser.get(`/authorize?${query}`)
  if (!browser.landed.has('code')) throw new Error('A pushed request came to no code')
  return [
    ['a pushed request', pushed.commands],
    ['a pushed request, signed', (await ask('/par', { request: signed })).commands],
    ['authorize with a session, a pushed request', come.commands],
    ['client credentials, with an assertion', (await ask('/token', { grant_type: 'client_credentials' })).commands],
    // It writes nothing else: that the assertion was used is a call of its own.
    ['introspection, with an assertion', (await ask('/introspect', { token: 'none' })).commands],
  ]
}

const assertion = (house: House, key: ClientKey) => asserted(key.sign({}, assertionClaims('signs', house.now)))

const times = ({ stage, now }: House) => ({ aud: stage.issuer, iat: now, nbf: now, exp: now + 60 })
