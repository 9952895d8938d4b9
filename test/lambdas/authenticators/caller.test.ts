import { generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret, newId, newSecret } from '../../../src/core/secret.ts'
import { revokedApiKey } from '../../../src/store/api-keys.ts'
import { places } from '../../../src/store/keys.ts'
import { type Cms, newKey, openCms, rawImport } from './cms.ts'

let cms: Cms
let anna: { id: string }

beforeAll(async () => {
  cms = await openCms()
  anna = await cms.house.addUser({ userName: 'anna' })
})

afterAll(() => cms.house.close())

const asked = (headers: Record<string, string>) => cms.send('GET', `/users/${anna.id}`, { headers })

describe('an API key', () => {
  it('that is missing, malformed, unknown, wrong, revoked or expired is refused in the same words', async () => {
    const { house } = cms
    const revoked = await house.addApiKey()
    await house.seed(revokedApiKey(revoked.id, house.now))
    const expired = await house.addApiKey(undefined, { expiresAt: house.now })
    const good = await house.addApiKey()
    const keys = [
      'nonsense',
      `keystep_${newId()}.${newSecret()}`,
      `keystep_${good.id}.${newSecret()}`,
      `${good.shown} `,
      revoked.shown,
      expired.shown,
    ]
    const replies = await Promise.all([asked({}), ...keys.map((apikey) => asked({ apikey }))])
    expect(new Set(replies.map(({ status, body }) => `${status} ${body}`)).size).toBe(1)
    expect(replies[0]?.status).toBe(401)
    expect(replies[0]?.headers['www-authenticate']).toBe('Bearer realm="https://id.example.org/api/v1"')
    expect((await asked({ apikey: good.shown })).status).toBe(200)
  })

  it('beside an access token is refused: they are two callers', async () => {
    expect((await asked({ apikey: cms.apiKey.shown, authorization: 'Bearer x' })).status).toBe(401)
  })

  it('may do what its scopes say, and nothing else', async () => {
    const reader = await cms.house.addApiKey(['authenticators:read'])
    const headers = { apikey: reader.shown }
    const list = await cms.send('GET', cms.keysOf(anna), { headers })
    const read = await cms.send('GET', `/users/${anna.id}`, { headers })
    const write = await cms.send('POST', cms.keysOf(anna), { headers, body: rawImport(newKey()) })
    expect([list.status, read.status, write.status]).toEqual([200, 403, 403])
    expect(write.json).toMatchObject({ code: 'insufficient-scope' })
    expect(write.headers['www-authenticate']).toContain('insufficient_scope')
  })

  it('has its last use written down, at most once a minute', async () => {
    const { house } = cms
    const key = await house.addApiKey()
    const lastUse = async () => (await house.db.get(places.apiKey(key.id)))?.lastUsedAt
    const writes = async () =>
      (await asked({ apikey: key.shown })).commands.filter(({ name }) => name === 'UpdateItem').length
    expect(await lastUse()).toBeUndefined()
    expect(await writes()).toBe(1)
    expect(await lastUse()).toBe(house.now)
    house.now += 59
    expect(await writes()).toBe(0)
    house.now += 1
    expect(await writes()).toBe(1)
    expect(await lastUse()).toBe(house.now)
  })

  it('is good in its tenant alone, and a stranger is not told which that is', async () => {
    const { house } = cms
    const other = `/api/v1/tenants/other/users/${anna.id}`
    expect((await house.invoke('GET', other)).status).toBe(401)
    const reply = await house.invoke('GET', other, { headers: { apikey: cms.apiKey.shown } })
    expect([reply.status, reply.json]).toEqual([404, expect.objectContaining({ code: 'tenant-not-found' })])
  })

  it('is in no log line and in no audit record', async () => {
    const text = JSON.stringify([cms.house.lines, await cms.house.audit()])
    expect(text).not.toContain(cms.apiKey.shown.split('.')[1])
    expect(text).not.toContain(hashSecret(cms.apiKey.shown.split('.')[1] ?? ''))
  })
})

describe('an access token', () => {
  const audience = 'https://id.example.org/api/v1'
  const claims = (change: JWTPayload = {}): JWTPayload => ({
    iss: 'https://id.example.org',
    aud: audience,
    sub: 'connector',
    client_id: 'connector',
    scope: 'authenticators',
    iat: cms.house.now,
    exp: cms.house.now + 300,
    ...change,
  })
  const token = (change: JWTPayload = {}, typ = 'at+jwt') => cms.house.world.signer.sign('ES256', typ, claims(change))
  const asConnector = async (change: JWTPayload = {}, typ?: string) =>
    asked({ authorization: `Bearer ${await token(change, typ)}` })

  beforeAll(() =>
    cms.house.addClient({
      clientId: 'connector',
      grantTypes: ['client_credentials'],
      scopes: ['authenticators'],
      secret: 'a secret',
    }),
  )

  it('that an application got for itself may do all that an API key can', async () => {
    expect((await asConnector()).status).toBe(200)
    const authorization = `Bearer ${await token()}`
    const reply = await cms.send('POST', cms.keysOf(anna), { headers: { authorization }, body: rawImport(newKey()) })
    expect(reply.status).toBe(201)
    expect(await cms.house.audit('authenticator.imported')).toContainEqual(
      expect.objectContaining({ authenticator: reply.json.id, actor: { kind: 'client', id: 'connector' } }),
    )
  })

  it.each<[string, JWTPayload, string?]>([
    ['for another audience', { aud: 'https://api.example.org' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['that has expired', { exp: 1 }],
    ['of another type', {}, 'JWT'],
    ['of a user', { sub: 'anna' }],
    ['without a client', { client_id: undefined }],
    ['of a client that is not there', { client_id: 'gone', sub: 'gone' }],
  ])('%s is refused', async (_, change, typ) => {
    const reply = await asConnector(change, typ)
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toContain('invalid_token')
  })

  it('of a key that is not ours is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'ours' })
      .sign(privateKey)
    expect((await asked({ authorization: `Bearer ${forged}` })).status).toBe(401)
  })

  it('without the scope, or of a client that no longer has it, may do nothing', async () => {
    expect((await asConnector({ scope: 'openid authenticators:read' })).status).toBe(403)
    await cms.house.addClient({ clientId: 'demoted', grantTypes: ['client_credentials'], scopes: [] })
    expect((await asConnector({ sub: 'demoted', client_id: 'demoted' })).status).toBe(403)
  })

  it('of a client that was disabled is refused at once', async () => {
    await cms.house.addClient({ clientId: 'disabled', scopes: ['authenticators'], enabled: false })
    expect((await asConnector({ sub: 'disabled', client_id: 'disabled' })).status).toBe(401)
  })
})
