import { generateKeyPair } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { promisify } from 'node:util'
import { exportJWK } from 'jose'
import { type ClientMetadata, Provider } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { acrMatches, asks, wantedAcr } from '../../examples/relying-party/ask.ts'
import { startRelyingParty } from '../../examples/relying-party/relying-party.ts'
import { freePort } from '../../local/ports.ts'
import { browser, claimsOf, textOf } from './browser.ts'

type Issuer = { issuer: string; server: Server; port: number; provider: Provider }

/** An issuer that signs everyone in as Anna, by password, without asking; `login_hint=nobody` gives up instead. */
async function startIssuer(
  port: number,
  apps: readonly { clientId: string; secret?: string; url: string }[],
): Promise<Issuer> {
  const issuer = `http://localhost:${port}`
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const clients = apps.map(
    ({ clientId, secret, url }): ClientMetadata => ({
      client_id: clientId,
      ...(secret === undefined ? { token_endpoint_auth_method: 'none' } : { client_secret: secret }),
      redirect_uris: [`${url}/callback`],
      post_logout_redirect_uris: [`${url}/`],
      id_token_signed_response_alg: 'ES256',
    }),
  )
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: `key-${Date.now()}`, alg: 'ES256', use: 'sig' }] },
    acrValues: ['pwd', 'fido'],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'], profile: ['name', 'preferred_username'], email: ['email'] },
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: 'Anna <b>Berg</b>', preferred_username: 'anna.b', email: 'anna@example.test' }),
    }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        logoutSource(ctx, form) {
          ctx.body = `${form.replace('</form>', '<input type="hidden" name="logout" value="yes"/><button>Yes, sign out</button></form>')}`
        },
      },
    },
  })
  const answer = provider.callback()
  const server = createServer(async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    const { prompt, params, grantId } = await provider.interactionDetails(request, response)
    if (params.login_hint === 'nobody') {
      const result = { error: 'access_denied', error_description: 'The person <em>left</em>' }
      return provider.interactionFinished(request, response, result)
    }
    if (prompt.name === 'login') {
      const result = { login: { accountId: 'anna', acr: 'pwd', amr: ['pwd'] } }
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
    }
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const grant = known ?? new provider.Grant({ accountId: 'anna', clientId: String(params.client_id) })
    grant.addOIDCScope('openid profile email')
    const result = { consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')
  return { issuer, server, port, provider }
}

const stop = (server: Server) =>
  new Promise<void>((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

describe('the relying party', () => {
  let issuer: Issuer
  const apps: { url: string; close(): Promise<void> }[] = []
  let app1 = ''
  let app2 = ''
  let ports: [number, number, number]
  const clients = (): { clientId: string; secret?: string; url: string }[] => [
    { clientId: 'app1', secret: 'a secret+of/app1:%', url: `http://localhost:${ports[1]}` },
    { clientId: 'app2', url: `http://localhost:${ports[2]}` },
  ]

  beforeAll(async () => {
    ports = [await freePort(), await freePort(), await freePort()]
    issuer = await startIssuer(ports[0], clients())
    const usual = { issuer: issuer.issuer }
    apps.push(
      await startRelyingParty({
        ...usual,
        name: 'App1',
        port: ports[1],
        clientId: 'app1',
        clientSecret: 'a secret+of/app1:%',
        acrValues: 'pwd',
        description: 'App1 asks for a password.',
      }),
      await startRelyingParty({
        ...usual,
        name: 'App2',
        port: ports[2],
        clientId: 'app2',
        acrValues: 'fido',
        description: 'App2 asks for a security key.',
      }),
    )
    app1 = apps[0]?.url ?? ''
    app2 = apps[1]?.url ?? ''
  })
  afterAll(async () => {
    for (const app of apps) await app.close()
    await stop(issuer.server)
  })

  /** Meanwhile no access token is worth anything, as after a revocation. */
  async function forgettingTokens<Value>(does: () => Promise<Value>): Promise<Value> {
    const { AccessToken } = issuer.provider
    const find = AccessToken.find
    AccessToken.find = async () => undefined
    try {
      return await does()
    } finally {
      AccessToken.find = find
    }
  }

  it('says what it asks for, and offers to sign in', async () => {
    const page = await browser().open(app1)
    expect(page.body).toContain('App1 asks for a password.')
    expect(page.body).toContain('<code>acr_values=pwd</code>')
    expect(page.body).toContain('<button class="">Sign in</button>')
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${issuer.issuer};`)
  })

  it('signs a person in and shows the claims of the ID token', async () => {
    const person = browser()
    const page = await person.press(await person.open(app1), 'Sign in')
    expect(page.url).toBe(`${app1}/`)
    expect(claimsOf(page)).toMatchObject({
      iss: issuer.issuer,
      sub: 'anna',
      aud: 'app1',
      acr: 'pwd',
      amr: ['pwd'],
    })
    expect(textOf(page, 'who')).toBe('Anna <b>Berg</b> (anna.b) anna')
    expect(page.body, 'markup is text').not.toContain('<b>Berg</b>')
    expect(textOf(page, 'amr')).toBe('a password (pwd)')
    expect(textOf(page, 'auth_time')).toContain('just now')
    expect(textOf(page, 'error')).toBeUndefined()
  })

  it('names a person whose issuer tells nothing more by their id', async () => {
    const person = browser()
    const page = await forgettingTokens(async () => person.press(await person.open(app1), 'Sign in'))
    expect(textOf(page, 'error')).toBeUndefined()
    expect(textOf(page, 'who')).toBe('anna')
    expect(claimsOf(page)).toMatchObject({ sub: 'anna' })
  })

  it('uses another cookie value after sign-in than before', async () => {
    const person = browser()
    const before = await person.open(`${app1}/?login_hint=nobody`)
    const refused = await person.press(before, 'Sign in')
    const first = person.jar.get('localhost')?.get('keystep-app1')
    await person.press(await person.open(app1), 'Sign in')
    expect(refused.url).toContain('login_hint=nobody')
    expect(first).toMatch(/^[\w-]{43}$/)
    expect(person.jar.get('localhost')?.get('keystep-app1')).not.toBe(first)
  })

  it('tells a refusal of the issuer in words, on the page that asked', async () => {
    const person = browser()
    const page = await person.press(await person.open(`${app1}/?login_hint=nobody&ui_locales=de`), 'Sign in')
    expect(page.url).toBe(`${app1}/?login_hint=nobody&ui_locales=de`)
    expect(textOf(page, 'error')).toContain('The sign-in was given up or refused')
    expect(textOf(page, 'error')).toContain('access_denied')
    expect(textOf(page, 'error')).toContain('The person <em>left</em>')
    expect(textOf(page, 'claims')).toBeUndefined()
    expect(textOf(await person.open(app1), 'error'), 'a page that asks for something else').toBeUndefined()
  })

  it('lets max_age=0 in its address ask for a fresh sign-in', async () => {
    const person = browser()
    await person.press(await person.open(app1), 'Sign in')
    const page = await person.press(await person.open(`${app1}/?max_age=0`), 'Ask again')
    expect(page.body).toContain('<code>max_age=0</code>')
    expect(textOf(page, 'claims')).toContain('"auth_time"')
  })

  it('refuses tokens whose acr is not the one it asked for, and shows them', async () => {
    const person = browser()
    const page = await person.press(await person.open(app2), 'Sign in')
    expect(textOf(page, 'error')).toContain('no-match-acr: No matching acr values')
    expect(textOf(page, 'error')).toContain('asked for fido and got pwd')
    expect(claimsOf(page)).toMatchObject({ acr: 'pwd', aud: 'app2' })
    expect(page.body).toContain('You are signed out')
  })

  it('keeps the earlier sign-in when a stronger one fails', async () => {
    const person = browser()
    await person.press(await person.open(app1), 'Sign in')
    const page = await person.press(await person.open(`${app1}/?acr_values=fido`), 'Ask again')
    expect(textOf(page, 'error')).toContain('no-match-acr')
    expect(page.body).toContain('You are signed in')
    expect(textOf(await person.open(app1), 'claims')).toContain('"acr": "pwd"')
  })

  it('signs out here and at the issuer', async () => {
    const person = browser()
    const signedIn = await person.press(await person.open(app1), 'Sign in')
    const asked = await person.press(signedIn, 'Sign out')
    expect(asked.url).toContain(issuer.issuer)
    const out = await person.press(asked, 'Yes, sign out')
    expect(out.url).toBe(`${app1}/`)
    expect(out.body).toContain('You are signed out')
    const silently = await person.press(await person.open(`${app1}/?prompt=none`), 'Sign in')
    expect(textOf(silently, 'error')).toContain('login_required')
  })

  it('takes an answer once, and only in the browser that asked', async () => {
    const stranger = await browser().open(`${app1}/callback?code=stolen&state=guessed`)
    expect(textOf(stranger, 'error')).toContain('unknown-state')
    expect(textOf(stranger, 'claims')).toBeUndefined()
  })

  it('refuses an answer that comes from another issuer', async () => {
    const redirect = await fetch(`${app1}/signin`, { redirect: 'manual' })
    const state = new URL(redirect.headers.get('location') ?? '').searchParams.get('state')
    const cookie = redirect.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const person = browser()
    person.jar.set('localhost', new Map([['keystep-app1', cookie.split('=')[1] ?? '']]))
    const page = await person.open(`${app1}/callback?code=x&state=${state}&iss=https%3A%2F%2Fevil.test`)
    expect(textOf(page, 'error')).toContain('The issuer’s answer does not hold')
  })

  it('does not sign anyone out for another site', async () => {
    const answer = await fetch(`${app1}/signout`, { method: 'POST', headers: { origin: 'http://localhost:1' } })
    expect(answer.status).toBe(403)
  })

  it('sends its own redirect address, whatever the address or the query says', async () => {
    const answer = await fetch(`${app1}/signin?redirect_uri=http://evil.test/&client_id=other`, { redirect: 'manual' })
    const sent = new URL(answer.headers.get('location') ?? '').searchParams
    expect(sent.getAll('redirect_uri')).toEqual([`${app1}/callback`])
    expect(sent.getAll('client_id')).toEqual(['app1'])
    expect(sent.get('code_challenge_method')).toBe('S256')
  })

  it('says so when the issuer is away, and works again when it is back with other keys', async () => {
    const person = browser()
    await stop(issuer.server)
    const away = await person.press(await person.open(app1), 'Sign in')
    expect(textOf(away, 'error')).toContain('The sign-in service cannot be reached')
    issuer = await startIssuer(ports[0], clients())
    const back = await person.press(away, 'Sign in')
    expect(textOf(back, 'error')).toBeUndefined()
    expect(textOf(back, 'claims')).toContain('"anna"')
  })
})

describe('what a visit asks for', () => {
  const sent = (query: string) => asks('fido', new URLSearchParams(query))
  const essential = JSON.stringify({ id_token: { acr: { essential: true, values: ['cba', 'otp'] } } })
  const voluntary = JSON.stringify({ id_token: { acr: { value: 'otp' } } })

  it.each([
    ['the usual level', '', ['fido']],
    ['the level in the address', 'acr_values=pwd+otp', ['pwd', 'otp']],
    ['nothing, when the address empties it', 'acr_values=', []],
    ['an essential claim', `claims=${essential}`, ['cba', 'otp']],
    ['an essential claim before acr_values', `acr_values=pwd&claims=${essential}`, ['cba', 'otp']],
    ['acr_values before a voluntary claim', `acr_values=pwd&claims=${voluntary}`, ['pwd']],
    ['a voluntary claim before the usual level', `claims=${voluntary}`, ['otp']],
    ['the usual level, when claims are malformed', 'claims={', ['fido']],
  ])('is %s', (_what, query, names) => {
    expect(wantedAcr(sent(query))).toEqual(names)
  })

  it('passes malformed claims on, for the issuer to refuse', () => {
    expect(sent('claims={').get('claims')).toBe('{')
  })

  it('is met by any of the names, and by nothing else', () => {
    expect(acrMatches(['cba', 'otp'], 'otp')).toBe(true)
    expect(acrMatches(['cba', 'otp'], 'pwd')).toBe(false)
    expect(acrMatches(['cba'], undefined)).toBe(false)
    expect(acrMatches([], undefined)).toBe(true)
  })
})
