/** What a level demands of a key, through the pages: user verification, an attestation, a device, a model. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Authenticator } from '../../../src/core/authenticator.ts'
import { toBase64url } from '../../../src/core/base64url.ts'
import type { Demands, Flow, Level } from '../../../src/core/step-up/flow.ts'
import { changedRealm, readRealm } from '../../../src/store/realm.ts'
import { createSecurityKey, type SecurityKeyOptions } from '../../authenticator.ts'
import { type House, openHouse } from '../../house.ts'
import { claimsOf, exchange, type Visitor, visit } from '../../visitor.ts'

const password = 'correct horse battery staple'
const listed = 'ee882879-721c-4913-9775-3dfcce97072a'
const unverified = { flags: { userVerified: false } }

let house: House
beforeAll(async () => {
  house = await openHouse()
  await house.addClient()
  await house.addClient({ clientId: 'strict', enforcement: 'strict' })
})
afterAll(() => house.close())

const step = { requirement: 'required', referenceMaxAge: 3600 } as const

/** A password, or a key with nothing before it that meets these demands. */
async function demand(demands: Demands | undefined, more: Level[] = []): Promise<void> {
  const key = { ...step, authenticator: 'webauthn', ...(demands === undefined ? {} : { demands }) } as const
  const flow: Flow = {
    id: 'demanding',
    name: 'Demanding',
    description: '',
    version: 1,
    levels: [
      { alias: 'pwd', loa: 0, maxAge: 3600, mode: 'cumulative', steps: [{ ...step, authenticator: 'password' }] },
      ...more,
      { alias: 'fido', loa: 3, maxAge: 3600, mode: 'direct', steps: [key] },
    ],
  }
  const realm = await readRealm(house.db)
  await house.seed(changedRealm({ ...realm, flows: { ...realm.flows, demanding: flow }, browserFlow: 'demanding' }))
}

async function someone(
  change: Partial<Authenticator> = {},
  options: Partial<SecurityKeyOptions> = {},
  known: { password?: string } = {},
) {
  const user = await house.addUser(known)
  const userHandle = toBase64url(Buffer.from(user.id))
  const key = createSecurityKey({ rpId: 'example.org', origin: house.stage.issuer, userHandle, ...options })
  const authenticator = await house.addAuthenticator(user, key, change)
  const sign = (browser: Visitor, overrides: object = {}) =>
    browser.post('webauthn', {
      response: JSON.stringify(key.sign({ challenge: browser.options.challenge, ...overrides })),
    })
  return { user, key, authenticator, sign }
}

const asked = async (acr = 'fido', client = 'app1') => {
  const browser = visit(house)
  await browser.ask({ acr_values: acr, client_id: client })
  return browser
}
const tokensOf = async (browser: Visitor) => claimsOf((await exchange(house, browser.landed.get('code'))).json.id_token)

