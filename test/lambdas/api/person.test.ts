import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { apiScopes } from '../../../src/core/api-key.ts'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { endedAllSessions, endedSession } from '../../../src/store/sessions.ts'
import { type House, openHouse } from '../../house.ts'
import { personToken } from '../../person-token.ts'

const at = '/api/v1/tenants/demo'
let house: House
let gita: User
let gone: number

beforeAll(async () => {
  house = await openHouse()
})
beforeEach(async () => {
  gita = await house.addUser({ givenName: 'Gita', familyName: 'Rao', roles: ['administrator'] })
  gone = 0
})
afterAll(() => house.close())

type Caller = { kind: string; id: string; scopes: string[]; roles?: string[]; acr?: string; user?: unknown }
const ask = (headers: Record<string, string>) =>
  house.invoke<Caller & { code?: string }>('GET', `${at}/caller`, { headers })

describe('a person at the API', () => {
  it('is told who they are, by their role', async () => {
    const { headers } = await personToken(house, gita)
    const { status, json } = await ask(headers)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      kind: 'user',
      id: gita.id,
      roles: ['administrator'],
      acr: 'fido',
      user: { userName: gita.userName, displayName: 'Gita Rao' },
    })
    expect(json.scopes).toEqual(expect.arrayContaining([...apiScopes, 'authenticators:break-glass']))
  })

  it('without a role may call, and may nothing', async () => {
    const { headers } = await personToken(house, await house.addUser())
    expect((await ask(headers)).json).toMatchObject({ roles: [], scopes: [] })
  })

  it('asks DynamoDB once', async () => {
    const { headers } = await personToken(house, gita)
    const { commands } = await ask(headers)
    expect(commands.filter(({ name }) => name !== 'PutItem').map(({ name }) => name)).toEqual(['BatchGetItem'])
  })

  const ends: Record<string, (token: { sid: string; grant: string }) => Promise<void>> = {
    'their session ended': ({ sid }) => house.seed(endedSession(sid)),
    'all of their sessions ended': () => house.seed(endedAllSessions(gita.id)),
    'they were disabled': () => house.changeUser(gita, { enabled: false }),
    'the grant was revoked': ({ grant }) =>
      house.seed({ write: 'update', ...places.grant(grant), update: 'SET #revokedAt = :now', values: { now: 1 } }),
    'nothing was heard of them for an hour': async () => {
      gone = 3600
    },
    'the console was turned off': () =>
      house.seed({
        write: 'update',
        ...places.client('console'),
        update: 'SET #enabled = :no',
        values: { no: false },
      }),
  }

  it.each(Object.entries(ends))('is nobody once %s', async (_, end) => {
    const token = await personToken(house, gita)
    expect((await ask(token.headers)).status).toBe(200)
    await end(token)
    house.now += gone
    // Of the time, the session alone is tested here: a token's own ten minutes are elsewhere.
    const { headers } = gone === 0 ? token : await personToken(house, gita, { change: { idleUntil: house.now } })
    expect((await ask(headers)).status).toBe(401)
    await house.seed({
      write: 'update',
      ...places.client('console'),
      update: 'SET #enabled = :yes',
      values: { yes: true },
    })
  })

  it('is let in with neither a token of the portal nor one without the scope', async () => {
    for (const other of [{ client: 'portal' as const }, { scope: 'openid profile' }]) {
      const { headers } = await personToken(house, gita, other)
      expect((await ask(headers)).status).toBe(401)
    }
  })

  it('loses with the role what it allowed, at once', async () => {
    const { headers } = await personToken(house, gita)
    await house.changeUser(gita, { roles: ['auditor'] })
    expect((await ask(headers)).json.scopes).not.toContain('users:write')
  })
})

describe('an API key', () => {
  it('may come as a Bearer token, which is all that SCIM clients send', async () => {
    const { shown, id } = await house.addApiKey(['users:read'])
    const { json } = await ask({ authorization: `Bearer ${shown}` })
    expect(json).toEqual({ kind: 'api-key', id, scopes: ['users:read'] })
    expect((await ask({ authorization: `Bearer ${shown}x` })).status).toBe(401)
    expect((await ask({ authorization: `Bearer ${shown}`, apikey: shown })).status).toBe(401)
  })
})

describe('somebody of the help desk', () => {
  const key = { friendlyName: 'Taken over' }

  it('manages people without a role, and nobody who has one', async () => {
    const hugo = await house.addUser({ roles: ['operator'] })
    const { headers } = await personToken(house, hugo)
    const statuses = async (user: User) => {
      const of = `${at}/users/${user.id}`
      const replies = [
        await house.invoke<{ code?: string }>('DELETE', `${of}/sessions`, { headers }),
        await house.invoke<{ code?: string }>('PATCH', `${of}/authenticators/none`, { headers, body: key }),
        await house.invoke<{ code?: string }>('POST', `${of}/one-time-passwords`, {
          headers,
          body: { uri: 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' },
        }),
        await house.invoke<{ code?: string }>('GET', `${of}/sessions`, { headers }),
      ]
      return replies.map(({ status, json }) => (status === 403 ? json.code : status))
    }
    expect(await statuses(await house.addUser())).toEqual([204, 404, 201, 200])
    expect(await statuses(gita)).toEqual(['beyond-caller', 'beyond-caller', 'beyond-caller', 200])
    expect(await statuses(hugo)).toEqual(['beyond-caller', 'beyond-caller', 'beyond-caller', 200])
  })

  it('imports in bulk for nobody who has a role', async () => {
    const hugo = await house.addUser({ roles: ['operator'] })
    const { headers } = await personToken(house, hugo)
    const uri = 'otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    const reply = await house.invoke<{ results: { status: number; problem?: { code: string } }[] }>(
      'POST',
      `${at}/one-time-passwords:import`,
      { headers, body: { items: [{ userId: gita.id, uri }] } },
    )
    expect(JSON.stringify(reply.json)).toContain('beyond-caller')
    expect((await house.all('people')).some(({ pk, sk }) => pk === `user#${gita.id}` && /^otp/.test(String(sk)))).toBe(
      false,
    )
  })
})
