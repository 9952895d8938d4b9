/**
 * Counts what each step asks of DynamoDB: what a sign-in costs, on the bill and on the clock.
 *
 * Warm: a Lambda reads the signing keys once in five minutes, and that read counts only where a step says so.
 */
import { createSecurityKey } from '../test/authenticator.ts'
import type { House, Reply } from '../test/house.ts'
import { exchange, type Visitor, visit } from '../test/visitor.ts'
import { countApplications } from './calls/applications.ts'
import { countBound } from './calls/bound.ts'
import { countClients } from './calls/clients.ts'
import { countConsent } from './calls/consent.ts'
import { countEvents } from './calls/events.ts'
import { countFactors } from './calls/factors.ts'
import { type CallsHouse, secret } from './calls/house.ts'
import { countSessions } from './calls/sessions.ts'
import { basicOf, during, longest, type Noted, password, succeeded } from './calls/steps.ts'

export type Step = { step: string; calls: number; commands: string }

type Tokens = { access_token: string; refresh_token?: string }

const signInSteps: Record<string, string> = {
  authorize: 'authorize, a new login',
  'login-page': 'a page of it',
  'login-username': 'the user name',
  'login-webauthn': "the key's answer",
  token: 'code → tokens',
}

/** Every step, in a house that nobody else uses. Where a sign-in meets a step twice, the one that asks more counts. */
export async function countCalls(setting: CallsHouse): Promise<Step[]> {
  const { house } = setting
  await tokensOf(await signIn(house, await newcomer(house)), house)
  const noted = [...(await countKeys(house)), ...(await countTheRest(house)), ...(await countFactors(setting))]
  noted.push(...(await countClients(house)), ...(await countBound(house)), ...(await countConsent(house)))
  noted.push(...(await countSessions(house)), ...(await countApplications(house)), ...(await countEvents(house)))
  return noted.map(([step, commands]) => ({
    step,
    calls: commands.length,
    commands: commands.map(({ name }) => name).join(' '),
  }))
}

/** With a key, from nothing and with a session, and what applications ask then. */
async function countKeys(house: House): Promise<Noted[]> {
  const withName = await newcomer(house)
  const named = await during(house, async () => void (await tokensOf(await signIn(house, withName), house)))

  const nameless = await newcomer(house)
  const browser = visit(house)
  const discovered = await during(house, async () => {
    await browser.ask({ acr_values: 'fido' })
    await browser.post('webauthn', { response: touch(browser, nameless.key) })
    await tokensOf(browser, house)
  })

  const again = await browser.ask({ acr_values: 'fido', scope: 'openid profile email offline_access' })
  const first = await exchange(house, browser.landed.get('code'))
  return [
    ...Object.entries(signInSteps).map(([route, step]): Noted => [step, longest(named, route)]),
    ['whole FIDO sign-in, user name first', named],
    ["the key's answer, no user name", longest(discovered, 'login-webauthn')],
    ['whole FIDO sign-in, no user name', discovered],
    ['authorize with a session', again.commands],
    ['code → tokens, with a refresh token', first.commands],
    ['refresh', (await refresh(house, first.json.refresh_token)).commands],
    ['userinfo, the first in five minutes', (await userinfo(house, first.json.access_token)).commands],
    ['userinfo', (await userinfo(house, first.json.access_token)).commands],
  ]
}

async function countTheRest(house: House): Promise<Noted[]> {
  const kept = await during(house, () => passwordSignIn(house))
  return [
    ['client credentials', (await clientCredentials(house)).commands],
    ...(await activation(house)),
    ['a password', longest(kept, 'login-password')],
    ['jwks', (await house.invoke('GET', documents.jwks)).commands],
    ['discovery', (await house.invoke('GET', documents.discovery)).commands],
    ['import, raw', (await importOne(house)).commands],
  ]
}

const documents = { jwks: '/jwks', discovery: '/.well-known/openid-configuration' } as const

async function newcomer(house: House) {
  const user = await house.addUser()
  const key = createSecurityKey({
    rpId: house.stage.rpId,
    origin: house.stage.issuer,
    userHandle: Buffer.from(user.id).toString('base64url'),
  })
  await house.addAuthenticator(user, key)
  return { user, key }
}

type Newcomer = Awaited<ReturnType<typeof newcomer>>

const touch = (browser: Visitor, key: Newcomer['key']): string =>
  JSON.stringify(key.sign({ challenge: browser.options.challenge }))

async function signIn(house: House, { user, key }: Newcomer): Promise<Visitor> {
  const browser = visit(house)
  await browser.ask({ acr_values: 'fido' })
  await browser.post('username', { username: user.userName })
  await browser.post('webauthn', { response: touch(browser, key) })
  return browser
}

const tokensOf = async (browser: Visitor, house: House): Promise<Tokens> =>
  (await exchange(house, browser.landed.get('code'))).json

async function passwordSignIn(house: House): Promise<void> {
  const user = await house.addUser({ password })
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
}

async function activation(house: House): Promise<Noted[]> {
  const user = await house.addUser()
  const key = createSecurityKey({ rpId: house.stage.rpId, origin: house.stage.issuer })
  await house.addAuthenticator(user, key, { state: 'pending' })
  const browser = visit(house)
  await browser.ask({ acr_values: 'fido' })
  await browser.post('username', { username: user.userName })
  const sent = await browser.post('activation')
  const [mail] = await house.mails(user.email)
  const code = mail?.text.split('\n').find((line) => /^[A-Z0-9]{4}-[A-Z0-9]{4}$/.test(line)) ?? ''
  const proved = await browser.post('activation/code', { code })
  const touched = await browser.post('activation/ceremony', { response: touch(browser, key) })
  const named = await browser.post('activation/nickname', { nickname: 'Blue' })
  return [
    ['activation: send the code', sent.commands],
    ['activation: the code', proved.commands],
    ['activation: the ceremony', touched.commands],
    ['activation: the nickname', named.commands],
  ]
}

const refresh = (house: House, token: string | undefined): Promise<Reply<Tokens>> =>
  succeeded(
    house.invoke<Tokens>('POST', '/token', {
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'app1', refresh_token: token ?? '' }),
    }),
  )

const userinfo = (house: House, token: string) =>
  succeeded(house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } }))

const clientCredentials = (house: House) =>
  succeeded(
    house.invoke('POST', '/token', {
      headers: basicOf('machine', secret),
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }),
  )

async function importOne(house: House): Promise<Reply> {
  const user = await house.addUser()
  const apiKey = await house.addApiKey()
  const { credential } = createSecurityKey({ rpId: house.stage.rpId, origin: house.stage.issuer })
  const send = (credentialId: string) =>
    succeeded(
      house.invoke('POST', `/api/v1/tenants/${house.stage.tenantCode}/users/${user.id}/authenticators`, {
        headers: { apikey: apiKey.shown },
        body: {
          type: 'fido',
          metadata: { rpId: credential.rpId, credentialId, publicKey: credential.publicKey },
        },
      }),
    )
  // The first notes that the API key was used, which is done once in a while.
  await send(Buffer.alloc(32, 1).toString('base64url'))
  return send(credential.credentialId)
}
