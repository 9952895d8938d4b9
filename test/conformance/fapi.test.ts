import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Fapi, openFapi } from './fapi-client.ts'
import { fapiDpopModules } from './fapi-dpop-modules.ts'
import { fapiModules } from './fapi-modules.ts'

const modules = { ...fapiModules, ...fapiDpopModules }

describe('fapi2-security-profile-final-test-plan', () => {
  let fapi: Fapi
  beforeAll(async () => {
    fapi = await openFapi()
  })
  afterAll(() => fapi?.close())

  it.each(Object.entries(modules))('%s', async (_name, run) => run(fapi))
})
