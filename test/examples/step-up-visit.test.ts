/** The loop of RFC 9470 in a real browser: a client calls an API, is challenged, steps up by itself, and calls again. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VirtualCredential } from '../../examples/cms/enrolment.ts'
import { startResourceServer } from '../../examples/resource-server/resource-server.ts'
import { startStepUpClient } from '../../examples/step-up-client/step-up-client.ts'
import { freePort } from '../../local/ports.ts'
import type { Person } from '../../local/seed.ts'
import { toBase64url } from '../../src/core/base64url.ts'
import { createSecurityKey } from '../authenticator.ts'
import { codesFrom } from '../visits/codes.ts'
import { Visitor } from '../visits/visitor.ts'
import { openBrowser } from '../web/site.ts'
import { openService, type Service } from './service.ts'

let service: Service
let chrome: Browser
let api: { url: string; close(): Promise<void> }
let app: { url: string; close(): Promise<void> }

beforeAll(async () => {
  chrome = await openBrowser()
  service = await openService()
  const { issuer } = service.demo
  const port = await freePort()
  await service.registers({
    clientId: 'step-up-client',
    redirectUris: [`http://localhost:${port}/callback`],
    tokenEndpointAuthMethod: 'none',
  })
  api = await startResourceServer({ port: 0, issuer })
  app = await startStepUpClient({ port, issuer, clientId: 'step-up-client', api: api.url })
})
afterAll(async () => {
  await chrome?.close()
  await app?.close()
  await api?.close()
  await service?.close()
})

/** The CMS imports a key, and its user activates it. */
async function importKey(person: Person): Promise<VirtualCredential> {
  const { issuer, tenantCode, apiKey } = service.demo
  const key = createSecurityKey({ rpId: 'localhost', origin: issuer })
  const userHandle = toBase64url(Buffer.from(person.id))
  const { credentialId, publicKey } = key
  const metadata = { rpId: 'localhost', credentialId, publicKey, signatureCounter: 0, userHandle, discoverable: true }
  const imported = await fetch(`${issuer}/api/v1/tenants/${tenantCode}/users/${person.userName}/authenticators`, {
    method: 'POST',
    headers: { apikey: apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'fido', friendlyName: 'Blue key', metadata }),
  })
  expect(imported.status).toBe(201)
  const { id } = (await imported.json()) as { id: string }
  await service.activate(person, id)
  return {
    credentialId: Buffer.from(credentialId, 'base64url').toString('base64'),
    isResidentCredential: true,
    rpId: 'localhost',
    userHandle: Buffer.from(person.id).toString('base64'),
    privateKey: key.privateKeyPkcs8,
    signCount: 0,
  }
}

/** A browser that nobody has used, and the pages of the service that its person had to answer. */
async function opens() {
  const context = await chrome.newContext({ reducedMotion: 'reduce' })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const visitor = new Visitor(service.demo, context, page)
  const answered: string[] = []
  page.on('request', (request) => {
    const step = /\/login\/[^/]+\/([a-z/]+)$/.exec(new URL(request.url()).pathname)?.[1]
    if (request.method() === 'POST' && step !== undefined) answered.push(step)
  })
  return {
    visitor,
    /** What the client shows, once it shows the answer to this call. */
    async answer(call: string) {
      try {
        await page.getByRole('heading', { level: 2, name: call, exact: true }).waitFor()
      } catch (cause) {
        throw new Error(`At ${page.url()} they read: ${await page.locator('main').innerText()}`, { cause })
      }
      const read = (id: string) => page.locator(`#${id}`).innerText()
      return { status: await read('status'), acr: await read('acr'), body: await read('body'), way: await read('way') }
    },
    /** The steps since the last look. */
    answered: () => answered.splice(0),
  }
}

const askedForMore = 'the API asked for more, and was called again'
const calledOnce = 'called once'

