import { afterAll, beforeAll, describe, it } from 'vitest'
import { basicModules } from './basic-modules.ts'
import { openSuite, type Suite } from './suite.ts'

describe('oidcc-formpost-basic-certification-test-plan', () => {
  let suite: Suite
  beforeAll(async () => {
    suite = await openSuite({ responseMode: 'form_post' })
  })
  afterAll(() => suite?.close())

  it.each(Object.entries(basicModules))('%s', async (_name, run) => run(suite))
})
