/**
 * People and applications for the tests of tokens: a person who signs in, codes from their session, and requests with a
 * DPoP proof, as a client makes them that takes the nonce it is given.
 */
import type { Client } from '../../../src/core/oidc/client.ts'
import type { DpopKey } from '../../dpop.ts'
import { type House, openHouse, type Reply, type Request } from '../../house.ts'
import { usualRequest, type Visitor, verifier, visit } from '../../visitor.ts'

export type Tokens = {
  access_token: string
  token_type: string
  id_token: string
  refresh_token: string
  scope: string
  error?: string
  error_description?: string
}

export const secret = 'a secret of some length'

export const basicOf = (clientId: string) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
})

export type TokenHouse = Awaited<ReturnType<typeof openTokenHouse>>

/** With `app1`, which is public, and `keeper`, which has a secret. */
export async function openTokenHouse() {
  const house = await openHouse()
  const password = 'correct horse battery staple'
  await house.addClient({ resources })
  await house.addClient({ clientId: 'keeper', secret, resources })
  const user = await house.addUser({ userName: 'anna', password })
  const browser = visit(house)
  await browser.ask()
  await browser.post('username', { username: 'anna' })
  await browser.post('password', { password })

  return {
    house,
    user,
    browser,
    add: (change: Partial<Client> & { secret?: string }) => house.addClient({ resources, ...change }),
    codeFor: (clientId = 'app1', change: Record<string, string> = {}) => codeFrom(browser, clientId, change),
    token: (clientId: string, form: Form, more: Request = {}) => token(house, clientId, form, more),
    exchange: (clientId: string, code: string, more: Request & { form?: Form } = {}) =>
      token(house, clientId, { ...exchangeOf(code), ...more.form }, more),
    refresh: (clientId: string, refreshToken: string, more: Request & { form?: Form } = {}) =>
      token(house, clientId, { grant_type: 'refresh_token', refresh_token: refreshToken, ...more.form }, more),
    userinfo: (headers: Record<string, string>) => house.invoke<Said>('GET', '/userinfo', { headers }),
    /** The nonce that an answer without one asks for. */
    nonce: async () => (await house.world.proofNonces.current()) as string,
    /** A header `DPoP` for this address, with the nonce of now. */
    proof: async (key: DpopKey, path = '/token', change: { method?: string; token?: string } = {}) => ({
      dpop: await key.proof({
        method: 'POST',
        url: `${house.stage.issuer}${path}`,
        at: house.now,
        nonce: await house.world.proofNonces.current(),
        ...change,
      }),
    }),
  }
}

export type Said = { sub?: string; error?: string; error_description?: string }

export const resources = ['https://accounts.example.org', 'https://payments.example.org/v1']

export type Form = Record<string, string | string[]>

const exchangeOf = (code: string): Form => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: usualRequest.redirect_uri,
  code_verifier: verifier,
})

export async function codeFrom(browser: Visitor, clientId: string, change: Record<string, string>): Promise<string> {
  await browser.ask({ client_id: clientId, scope: 'openid profile offline_access', ...change })
  const code = browser.landed.get('code')
  if (code === null) throw new Error(`No code for ${clientId}: ${browser.landed}`)
  return code
}

/** A client with a secret shows it; any other names itself. */
function token(house: House, clientId: string, form: Form, { headers = {}, ...more }: Request): Promise<Reply<Tokens>> {
  const isPublic = !['keeper', 'machine'].includes(clientId)
  const body = new URLSearchParams(isPublic ? { client_id: clientId } : {})
  for (const [name, values] of Object.entries(form)) for (const value of [values].flat()) body.append(name, value)
  return house.invoke<Tokens>('POST', '/token', {
    body,
    headers: { ...(isPublic ? {} : basicOf(clientId)), ...headers },
    ...more,
  })
}
