import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { lambdas } from '../../lambdas/routes.ts'
import { type Service, startService } from '../../local/service.ts'

describe('the service, without its examples', () => {
  let directory: string
  let service: Service
  const spoken = vi.spyOn(console, 'log')

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'keystep-service-'))
    service = await startService({ port: 0, directory, apps: false, quiet: true, watch: false })
  })
  afterAll(async () => {
    await service?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers })

  it('says where all is, and prints nothing', async () => {
    expect(service.url).toBe(service.demo.issuer)
    expect(existsSync(join(directory, 'demo.json'))).toBe(true)
    expect(spoken).not.toHaveBeenCalled()
  })

  it('knows the applications that it did not start', async () => {
    await expect(fetch(service.demo.apps.app1)).rejects.toThrow()
    expect(service.demo.clients[0]?.redirectUris).toEqual([`${service.demo.apps.app1}/callback`])
  })

  it('has a bundle and a folder for each Lambda, and each one starts', async () => {
    for (const name of lambdas) expect(existsSync(join(directory, 'lambdas', name, 'index.mjs'))).toBe(true)
    const { tenantCode, apiKey } = service.demo
    const answers = await Promise.all([
      get('/'),
      get('/jwks'),
      get('/openapi.json'),
      get('/assets/keystep.css'),
      get(`/api/v1/tenants/${tenantCode}/users/ada`, { apikey: apiKey }),
      get('/userinfo'),
      get('/login/nothing'),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 401, expect.any(Number)])
    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
  })

  it('knows each of its people by id and by name', async () => {
    const { tenantCode, apiKey, people } = service.demo
    for (const { id, userName, email } of people) {
      for (const key of [id, userName]) {
        const answer = await get(`/api/v1/tenants/${tenantCode}/users/${key}`, { apikey: apiKey })
        expect(await answer.json()).toMatchObject({ id, userName, email })
      }
    }
  })
})
