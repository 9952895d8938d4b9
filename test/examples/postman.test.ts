/** The Postman collection of docs/postman, run by newman on the service that `npm start` runs. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import newman, { type NewmanRunSummary } from 'newman'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openService, type Service } from './service.ts'

const read = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/postman/${file}`, import.meta.url)), 'utf8')
const collection = read('keystep.postman_collection.json')
const environment = JSON.parse(read('keystep.local.postman_environment.json')) as {
  values: { key: string; value: string; type: string }[]
}

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service?.close())

/** What `demo.json` says, as somebody would copy it into the environment. */
function filledIn(): Record<string, string> {
  const { issuer, tenantCode, apiKey, adminApiKey, clients } = service.demo
  const app1 = clients.find(({ clientId }) => clientId === 'app1')
  const { userName: username, password, totp = '' } = service.person('chidi')
  const [redirectUri = ''] = app1?.redirectUris ?? []
  const clientSecret = app1?.clientSecret ?? ''
  return { issuer, tenantCode, apiKey, adminApiKey, clientSecret, redirectUri, username, password, totp }
}

type Ran = { assertions: string[]; failures: string[] }

function run(text = collection, { change = {}, folder }: { change?: Record<string, string>; folder?: string[] } = {}) {
  const values = { ...filledIn(), ...change }
  return new Promise<Ran>((resolve, reject) => {
    const done = (error: Error | null, summary: NewmanRunSummary) => {
      if (error) return reject(error)
      const assertions = summary.run.executions.flatMap(({ item, assertions = [] }) =>
        assertions.map(({ assertion }) => `${item.name}: ${assertion}`),
      )
      const failures = summary.run.failures.map(
        ({ source, error }) => `${source?.name}: ${error.test ?? error.name}: ${error.message}`,
      )
      resolve({ assertions, failures })
    }
    newman.run(
      {
        collection: JSON.parse(text),
        environment,
        envVar: Object.entries(values).map(([key, value]) => ({ key, value })),
        reporters: [],
        ...(folder === undefined ? {} : { folder }),
      },
      done,
    )
  })
}

const signIn = ['Discovery', 'Sign in with a password', 'Tokens']

describe('the Postman collection', () => {
  it('walks discovery, authorize, tokens, refresh, introspection, step-up, import, list and delete, and clients', async () => {
    const { assertions, failures } = await run()
    expect(failures).toEqual([])
    for (const name of [
      'Discovery document: the issuer is the one that was asked',
      'The password: the browser goes back to the application, with a code',
      'Code for tokens: acr is pwd',
      'Refresh: acr, amr and auth_time are what they were',
      'Introspection of the access token: acr, amr and auth_time are those of the tokens',
      'Code for stronger tokens: acr is otp',
      'Import: it is made, and waits for its user',
      'List: it is among the keys of its user',
      'Delete: it is gone',
      'Register: it is registered, and its secret is shown this once',
      'Rotate its secret: there are two, and the older one has an end',
      'Delete a client: it is gone',
    ])
      expect(assertions).toContain(name)
  })

  it('without a secret for one-time codes it leaves them out', async () => {
    const { assertions, failures } = await run(collection, { change: { totp: '' } })
    expect(failures).toEqual([])
    expect(assertions.filter((name) => name.includes('otp'))).toEqual([])
    expect(assertions.length).toBeGreaterThan(30)
  })

  it('by the command of the docs is run for somebody who has one-time codes', () => {
    const docs = readFileSync(fileURLToPath(new URL('../../docs/resource-servers.md', import.meta.url)), 'utf8')
    const person = /p = (d\.people.*), \[c\]/.exec(docs)?.[1] ?? ''
    expect(runInNewContext(person, { d: service.demo })).toMatchObject({ totp: expect.stringMatching(/^[A-Z2-7]+$/) })
  })

  it('keeps no secret, and its environment names what the test fills in', () => {
    expect(environment.values.filter(({ type }) => type === 'secret').map(({ value }) => value)).toEqual([
      '',
      '',
      '',
      '',
      '',
    ])
    const names = environment.values.map(({ key }) => key)
    expect(names).toEqual(expect.arrayContaining(Object.keys(filledIn())))
    const used = new Set([...collection.matchAll(/pm\.environment\.get\('(\w+)'\)/g)].map(([, name]) => name))
    expect([...used].filter((name) => !names.includes(name ?? ''))).toEqual([])
  })
})

describe('fails where the service is not as it says', () => {
  it('another password', async () => {
    const { failures } = await run(collection, { folder: signIn, change: { password: 'another' } })
    expect(failures.join('\n')).toContain('The password: the browser goes back to the application, with a code')
    expect(failures.join('\n')).toContain('Code for tokens: tokens come')
  })

  it.each([
    [
      "pm.expect(idToken.acr).to.equal('pwd')",
      "pm.expect(idToken.acr).to.equal('fido')",
      ['Code for tokens: acr is pwd'],
    ],
    ["to.include.members(['pwd'])", "to.include.members(['otp'])", ['Code for tokens: amr says how']],
    [
      "'levels', JSON.stringify(levelsOf(idToken))",
      "'levels', JSON.stringify({ ...levelsOf(idToken), auth_time: 1 })",
      [
        'Refresh: acr, amr and auth_time are what they were',
        'Introspection of the access token: acr, amr and auth_time are those of the tokens',
      ],
    ],
    [
      'to.eql({ active: false })',
      'to.eql({ active: true })',
      ['Introspection of the refresh token that was revoked: it is inactive, and nothing else is said (RFC 7662 §2.2)'],
    ],
  ])('an expectation of another answer: %s', async (expectation, other, failing) => {
    expect(collection).toContain(expectation)
    const { failures } = await run(collection.replaceAll(expectation, other), { folder: signIn })
    expect(failures.map((failure) => failing.find((name) => failure.startsWith(`${name}: `)) ?? failure)).toEqual(
      failing,
    )
  })

  it('imports that are switched off', async () => {
    await service.allowImport(false)
    const { failures } = await run(collection, { folder: ['Authenticators'] })
    await service.allowImport(true)
    expect(failures.join('\n')).toContain('Import: it is made, and waits for its user')
  })
})
