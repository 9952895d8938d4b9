/** The realm's and a client's policy by the API, and what of it each login hears. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimsOf, exchange, visit } from '../visitor.ts'
import { type Cms, openCms, type Problem } from './authenticators/cms.ts'

let cms: Cms
beforeAll(async () => {
  cms = await openCms()
  await cms.house.addClient({ clientId: 'app1', enforcement: 'strict' })
  await cms.house.addUser({ userName: 'hugo', password: 'correct horse' })
})
afterAll(() => cms.house.close())

type Changed = { policy: Record<string, unknown>; warnings: { pointer: string; detail: string }[] } & Problem

const realmAt = '/step-up-policy'
const clientAt = (clientId = 'app1') => `/clients/${encodeURIComponent(clientId)}/step-up-policy`

const read = (path: string) => cms.call<Record<string, unknown> & Problem>('GET', path)
const put = async (path: string, body: unknown) => {
  const { headers } = await read(path)
  return cms.call<Changed>('PUT', path, { body, headers: { 'if-match': headers.etag ?? '' } })
}

const usual = { acrToLoa: { pwd: 0, otp: 1, cba: 2, fido: 3 }, defaultAcr: [], unreachable: 'attempt', enrol: [] }

describe('the realm’s policy', () => {
  it('is read as a document, ordered by level', async () => {
    const reply = await read(realmAt)
    expect(reply.body).toBe(`${JSON.stringify(usual, null, 2)}\n`)
    expect(reply.headers.etag).toMatch(/^"[\w-]{22}"$/)
  })

  it('is replaced as a whole, and the audit log hears what changed', async () => {
    const change = {
      acrToLoa: { pwd: 0, fido: 3 },
      defaultAcr: ['fido', 'pwd'],
      unreachable: 'fail-fast',
      enrol: ['otp'],
    }
    const reply = await put(realmAt, change)
    expect([reply.status, reply.json.policy]).toEqual([200, change])
    expect(reply.headers.etag).toBe((await read(realmAt)).headers.etag)
    const { detail } = (await cms.house.audit('policy.changed')).at(-1) ?? {}
    expect(detail).toBe(
      '/acrToLoa/otp: 1 → nothing; /acrToLoa/cba: 2 → nothing; /defaultAcr/0: nothing → "fido"; ' +
        '/defaultAcr/1: nothing → "pwd"; /unreachable: "attempt" → "fail-fast"; /enrol/0: nothing → "otp"',
    )
    expect((await put(realmAt, { acrToLoa: usual.acrToLoa })).json.policy).toEqual(usual)
  })

  it('is what a login asks for that asks for nothing', async () => {
    await put(realmAt, { ...usual, defaultAcr: ['fido'] })
    const hugo = visit(cms.house)
    await hugo.ask()
    await hugo.post('username', { username: 'hugo' })
    expect(hugo.page).toBe('webauthn')
    await put(realmAt, usual)
    await hugo.ask()
    await hugo.post('username', { username: 'hugo' })
    expect(hugo.page).toBe('password')
  })

  it.each<[string, unknown, string, string]>([
    ['a default that names nothing', { ...usual, defaultAcr: ['pwd', 'gold'] }, 'unworkable-policy', '/defaultAcr/1'],
    [
      'names that the browser flow does not reach',
      { ...usual, acrToLoa: { gold: 9 } },
      'unworkable-policy',
      '/acrToLoa',
    ],
    ['something that cannot be set up in a login', { ...usual, enrol: ['webauthn'] }, 'malformed-policy', '/enrol/0'],
    ['a level that is no number', { ...usual, acrToLoa: { 'a/b': '0' } }, 'malformed-policy', '/acrToLoa/a~1b'],
    ['a name with a space', { ...usual, acrToLoa: { 'a b': 0 } }, 'malformed-policy', '/acrToLoa/a b'],
    ['a name that a store would lose', `{"acrToLoa":{"__proto__":0}}`, 'malformed-policy', '/acrToLoa/__proto__'],
    ['a name that a store refuses', { acrToLoa: { constructor: 0 } }, 'malformed-policy', '/acrToLoa/constructor'],
    ['no map', {}, 'malformed-policy', '/acrToLoa'],
    ['a member that is misspelt', { ...usual, default: ['pwd'] }, 'malformed-policy', '/default'],
  ])('with %s is refused, with the place', async (_, body, code, pointer) => {
    const { headers } = await read(realmAt)
    const match = { 'if-match': headers.etag ?? '', 'content-type': 'application/json' }
    expect((await cms.call('PUT', realmAt, { body, headers: match })).json).toMatchObject({
      status: 422,
      code,
      pointer,
    })
    expect((await read(realmAt)).headers.etag).toBe(headers.etag)
  })

  it.each(['toString', 'valueOf', 'hasOwnProperty'])('may name an ACR %s, as any other', async (name) => {
    const { json } = await put(realmAt, { ...usual, acrToLoa: { ...usual.acrToLoa, [name]: 1 } })
    expect(json.policy.acrToLoa).toMatchObject({ [name]: 1 })
    const detail = `/acrToLoa/${name}: nothing → 1`
    expect(await cms.house.audit('policy.changed')).toContainEqual(expect.objectContaining({ detail }))
    expect((await put(realmAt, usual)).json.policy).toEqual(usual)
  })

  it('that strands a client is refused, with its name', async () => {
    await cms.house.addClient({ clientId: 'safe', minimumAcr: 'cba' })
    expect((await put(realmAt, { ...usual, acrToLoa: { pwd: 0, otp: 1 } })).json).toMatchObject({
      status: 422,
      code: 'unworkable-policy',
      pointer: '/acrToLoa',
      detail: 'client safe: its minimum cba is not in its map',
    })
    expect((await put(realmAt, { ...usual, acrToLoa: { pwd: 0, cba: 9 } })).json.detail).toContain('client safe')
  })

  it('may name what the flow does not reach: use case 4 is about that', async () => {
    const reply = await put(realmAt, { ...usual, acrToLoa: { ...usual.acrToLoa, gold: 9 } })
    expect([reply.status, reply.json.warnings]).toEqual([
      200,
      [{ pointer: '/acrToLoa/gold', detail: 'the browser flow fido does not reach gold (level 9)' }],
    ])
    await put(realmAt, usual)
  })

  it('needs the version that it replaces; of twenty at once one wins', async () => {
    expect((await cms.call('PUT', realmAt, { body: usual })).json).toMatchObject({ code: 'precondition-required' })
    const { headers } = await read(realmAt)
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        cms.call<Changed>('PUT', realmAt, {
          body: { ...usual, acrToLoa: { ...usual.acrToLoa, [`level-${index}`]: 1 } },
          headers: { 'if-match': headers.etag ?? '' },
        }),
      ),
    )
    const won = replies.filter(({ status }) => status === 200)
    expect([won.length, replies.filter(({ status }) => status === 412).length]).toEqual([1, 19])
    expect((await read(realmAt)).json).toEqual(won[0]?.json.policy)
    await put(realmAt, usual)
  })

  it('and the realm’s settings are changed at the same time, and neither is lost', async () => {
    await Promise.all([
      put(realmAt, { ...usual, unreachable: 'fail-fast' }),
      cms.house.changeSettings({ sessionIdle: 1234 }).catch(() => cms.house.changeSettings({ sessionIdle: 1234 })),
    ])
    expect((await read(realmAt)).json.unreachable).toBe('fail-fast')
    const item = await cms.house.db.get({ table: 'config', key: { pk: 'realm', sk: 'realm' } })
    expect(item?.settings).toMatchObject({ sessionIdle: 1234 })
    await put(realmAt, usual)
  })
})

describe('a client’s policy', () => {
  it('says what is the realm’s by saying nothing', async () => {
    expect((await read(clientAt())).body).toBe('{\n  "enforcement": "strict",\n  "amr": true\n}\n')
  })

  it('is replaced as a whole, and nothing else of the client is', async () => {
    const before = await cms.house.db.get({ table: 'config', key: { pk: 'client', sk: 'app1' } })
    const policy = {
      flow: 'fido',
      acrToLoa: { 'urn:example:low': 0, 'urn:example:high': 3 },
      defaultAcr: ['urn:example:low'],
      minimumAcr: 'urn:example:low',
      enforcement: 'voluntary',
      maxAges: { fido: 300, 0: 900 },
      amr: false,
    }
    const reply = await put(clientAt(), policy)
    expect([reply.status, reply.json]).toEqual([200, { policy, warnings: [] }])
    expect(await cms.house.audit('policy.changed')).toContainEqual(
      expect.objectContaining({
        client: 'app1',
        detail: expect.stringContaining('/minimumAcr: nothing → "urn:example:low"'),
      }),
    )
    expect((await put(clientAt(), {})).json.policy).toEqual({ enforcement: 'strict', amr: true })
    const after = await cms.house.db.get({ table: 'config', key: { pk: 'client', sk: 'app1' } })
    expect(after).toEqual({ ...before, amr: true })
  })

  it('is what the next login hears: its names, its ages, no amr', async () => {
    await put(clientAt(), { acrToLoa: { low: 0 }, amr: false, maxAges: { pwd: 60 } })
    const hugo = visit(cms.house)
    const signIn = async () => {
      await hugo.post('username', { username: 'hugo' })
      await hugo.post('password', { password: 'correct horse' })
      return claimsOf((await exchange(cms.house, hugo.landed.get('code'))).json.id_token)
    }
    await hugo.ask({ acr_values: 'low' })
    expect(await signIn()).toMatchObject({ acr: 'low' })
    cms.house.now += 61
    await hugo.ask({ acr_values: 'low' })
    expect(hugo.page).toBe('password')
    await hugo.post('password', { password: 'correct horse' })
    const claims = claimsOf((await exchange(cms.house, hugo.landed.get('code'))).json.id_token)
    expect(claims).not.toHaveProperty('amr')
    await put(clientAt(), {})
  })

  it.each<[string, unknown, string, string]>([
    ['a flow that is not there', { flow: 'none' }, 'unworkable-policy', '/flow'],
    ['a map that its flow cannot reach', { acrToLoa: { gold: 9 } }, 'unworkable-policy', '/acrToLoa'],
    ['a minimum that names nothing', { minimumAcr: 'gold' }, 'unworkable-policy', '/minimumAcr'],
    ['a minimum above its flow', { flow: 'stepup-ldap-otp', minimumAcr: 'cba' }, 'unworkable-policy', '/minimumAcr'],
    ['a default that names nothing', { defaultAcr: ['pwd', 'gold'] }, 'unworkable-policy', '/defaultAcr/1'],
    ['a max age that is no number', { maxAges: { pwd: -1 } }, 'malformed-policy', '/maxAges/pwd'],
    ['another kind of enforcement', { enforcement: 'lax' }, 'malformed-policy', '/enforcement'],
    ['a member that is misspelt', { minimum: 'pwd' }, 'malformed-policy', '/minimum'],
  ])('with %s is refused, with the place', async (_, body, code, pointer) => {
    const { headers } = await read(clientAt())
    const reply = await put(clientAt(), body)
    expect(reply.json).toMatchObject({ status: 422, code, pointer })
    expect((await read(clientAt())).headers.etag).toBe(headers.etag)
  })

  it('whose map lost the realm’s default needs one of its own, if it is strict', async () => {
    await put(realmAt, { ...usual, defaultAcr: ['pwd'] })
    expect((await put(clientAt(), { acrToLoa: { low: 0 } })).json).toMatchObject({
      status: 422,
      pointer: '/acrToLoa',
      detail: expect.stringContaining('no default of its own'),
    })
    expect((await put(clientAt(), { acrToLoa: { low: 0 }, enforcement: 'voluntary' })).status).toBe(200)
    expect((await put(clientAt(), { acrToLoa: { low: 0 }, defaultAcr: ['low'] })).status).toBe(200)
    await put(clientAt(), {})
    await put(realmAt, usual)
  })

  it('is warned about a max age for a level that there is not, and defaults that nobody reaches', async () => {
    const reply = await put(clientAt(), {
      flow: 'stepup-ldap-otp',
      defaultAcr: ['cba'],
      maxAges: { otpp: 60, otp: 60 },
    })
    expect(reply.json.warnings).toEqual([
      { pointer: '/defaultAcr', detail: expect.stringContaining('a request that asks for nothing fails') },
      {
        pointer: '/maxAges/otpp',
        detail: 'client app1: its max age for otpp applies to no level of the flow stepup-ldap-otp',
      },
    ])
    await put(clientAt(), {})
  })

  it('needs a client that is there, and the version that it replaces', async () => {
    expect((await read(clientAt('none'))).json.code).toBe('client-not-found')
    const body = { minimumAcr: 'pwd' }
    const match = { 'if-match': '*' }
    expect((await cms.call('PUT', clientAt('none'), { body, headers: match })).json.code).toBe('client-not-found')
    expect((await cms.call('PUT', clientAt(), { body })).json.code).toBe('precondition-required')
    expect((await cms.call('PUT', clientAt(), { body, headers: { 'if-match': '"x"' } })).status).toBe(412)
  })
})

describe('who may', () => {
  it('read and write each, and a CMS’s key neither', async () => {
    const { house, send } = cms
    const key = async (...scopes: Parameters<typeof house.addApiKey>[0] & string[]) =>
      (await house.addApiKey(scopes)).shown
    const cmsKey = await key('users:read', 'authenticators:read', 'authenticators:write')
    const reader = await key('policy:read')
    const status = async (apikey: string, method: 'GET' | 'PUT', path: string) =>
      (
        await send(method, path, {
          headers: { apikey, 'if-match': '"x"' },
          ...(method === 'PUT' ? { body: usual } : {}),
        })
      ).status
    expect(await status(cmsKey, 'GET', realmAt)).toBe(403)
    expect(await status(cmsKey, 'GET', '/flows')).toBe(403)
    expect(await status(reader, 'GET', realmAt)).toBe(200)
    expect(await status(reader, 'PUT', realmAt)).toBe(403)
    expect(await status(reader, 'GET', '/flows')).toBe(403)
  })

  it('by an access token: with the scope step-up, and not with a CMS’s', async () => {
    const { house, send } = cms
    for (const scope of ['authenticators', 'step-up'])
      await house.addClient({ clientId: `with-${scope}`, grantTypes: ['client_credentials'], scopes: [scope] })
    const asked = async (clientId: string, scope: string, path: string) => {
      const token = await house.world.signer.sign('ES256', 'at+jwt', {
        iss: 'https://id.example.org',
        aud: 'https://id.example.org/api/v1',
        sub: clientId,
        client_id: clientId,
        scope,
        iat: house.now,
        exp: house.now + 300,
      })
      return send('GET', path, { headers: { authorization: `Bearer ${token}` } })
    }
    const refused = await asked('with-authenticators', 'authenticators', '/flows')
    expect(refused.status).toBe(403)
    expect(refused.headers['www-authenticate']).toContain('scope="step-up"')
    expect((await asked('with-authenticators', 'authenticators step-up', '/flows')).status).toBe(403)
    expect((await asked('with-step-up', 'step-up', '/flows')).status).toBe(200)
    expect((await asked('with-step-up', 'step-up', '/users')).status).toBe(403)
  })
})
