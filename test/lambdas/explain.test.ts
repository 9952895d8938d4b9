/**
 * Why somebody is asked, by the API; held against what happens to them. And that the audit log hears of every decision
 * of a login.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Authenticator } from '../../src/core/authenticator.ts'
import { withAllowed } from '../../src/core/oidc/consent.ts'
import type { User } from '../../src/core/user.ts'
import type { Explanation } from '../../src/step-up-explain.ts'
import { keptConsent } from '../../src/store/consents.ts'
import { visit } from '../visitor.ts'
import { type Cms, newKey, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
let anna: User
let bert: User
let key: Authenticator

const softKey = newKey()

beforeAll(async () => {
  cms = await openCms()
  const { house } = cms
  anna = await house.addUser({ userName: 'anna', password: 'correct horse' })
  bert = await house.addUser({ userName: 'bert', password: 'correct horse' })
  key = await house.addAuthenticator(anna, softKey)
  await house.addClient({ clientId: 'app1', clientName: 'App1', enforcement: 'strict' })
  await house.addClient({ clientId: 'lax', enforcement: 'voluntary', flow: 'stepup-ldap-otp' })
  await house.addClient({ clientId: 'gone', enabled: false })
  await house.addClient({ clientId: 'partner', thirdParty: true })
})
afterAll(() => cms.house.close())

const explain = (body: Record<string, unknown>) =>
  cms.call<Explanation & Problem>('POST', '/explain', { body: { user: 'anna', client: 'app1', ...body } })

const password = (secondsAgo: number) => ({ proofs: [{ factor: 'password', secondsAgo }] })
const wanting = (...acrValues: string[]) => ({ request: { acrValues } })

describe('an explanation', () => {
  it('of an application that needs the user’s leave, by what it asks for', async () => {
    const asking = (request: object) => explain({ client: 'partner', request, session: password(60) })
    const scope = ['openid', 'email']
    const { json } = await asking({ acrValues: ['pwd'], scope, claims: { userinfo: { birthdate: null } } })
    expect(json).toMatchObject({ decision: { do: 'issue' }, next: { page: 'consent' } })
    expect(json.why.at(-1)).toBe(
      'So nothing is left to show, and the user is asked to allow the application this: openid, email, birthdate.',
    )
    const silent = await asking({ acrValues: ['pwd'], scope, prompt: ['none'] })
    expect(silent.json.decision).toMatchObject({ do: 'refuse', error: 'consent_required', reason: 'no-consent' })
    const allowance = { scopes: scope, claims: ['birthdate'], resources: [] }
    await cms.house.seed(
      keptConsent(withAllowed(undefined, allowance, { user: anna.id, clientId: 'partner', now: cms.house.now })),
    )
    const given = await asking({ acrValues: ['pwd'], scope })
    expect(given.json).toMatchObject({ next: { page: 'finish' } })
    // Without a scope, all that the client may ask for counts.
    expect((await asking({ acrValues: ['pwd'] })).json.next.page).toBe('consent')
  })

  it('of a password that is good enough', async () => {
    const { json } = await explain({ ...wanting('pwd'), session: password(60) })
    expect(json).toMatchObject({
      user: { id: anna.id, userName: 'anna' },
      flow: { id: 'fido', isClients: false },
      session: { state: 'counts', proofs: [{ factor: 'password', secondsAgo: 60 }] },
      decision: { do: 'issue', acr: 'pwd', amr: ['pwd'], level: 0 },
      next: { page: 'finish' },
    })
    expect(json.why).toEqual([
      'The request asks for pwd by acr_values, the preferred one first.',
      'The client is strict: there are tokens only if one of the names is reached.',
      'In the flow fido this aims at level 0 (pwd).',
      'Level 0 (pwd) is fresh: shown 60 seconds ago, and good for 3600 seconds.',
      expect.stringMatching(/^Level 1 \(otp\) was not shown\. /),
      'Level 3 (fido) was not shown. The user can reach it.',
      'So tokens are issued, and nothing is asked.',
    ])
  })

  it('of a password that is not: the key is asked for, by its id', async () => {
    const { json } = await explain({ ...wanting('fido'), session: password(60) })
    expect(json).toMatchObject({
      decision: { do: 'ask', offers: [{ factor: 'webauthn', ways: ['use'], authenticators: [key.id] }] },
      enrolment: { password: 'usable', webauthn: [{ authenticator: key.id, state: 'usable' }] },
      report: { reason: 'missing', target: { acr: 'fido', loa: 3 } },
      next: { page: 'webauthn' },
    })
    expect(json.why.at(-1)).toBe('So the user is asked for what is missing, and for no more.')
  })

  it('of a password that is too old, a second after it was not', async () => {
    const { json: before } = await explain({ ...wanting('pwd'), session: password(3600) })
    const { json: after } = await explain({ ...wanting('pwd'), session: password(3601) })
    expect([before.decision.do, after.decision.do]).toEqual(['issue', 'ask'])
    expect(after.why).toContainEqual(
      expect.stringContaining('Level 0 (pwd) was shown 3601 seconds ago, which is too long'),
    )
  })

  it('of somebody who lacks what is asked for', async () => {
    const { json } = await explain({ user: 'bert', ...wanting('fido'), session: password(60) })
    expect(json).toMatchObject({
      decision: { do: 'refuse', error: 'unmet_authentication_requirements', reason: 'no-credential' },
      next: { page: 'unmet' },
    })
    expect(json.why.slice(-2)).toEqual([
      'It would take: webauthn.',
      'So it is refused: the flow has the level, and the user has nothing to reach it with.',
    ])
  })

  it('of nobody who is signed in: what they have is looked at, and the first page is the username’s', async () => {
    const { json } = await explain({ user: bert.id, ...wanting('fido') })
    expect(json).toMatchObject({ session: { state: 'none' }, next: { page: 'username' } })
    // The realm attempts what the flow has, before it says so.
    expect(json).toMatchObject({
      decision: { do: 'ask', offers: [{ factor: 'password' }] },
      report: { reason: 'attempt' },
    })
    expect(json.why).toContain('Level 3 (fido) was not shown. The user has no way to reach it.')
  })

  it('of a client’s own flow and of names that nobody knows', async () => {
    const { json } = await explain({ client: 'lax', ...wanting('gold', 'cba'), session: password(60) })
    expect(json.flow).toEqual({ id: 'stepup-ldap-otp', version: 1, isClients: true, supposed: false })
    expect(json.why).toEqual(
      expect.arrayContaining([
        'The ACR map of the realm does not know gold.',
        'Nothing binds: what is reached is said in the tokens, and the application compares.',
      ]),
    )
  })

  it.each<[string, object, string, string]>([
    ['prompt=none, without a session', { prompt: ['none'] }, 'no-session', 'By prompt=none, nothing may be asked.'],
    ['prompt=none and prompt=login', { prompt: ['none', 'login'] }, 'contradictory-prompt', 'By prompt=login, what is'],
    [
      'an essential acr that is unknown',
      { claims: { id_token: { acr: { essential: true, value: 'gold' } } } },
      'unknown-acr',
      'demands gold',
    ],
  ])('of %s', async (_, request, reason, sentence) => {
    const { json } = await explain({
      request,
      ...(reason === 'unknown-acr' ? { user: 'bert', session: password(60) } : {}),
    })
    expect(json.report.reason).toBe(reason)
    expect(json.why.join('\n')).toContain(sentence)
  })

  it('of max_age: what is aimed at must be younger', async () => {
    const asked = { acrValues: ['pwd'], maxAge: 30 }
    const { json } = await explain({ request: asked, session: password(60) })
    expect(json.decision.do).toBe('ask')
    expect(json.why).toContainEqual(expect.stringContaining('within the last 30 seconds'))
  })

  it('of another time', async () => {
    const at = new Date((cms.house.now + 3700) * 1000).toISOString()
    const { json } = await explain({ ...wanting('pwd'), session: password(60), at })
    expect([json.at, json.decision.do]).toEqual([at, 'issue'])
  })

  it('of a key that was suspended', async () => {
    const change = (state: string) => cms.call('PATCH', `${cms.keysOf(anna)}/${key.id}`, { body: { state } })
    await change('suspended')
    const proofs = [{ factor: 'webauthn', secondsAgo: 5, authenticator: key.id }]
    const { json: fallen } = await explain({ ...wanting('fido'), session: { proofs } })
    expect(fallen).toMatchObject({
      session: { state: 'fallen', proofs: [{ authenticator: key.id }] },
      enrolment: { webauthn: [{ state: 'locked' }] },
      report: { reason: 'attempt' },
    })
    const { json } = await explain({ ...wanting('fido'), session: password(60) })
    expect(json.decision).toMatchObject({ do: 'refuse', reason: 'locked', error: 'access_denied' })
    await change('active')
    expect((await explain({ ...wanting('fido'), session: { proofs } })).json.decision.do).toBe('issue')
  })

  it('has no secret in it, and writes nothing but that it was given', async () => {
    const before = await Promise.all((['config', 'people', 'sessions'] as const).map((table) => cms.house.all(table)))
    const reply = await explain({ ...wanting('fido'), session: password(60) })
    const after = await Promise.all((['config', 'people', 'sessions'] as const).map((table) => cms.house.all(table)))
    expect(after).toEqual(before)
    expect(reply.body).not.toContain(key.credential.credentialId)
    expect(reply.body).not.toMatch(/argon2|password#|secret/i)
    expect(await cms.house.audit('step-up.explained')).toContainEqual(
      expect.objectContaining({
        user: anna.id,
        client: 'app1',
        actor: { kind: 'api-key', id: cms.apiKey.id },
        requested: ['fido'],
        targetLevel: 3,
        achievedLevel: 0,
        ages: { pwd: 60 },
        reason: 'missing',
        request: expect.any(String),
      }),
    )
    const writes = reply.commands
      .flatMap(({ actions }) => actions)
      .filter(({ action }) => /Put|Update|Delete/.test(action))
    expect(writes).toMatchObject([{ action: 'PutItem', on: 'audit' }])
  })

  it.each<[string, Record<string, unknown>, number, string, string]>([
    ['an unknown user', { user: 'nobody' }, 404, 'user-not-found', '/user'],
    ['an unknown client', { client: 'none' }, 404, 'client-not-found', '/client'],
    ['a client that is disabled', { client: 'gone' }, 404, 'client-not-found', '/client'],
    ['an unknown session', { sid: 'none' }, 404, 'session-not-found', '/sid'],
    [
      'a key that is not theirs',
      { session: { proofs: [{ factor: 'webauthn', secondsAgo: 1, authenticator: 'x' }] } },
      404,
      'authenticator-not-found',
      '/session/proofs/0/authenticator',
    ],
    ['a session that is real and supposed', { sid: 'x', session: { proofs: [] } }, 400, 'malformed-request', '/sid'],
    [
      'a factor that there is not',
      { session: { proofs: [{ factor: 'sms', secondsAgo: 1 }] } },
      400,
      'malformed-request',
      '/session/proofs/0/factor',
    ],
    ['a member that is misspelt', { acr_values: 'pwd' }, 400, 'malformed-request', '/acr_values'],
    ['a time that is none', { at: 'yesterday' }, 400, 'malformed-request', '/at'],
    [
      'claims of another form',
      { request: { claims: { id_token: { acr: { essential: 'yes' } } } } },
      400,
      'malformed-request',
      '/request/claims/id_token/acr/essential',
    ],
  ])('of %s is a problem', async (_, body, status, code, pointer) => {
    expect((await explain(body)).json).toMatchObject({ status, code, pointer })
  })

  it('of claims that nest too deep is a problem, and no outage', async () => {
    const body = `{"user":"anna","client":"app1","request":{"claims":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}}`
    const headers = { 'content-type': 'application/json' }
    expect((await cms.call<Problem>('POST', '/explain', { body, headers })).json).toMatchObject({
      status: 400,
      code: 'malformed-request',
      pointer: '/request/claims',
    })
  })
})

describe('a flow that is supposed', () => {
  const only = (authenticator: string, more = {}) => ({
    id: 'draft',
    name: 'Draft',
    description: '',
    version: 1,
    levels: [
      {
        alias: 'only',
        loa: 0,
        maxAge: 3600,
        mode: 'cumulative',
        steps: [{ authenticator, requirement: 'required', referenceMaxAge: 3600 }],
        ...more,
      },
    ],
  })

  it('is decided with as if the client had it, and nobody has it after', async () => {
    const { json } = await explain({ ...wanting('pwd'), flow: only('webauthn') })
    expect(json.flow).toEqual({ id: 'draft', version: 1, isClients: false, supposed: true })
    expect(json.decision).toMatchObject({ do: 'ask', offers: [{ factor: 'webauthn' }] })
    const { json: asItIs } = await explain(wanting('pwd'))
    expect(asItIs.flow.supposed).toBe(false)
    expect(asItIs.decision).toMatchObject({ do: 'ask', offers: [{ factor: 'password' }, { factor: 'webauthn' }] })
    expect((await cms.call('GET', '/flows/draft')).status).toBe(404)
    expect((await cms.house.audit('step-up.explained')).some(({ flow, detail }) => flow === 'draft' && detail)).toBe(
      true,
    )
  })

  it('takes the place of the one with its id', async () => {
    const { json: fido } = await cms.call<object>('GET', '/flows/fido')
    const flow = { ...only('webauthn'), id: 'fido' }
    expect((await explain({ ...wanting('pwd'), flow })).json.decision).toMatchObject({
      offers: [{ factor: 'webauthn' }],
    })
    expect((await cms.call<object>('GET', '/flows/fido')).json).toEqual(fido)
  })

  it.each<[string, object, number, string, string]>([
    ['is no flow', only('sms'), 400, 'malformed-request', '/flow/levels/0/steps/0/authenticator'],
    ['could not be saved', only('password', { steps: [] }), 422, 'unworkable-flow', '/flow/levels/0/steps'],
  ])('that %s is a problem, and points at what is wrong', async (_, flow, status, code, pointer) => {
    expect((await explain({ flow })).json).toMatchObject({ status, code, pointer })
  })
})

describe('a real session', () => {
  it('is explained as it is: what happens next is what was said', async () => {
    const { house } = cms
    const visitor = visit(house)
    await visitor.ask({ acr_values: 'pwd' })
    await visitor.post('username', { username: 'anna' })
    await visitor.post('password', { password: 'correct horse' })
    const [session] = (await house.all('sessions')).filter((item) => item.user === anna.id && item.sid !== undefined)
    const sid = String(session?.sid)
    house.now += 100

    for (const acr of ['pwd', 'fido']) {
      const { json } = await explain({ ...wanting(acr), sid })
      expect(json.session).toEqual({ state: 'counts', proofs: [{ factor: 'password', secondsAgo: 100 }] })
      await visitor.ask({ acr_values: acr })
      if (json.decision.do === 'issue') expect(visitor.landed.get('code')).toBeTruthy()
      else expect(visitor.page).toBe(json.next.page)
    }
    expect((await explain({ user: 'bert', sid })).json.code).toBe('session-not-found')
    house.now += 40_000
    const { json: later } = await explain({ ...wanting('pwd'), sid })
    expect([later.session.state, later.decision.do, later.next.page]).toEqual(['over', 'ask', 'username'])
  })
})

describe('the audit log hears of every decision', () => {
  const events = async (login: () => Promise<unknown>) => {
    const before = new Set((await cms.house.audit()).map(({ id }) => id))
    await login()
    return (await cms.house.audit()).filter((event) => !before.has(event.id) && 'requested' in event)
  }
  const byType = (told: Record<string, unknown>[], type: string) => told.filter((event) => event.type === type)

  it('asked, then issued', async () => {
    const visitor = visit(cms.house)
    const asked = await events(() => visitor.ask({ acr_values: 'pwd' }))
    expect(asked).toMatchObject([
      { type: 'step-up.asked', requested: ['pwd'], target: 'pwd', targetLevel: 0, ages: {}, reason: 'missing' },
    ])
    const issued = await events(async () => {
      await visitor.post('username', { username: 'anna' })
      await visitor.post('password', { password: 'correct horse' })
    })
    expect(issued).toMatchObject([
      { type: 'login.succeeded', target: 'pwd', targetLevel: 0, achieved: 'pwd', achievedLevel: 0, ages: { pwd: 0 } },
    ])
    cms.house.now += 10
    expect(await events(() => visitor.ask({ acr_values: 'pwd' }))).toMatchObject([
      { type: 'login.succeeded', achieved: 'pwd', achievedLevel: 0, ages: { pwd: 10 }, reason: 'reached' },
    ])
    expect(await events(() => visitor.ask({ acr_values: 'fido', prompt: 'none' }))).toMatchObject([
      {
        type: 'step-up.unmet',
        target: 'fido',
        targetLevel: 3,
        achievedLevel: 0,
        ages: { pwd: 10 },
        reason: 'no-match-acr',
      },
    ])
    expect(await events(() => visitor.ask({ acr_values: 'fido' }))).toMatchObject([
      { type: 'step-up.asked', targetLevel: 3, achievedLevel: 0, ages: { pwd: 10 }, reason: 'missing' },
    ])
    expect(await events(() => visitor.post('cancel'))).toMatchObject([
      { type: 'login.failed', targetLevel: 3, achievedLevel: 0, ages: { pwd: 10 }, reason: 'cancelled' },
    ])
  })

  it('unmet, on the page that says so and when it goes back', async () => {
    const visitor = visit(cms.house)
    await visitor.ask({ acr_values: 'pwd' })
    await visitor.post('username', { username: 'bert' })
    await visitor.post('password', { password: 'correct horse' })
    const told = await events(() => visitor.ask({ acr_values: 'fido' }))
    expect(told).toMatchObject([{ type: 'step-up.asked', targetLevel: 3, achievedLevel: 0, reason: 'no-credential' }])
    expect(visitor.page).toBe('no-credential')
    expect(await events(() => visitor.post('cancel'))).toMatchObject([
      { type: 'step-up.unmet', targetLevel: 3, achievedLevel: 0, ages: { pwd: 0 }, reason: 'no-credential' },
    ])
  })

  it('asked again, with what was proved on the way', async () => {
    const { house } = cms
    const visitor = visit(house)
    const flow = await cms.call<Record<string, unknown>>('GET', '/flows/fido')
    const levels = [
      {
        alias: 'pwd',
        loa: 0,
        maxAge: 3600,
        mode: 'cumulative',
        steps: [{ authenticator: 'password', requirement: 'required', referenceMaxAge: 3600 }],
      },
      {
        alias: 'both',
        loa: 3,
        maxAge: 3600,
        mode: 'cumulative',
        steps: [{ authenticator: 'webauthn', requirement: 'required', referenceMaxAge: 3600 }],
      },
    ]
    await cms.call('POST', '/flows', { body: { ...flow.json, id: 'both', levels } })
    await house.addClient({ clientId: 'app2', flow: 'both', enforcement: 'strict' })
    await visitor.ask({ client_id: 'app2', acr_values: 'fido' })
    await visitor.post('username', { username: 'anna' })
    const told = await events(() => visitor.post('password', { password: 'correct horse' }))
    expect(told).toMatchObject([
      {
        type: 'step-up.asked',
        actor: { kind: 'user', id: anna.id },
        achieved: 'pwd',
        achievedLevel: 0,
        targetLevel: 3,
        ages: { pwd: 0 },
      },
    ])
    expect(byType(told, 'login.succeeded')).toEqual([])
    expect(visitor.page).toBe('webauthn')
  })
})
