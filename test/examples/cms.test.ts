import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Begun, type Exported, type Failed, type Found, startCms } from '../../examples/cms/cms.ts'
import type { Person } from '../../local/seed.ts'
import { createSecurityKey, type RegistrationOverrides } from '../authenticator.ts'
import { openService, type Service } from './service.ts'

let service: Service
let ada: Person
let cms = ''
let user = ''

beforeAll(async () => {
  service = await openService()
  ada = service.person('ada')
  cms = service.demo.apps.cms
  user = `/${ada.id}`
})
afterAll(() => service?.close())

async function call<Value>(method: string, path: string, body?: unknown): Promise<{ status: number; value: Value }> {
  const response = await fetch(`${cms}/api/people${path}`, {
    method,
    headers: { origin: cms },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, value: await response.json() }
}

const keysNow = async () => (await call<Found>('GET', `?userName=${ada.userName}`)).value.authenticators

const begin = async (how: 'attested' | 'raw', attachment = 'cross-platform') =>
  (await call<Begun>('POST', `${user}/ceremonies`, { attachment, export: how })).value

const finish = (begun: Begun, response: RegistrationResponseJSON, how: 'attested' | 'raw', labels = {}) =>
  call<Exported & Failed>('POST', `${user}/authenticators`, {
    ceremony: begun.ceremony,
    response,
    export: how,
    ...labels,
  })

type Touch = Omit<RegistrationOverrides, 'challenge'> & { attestation?: 'packed-self' | 'packed-x5c' | 'none' }

/** What the browser returns when a new key is touched. */
function touch(
  { options }: Begun,
  { attestation = 'packed-self', ...overrides }: Touch = {},
): RegistrationResponseJSON {
  const key = createSecurityKey({ rpId: options.rp.id ?? '', origin: cms, attestation })
  return {
    id: key.credentialId,
    rawId: key.credentialId,
    type: 'public-key',
    clientExtensionResults: { credProps: { rk: true } },
    response: { ...key.register({ challenge: options.challenge, ...overrides }), transports: ['usb'] },
  }
}

beforeEach(async () => {
  await service.allowImport(true)
  for (const key of await keysNow()) await call('DELETE', `${user}/authenticators/${key.id}`)
})

describe('the demo CMS', () => {
  it('serves its page and its script, and tells neither the API key', async () => {
    const page = await fetch(cms)
    const script = await fetch(`${cms}/cms.js`)
    const texts = (await page.text()) + (await script.text())
    expect(texts).toContain('Enrol a key')
    expect(texts).not.toContain(service.demo.apiKey)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  })

  it('looks a person up by username', async () => {
    const found = await call<Found>('GET', '?userName=ada')
    expect(found.value).toMatchObject({ user: { id: ada.id, userName: 'ada' }, authenticators: [] })
  })

  it('says when nobody has the username', async () => {
    const found = await call<Failed>('GET', '?userName=an%20na%26x%3D')
    expect(found.status).toBe(404)
    expect(found.value.problem.title).toBe('Nobody has this username')
  })

  it('exports an attested key, which is then pending', async () => {
    const begun = await begin('attested')
    expect(begun.options).toMatchObject({ attestation: 'direct', rp: { id: 'localhost' } })
    const response = touch(begun)
    const done = await finish(begun, response, 'attested', { friendlyName: ' Blue key ', serialNumber: '42' })
    expect(done.status).toBe(201)
    expect(await keysNow()).toMatchObject([
      {
        state: 'pending',
        provenance: 'attested',
        friendlyName: 'Blue key',
        serialNumber: '42',
        metadata: { credentialId: response.id },
      },
    ])
  })

  it('exports a key that its maker certifies, and whose model the service then knows', async () => {
    const begun = await begin('attested')
    const done = await finish(begun, touch(begun, { attestation: 'packed-x5c' }), 'attested')
    expect(done.value.authenticator).toMatchObject({
      provenance: 'attested',
      metadata: { aaguid: '5ca1ab1e-0000-4000-8000-00000000f1d0' },
    })
  })

  it('passes on what the service finds wrong with an attestation, and the enrolment goes on', async () => {
    const begun = await begin('attested')
    const response = touch(begun, { statementAlgorithm: -35 })
    const refused = await finish(begun, response, 'attested')
    expect(refused.status).toBe(422)
    expect(refused.value.problem).toMatchObject({ reason: 'attestation-invalid' })
    expect(refused.value.problem.points).toEqual([
      'metadata › attestation: the algorithm of the self attestation is not that of the key',
    ])
    expect((await finish(begun, touch(begun), 'attested')).status, 'the challenge is not spent').toBe(201)
  })

  it('asks for this device when told so', async () => {
    const begun = await begin('raw', 'platform')
    expect(begun.options).toMatchObject({
      attestation: 'none',
      authenticatorSelection: { authenticatorAttachment: 'platform', userVerification: 'required' },
    })
  })

  it('exports a raw key by a challenge of its own', async () => {
    const begun = await begin('raw')
    const done = await finish(begun, touch(begun, { attestation: 'none' }), 'raw', { friendlyName: '' })
    expect(done.value.authenticator).toMatchObject({ state: 'pending', provenance: 'raw' })
  })

  it('says when the browser gave no attestation, and exports the same key raw then', async () => {
    const begun = await begin('attested')
    const response = touch(begun, { attestation: 'none' })
    const refused = await finish(begun, response, 'attested')
    expect(refused.status).toBe(422)
    expect(refused.value.problem).toMatchObject({ reason: 'no-attestation', title: 'The key was not attested' })
    expect(await keysNow()).toEqual([])
    expect((await finish(begun, response, 'raw')).status).toBe(201)
  })

  it.each([
    ['was made for another site', { origin: 'http://localhost:1' }],
    ['did not check its user', { flags: { userVerified: false } }],
  ])('refuses to vouch for a key that %s', async (_why, change: Touch) => {
    const begun = await begin('raw')
    const done = await finish(begun, touch(begun, { attestation: 'none', ...change }), 'raw')
    expect(done.value.problem.reason).toBe('bad-ceremony')
    expect(await keysNow()).toEqual([])
  })

  it('refuses to vouch for a key that answers another challenge', async () => {
    const other = await begin('raw')
    const done = await finish(await begin('raw'), touch(other), 'raw')
    expect(done.value.problem.reason).toBe('bad-ceremony')
  })

  it('uses an enrolment once', async () => {
    const begun = await begin('raw')
    const response = touch(begun)
    await finish(begun, response, 'raw')
    expect((await finish(begun, response, 'raw')).value.problem.reason).toBe('ceremony-over')
  })

  it('exports a key once when two ask at the same time', async () => {
    const begun = await begin('raw')
    const response = touch(begun)
    await Promise.all([finish(begun, response, 'raw'), finish(begun, response, 'raw')])
    expect(await keysNow()).toHaveLength(1)
  })

  it('makes a virtual key whose private half belongs to what it exported', async () => {
    const made = await call<Exported>('POST', `${user}/virtual`, { friendlyName: 'Virtual' })
    const { virtual, authenticator } = made.value
    expect(authenticator).toMatchObject({ state: 'pending', provenance: 'raw', friendlyName: 'Virtual' })
    const id = Buffer.from(virtual?.credentialId ?? '', 'base64').toString('base64url')
    expect(authenticator.metadata?.credentialId).toBe(id)
    const der = Buffer.from(virtual?.privateKey ?? '', 'base64')
    const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(Buffer.from(virtual?.userHandle ?? '', 'base64').toString()).toBe(ada.id)
  })

  it('suspends, resumes, renames and revokes', async () => {
    const { authenticator } = (await call<Exported>('POST', `${user}/virtual`, {})).value
    await service.activate(ada, authenticator.id)
    const path = `${user}/authenticators/${authenticator.id}`
    await call('PATCH', path, { state: 'suspended' })
    expect(await keysNow()).toMatchObject([{ state: 'suspended' }])
    await call('PATCH', path, { state: 'active' })
    await call('PATCH', path, { friendlyName: 'Green key' })
    expect(await keysNow()).toMatchObject([{ state: 'active', friendlyName: 'Green key' }])
    expect((await call('DELETE', path)).status).toBe(200)
    expect(await keysNow()).toEqual([])
  })

  it.each([
    [' ', 'must not be blank'],
    ['x'.repeat(65), 'must have at most 64 characters'],
    ['safe\u202Eefas', 'must not have control or other unprintable characters'],
  ])('passes on what is wrong with the name %j, once', async (friendlyName, detail) => {
    const { authenticator } = (await call<Exported>('POST', `${user}/virtual`, {})).value
    const done = await call<Failed>('PATCH', `${user}/authenticators/${authenticator.id}`, { friendlyName })
    expect(done.value.problem).toEqual({
      status: 400,
      reason: 'malformed-request',
      title: 'The request is malformed',
      points: [`friendlyName: ${detail}`],
    })
  })

  it('cannot activate a pending key, and passes the reason on', async () => {
    const { authenticator } = (await call<Exported>('POST', `${user}/virtual`, {})).value
    const done = await call<Failed>('PATCH', `${user}/authenticators/${authenticator.id}`, { state: 'active' })
    expect(done.status).toBe(409)
    expect(done.value.problem.title).toBe('Only its user activates a pending authenticator')
  })

  it('says what to do when importing is turned off', async () => {
    await service.allowImport(false)
    const done = await call<Failed>('POST', `${user}/virtual`, {})
    expect(done.status).toBe(403)
    expect(done.value.problem.detail).toContain('Authenticator import via API')
  })

  it('says so when the service is away or does not know the API key', async () => {
    const { issuer, tenantCode } = service.demo
    const away = await startCms({ port: 0, issuer: 'http://localhost:1', tenantCode, apiKey: 'x' })
    const wrong = await startCms({ port: 0, issuer, tenantCode, apiKey: 'wrong' })
    const ask = async (url: string): Promise<Failed> => (await fetch(`${url}/api/people?userName=ada`)).json()
    expect((await ask(away.url)).problem.title).toBe('The service cannot be reached')
    expect((await ask(wrong.url)).problem.status).toBe(401)
    await away.close()
    await wrong.close()
  })

  it.each([
    ['another site', { origin: 'http://localhost:1' }],
    ['nowhere', {}],
    ['a sandboxed frame', { origin: 'null' }],
  ])('takes no change from %s', async (_where, headers: Record<string, string>) => {
    const response = await fetch(`${cms}/api/people${user}/virtual`, { method: 'POST', headers, body: '{}' })
    expect(response.status).toBe(403)
    expect(await keysNow()).toEqual([])
  })

  it('does not let a path climb out of the person it names', async () => {
    const done = await call<Failed>('DELETE', `${user}/authenticators/..%2F..%2Fother`)
    expect(done.status).toBe(404)
    const dots = await call<Failed>('DELETE', `${user}/authenticators/%252e%252e`)
    expect(dots.status).toBe(404)
  })
})
