/** What the factors of step-up ask of DynamoDB: one-time codes, a directory's password, certificates; and explaining it. */
import { fromBase32 } from '../../src/core/otp/base32.ts'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { ownParameters } from '../../src/core/otp/one-time-password.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { createdOneTimePassword } from '../../src/store/one-time-passwords.ts'
import type { House } from '../../test/house.ts'
import { everyonesPassword } from '../../test/slapd.ts'
import { exchange, type Visitor, visit } from '../../test/visitor.ts'
import { type CallsHouse, secret } from './house.ts'
import { basicOf, during, longest, type Noted, password, succeeded } from './steps.ts'

export async function countFactors(setting: CallsHouse): Promise<Noted[]> {
  const { house } = setting
  // The secrets of one-time passwords are opened with a key that a Lambda reads once.
  await oneTimeCode(house)
  return [
    ...(await oneTimeCode(house)),
    ...(await enrolment(house)),
    ...(await directoryPassword(house)),
    ...(await certificate(setting)),
    ...(await introspection(house)),
    ...(await explanation(house)),
  ]
}

const codeFor = (house: House, seed: Uint8Array): Promise<string> =>
  codeOf(ownParameters, seed, timeStepAt(30, house.now))

async function withPassword(house: House, user: User, acr: string, clientId = 'codes'): Promise<Visitor> {
  const browser = visit(house)
  await browser.ask({ acr_values: acr, client_id: clientId })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  return browser
}

async function addOtp(house: House, user: User): Promise<Uint8Array> {
  const [id, seed] = [newId(), Buffer.from('12345678901234567890')]
  const sealedSecret = await house.world.sealer.seal(seed, { user: user.id, id })
  const state = { id, user: user.id, state: 'active', origin: 'imported' } as const
  await house.seed(
    createdOneTimePassword({ ...ownParameters, ...state, sealedSecret, createdAt: house.now, version: 1 }),
  )
  return seed
}

/** The seed's use cases 3 and 2: from nothing to a one-time code, and from a password to it. */
async function oneTimeCode(house: House): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const seed = await addOtp(house, user)
  const whole = await during(house, async () => {
    const browser = await withPassword(house, user, 'otp')
    await browser.post('otp', { code: await codeFor(house, seed) })
    await succeeded(exchange(house, browser.landed.get('code'), { client_id: 'codes' }))
  })
  const stepping = await withPassword(house, user, 'pwd')
  const more = await stepping.ask({ acr_values: 'otp', client_id: 'codes' })
  if (stepping.page !== 'otp') throw new Error(`Stepping up led to ${stepping.page}`)
  return [
    ['a one-time code', longest(whole, 'login-otp')],
    ['whole sign-in, password and one-time code', whole],
    ['authorize with a session, one factor more', more.commands],
  ]
}

async function enrolment(house: House): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const browser = await withPassword(house, user, 'otp')
  const page = await browser.get(`${browser.base}/otp-enrolment`)
  const shown = /<code id="secret">([A-Z2-7 ]+)<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '')
  const seed = fromBase32(shown ?? '')
  if (seed === undefined) throw new Error('The page shows no secret')
  const confirmed = await browser.post('otp-enrolment', { code: await codeFor(house, seed) })
  const codes = await browser.get(`${browser.base}/recovery-codes`)
  const [recovery = ''] = [...codes.body.matchAll(/<li><code>([^<]+)<\/code>/g)].map(([, code = '']) => code)
  const putAway = await browser.post('recovery-codes')
  const forgetful = await withPassword(house, user, 'otp')
  const recovered = await forgetful.post('otp', { recovery })
  forgetful.landed.get('code')
  return [
    ['one-time codes: their page', page.commands],
    ['one-time codes: set up', confirmed.commands],
    ['recovery codes: their page', codes.commands],
    ['recovery codes: put away', putAway.commands],
    ['a recovery code', recovered.commands],
  ]
}

/** The first sign-in makes a user of the person. */
async function directoryPassword(house: House): Promise<Noted[]> {
  const signIn = async () => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: 'anna' })
    const posted = await browser.post('password', { password: everyonesPassword })
    browser.landed.get('code')
    return posted.commands
  }
  return [
    ["a directory's password, the first time", await signIn()],
    ["a directory's password", await signIn()],
  ]
}

async function certificate({ house, authority }: CallsHouse): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const browser = await withPassword(house, user, 'cba', 'certificates')
  const sent = await browser.postAside('certificate')
  const { pem } = await authority.issue({ upn: user.userName })
  const examined = await house.invoke('GET', pathOf(sent.headers.location), { certificate: pem })
  const ticket = await browser.get(pathOf(examined.headers.location))
  browser.landed.get('code')
  return [
    ['a certificate: off to its host', sent.commands],
    ['a certificate: examined', examined.commands],
    ['a certificate: back with a ticket', ticket.commands],
  ]
}

const pathOf = (address = ''): string => {
  const { pathname, search } = new URL(address)
  return pathname + search
}

async function introspection(house: House): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const browser = visit(house)
  await browser.ask({ acr_values: 'pwd', scope: 'openid offline_access' })
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  const { json } = await succeeded(exchange(house, browser.landed.get('code')))
  const asked = (token: string) =>
    succeeded<{ active: boolean }>(
      house.invoke('POST', '/introspect', {
        headers: basicOf('accounts', secret),
        body: new URLSearchParams({ token }),
      }),
    )
  // The signing keys are read by the first.
  await asked(json.access_token)
  const answer = await asked(json.access_token)
  if (!answer.json.active) throw new Error('The token is not active')
  return [['introspection of an access token', answer.commands]]
}

async function explanation(house: House): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const apiKey = await house.addApiKey(['step-up:explain'])
  const asked = () =>
    succeeded(
      house.invoke('POST', `/api/v1/tenants/${house.stage.tenantCode}/explain`, {
        headers: { apikey: apiKey.shown },
        body: { user: user.userName, client: 'codes', request: { acrValues: ['otp'] } },
      }),
    )
  // The first notes that the API key was used, which is done once in a while.
  await asked()
  return [['an explanation', (await asked()).commands]]
}
