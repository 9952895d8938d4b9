import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refreshIdle, refreshLifetime } from '../../../src/core/oidc/grant.ts'
import { places } from '../../../src/store/keys.ts'
import { dayOne } from '../../house.ts'
import { openTokenHouse, type TokenHouse, type Tokens } from './token-house.ts'

let setting: TokenHouse
beforeAll(async () => {
  setting = await openTokenHouse()
})
afterAll(() => setting.house.close())
beforeEach(() => {
  setting.house.now = dayOne
})

const tokens = async (clientId = 'app1'): Promise<Tokens> =>
  (await setting.exchange(clientId, await setting.codeFor(clientId))).json

const recordOf = async (token: string) => setting.house.db.get(places.refreshToken(token.split('.')[0] ?? ''))
const ended = async (token: string) =>
  (await setting.house.db.get(places.grant(grantOf(token))))?.revokedAt !== undefined
const grantOf = (token: string): string => String(decodeJwt(token).jti).split('.')[0] ?? ''

describe('of a client that authenticates', () => {
  it('the token stays, in two calls to DynamoDB, and its idle end moves on', async () => {
    const { refresh_token: token } = await tokens('keeper')
    await setting.refresh('keeper', token)
    setting.house.now += 10
    const reply = await setting.refresh('keeper', token)
    expect(reply.status).toBe(200)
    expect(reply.commands.map(({ name }) => name)).toEqual(['BatchGetItem', 'TransactWriteItems'])
    expect(reply.json.refresh_token).toBeUndefined()
    expect((await recordOf(token))?.until).toBe(dayOne + 10 + refreshIdle)
  })

  it('of twenty uses at once each one is answered', async () => {
    const { refresh_token: token } = await tokens('keeper')
    const replies = await Promise.all(Array.from({ length: 20 }, () => setting.refresh('keeper', token)))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
  })

  it('it ends when nobody uses it, and at its absolute end in any case', async () => {
    const { refresh_token: idle } = await tokens('keeper')
    const { refresh_token: used } = await tokens('keeper')
    for (let at = 10; at <= 80; at += 10) {
      setting.house.now = dayOne + at * 86_400
      expect((await setting.refresh('keeper', used)).status, `after ${at} days`).toBe(200)
    }
    expect((await setting.refresh('keeper', idle)).json.error).toBe('invalid_grant')
    expect((await recordOf(used))?.until).toBe(dayOne + refreshLifetime)
    setting.house.now = dayOne + refreshLifetime
    expect((await setting.refresh('keeper', used)).json.error).toBe('invalid_grant')
  })

  it('it goes on under another standing, which the next refresh is measured by', async () => {
    const { refresh_token: token } = await tokens('keeper')
    await setting.house.changeUser(setting.user, { standing: 7 })
    const first = await setting.refresh('keeper', token)
    expect(first.status).toBe(200)
    const second = await setting.refresh('keeper', token)
    expect(second.commands.length).toBeLessThan(first.commands.length)
    await setting.house.changeUser(setting.user, { standing: 0 })
  })

  it('another client cannot use it, and ends nothing by trying', async () => {
    const { refresh_token: token } = await tokens('keeper')
    expect((await setting.refresh('app1', token)).json.error).toBe('invalid_grant')
    expect((await setting.refresh('keeper', token)).status).toBe(200)
  })
})

