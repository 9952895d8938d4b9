/** What applications may use once, raced for at the token endpoint. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Grant } from '../../src/core/oidc/grant.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { exchange, type Visitor, visit } from '../visitor.ts'
import { hold, isOAuthError, longEnough, rounds } from './race.ts'

let house: House
let browser: Visitor
beforeAll(async () => {
  house = await openHouse()
  await house.addClient({ idTokenSignedResponseAlg: 'ES256' })
  const password = 'correct horse battery staple'
  const user = await house.addUser({ password })
  browser = visit(house)
  await browser.ask()
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
})
afterAll(() => house.close())

/** A code from the session that there is. */
async function newCode(): Promise<string> {
  await browser.ask({ scope: 'openid offline_access' })
  return browser.landed.get('code') ?? ''
}

type Tokens = { access_token: string; refresh_token?: string }

const refresh = (token: string | undefined): Promise<Reply<Tokens>> =>
  house.invoke<Tokens>('POST', '/token', {
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'app1', refresh_token: token ?? '' }),
  })

const isIssued = ({ status, json }: Reply): boolean =>
  status === 200 && typeof (json as Tokens | undefined)?.access_token === 'string'

const grantAt = async (code: string): Promise<Grant | undefined> =>
  grantOf(await house.db.get(places.grant(code.split('.')[0] ?? '')))

const familyOf = async (code: string) =>
  (await house.all('sessions')).filter(
    ({ pk, grant }) => String(pk).startsWith('refresh#') && (grant as Grant).id === code.split('.')[0],
  )

/** A second use of what is spent ends what the first was given (RFC 6749 §4.1.2, RFC 9700 §4.14.2). */
async function holdsNoMore(code: string, winner: Reply): Promise<void> {
  const { access_token: token, refresh_token: next } = winner.json as Tokens
  expect((await grantAt(code))?.revokedAt).toBeDefined()
  const userinfo = await house.invoke('GET', '/userinfo', { headers: { authorization: `Bearer ${token}` } })
  expect(userinfo.status).toBe(401)
  expect((await refresh(next)).json).toMatchObject({ error: 'invalid_grant' })
}

describe('of thirty-two, one has', { timeout: longEnough }, () => {
  it('an authorization code, and loses what it was given to the others’ asking', async () => {
    const codes: string[] = []
    await hold(house, 'an authorization code', {
      begin: async () => {
        const code = await newCode()
        codes.push(code)
        return () => exchange(house, code)
      },
      won: isIssued,
      lost: isOAuthError('invalid_grant'),
      after: (winner) => holdsNoMore(codes.at(-1) ?? '', winner),
    })
    // One refresh token for each code, and one record of each.
    for (const code of [codes[0], codes.at(-1)]) expect(await familyOf(code ?? '')).toHaveLength(1)
    expect(await house.audit('token.issued')).toHaveLength(rounds)
  })

  it('a refresh token of a public client, whose family goes on', async () => {
    const codes: string[] = []
    await hold(house, 'a refresh token', {
      begin: async () => {
        const code = await newCode()
        codes.push(code)
        const { json } = await exchange(house, code)
        return () => refresh(json.refresh_token)
      },
      won: isIssued,
      lost: isOAuthError('invalid_grant'),
      after: async () => expect((await grantAt(codes.at(-1) ?? ''))?.revokedAt).toBeUndefined(),
    })
    for (const code of [codes[0], codes.at(-1)]) expect(await familyOf(code ?? '')).toHaveLength(2)
    expect(await house.audit('token.refreshed')).toHaveLength(rounds)
  })
})
