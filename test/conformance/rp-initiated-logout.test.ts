import { afterAll, beforeAll, describe, it } from 'vitest'
import { rpInitiatedLogoutModules } from './logout-modules.ts'
import { openSuite, type Suite } from './suite.ts'

describe('oidcc-rp-initiated-logout-certification-test-plan', () => {
  let suite: Suite
  beforeAll(async () => {
    suite = await openSuite()
  })
  afterAll(() => suite?.close())

  it.each(Object.entries(rpInitiatedLogoutModules))('%s', async (_name, run) => run(suite))
})