describe('of a public client', () => {
  it('each is good once, and brings the next', async () => {
    const { refresh_token: first } = await tokens()
    const second = (await setting.refresh('app1', first)).json.refresh_token
    expect((await setting.refresh('app1', second)).status).toBe(200)
  })

  it('one that comes back later ends the family, and all its tokens', async () => {
    const { refresh_token: first } = await tokens()
    const { json } = await setting.refresh('app1', first)
    setting.house.now += 31
    expect((await setting.refresh('app1', first)).json.error).toBe('invalid_grant')
    expect(await ended(json.access_token)).toBe(true)
    expect((await setting.refresh('app1', json.refresh_token)).json.error).toBe('invalid_grant')
    const userinfo = await setting.userinfo({ authorization: `Bearer ${json.access_token}` })
    expect(userinfo.status).toBe(401)
    expect(await setting.house.audit('grant.revoked')).toContainEqual(
      expect.objectContaining({ reason: 'refresh-token-reused' }),
    )
  })

  it('of twenty at once one is answered, and the others end nothing', async () => {
    const { refresh_token: first } = await tokens()
    const replies = await Promise.all(Array.from({ length: 20 }, () => setting.refresh('app1', first)))
    const winners = replies.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect(replies.filter(({ json }) => json.error === 'invalid_grant')).toHaveLength(19)
    const winner = winners[0]?.json
    expect(await ended(winner?.access_token ?? '')).toBe(false)
    expect((await setting.refresh('app1', winner?.refresh_token ?? '')).status).toBe(200)
  })

  it('of two in one second the second has nothing, and ends nothing', async () => {
    const { refresh_token: first } = await tokens()
    const { json } = await setting.refresh('app1', first)
    expect((await setting.refresh('app1', first)).json.error).toBe('invalid_grant')
    expect((await setting.refresh('app1', json.refresh_token)).status).toBe(200)
  })

  describe('whose answer was lost', () => {
    it('may ask again: it has another token, and the one it never had is spent', async () => {
      const { refresh_token: first } = await tokens()
      const lost = (await setting.refresh('app1', first)).json
      setting.house.now += 30
      const again = await setting.refresh('app1', first)
      expect(again.status).toBe(200)
      expect(again.commands.length).toBeLessThanOrEqual(2)
      expect(again.json.refresh_token).not.toBe(lost.refresh_token)
      expect((await recordOf(lost.refresh_token))?.usedAt).toBe(setting.house.now)
      expect((await setting.refresh('app1', again.json.refresh_token)).status).toBe(200)
      expect(await setting.house.audit('token.refreshed')).toContainEqual(
        expect.objectContaining({ reason: 'answer-lost' }),
      )
    })

    it('and whose token was stolen: whoever has the spent one ends the family', async () => {
      const { refresh_token: first } = await tokens()
      const thief = (await setting.refresh('app1', first)).json
      setting.house.now += 5
      const owner = (await setting.refresh('app1', first)).json
      expect(owner.refresh_token).toBeDefined()
      setting.house.now += 60
      expect((await setting.refresh('app1', thief.refresh_token)).json.error).toBe('invalid_grant')
      expect(await ended(owner.access_token)).toBe(true)
      expect((await setting.refresh('app1', owner.refresh_token)).json.error).toBe('invalid_grant')
    })

    it('and that is so at once: the one that was lost is never good for another', async () => {
      const { refresh_token: first } = await tokens()
      const thief = (await setting.refresh('app1', first)).json
      setting.house.now += 5
      const owner = (await setting.refresh('app1', first)).json
      setting.house.now += 5
      expect((await setting.refresh('app1', thief.refresh_token)).json.error).toBe('invalid_grant')
      expect(await ended(owner.access_token)).toBe(true)
    })

    it('may not ask for a third one', async () => {
      const { refresh_token: first } = await tokens()
      await setting.refresh('app1', first)
      setting.house.now += 5
      const again = (await setting.refresh('app1', first)).json
      setting.house.now += 5
      expect((await setting.refresh('app1', first)).json.error).toBe('invalid_grant')
      expect((await setting.refresh('app1', again.refresh_token)).status).toBe(200)
    })

    it('but not after it used what it says it never had', async () => {
      const { refresh_token: first } = await tokens()
      const second = (await setting.refresh('app1', first)).json
      setting.house.now += 1
      const third = (await setting.refresh('app1', second.refresh_token)).json
      expect((await setting.refresh('app1', first)).json.error).toBe('invalid_grant')
      expect(await ended(third.access_token)).toBe(true)
    })

    it('of twenty who ask again at once one is answered', async () => {
      const { refresh_token: first } = await tokens()
      await setting.refresh('app1', first)
      setting.house.now += 5
      const replies = await Promise.all(Array.from({ length: 20 }, () => setting.refresh('app1', first)))
      const winners = replies.filter(({ status }) => status === 200)
      expect(winners).toHaveLength(1)
      expect((await setting.refresh('app1', winners[0]?.json.refresh_token ?? '')).status).toBe(200)
    })
  })

  it('a wrong half is nobody’s, and ends nothing', async () => {
    const { refresh_token: first, access_token: access } = await tokens()
    const forged = `${first.split('.')[0]}.${'A'.repeat(43)}`
    expect((await setting.refresh('app1', forged)).json.error).toBe('invalid_grant')
    expect(await ended(access)).toBe(false)
  })
})

describe('of any client', () => {
  it.each(['app1', 'keeper'])('%s asks for less once, and keeps all that was granted', async (clientId) => {
    const { refresh_token: token } = await tokens(clientId)
    const narrow = await setting.refresh(clientId, token, { form: { scope: 'openid' } })
    expect(narrow.json.scope).toBe('openid')
    const whole = await setting.refresh(clientId, narrow.json.refresh_token ?? token)
    expect(whole.json.scope).toBe('openid profile offline_access')
    const more = await setting.refresh(clientId, whole.json.refresh_token ?? token, { form: { scope: 'openid email' } })
    expect(more.json.error).toBe('invalid_scope')
  })

  it.each(['app1', 'keeper'])('%s has nothing left of a user who is switched off', async (clientId) => {
    const { refresh_token: token, access_token: access } = await tokens(clientId)
    await setting.house.changeUser(setting.user, { enabled: false, standing: 3 })
    expect((await setting.refresh(clientId, token)).json.error).toBe('invalid_grant')
    await setting.house.changeUser(setting.user, { enabled: true, standing: 0 })
    expect(await ended(access)).toBe(true)
    expect((await setting.refresh(clientId, token)).json.error).toBe('invalid_grant')
  })
})