describe('user verification', () => {
  describe('that the level demands', () => {
    beforeEach(() => demand({ userVerified: true }))

    it('is asked of the browser as required, with a name and without', async () => {
      const { user } = await someone()
      const browser = await asked()
      expect(browser.options.userVerification).toBe('required')
      await browser.post('username', { username: user.userName })
      expect(browser.options.userVerification).toBe('required')
    })

    it.each(['with a name', 'without a name'])(
      'and is missing, %s: the page says so, and it proves nothing',
      async (way) => {
        const { user, sign } = await someone()
        const browser = await asked()
        if (way === 'with a name') await browser.post('username', { username: user.userName })
        const { page } = browser
        await sign(browser, unverified)
        expect([browser.page, browser.notice]).toEqual([page, 'key-not-verified'])
        expect(browser.text).toContain('without its PIN')
        const failed = (await house.audit('login.failed')).filter((event) => event.user === user.id)
        expect(failed).toMatchObject([{ reason: 'user-not-verified' }])
        await sign(browser)
        expect(await tokensOf(browser)).toMatchObject({ sub: user.id, acr: 'fido', amr: ['pop', 'hwk', 'user', 'mfa'] })
      },
    )

    it('counts by itself as two factors, as the flow that ships says', async () => {
      const realm = await readRealm(house.db)
      await house.seed(changedRealm({ ...realm, browserFlow: 'fido' }))
      const { sign } = await someone()
      const browser = await asked()
      expect(browser.options.userVerification).toBe('required')
      await sign(browser, unverified)
      expect(browser.notice).toBe('key-not-verified')
      await sign(browser)
      expect((await tokensOf(browser)).amr).toContain('mfa')
    })
  })

  describe('that no level demands', () => {
    beforeEach(() => demand(undefined))

    it('is asked of the browser as preferred; without it the key is one factor, and not mfa', async () => {
      const { user, sign } = await someone()
      const browser = await asked()
      expect(browser.options.userVerification).toBe('preferred')
      await browser.post('username', { username: user.userName })
      expect(browser.options.userVerification).toBe('preferred')
      await sign(browser, unverified)
      expect(await tokensOf(browser)).toMatchObject({ acr: 'fido', amr: ['pop', 'hwk', 'user'] })
    })

    it('and that the answer says was there makes it mfa', async () => {
      const { sign } = await someone()
      const browser = await asked()
      await sign(browser)
      expect(await tokensOf(browser)).toMatchObject({ amr: ['pop', 'hwk', 'user', 'mfa'] })
    })
  })

  it('that only the higher of two levels demands is preferred where the lower one will do', async () => {
    const key = { ...step, authenticator: 'webauthn' } as const
    await demand({ userVerified: true }, [{ alias: 'touch', loa: 1, maxAge: 3600, mode: 'direct', steps: [key] }])
    const { sign } = await someone()
    const browser = await asked('otp')
    expect(browser.options.userVerification).toBe('preferred')
    await sign(browser, unverified)
    expect(await tokensOf(browser)).toMatchObject({ acr: 'otp', amr: ['pop', 'hwk', 'user'] })
    // The session's touch is good for the lower level, and the higher one asks for more of the same key.
    await browser.ask({ acr_values: 'fido' })
    expect([browser.page, browser.options.userVerification]).toEqual(['webauthn', 'required'])
    await sign(browser)
    expect(await tokensOf(browser)).toMatchObject({ acr: 'fido', amr: expect.arrayContaining(['mfa']) })
  })

  it('once shown, is not taken away by a later touch of the same key without it', async () => {
    const key = { ...step, authenticator: 'webauthn' } as const
    await demand({ userVerified: true }, [{ alias: 'touch', loa: 1, maxAge: 3600, mode: 'direct', steps: [key] }])
    const { sign } = await someone()
    const browser = await asked('fido')
    await sign(browser)
    await browser.ask({ acr_values: 'otp', prompt: 'login' })
    await sign(browser, unverified)
    expect(browser.landed.get('code')).toBeTruthy()
    await browser.ask({ acr_values: 'fido' })
    expect(await tokensOf(browser)).toMatchObject({ acr: 'fido', amr: expect.arrayContaining(['mfa']) })
  })

  it('is always demanded of an activation', async () => {
    await demand(undefined)
    await house.changeSettings({ activationProof: 'password' })
    const { user, key } = await someone({ state: 'pending' }, {}, { password })
    const browser = await asked()
    await browser.post('username', { username: user.userName })
    await browser.post('activation')
    await browser.post('activation/password', { password })
    expect(browser.options.userVerification).toBe('required')
    const touch = (overrides: object) =>
      browser.post('activation/ceremony', {
        response: JSON.stringify(key.sign({ challenge: browser.options.challenge, ...overrides })),
      })
    await touch(unverified)
    expect(browser.notice).toBe('key-not-verified')
    await touch({})
    expect(browser.page).toBe('nickname')
  })
})

