import { afterAll, beforeAll, describe, it } from 'vitest'
import { type LogoutHouse, openLogoutHouse } from '../lambdas/logout-house.ts'
import { backchannelLogoutModules } from './logout-modules.ts'
import { openSuite, type Suite } from './suite.ts'

describe('oidcc-backchannel-rp-initiated-logout-certification-test-plan', () => {
  let logout: LogoutHouse
  let suite: Suite
  beforeAll(async () => {
    logout = await openLogoutHouse()
    const receiver = await logout.listens()
    const clients = { backchannelLogoutUri: receiver.uri, backchannelLogoutSessionRequired: true }
    suite = await openSuite({ house: logout.house, clients, told: () => receiver.heard })
  })
  afterAll(async () => {
    await suite?.close()
    await logout?.close()
  })

  it.each(Object.entries(backchannelLogoutModules))('%s', async (_name, run) => run(suite))
})
