/** The settings by the API: read, replaced as a whole, what of it is refused and where that points. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultSettings } from '../../src/core/realm.ts'
import { settingNames } from '../../src/core/settings-document.ts'
import { readRealm } from '../../src/store/realm.ts'
import { attestationRoot } from '../authenticator.ts'
import { personToken } from '../person-token.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
})
afterAll(() => cms.house.close())
beforeEach(() => cms.house.changeSettings(defaultSettings))

type Document = Record<string, unknown>
const get = () => cms.call<Document>('GET', '/settings')
const put = (body: unknown, etag?: string, headers: Record<string, string> = {}) =>
  cms.call<Document & Problem>('PUT', '/settings', {
    body,
    headers: { ...headers, ...(etag === undefined ? {} : { 'if-match': etag }) },
  })

describe('the settings', () => {
  it('are all there, and as they were made', async () => {
    const { status, json, headers } = await get()
    expect([status, json]).toEqual([200, JSON.parse(JSON.stringify(defaultSettings))])
    expect(Object.keys(json)).toEqual(settingNames.filter((name) => name !== 'pendingLifetime'))
    expect(headers.etag).toMatch(/^"[\w-]{22}"$/)
  })

  it('are replaced on the condition of If-Match, and told with what was and what is', async () => {
    const { headers, json } = await get()
    const gita = await cms.house.addUser({ roles: ['administrator'] })
    const asGita = await personToken(cms.house, gita)
    const changed = await cms.send<Document>('PUT', '/settings', {
      body: { ...json, authenticatorImport: false, pendingLifetime: 86_400 },
      headers: { ...asGita.headers, 'if-match': headers.etag ?? '' },
    })
    expect([changed.status, changed.json]).toMatchObject([200, { authenticatorImport: false, pendingLifetime: 86_400 }])
    expect(changed.headers.etag).not.toBe(headers.etag)
    expect((await cms.house.audit('settings.changed')).at(-1)).toMatchObject({
      actor: { kind: 'user', id: gita.id },
      detail: '/authenticatorImport: true → false; /pendingLifetime: nothing → 86400',
      ip: '192.0.2.1',
    })
    const again = await put(json, headers.etag)
    expect([again.status, again.json.code]).toEqual([412, 'precondition-failed'])
    expect((await put(json)).status).toBe(428)
    // What is left out is taken away, where it may be.
    expect((await put(json, changed.headers.etag)).json).not.toHaveProperty('pendingLifetime')
  })

  it('as they are already change nothing and tell nothing', async () => {
    const { headers, json } = await get()
    const before = (await cms.house.audit('settings.changed')).length
    const same = await put(json, headers.etag)
    expect([same.status, same.headers.etag]).toEqual([200, headers.etag])
    expect(await cms.house.audit('settings.changed')).toHaveLength(before)
  })

  const root = attestationRoot()
  const model = '2fc0579f-8113-47ea-b116-bb5a8db9202a'
  it.each<[string, Document, string, string]>([
    ['a setting that nobody knows', { authenticatorimport: true }, 'malformed-settings', '/authenticatorimport'],
    ['no switch', { authenticatorImport: 'yes' }, 'malformed-settings', '/authenticatorImport'],
    ['another proof', { activationProof: 'sms' }, 'malformed-settings', '/activationProof'],
    ['too short a life', { pendingLifetime: 60 }, 'malformed-settings', '/pendingLifetime'],
    ['no model', { allowedAaguids: [model, 'yubikey'] }, 'malformed-settings', '/allowedAaguids/1'],
    ['a model twice', { allowedAaguids: [model, model.toUpperCase()] }, 'malformed-settings', '/allowedAaguids'],
    ['no PEM', { attestationRoots: ['certificate'] }, 'malformed-settings', '/attestationRoots/0'],
    ['four digits', { codeAlphabet: 'digits', codeLength: 4 }, 'malformed-settings', '/codeLength'],
    ['a code for an hour', { codeLifetime: 3600 }, 'malformed-settings', '/codeLifetime'],
    ['ten tries', { codeTries: 10 }, 'malformed-settings', '/codeTries'],
    ['ten codes at once', { codeSends: 10 }, 'malformed-settings', '/codeSends'],
    ['a window of a minute', { codeSendWindow: 60 }, 'malformed-settings', '/codeSendWindow'],
    ['no RS256', { signingAlgorithms: ['ES256'] }, 'malformed-settings', '/signingAlgorithms'],
    ['six letters', { codeLength: 6 }, 'unworkable-settings', '/codeLength'],
    ['idle longer than it lives', { sessionIdle: 7200, sessionLifetime: 3600 }, 'unworkable-settings', '/sessionIdle'],
    ['models without a root', { allowedAaguids: [model] }, 'unworkable-settings', '/attestationRoots'],
    [
      'a root that is none',
      { attestationRoots: [root, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'] },
      'unworkable-settings',
      '/attestationRoots/1',
    ],
    ['a level that has no name', { consoleAcr: 'gold' }, 'unworkable-settings', '/consoleAcr'],
    ['a sensitive level without a name', { sensitiveAcr: 'gold' }, 'unworkable-settings', '/sensitiveAcr'],
    ['less for what is sensitive', { consoleAcr: 'fido', sensitiveAcr: 'otp' }, 'unworkable-settings', '/sensitiveAcr'],
    ['too short an overlap', { signingKeyOverlap: 60 }, 'unworkable-settings', '/signingKeyOverlap'],
    ['too short a period', { signingKeyPeriod: 86_400 }, 'unworkable-settings', '/signingKeyPeriod'],
  ])('%s is refused, and nothing is changed', async (_, change, code, pointer) => {
    const { headers, json } = await get()
    const refused = await put({ ...json, ...change }, headers.etag)
    expect([refused.status, refused.json.code, refused.json.pointer]).toEqual([422, code, pointer])
    expect((await get()).headers.etag).toBe(headers.etag)
  })

  it('that are left out are not silently the default', async () => {
    const { headers, json } = await get()
    const { codeTries: _, ...rest } = json
    const refused = await put(rest, headers.etag)
    expect([refused.status, refused.json.pointer, refused.json.detail]).toEqual([422, '/codeTries', 'is missing'])
  })

  it('keep an algorithm that a client asks for', async () => {
    await cms.house.addClient({ clientId: 'ps', idTokenSignedResponseAlg: 'PS256' })
    const { headers, json } = await get()
    const refused = await put({ ...json, signingAlgorithms: ['RS256', 'ES256', 'EdDSA'] }, headers.etag)
    expect([refused.json.code, refused.json.pointer]).toEqual(['unworkable-settings', '/signingAlgorithms'])
    expect(refused.json.detail).toContain('ps')
  })

  it('take models with the roots that vouch for them', async () => {
    const { headers, json } = await get()
    const made = await put({ ...json, allowedAaguids: [model.toUpperCase()], attestationRoots: [root] }, headers.etag)
    expect(made.json).toMatchObject({ allowedAaguids: [model] })
    expect((await readRealm(cms.house.db)).settings.attestationRoots).toEqual([root.trim()])
  })

  it('are changed by one of two at once', async () => {
    const { headers, json } = await get()
    const both = await Promise.all(
      ['email', 'password'].map((activationProof) => put({ ...json, activationProof }, headers.etag)),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
  })
})

describe('the names that the console asks for', () => {
  it('that a policy puts upside down are warned of', async () => {
    const policy = await cms.call<Document>('GET', '/step-up-policy')
    const changed = await cms.call<{ warnings: unknown[] }>('PUT', '/step-up-policy', {
      body: { ...policy.json, acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 0 } },
      headers: { 'if-match': policy.headers.etag ?? '' },
    })
    expect(changed.json.warnings).toContainEqual({
      pointer: '/acrToLoa/fido',
      detail: 'the console asks for fido where it is sensitive, which is lower than otp',
    })
    await cms.call('PUT', '/step-up-policy', { body: policy.json, headers: { 'if-match': '*' } })
  })

  it('that a policy takes away are warned of', async () => {
    const policy = await cms.call<Document>('GET', '/step-up-policy')
    const changed = await cms.call<{ warnings: { pointer: string; detail: string }[] }>('PUT', '/step-up-policy', {
      body: { ...policy.json, acrToLoa: { pwd: 0, cba: 2, fido: 3 } },
      headers: { 'if-match': policy.headers.etag ?? '' },
    })
    expect(changed.json.warnings).toContainEqual({
      pointer: '/acrToLoa',
      detail: 'the console asks people for otp, which is not in the map: nobody could use it',
    })
    await cms.call('PUT', '/step-up-policy', { body: policy.json, headers: { 'if-match': '*' } })
  })
})
