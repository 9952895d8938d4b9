/**
 * Counts what each step asks of DynamoDB: what a sign-in costs, on the bill and on the clock.
 *
 * Warm: a Lambda reads the signing keys once in five minutes, and that read counts only where a step says so.
 */
import { createSecurityKey } from '../test/authenticator.ts'
import type { Command, House, Reply } from '../test/house.ts'
import { exchange, type Visitor, visit } from '../test/visitor.ts'

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
export async function countCalls(house: House): Promise<Step[]> {
  const steps: Step[] = []
  const note = (step: string, commands: readonly Command[]) =>
    steps.push({ step, calls: commands.length, commands: commands.map(({ name }) => name).join(' ') })
  const during = async (work: () => Promise<void>): Promise<Command[]> => {
    const from = house.commands.length
    await work()
    return house.commands.slice(from)
  }

  await house.addClient({ grantTypes: ['authorization_code', 'refresh_token'] })
  await house.addClient({ clientId: 'machine', secret: 'secret', grantTypes: ['client_credentials'], scopes: ['api'] })
  await tokensOf(await signIn(house, await newcomer(house)), house)

  const withName = await newcomer(house)
  const named = await during(async () => void (await tokensOf(await signIn(house, withName), house)))
  for (const [route, step] of Object.entries(signInSteps)) note(step, longest(named, route))
  note('whole FIDO sign-in, user name first', named)

  const nameless = await newcomer(house)
  let browser = visit(house)
  const discovered = await during(async () => {
    browser = visit(house)
    await browser.ask({ acr_values: 'fido' })
    await browser.post('webauthn', { response: touch(browser, nameless.key) })
    await tokensOf(browser, house)
  })
  note("the key's answer, no user name", longest(discovered, 'login-webauthn'))
  note('whole FIDO sign-in, no user name', discovered)

  const again = await browser.ask({ acr_values: 'fido', scope: 'openid profile email offline_access' })
  note('authorize with a session', again.commands)
  const first = await exchange(house, browser.landed.get('code'))
  note('code → tokens, with a refresh token', first.commands)
  note('refresh', (await refresh(house, first.json.refresh_token)).commands)
  note('userinfo, the first in five minutes', (await userinfo(house, first.json.access_token)).commands)
  note('userinfo', (await userinfo(house, first.json.access_token)).commands)
  note('client credentials', (await clientCredentials(house)).commands)

  for (const [step, commands] of await activation(house)) note(step, commands)

  const password = await during(() => passwordSignIn(house))
  note('a password', longest(password, 'login-password'))
  for (const name of ['jwks', 'discovery'] as const) note(name, (await house.invoke('GET', documents[name])).commands)
  note('import, raw', (await importOne(house)).commands)
  return steps
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
  const user = await house.addUser({ password: 'correct horse battery staple' })
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password: 'correct horse battery staple' })
}

async function activation(house: House): Promise<[string, Command[]][]> {
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
      headers: { authorization: `Basic ${Buffer.from('machine:secret').toString('base64')}` },
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

async function succeeded<Body>(asked: Promise<Reply<Body>>): Promise<Reply<Body>> {
  const reply = await asked
  if (reply.status >= 300) throw new Error(`${reply.route} answered ${reply.status}: ${reply.body}`)
  return reply
}

/** The commands of one request to this route: of the one that had most. */
function longest(commands: readonly Command[], route: string): Command[] {
  const requests = Map.groupBy(
    commands.filter((command) => command.route === route),
    (command) => command.request,
  )
  return [...requests.values()].sort((a, b) => b.length - a.length)[0] ?? []
}
