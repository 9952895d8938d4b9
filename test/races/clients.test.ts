/** What applications may use once beside codes and refresh tokens, and what administrators and schedules do at once. */
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leastOverlap } from '../../src/core/oidc/key-rotation.ts'
import { publicHalf } from '../../src/core/oidc/signing-key.ts'
import { newId } from '../../src/core/secret.ts'
import { type Done, rotateKeys } from '../../src/rotate-keys.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import { asserted, assertionClaims, createClientKey } from '../client-key.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { usualRequest, type Visitor, visit } from '../visitor.ts'
import { hold, isOAuthError, longEnough, rounds } from './race.ts'

let house: House
let browser: Visitor
let apikey: string
const secret = 'a secret of some length'
const key = createClientKey('ES256', { kid: 'one' })

beforeAll(async () => {
  house = await openHouse()
  const machine = { grantTypes: ['client_credentials'], redirectUris: [], scopes: ['reports'] } as const
  const signs = { tokenEndpointAuthMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } } as const
  await house.addClient()
  await house.addClient({ clientId: 'third', thirdParty: true })
  await house.addClient({ ...machine, clientId: 'signs', ...signs })
  await house.addClient({ ...machine, clientId: 'proves', secret })
  apikey = (await house.addApiKey()).shown
  const user = await house.addUser({ password: secret })
  browser = visit(house)
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password: secret })
})
afterAll(() => house.close())

const cookies = () => Object.fromEntries(browser.cookies)
const location = ({ headers }: Reply): string => headers.location ?? ''

/** Back at the application, with a code. */
const landed = (reply: Reply): boolean =>
  reply.status === 303 && /^https:\/\/app1\.example\.com\/callback\?code=[^&]{66}&/.test(location(reply))

const isPage = ({ status, headers }: Reply): boolean =>
  status < 500 && (headers['content-type'] ?? '').startsWith('text/html')

const isIssued = ({ status }: Reply): boolean => status === 200

const askTokens = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> =>
  house.invoke('POST', '/token', {
    headers,
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  })

describe('of thirty-two, one has', { timeout: longEnough }, () => {
  it('a pushed request, which a browser brings', async () => {
    const before = (await house.audit('login.succeeded')).length
    await hold(house, 'a pushed request', {
      begin: async () => {
        const pushed = await house.invoke<{ request_uri: string }>('POST', '/par', {
          body: new URLSearchParams(usualRequest),
        })
        const query = new URLSearchParams({ client_id: 'app1', request_uri: pushed.json.request_uri })
        return () => house.invoke('GET', `/authorize?${query}`, { cookies: cookies() })
      },
      won: landed,
      // Sent to ask again, where the request is then over.
      lost: (reply) => isPage(reply) || (reply.status === 303 && location(reply).startsWith('/authorize?')),
    })
    expect(await house.audit('login.succeeded')).toHaveLength(before + rounds)
  })

  it('the page on which a person allows something', async () => {
    await hold(house, 'a consent', {
      begin: async () => {
        await browser.ask({ client_id: 'third', prompt: 'consent' })
        const shown = /name="shown" value="([^"]+)"/.exec(browser.html)?.[1] ?? ''
        const { base } = browser
        return () =>
          house.invoke('POST', `${base}/consent`, {
            headers: { 'sec-fetch-site': 'same-origin' },
            cookies: cookies(),
            body: new URLSearchParams({ answer: 'allow', shown }),
          })
      },
      won: landed,
      lost: (reply) => isPage(reply) || (reply.status === 303 && location(reply).startsWith('/login/')),
    })
    expect(await house.audit('consent.given')).toHaveLength(rounds)
  })

  it('a client’s assertion', async () => {
    const before = (await house.audit('token.issued')).length
    await hold(house, 'an assertion', {
      begin: async () => {
        const assertion = asserted(key.sign({ typ: 'JWT' }, assertionClaims('signs', house.now)))
        return () => askTokens(assertion)
      },
      won: isIssued,
      lost: ({ status, json }) => status === 401 && (json as { error?: string }).error === 'invalid_client',
    })
    expect(await house.audit('token.issued')).toHaveLength(before + rounds)
  })

  it('a proof of a key', async () => {
    const before = (await house.audit('token.issued')).length
    const { kid: _, ...jwk } = key.jwk
    await hold(house, 'a DPoP proof', {
      begin: async () => {
        const nonce = await house.world.proofNonces.current()
        const claims = { jti: randomUUID(), htm: 'POST', htu: `${house.stage.issuer}/token`, iat: house.now, nonce }
        const dpop = key.sign({ typ: 'dpop+jwt', kid: undefined, jwk }, claims)
        const authorization = `Basic ${Buffer.from(`proves:${secret}`).toString('base64')}`
        return () => askTokens({}, { authorization, dpop })
      },
      won: isIssued,
      lost: isOAuthError('invalid_dpop_proof'),
    })
    expect(await house.audit('token.issued')).toHaveLength(before + rounds)
  })

  it('the rotation of a client’s secret, and with it the only secret that is new', async () => {
    let clientId = ''
    await hold(house, 'a rotation of a secret', {
      begin: async () => {
        clientId = `rotates-${newId()}`
        await house.addClient({ clientId, secret })
        const path = `/api/v1/tenants/demo/clients/${clientId}/secrets`
        return () => house.invoke('POST', path, { headers: { apikey }, body: { overlap: 60 } })
      },
      won: ({ status }) => status === 201,
      lost: ({ status }) => status === 409,
      after: async () => {
        const path = `/api/v1/tenants/demo/clients/${clientId}/secrets`
        const { json } = await house.invoke<{ secrets: unknown[] }>('GET', path, { headers: { apikey } })
        expect(json.secrets).toHaveLength(2)
      },
    })
    expect(await house.audit('client.secret-rotated')).toHaveLength(rounds)
  })

  it('the step from one signing key to the next', async () => {
    const settings = { algorithms: ['ES256'], overlap: leastOverlap, period: 2 * leastOverlap } as const
    const rotator = {
      db: house.db,
      now: () => house.now,
      actor: { kind: 'service', id: 'test' } as const,
      keyMaker: {
        // Of the quick kind, whatever they are called: here nothing is signed.
        make: async (alg: 'ES256' | 'RS256' | 'PS256' | 'EdDSA') => ({
          ...publicHalf(alg, generateKeyPairSync('ed25519').publicKey),
          kmsKeyArn: `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}`,
        }),
        destroy: async () => {},
      },
    }
    await rotateKeys(rotator, { settings })
    const before = (await house.audit('signing-key.activated')).length
    await hold<Done[]>(house, 'a step of the signing keys', {
      begin: async () => {
        house.now += settings.period
        return () => rotateKeys(rotator, { settings })
      },
      won: (done) => done.some(({ type }) => type === 'signing-key.activated'),
      lost: (done) => done.length <= 4,
      after: async () => {
        const living = (await readSigningKeys(house.db)).filter(({ alg, state }) => alg === 'ES256' && state !== 'gone')
        expect(living.map(({ state }) => state).sort()).toEqual(['active', 'next', 'retiring'])
      },
    })
    expect(await house.audit('signing-key.activated')).toHaveLength(before + rounds)
  })
})
