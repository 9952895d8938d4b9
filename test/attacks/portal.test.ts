/** Ways at the portal to more than its person has shown. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type House, openHouse } from '../house.ts'
import { addApp, atPortal } from '../lambdas/account/portal.ts'

let house: House

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

it('is none to codes of one’s own, for who knows a password and guesses until the codes are locked', async () => {
  const ada = await house.addUser({ passwordHash: 'one' })
  const app = await addApp(house, ada, { state: 'locked' })
  const { call } = await atPortal(house, ada)
  for (const reply of [
    await call('POST', '/one-time-passwords/enrolments'),
    await call('POST', '/authenticators/creation-options'),
    await call('DELETE', `/authenticators/${app.id}`),
  ]) {
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toContain('acr_values="otp"')
  }
})
