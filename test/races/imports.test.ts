/** What a Credential Management System may use once, raced for at the API. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../src/core/user.ts'
import { type House, openHouse, type Reply } from '../house.ts'
import { attestedImport, newKey, rawImport, root } from '../lambdas/authenticators/cms.ts'
import { hold, longEnough, rounds } from './race.ts'

let house: House
let apikey: string
beforeAll(async () => {
  house = await openHouse()
  apikey = (await house.addApiKey()).shown
})
afterAll(() => house.close())

const keysOf = ({ id }: User): string => `${root}/users/${id}/authenticators`

const importKey = (user: User, body: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  house.invoke('POST', keysOf(user), { body, headers: { apikey, ...headers } })

const isReplayed = ({ headers }: Reply): boolean => headers['idempotency-replayed'] === 'true'

describe('of thirty-two, one has', { timeout: longEnough }, () => {
  it('a challenge to enrol with, which as many keys answer', async () => {
    await hold(house, 'a challenge to enrol with', {
      begin: async () => {
        const user = await house.addUser()
        const path = `${keysOf(user)}/creation-options`
        const { json } = await house.invoke<{ publicKey: { challenge: string }; challengeId: string }>('GET', path, {
          headers: { apikey },
        })
        const given = { challenge: json.publicKey.challenge, challengeId: json.challengeId }
        const bodies = Array.from({ length: 32 }, () => attestedImport(newKey(), given))
        return (runner) => importKey(user, bodies[runner])
      },
      won: ({ status }) => status === 201,
      lost: ({ status, json }) =>
        status === 422 && (json as { pointer?: string }).pointer === '/metadata/attestation/challengeId',
    })
    expect(await house.audit('authenticator.imported')).toHaveLength(rounds)
  })

  it('an Idempotency-Key, and the others its answer', async () => {
    const before = (await house.audit('authenticator.imported')).length
    let round = 0
    const bodies = new Set<string>()
    await hold(house, 'an Idempotency-Key', {
      begin: async () => {
        const user = await house.addUser()
        const body = rawImport(newKey())
        const headers = { 'idempotency-key': `round ${++round}` }
        return async () => {
          const reply = await importKey(user, body, headers)
          bodies.add(reply.body)
          return reply
        }
      },
      won: (reply) => reply.status === 201 && !isReplayed(reply),
      lost: (reply) => reply.status === 201 && isReplayed(reply),
    })
    expect(bodies.size).toBe(rounds)
    expect(await house.audit('authenticator.imported')).toHaveLength(before + rounds)
  })
})