const demanded: readonly (readonly [string, Demands, Partial<Authenticator>, Partial<SecurityKeyOptions>])[] = [
  ['attested keys', { attested: true }, {}, {}],
  ['keys that stay on their device', { deviceBound: true }, {}, { backupEligible: true }],
  ['models on a list', { aaguids: [listed] }, { provenance: 'attested' }, {}],
  ['models on a list, that the maker stands for', { aaguids: [listed] }, { provenance: 'raw' }, { aaguid: listed }],
]

describe.each(demanded)('a level that demands %s', (_, demands, change, options) => {
  beforeEach(() => demand(demands))

  it('is reached by a key that fits', async () => {
    const { user, sign } = await someone({ provenance: 'attested' }, { aaguid: listed })
    const browser = await asked()
    await browser.post('username', { username: user.userName })
    await sign(browser)
    expect(await tokensOf(browser)).toMatchObject({ acr: 'fido' })
  })

  it('offers one that does not fit to nobody who is known to have it', async () => {
    const { user } = await someone(change, options, { password })
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    await browser.ask({ acr_values: 'fido', client_id: 'strict' })
    expect(browser.page).toBe('no-credential')
    await browser.post('cancel')
    expect(browser.landed.get('error')).toBe('unmet_authentication_requirements')
    expect(browser.landed.get('error_description')).toContain('no-credential')
  })

  it.each(['with a name', 'without a name'])(
    'says of one that does not fit that it is not of the kind, %s',
    async (way) => {
      const { user, sign } = await someone(change, options, { password })
      const browser = await asked('fido', 'strict')
      if (way === 'with a name') await browser.post('username', { username: user.userName })
      await sign(browser)
      // It said who they are, and no more. The flow's password is what is left to ask for, and then it ends.
      expect([browser.page, browser.notice]).toEqual(['password', 'key-unfit'])
      expect(browser.text).toContain('not of the kind')
      await browser.post('password', { password })
      expect(browser.page).toBe('no-credential')
      await browser.post('cancel')
      expect(browser.landed.get('error')).toBe('unmet_authentication_requirements')
    },
  )

  it('says at once that there is nothing, to somebody who has nothing but that', async () => {
    const { sign } = await someone(change, options)
    const browser = await asked('fido', 'strict')
    await sign(browser)
    expect(browser.page).toBe('no-credential')
  })

  it('looks the same to a stranger for a key that fits, one that does not, and none', async () => {
    const seen = async (userName: string) => {
      const browser = await asked()
      await browser.post('username', { username: userName })
      const { allowCredentials = [], userVerification } = browser.page === 'webauthn' ? browser.options : {}
      return [browser.page, allowCredentials.length, userVerification]
    }
    const fits = await someone({ provenance: 'attested' }, { aaguid: listed })
    const unfit = await someone(change, options)
    expect(await seen(fits.user.userName)).toEqual(['webauthn', 1, 'preferred'])
    expect(await seen(unfit.user.userName)).toEqual(['webauthn', 1, 'preferred'])
    const strangers = await Promise.all(Array.from({ length: 20 }, (__, at) => seen(`nobody-${at}`)))
    expect(strangers.filter(([page]) => page === 'webauthn').length).toBeGreaterThan(5)
    expect(new Set(strangers.map(([page]) => page))).not.toContain('no-credential')
  })
})

it('a flow without a key offers none where the name is typed, and takes none', async () => {
  const realm = await readRealm(house.db)
  await house.seed(changedRealm({ ...realm, browserFlow: 'stepup-ldap-otp' }))
  const { key } = await someone()
  const browser = await asked('pwd')
  expect(browser.page).toBe('username')
  expect(browser.html).not.toContain('data-options')
  const response = JSON.stringify(key.sign({ challenge: 'A'.repeat(43) }))
  await browser.post('webauthn', { response })
  expect([browser.page, browser.notice]).toEqual(['username', 'step-over'])
})
