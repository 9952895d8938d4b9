import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Begun, type Exported, type Failed, type Found, startCms } from '../../examples/cms/cms.ts'
import { recordedService, type Service } from './recorded-service.ts'
import { createCredential } from './software-key.ts'

let service: Service
let cms: { url: string; close(): Promise<void> }
let user = ''

beforeAll(async () => {
  service = await recordedService(() => cms.url)
  cms = await startCms({ port: 0, issuer: service.issuer, tenantCode: service.tenantCode, apiKey: service.apiKey })
  user = `/${service.person.id}`
})
afterAll(async () => {
  await cms.close()
  await service.close()
})

async function call<Value>(method: string, path: string, body?: unknown): Promise<{ status: number; value: Value }> {
  const response = await fetch(`${cms.url}/api/people${path}`, {
    method,
    headers: { origin: cms.url },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, value: await response.json() }
}

const keysNow = async () => (await call<Found>('GET', `?userName=${service.person.userName}`)).value.authenticators

const begin = async (how: 'attested' | 'raw', attachment = 'cross-platform') =>
  (await call<Begun>('POST', `${user}/ceremonies`, { attachment, export: how })).value

const finish = (begun: Begun, response: RegistrationResponseJSON, how: 'attested' | 'raw', labels = {}) =>
  call<Exported & Failed>('POST', `${user}/authenticators`, {
    ceremony: begun.ceremony,
    response,
    export: how,
    ...labels,
  })

const touch = (begun: Begun, change: Partial<Parameters<typeof createCredential>[1]> = {}) =>
  createCredential(begun.options, { origin: cms.url, format: 'packed', ...change })

beforeEach(async () => {
  await service.allowImport(true)
  for (const key of await keysNow()) await call('DELETE', `${user}/authenticators/${key.id}`)
})

describe('the demo CMS', () => {
  it('serves its page and its script, and tells neither the API key', async () => {
    const page = await fetch(cms.url)
    const script = await fetch(`${cms.url}/cms.js`)
    const texts = (await page.text()) + (await script.text())
    expect(texts).toContain('Enrol a key')
    expect(texts).not.toContain(service.apiKey)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  })

  it('looks a person up by username', async () => {
    const found = await call<Found>('GET', '?userName=anna')
    expect(found.value).toMatchObject({ user: { id: service.person.id, userName: 'anna' }, authenticators: [] })
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

  it('asks for this device when told so', async () => {
    const begun = await begin('raw', 'platform')
    expect(begun.options).toMatchObject({
      attestation: 'none',
      authenticatorSelection: { authenticatorAttachment: 'platform', userVerification: 'required' },
    })
  })

  it('exports a raw key by a challenge of its own', async () => {
    const begun = await begin('raw')
    const done = await finish(begun, touch(begun, { format: 'none' }), 'raw', { friendlyName: '' })
    expect(done.value.authenticator).toMatchObject({ state: 'pending', provenance: 'raw' })
  })

  it('says when the browser gave no attestation, and exports the same key raw then', async () => {
    const begun = await begin('attested')
    const response = touch(begun, { format: 'none' })
    const refused = await finish(begun, response, 'attested')
    expect(refused.status).toBe(422)
    expect(refused.value.problem).toMatchObject({ reason: 'no-attestation', title: 'The key was not attested' })
    expect(await keysNow()).toEqual([])
    expect((await finish(begun, response, 'raw')).status).toBe(201)
  })

  it.each([
    ['was made for another site', { origin: 'http://localhost:1' }],
    ['did not check its user', { userVerified: false }],
  ])('refuses to vouch for a key that %s', async (_why, change) => {
    const begun = await begin('raw')
    const done = await finish(begun, touch(begun, { format: 'none', ...change }), 'raw')
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

  it('makes a virtual key whose private half belongs to what it exported', async () => {
    const made = await call<Exported>('POST', `${user}/virtual`, { friendlyName: 'Virtual' })
    const { virtual, authenticator } = made.value
    expect(authenticator).toMatchObject({ state: 'pending', provenance: 'raw', friendlyName: 'Virtual' })
    const id = Buffer.from(virtual?.credentialId ?? '', 'base64').toString('base64url')
    expect(authenticator.metadata?.credentialId).toBe(id)
    const der = Buffer.from(virtual?.privateKey ?? '', 'base64')
    const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
    expect(key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(Buffer.from(virtual?.userHandle ?? '', 'base64').toString()).toBe(service.person.id)
  })

  it('suspends, resumes, renames and revokes', async () => {
    const { authenticator } = (await call<Exported>('POST', `${user}/virtual`, {})).value
    await service.activate(authenticator.id)
    const path = `${user}/authenticators/${authenticator.id}`
    await call('PATCH', path, { state: 'suspended' })
    expect(await keysNow()).toMatchObject([{ state: 'suspended' }])
    await call('PATCH', path, { state: 'active' })
    await call('PATCH', path, { friendlyName: 'Green key' })
    expect(await keysNow()).toMatchObject([{ state: 'active', friendlyName: 'Green key' }])
    expect((await call('DELETE', path)).status).toBe(200)
    expect(await keysNow()).toEqual([])
  })

  it('cannot activate a pending key, and passes the reason on', async () => {
    const { authenticator } = (await call<Exported>('POST', `${user}/virtual`, {})).value
    const done = await call<Failed>('PATCH', `${user}/authenticators/${authenticator.id}`, { state: 'active' })
    expect(done.status).toBe(409)
    expect(done.value.problem.title).toBe('Only the user activates a pending authenticator')
  })

  it('says what to do when importing is turned off', async () => {
    await service.allowImport(false)
    const done = await call<Failed>('POST', `${user}/virtual`, {})
    expect(done.status).toBe(403)
    expect(done.value.problem.detail).toContain('Authenticator import via API')
  })

  it('says so when the service is away or does not know the API key', async () => {
    const away = await startCms({ port: 0, issuer: 'http://localhost:1', tenantCode: 'demo', apiKey: 'x' })
    const wrong = await startCms({ port: 0, issuer: service.issuer, tenantCode: service.tenantCode, apiKey: 'wrong' })
    const ask = async (url: string): Promise<Failed> => (await fetch(`${url}/api/people?userName=anna`)).json()
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
    const response = await fetch(`${cms.url}/api/people${user}/virtual`, { method: 'POST', headers, body: '{}' })
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
