import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { logoutTokensOf } from '../../examples/relying-party/logout-token.ts'

const issuer = 'http://localhost:4400'
const event = 'http://schemas.openid.net/event/backchannel-logout'

let server: Server
let key: CryptoKey
let stranger: CryptoKey
let tokens: ReturnType<typeof logoutTokensOf>
beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  key = pair.privateKey
  stranger = (await generateKeyPair('ES256')).privateKey
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }]
  server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys })),
  )
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  const discover = async () => ({
    jwks_uri: `http://localhost:${port}/`,
    id_token_signing_alg_values_supported: ['ES256'],
  })
  tokens = logoutTokensOf({ issuer, clientId: 'app1', discover })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let count = 0
const claims = (change: Record<string, unknown> = {}): JWTPayload => {
  const iat = Math.floor(Date.now() / 1000)
  const usual = { iss: issuer, aud: 'app1', sub: 'ada', sid: 'one', iat, exp: iat + 120, jti: `j${count++}` }
  return { ...usual, events: { [event]: {} }, ...change }
}
const signed = (payload: JWTPayload, { by = key, typ = 'logout+jwt' } = {}) =>
  new SignJWT(JSON.parse(JSON.stringify(payload))).setProtectedHeader({ alg: 'ES256', kid: 'k', typ }).sign(by)

it('reads whose session has ended, once', async () => {
  const token = await signed(claims())
  expect(await tokens.read(token)).toEqual({ sub: 'ada', sid: 'one' })
  expect(await tokens.read(token)).toBeUndefined()
  expect(await tokens.read(await signed(claims({ sid: undefined })))).toEqual({ sub: 'ada' })
})

const long = Math.floor(Date.now() / 1000) - 600
it.each([
  ['nothing', async () => ''],
  ['an ID token', async () => signed(claims({ events: undefined, nonce: 'n' }), { typ: 'JWT' })],
  ['one with a nonce', async () => signed(claims({ nonce: 'n' }))],
  ['one without the event', async () => signed(claims({ events: { other: {} } }))],
  ['one of another type', async () => signed(claims(), { typ: 'at+jwt' })],
  ["another application's", async () => signed(claims({ aud: 'app2' }))],
  ["another issuer's", async () => signed(claims({ iss: 'https://evil.example' }))],
  ['one that has run out', async () => signed(claims({ exp: long + 120 }))],
  ['an old one that says it has not', async () => signed(claims({ iat: long }))],
  ['one about nobody', async () => signed(claims({ sub: undefined, sid: undefined }))],
  ['one without a jti', async () => signed(claims({ jti: undefined }))],
  ["one by somebody else's key", async () => signed(claims(), { by: stranger })],
  ['one that is not signed', async () => new UnsecuredJWT(claims()).encode()],
])('takes no %s', async (_, made) => {
  expect(await tokens.read(await made())).toBeUndefined()
})
