import { afterAll, beforeAll, describe, it } from 'vitest'
import { configModules } from './config-modules.ts'
import { openSuite, type Suite } from './suite.ts'

describe('oidcc-config-certification-test-plan', () => {
  let suite: Suite
  beforeAll(async () => {
    suite = await openSuite()
  })
  afterAll(() => suite?.close())

  it.each(Object.entries(configModules))('%s', async (_name, run) => run(suite))
})