describe('a client that steps up by itself', () => {
  it('signs in with a password, and steps up to a key and no more when a call needs it', async () => {
    const mira = await service.newPerson('mira')
    const { visitor, answer, answered } = await opens()
    await visitor.page.goto(app.url)
    await visitor.presses('Show accounts')
    await visitor.typesAndContinues('Username', mira.userName)
    await visitor.typesAndContinues('Password', mira.password)
    expect(await answer('Show accounts')).toEqual({
      status: '200',
      acr: 'pwd',
      body: '[{"id":"current","balance":1200},{"id":"savings","balance":5000}]',
      way: calledOnce,
    })
    expect(answered()).toEqual(['username', 'password'])

    await visitor.plugsInCredential(await importKey(mira))
    const requested = visitor.page.waitForRequest((request) => request.url().includes('/authorize?'))
    await visitor.presses('Close savings')
    const asked = new URL((await requested).url()).searchParams
    expect(asked.get('acr_values')).toBe('fido')
    expect(asked.has('max_age')).toBe(false)
    expect(await answer('Close savings')).toEqual({ status: '204', acr: 'fido', body: '', way: askedForMore })
    // Neither who they are nor the password again.
    expect(answered()).toEqual(['webauthn'])

    await visitor.presses('Show accounts')
    expect(await answer('Show accounts')).toMatchObject({ status: '200', body: '[{"id":"current","balance":1200}]' })
    expect(answered()).toEqual([])
    expect(visitor.broken).toEqual([])
    await visitor.closes()
  })

  it('asks for a one-time code and no more, from who has one', async () => {
    const dora = service.person('dora')
    const { visitor, answer, answered } = await opens()
    await visitor.page.goto(app.url)
    await visitor.presses('Show accounts')
    await visitor.typesAndContinues('Username', dora.userName)
    await visitor.typesAndContinues('Password', dora.password)
    await answer('Show accounts')
    expect(answered()).toEqual(['username', 'password'])
    await visitor.presses('Transfer 10 to savings')
    await visitor.typesAndContinues('One-time code', codesFrom(dora.totp ?? '')())
    expect(await answer('Transfer 10 to savings')).toMatchObject({ status: '201', acr: 'otp', way: askedForMore })
    expect(answered()).toEqual(['otp'])
    expect(visitor.broken).toEqual([])
    await visitor.closes()
  })

  it('a sign-in that is too long ago is made anew, where the call says how long that is', async () => {
    const nora = await service.newPerson('nora')
    const { visitor, answer, answered } = await opens()
    await visitor.plugsInCredential(await importKey(nora))
    await visitor.page.goto(app.url)
    // No token yet: a sign-in of no level first, and what the call needs at once after it.
    await visitor.presses('Transfer 10 to savings')
    await visitor.typesAndContinues('Username', nora.userName)
    await visitor.typesAndContinues('Password', nora.password)
    // By the key, which is above it: the name is the first of those that were asked for.
    const transferred = { status: '201', acr: 'otp', way: askedForMore }
    expect(await answer('Transfer 10 to savings')).toMatchObject(transferred)
    expect(answered()).toEqual(['username', 'password', 'webauthn'])
    await visitor.presses('Transfer 10 to savings')
    await visitor.page.locator('#way', { hasText: calledOnce }).waitFor()

    await service.letPass(nora, 400)
    // The client knows nobody any more, the issuer does: the new token says how long ago the sign-in was.
    await visitor.page.context().clearCookies({ name: 'keystep-step-up' })
    await visitor.page.goto(app.url)
    await visitor.presses('Show accounts')
    expect(await answer('Show accounts')).toMatchObject({ status: '200', acr: 'fido', way: calledOnce })
    expect(answered()).toEqual([])

    const requested = visitor.page.waitForRequest((request) => request.url().includes('/authorize?'))
    await visitor.presses('Transfer 10 to savings')
    const asked = new URL((await requested).url()).searchParams
    expect(asked.get('acr_values')).toBe('otp cba fido')
    expect(asked.get('max_age')).toBe('300')
    expect(await answer('Transfer 10 to savings')).toMatchObject(transferred)
    expect(answered()).toEqual(['webauthn'])
    await visitor.presses('Show accounts')
    expect(await answer('Show accounts')).toMatchObject({
      body: '[{"id":"current","balance":1170},{"id":"savings","balance":5030}]',
    })
    expect(visitor.broken).toEqual([])
    await visitor.closes()
  })

  it('who has nothing to step up with is refused, and the client says so and does not try again', async () => {
    const olaf = await service.newPerson('olaf')
    const { visitor, answer } = await opens()
    await visitor.page.goto(app.url)
    await visitor.presses('Show accounts')
    await visitor.typesAndContinues('Username', olaf.userName)
    await visitor.typesAndContinues('Password', olaf.password)
    await answer('Show accounts')
    await visitor.presses('Close savings')
    await visitor.page.getByRole('button', { name: /back to|cancel/i }).click()
    expect(await answer('Close savings')).toMatchObject({
      status: 'refused',
      body: expect.stringMatching(/^unmet_authentication_requirements: no-match-acr/),
    })
    await visitor.presses('Show accounts')
    expect(await answer('Show accounts')).toMatchObject({ status: '200', acr: 'pwd' })
    await visitor.closes()
  })
})

describe('the API without a browser', () => {
  it('says that it wants a token, and nothing else, to who has none', async () => {
    const response = await fetch(`${api.url}/accounts`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('takes no token of another audience', async () => {
    const secret = 'a secret of some length'
    const machine = { clientId: 'machine', secret, redirectUris: [], grantTypes: ['client_credentials'], scopes: [] }
    await service.registers({ ...machine, grantTypes: ['client_credentials'] })
    const issued = await fetch(`${service.demo.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`machine:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    const { access_token } = (await issued.json()) as { access_token: string }
    const response = await fetch(`${api.url}/accounts`, { headers: { authorization: `Bearer ${access_token}` } })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })
})
