/** Tokens that are bound to a key of their client, and the end of tokens. */
import { type DpopKey, dpopKey } from '../../test/dpop.ts'
import type { House, Reply } from '../../test/house.ts'
import { usualRequest, type Visitor, verifier, visit } from '../../test/visitor.ts'
import { secret } from './house.ts'
import { basicOf, type Noted, password, succeeded } from './steps.ts'

type Tokens = { access_token: string; refresh_token: string }

const scope = 'openid profile offline_access'

export async function countBound(house: House): Promise<Noted[]> {
  await house.addClient({ clientId: 'keeper', secret })
  const { userName } = await house.addUser({ password })
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: userName })
  await browser.post('password', { password })
  return [...(await countProofs(house, browser)), ...(await countEnds(house, browser))]
}

/** The first proof reads the key of nonces, which a process does once. */
async function countProofs(house: House, browser: Visitor): Promise<Noted[]> {
  const key = await dpopKey()
  await proof(house, key, 'POST', '/token')
  const first = await exchanged(house, browser, 'app1', await proof(house, key, 'POST', '/token'))
  const form = { client_id: 'app1', grant_type: 'refresh_token', refresh_token: first.json.refresh_token }
  const next = await succeeded(token(house, form, await proof(house, key, 'POST', '/token')))
  const shown = next.json.access_token
  const headers = { authorization: `DPoP ${shown}`, ...(await proof(house, key, 'GET', '/userinfo', shown)) }
  return [
    ['code → tokens, bound to a key', first.commands],
    ['refresh, bound to a key', next.commands],
    ['userinfo, bound to a key', (await succeeded(house.invoke('GET', '/userinfo', { headers }))).commands],
  ]
}

async function countEnds(house: House, browser: Visitor): Promise<Noted[]> {
  const { json } = await exchanged(house, browser, 'keeper', basicOf('keeper', secret))
  const form = { grant_type: 'refresh_token', refresh_token: json.refresh_token }
  const kept = await succeeded(token(house, form, basicOf('keeper', secret)))
  const revoke = (its: string) => {
    const body = new URLSearchParams({ token: its })
    return succeeded(house.invoke('POST', '/revoke', { headers: basicOf('keeper', secret), body }))
  }
  return [
    ['refresh, of a client that authenticates', kept.commands],
    ['an access token revoked', (await revoke(json.access_token)).commands],
    ['a refresh token revoked', (await revoke(json.refresh_token)).commands],
  ]
}

async function exchanged(
  house: House,
  browser: Visitor,
  clientId: string,
  headers: Record<string, string>,
): Promise<Reply<Tokens>> {
  await browser.ask({ client_id: clientId, scope, acr_values: 'pwd' })
  const code = browser.landed.get('code') ?? ''
  const { redirect_uri } = usualRequest
  const form = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }
  return succeeded(token(house, clientId === 'app1' ? { client_id: clientId, ...form } : form, headers))
}

const token = (house: House, form: Record<string, string>, headers: Record<string, string>) =>
  house.invoke<Tokens>('POST', '/token', { body: new URLSearchParams(form), headers })

const proof = async (house: House, key: DpopKey, method: string, path: string, shown?: string) => ({
  dpop: await key.proof({
    method,
    url: `${house.stage.issuer}${path}`,
    at: house.now,
    nonce: await house.world.proofNonces.current(),
    ...(shown === undefined ? {} : { token: shown }),
  }),
})
