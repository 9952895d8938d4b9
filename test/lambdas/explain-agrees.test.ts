/** What is explained is what happens: over flows, policies, people and requests that nobody thought of. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../src/core/oidc/client.ts'
import { newId } from '../../src/core/secret.ts'
import { type Flow, factorKinds, type Level } from '../../src/core/step-up/flow.ts'
import type { Explanation } from '../../src/step-up-explain.ts'
import { grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { usualRequest, type Visitor, visit } from '../visitor.ts'
import { newKey } from './authenticators/cms.ts'
import { type CodeHouse, openCodeHouse, password } from './code-house.ts'

let codes: CodeHouse
let apikey: string
beforeAll(async () => {
  codes = await openCodeHouse()
  apikey = (await codes.house.addApiKey()).shown
})
afterAll(() => codes.house.close())

const aSpan = fc.constantFrom(0, 60, 3600)
const aStep = fc.record({
  authenticator: fc.constantFrom(...factorKinds),
  requirement: fc.constantFrom('required', 'required', 'alternative', 'conditional', 'disabled'),
  referenceMaxAge: aSpan,
})
const aLevel = (loa: number): fc.Arbitrary<Level> =>
  fc.record({
    alias: fc.constant(`l${loa}`),
    loa: fc.constant(loa),
    maxAge: aSpan,
    mode: fc.constantFrom('cumulative', 'direct'),
    steps: fc.array(aStep, { minLength: 1, maxLength: 2 }),
  })
const first: Level = {
  alias: 'pwd',
  loa: 0,
  maxAge: 3600,
  mode: 'cumulative',
  steps: [{ authenticator: 'password', requirement: 'required', referenceMaxAge: 3600 }],
}
const aScene = fc.record({
  higher: fc.subarray([1, 2, 3]).chain((loas) => fc.tuple(...loas.map(aLevel))),
  has: fc.record({ code: fc.boolean(), key: fc.constantFrom('none', 'active', 'pending', 'suspended') }),
  policy: fc.record<Partial<Client>>(
    {
      enforcement: fc.constantFrom('strict', 'voluntary'),
      minimumAcr: fc.constantFrom('pwd', 'otp'),
      maxAges: fc.constantFrom({ pwd: 0 }, { pwd: 30 }, { pwd: 300 }, { l1: 30 }),
      amr: fc.boolean(),
      thirdParty: fc.boolean(),
    },
    { requiredKeys: ['enforcement'] },
  ),
  realm: fc.record({ enrol: fc.subarray(['otp' as const]), unreachable: fc.constantFrom('attempt', 'fail-fast') }),
  signsIn: fc.constantFrom(undefined, 'pwd', 'pwd', 'otp'),
  asks: fc.array(
    fc.record({
      later: fc.constantFrom(0, 1, 1, 29, 61, 1000),
      acrValues: fc.subarray(['otp', 'pwd', 'fido', 'cba', 'nothing'], { maxLength: 2 }),
      maxAge: fc.option(fc.constantFrom(0, 30, 300), { nil: undefined }),
      prompt: fc.constantFrom([], [], [], ['none'], ['login'], ['consent']),
      essential: fc.option(fc.constantFrom('pwd', 'otp', 'nothing'), { nil: undefined }),
    }),
    { minLength: 4, maxLength: 4 },
  ),
})

/** The page, or what the application got. */
const seen = (browser: Visitor): string =>
  browser.page === 'status 303' ? (browser.landed.get('error') ?? 'finish') : browser.page

/** The pages that tell a person why, before the application hears it, are refusals too. */
const said = ({ next, decision }: Explanation): string[] =>
  next.page !== 'unmet' || decision.do !== 'refuse' ? [next.page] : [decision.error, decision.reason]

async function signsIn(browser: Visitor, userName: string, acr: string): Promise<void> {
  await browser.ask({ acr_values: acr })
  await browser.post('username', { username: userName })
  await browser.post('password', { password })
  if (browser.page === 'otp') await browser.post('otp', { code: await codes.nowCode() })
}

it('the page, the error, and what the tokens say', { timeout: 120_000 }, async () => {
  const { house } = codes
  let issued = 0
  const property = fc.asyncProperty(aScene, async ({ higher, has, policy, realm, signsIn: acr, asks }) => {
    const id = newId()
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
    const flow: Flow = { id, name: id, description: '', version: 1, levels: [first, ...higher] }
    await codes.changeRealm(({ flows }) => ({ ...realm, flows: { fido: flows.fido ?? flow, [id]: flow } }))
    const client = `app-${id}`
    await house.addClient({ clientId: client, flow: id, ...policy })
    const user = await house.addUser({ userName: id, password })
    if (has.code) await codes.addOtp(user)
    if (has.key !== 'none') await house.addAuthenticator(user, newKey(), { state: has.key })
    const browser = visit(house)
    if (acr !== undefined) await signsIn(browser, id, acr)
    for (const { later, acrValues, maxAge, prompt, essential } of asks) {
      house.now += later
      const claims = essential && { id_token: { acr: { essential: true, value: essential } } }
      const session = (await house.all('sessions')).find(
        ({ pk, user: of }) => /^session#/.test(`${pk}`) && of === user.id,
      )
      const { json } = await house.invoke<Explanation>('POST', '/api/v1/tenants/demo/explain', {
        headers: { apikey },
        body: {
          user: id,
          client,
          request: { acrValues, maxAge, prompt, claims, scope: usualRequest.scope.split(' ') },
          sid: session?.sid,
        },
      })
      await browser.ask({
        ...usualRequest,
        client_id: client,
        acr_values: acrValues.join(' ') || undefined,
        max_age: maxAge?.toString(),
        prompt: prompt[0],
        claims: claims && JSON.stringify(claims),
      })
      expect(said(json), json.why.join('\n')).toContain(seen(browser))
      if (browser.page === 'consent') {
        expect(json.next.page).toBe('consent')
        const [, shown = ''] = /name="shown" value="([^"]+)"/.exec(browser.html) ?? []
        await browser.post('consent', { answer: 'allow', shown })
      }
      if (json.decision.do !== 'issue') continue
      const [code = ''] = (browser.landed.get('code') ?? '').split('.')
      const grant = grantOf(await house.db.get(places.grant(code)))
      const { acr: reached, amr, authTime } = json.decision
      expect([grant?.acr, grant?.amr, new Date((grant?.authTime ?? 0) * 1000).toISOString()]).toEqual([
        reached,
        amr,
        authTime,
      ])
      issued++
    }
  })
  // One seed: what it comes to is known, tokens among it. `SEED` takes another.
  await fc.assert(property, { numRuns: 40, seed: Number(process.env.SEED ?? 5) })
  expect(issued).toBeGreaterThan(5)
})
