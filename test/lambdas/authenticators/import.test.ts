import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { places } from '../../../src/store/keys.ts'
import { attestationRoot } from '../../authenticator.ts'
import { attestedImport, type Cms, newKey, openCms, origin, rawImport, root } from './cms.ts'

let cms: Cms

beforeAll(async () => {
  cms = await openCms()
})

afterAll(() => cms.house.close())

const user = (change = {}) => cms.house.addUser(change)
const auditOf = async (id: string) => (await cms.house.audit()).filter((event) => event.request === id)
const requestOf = (reply: { commands: { request: string }[] }): string => reply.commands[0]?.request ?? ''
const withTrailingByte = (key: string): string =>
  Buffer.concat([Buffer.from(key, 'base64url'), Buffer.alloc(1)]).toString('base64url')
const count = <Value>(values: Value[], value: Value): number => values.filter((each) => each === value).length

describe('an import', () => {
  it('makes a pending authenticator, and says where it is', async () => {
    const anna = await user()
    const key = newKey()
    const body = rawImport(
      key,
      { friendlyName: 'Blue key', externalId: 'cms-1', serialNumber: '0042' },
      { transports: ['usb', 'nfc'], signatureCounter: 3, discoverable: true, backupEligible: false },
    )
    const reply = await cms.importKey(anna, body)
    expect(reply.status).toBe(201)
    expect(reply.json).toEqual({
      id: expect.any(String),
      type: 'fido',
      state: 'pending',
      friendlyName: 'Blue key',
      externalId: 'cms-1',
      serialNumber: '0042',
      origin: 'imported',
      provenance: 'raw',
      createdDateTime: new Date(cms.house.now * 1000).toISOString(),
      lastUsedAuthnDateTime: null,
      lastSuccessAuthnDateTime: null,
      metadata: {
        rpId: 'example.org',
        credentialId: key.credentialId,
        publicKey: key.publicKey,
        algorithm: -7,
        transports: ['usb', 'nfc'],
        signatureCounter: 3,
        discoverable: true,
        backupEligible: false,
      },
    })
    const { location = '', etag } = reply.headers
    expect(location).toBe(`https://id.example.org${root}${cms.keysOf(anna)}/${reply.json.id}`)
    const read = await cms.call('GET', location.slice(`https://id.example.org${root}`.length))
    expect(read.json).toEqual(reply.json)
    expect(read.headers.etag).toBe(etag)
  })

  it('is in the audit log together with what it made', async () => {
    const anna = await user()
    const reply = await cms.importKey(anna, rawImport(newKey()))
    const events = await auditOf(requestOf(reply))
    expect(events).toEqual([
      expect.objectContaining({
        type: 'authenticator.imported',
        actor: { kind: 'api-key', id: cms.apiKey.id },
        user: anna.id,
        authenticator: reply.json.id,
        ip: '192.0.2.1',
      }),
    ])
    const write = reply.commands.find((command) => command.name === 'TransactWriteItems')
    expect(write?.actions.map(({ action, on }) => `${action} ${on}`)).toContain('PutItem audit')
  })

  it('takes four calls to DynamoDB by id, and one more by user name', async () => {
    const anna = await user()
    await cms.importKey(anna, rawImport(newKey()))
    expect((await cms.importKey(anna, rawImport(newKey()))).commands.map(({ name }) => name)).toEqual([
      'BatchGetItem',
      'BatchGetItem',
      'Query',
      'TransactWriteItems',
    ])
    expect((await cms.importKey({ id: anna.userName }, rawImport(newKey()))).commands).toHaveLength(5)
  })

  it('finds its user by name, in whatever case', async () => {
    const anna = await user({ userName: 'Anna.Banana' })
    const reply = await cms.importKey({ id: 'anna.BANANA' }, rawImport(newKey()))
    expect(reply.headers.location).toContain(anna.id)
  })

  it.each([-7, -8, -35, -36, -257] as const)('takes a key of algorithm %i, as COSE or as PEM', async (algorithm) => {
    const anna = await user()
    const [one, other] = [newKey({ algorithm }), newKey({ algorithm })]
    const cose = await cms.importKey(anna, rawImport(one))
    const pem = await cms.importKey(anna, rawImport(other, {}, { publicKey: undefined, publicKeyPem: other.pem }))
    expect([cose.status, pem.status]).toEqual([201, 201])
    expect(pem.json.metadata).toMatchObject({ publicKey: other.publicKey, algorithm })
  })

  it('shows the claimed model of a raw key, and keeps it out of the credential that decisions read', async () => {
    const anna = await user()
    const aaguid = 'EE882879-721C-4913-9775-3DFCCE97072A'
    const reply = await cms.importKey(anna, rawImport(newKey(), {}, { aaguid }))
    expect(reply.json.metadata.aaguid).toBe(aaguid.toLowerCase())
    const stored = await cms.house.db.get(places.authenticator(anna.id, reply.json.id))
    expect(stored?.credential).not.toHaveProperty('aaguid')
  })
})

describe('a key that is imported again', () => {
  it('for the same user is the one that is there, also when it is active or suspended', async () => {
    const anna = await user()
    const key = newKey()
    const first = await cms.importKey(anna, rawImport(key, { friendlyName: 'First' }))
    const again = await cms.importKey(anna, rawImport(key, { friendlyName: 'Second' }))
    expect([again.status, again.json]).toEqual([200, first.json])
    for (const state of ['active', 'suspended'] as const) {
      const active = newKey()
      const held = await cms.house.addAuthenticator(anna, active, { state })
      const reply = await cms.importKey(anna, rawImport(active))
      expect([reply.status, reply.json.id, reply.json.state]).toEqual([200, held.id, state])
    }
  })

  it('for the same user as another key, or for another RP ID, is refused', async () => {
    const anna = await user()
    const key = newKey()
    await cms.importKey(anna, rawImport(key))
    const otherKey = await cms.importKey(anna, rawImport(newKey(), {}, { credentialId: key.credentialId }))
    const otherRp = await cms.importKey(anna, rawImport(key, {}, { rpId: 'keys.example.org' }))
    for (const reply of [otherKey, otherRp]) {
      expect(reply.status).toBe(409)
      expect(reply.json).toMatchObject({ code: 'conflict', pointer: '/metadata/credentialId' })
    }
  })

  it('for another user is refused, without a word about whose it is', async () => {
    const [anna, bert] = [await user(), await user()]
    const key = newKey()
    await cms.importKey(anna, rawImport(key))
    const reply = await cms.importKey(bert, rawImport(key))
    expect([reply.status, reply.json.code]).toEqual([409, 'conflict'])
    expect(reply.body).not.toContain(anna.id)
    expect(reply.body).not.toContain(anna.userName)
  })

  it('after it was void is new, whoever it is for', async () => {
    const [anna, bert] = [await user(), await user()]
    const key = newKey()
    const expiresAt = new Date((cms.house.now + 600) * 1000).toISOString()
    const first = await cms.importKey(anna, rawImport(key, { expiresAt }))
    expect(first.json.expiresDateTime).toBe(expiresAt)
    cms.house.now += 600
    const second = await cms.importKey(bert, rawImport(key))
    expect(second.status).toBe(201)
    expect(second.json.id).not.toBe(first.json.id)
    expect(await auditOf(requestOf(second))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'authenticator.deleted', user: anna.id, reason: 'expired' }),
        expect.objectContaining({ type: 'authenticator.imported', user: bert.id }),
      ]),
    )
    expect(await cms.house.db.get(places.authenticator(anna.id, first.json.id))).toBeUndefined()
    expect((await cms.importKey(anna, rawImport(key))).status).toBe(409)
  })
})

describe('an attested import', () => {
  it('that answers our challenge is attested, and a certificate of a trusted maker names the model', async () => {
    await cms.house.changeSettings({ attestationRoots: [attestationRoot()] })
    const anna = await user()
    const key = newKey({ attestation: 'packed-x5c', counter: 5 })
    const reply = await cms.importKey(anna, attestedImport(key, await cms.challengeFor(anna)))
    expect(reply.status).toBe(201)
    expect(reply.json).toMatchObject({ provenance: 'attested', metadata: { aaguid: key.credential.aaguid } })
    const stored = await cms.house.db.get(places.authenticator(anna.id, reply.json.id))
    expect(stored?.credential).toMatchObject({
      aaguid: key.credential.aaguid,
      signatureCounter: 5,
      backupEligible: false,
    })
  })

  it('with a self attestation is attested too, but its model is only its own word', async () => {
    const anna = await user()
    const key = newKey()
    const reply = await cms.importKey(anna, attestedImport(key, await cms.challengeFor(anna)))
    expect(reply.json).toMatchObject({ provenance: 'attested', metadata: { aaguid: key.credential.aaguid } })
    const stored = await cms.house.db.get(places.authenticator(anna.id, reply.json.id))
    expect(stored?.credential).not.toHaveProperty('aaguid')
  })

  it('sent again is answered with the one that is there, although its challenge is spent', async () => {
    const anna = await user()
    const body = attestedImport(newKey(), await cms.challengeFor(anna))
    const first = await cms.importKey(anna, body)
    const again = await cms.importKey(anna, body)
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.json).toEqual(first.json)
  })

  it('uses its challenge up: another key cannot answer it', async () => {
    const anna = await user()
    const challenge = await cms.challengeFor(anna)
    await cms.importKey(anna, attestedImport(newKey(), challenge))
    const reply = await cms.importKey(anna, attestedImport(newKey(), challenge))
    expect([reply.status, reply.json.code, reply.json.pointer]).toEqual([
      422,
      'attestation-invalid',
      '/metadata/attestation/challengeId',
    ])
  })

  it('of twenty keys that answer one challenge is made for one', async () => {
    const anna = await user()
    const challenge = await cms.challengeFor(anna)
    const bodies = Array.from({ length: 20 }, () => attestedImport(newKey(), challenge))
    const replies = await Promise.all(bodies.map((body) => cms.importKey(anna, body)))
    expect(
      count(
        replies.map(({ status }) => status),
        201,
      ),
    ).toBe(1)
    expect(
      count(
        replies.map(({ status }) => status),
        422,
      ),
    ).toBe(19)
  })

  it.each<[string, string, (anna: { id: string }) => Promise<unknown>]>([
    [
      'without a challenge of ours',
      '/metadata/attestation/challengeId',
      async (anna) => attestedImport(newKey(), { challenge: (await cms.challengeFor(anna)).challenge }),
    ],
    [
      'to a challenge that was given for somebody else',
      '/metadata/attestation/challengeId',
      async () => attestedImport(newKey(), await cms.challengeFor(await user())),
    ],
    [
      'to another challenge than the one it names',
      '/metadata/attestation',
      async (anna) => ({
        ...attestedImport(newKey(), { ...(await cms.challengeFor(anna)), challenge: 'A'.repeat(43) }),
      }),
    ],
    [
      'made at an origin that may not enrol',
      '/metadata/attestation',
      async (anna) => attestedImport(newKey(), await cms.challengeFor(anna), {}, { origin: 'https://evil.example' }),
    ],
    [
      'of a key that names another credential ID',
      '/metadata/credentialId',
      async (anna) => attestedImport(newKey(), await cms.challengeFor(anna), { credentialId: newKey().credentialId }),
    ],
    [
      'of a key that names another model',
      '/metadata/aaguid',
      async (anna) =>
        attestedImport(newKey(), await cms.challengeFor(anna), { aaguid: '00000000-0000-0000-0000-000000000001' }),
    ],
    [
      'with an attestation of format none',
      '/metadata/attestation',
      async (anna) => attestedImport(newKey({ attestation: 'none' }), await cms.challengeFor(anna)),
    ],
  ])('%s is refused', async (_, pointer, make) => {
    const anna = await user()
    const reply = await cms.importKey(anna, await make(anna))
    expect(reply.json).toMatchObject({ status: 422, code: 'attestation-invalid', pointer })
  })

  it('after its challenge ended is refused', async () => {
    const anna = await user()
    const body = attestedImport(newKey(), await cms.challengeFor(anna, 5))
    cms.house.now += 300
    expect((await cms.importKey(anna, body)).json).toMatchObject({ code: 'attestation-invalid' })
  })

  it('for an RP ID that the key was not made for is refused', async () => {
    const anna = await user()
    const body = attestedImport(newKey(), await cms.challengeFor(anna), { rpId: 'keys.example.org' })
    expect((await cms.importKey(anna, body)).json).toMatchObject({ status: 422, code: 'rp-id-mismatch' })
  })
})

describe('a refused import', () => {
  it('stores nothing but its audit record, with the reason and no secret', async () => {
    const anna = await user()
    const before = await Promise.all((['people', 'sessions'] as const).map(cms.house.all))
    const key = newKey()
    const reply = await cms.importKey(anna, rawImport(key, {}, { rpId: 'evil.example' }), {
      'idempotency-key': 'refused',
    })
    expect(reply.json).toMatchObject({ status: 422, code: 'rp-id-mismatch', pointer: '/metadata/rpId' })
    expect(await Promise.all((['people', 'sessions'] as const).map(cms.house.all))).toEqual(before)
    const events = await auditOf(requestOf(reply))
    expect(events).toEqual([
      expect.objectContaining({ type: 'import.refused', reason: 'rp-id-mismatch', user: anna.id }),
    ])
    expect(JSON.stringify(events)).not.toContain(key.publicKey)
    expect(JSON.stringify(events)).not.toContain(cms.apiKey.shown)
  })

  it('for somebody unknown or disabled is a 404, of one kind', async () => {
    const gone = await user({ enabled: false })
    const unknown = await cms.importKey({ id: 'nobody' }, rawImport(newKey()))
    const disabled = await cms.importKey(gone, rawImport(newKey()))
    const long = await cms.importKey({ id: 'x'.repeat(3000) }, rawImport(newKey()))
    expect(unknown.json).toMatchObject({ status: 404, code: 'user-not-found' })
    expect(disabled.json).toEqual(unknown.json)
    expect(long.json).toEqual(unknown.json)
    const folded = await cms.importKey({ id: encodeURIComponent('\ufdfa'.repeat(200)) }, rawImport(newKey()))
    expect(folded.json).toEqual(unknown.json)
  })

  it('while the toggle is off is a 403', async () => {
    const anna = await user()
    await cms.house.changeSettings({ authenticatorImport: false })
    const reply = await cms.importKey(anna, rawImport(newKey()))
    const options = await cms.call('GET', `${cms.keysOf(anna)}/creation-options`)
    await cms.house.changeSettings({ authenticatorImport: true })
    expect(reply.json).toMatchObject({ status: 403, code: 'import-disabled' })
    expect(options.json).toMatchObject({ status: 403, code: 'import-disabled' })
    expect(await auditOf(requestOf(reply))).toEqual([expect.objectContaining({ reason: 'import-disabled' })])
  })

  it.each<[string, string, string, Record<string, unknown>]>([
    ['trailing bytes', 'bad-public-key', '/metadata/publicKey', { publicKey: withTrailingByte(newKey().publicKey) }],
    [
      'an algorithm that is not offered',
      'unsupported-algorithm',
      '/metadata/publicKey',
      // {1: 2, 3: -47}: ES256K.
      { publicKey: Buffer.from('a2010203382e', 'hex').toString('base64url') },
    ],
    [
      'a point that is not on the curve',
      'bad-public-key',
      '/metadata/publicKey',
      {
        publicKey: Buffer.from(`a5010203262001215820${'11'.repeat(32)}225820${'22'.repeat(32)}`, 'hex').toString(
          'base64url',
        ),
      },
    ],
  ])('for %s says so', async (_, code, pointer, metadata) => {
    const reply = await cms.importKey(await user(), rawImport(newKey(), {}, metadata))
    expect(reply.json).toMatchObject({ status: 422, code, pointer, detail: expect.any(String) })
  })

  it('of something else than a PEM points at it', async () => {
    const metadata = {
      publicKey: undefined,
      publicKeyPem: '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----',
    }
    const reply = await cms.importKey(await user(), rawImport(newKey(), {}, metadata))
    expect(reply.json).toMatchObject({ status: 400, code: 'malformed-request', pointer: '/metadata/publicKeyPem' })
    expect(reply.json.detail).toContain('private key')
  })

  it('of a body that is no JSON, no import, of another type or too long says which', async () => {
    const anna = await user()
    const post = (body: string, type = 'application/json') =>
      cms.call('POST', cms.keysOf(anna), { body, headers: { 'content-type': type } })
    expect((await post('{')).json).toMatchObject({ status: 400, code: 'not-json' })
    expect((await post('[]')).json).toMatchObject({ status: 400, code: 'malformed-request', pointer: '' })
    expect((await post('{}', 'text/plain')).json).toMatchObject({ status: 415, code: 'unsupported-media-type' })
    expect((await post('{}', 'application/x-www-form-urlencoded')).json).toMatchObject({ status: 415 })
    expect((await post(`"${'x'.repeat(65_536)}"`)).json).toMatchObject({ status: 413, code: 'too-large' })
    expect((await post(JSON.stringify(rawImport(newKey())), 'Application/JSON; charset=utf-8')).status).toBe(201)
  })
})

describe('the list of accepted models', () => {
  const model = '5ca1ab1e-0000-4000-8000-00000000f1d0'

  beforeAll(() =>
    cms.house.changeSettings({ allowedAaguids: [model.toUpperCase()], attestationRoots: [attestationRoot()] }),
  )
  afterAll(() => cms.house.changeSettings({ allowedAaguids: [], attestationRoots: [] }))

  it('is met by a certificate that names one of them', async () => {
    const anna = await user()
    const key = newKey({ attestation: 'packed-x5c' })
    expect((await cms.importKey(anna, attestedImport(key, await cms.challengeFor(anna)))).status).toBe(201)
  })

  it('is not met by another model, by a self attestation, or by a raw import that claims it', async () => {
    const anna = await user()
    const other = newKey({ attestation: 'packed-x5c', aaguid: '00000000-0000-0000-0000-000000000001' })
    const bodies = [
      attestedImport(other, await cms.challengeFor(anna)),
      attestedImport(newKey(), await cms.challengeFor(anna)),
      attestedImport(newKey({ attestation: 'packed-x5c-forged' }), await cms.challengeFor(anna)),
      rawImport(newKey(), {}, { aaguid: model }),
    ]
    for (const body of bodies)
      expect((await cms.importKey(anna, body)).json).toMatchObject({ status: 422, code: 'aaguid-not-allowed' })
  })
})

describe('how long a pending key waits', () => {
  it('is what the import says, or what the settings say', async () => {
    const anna = await user()
    await cms.house.changeSettings({ pendingLifetime: 3600 })
    const bySettings = await cms.importKey(anna, rawImport(newKey()))
    const byImport = await cms.importKey(anna, rawImport(newKey(), { expiresAt: '2030-01-02T03:04:05.6+01:00' }))
    expect(bySettings.json.expiresDateTime).toBe(new Date((cms.house.now + 3600) * 1000).toISOString())
    expect(byImport.json.expiresDateTime).toBe('2030-01-02T02:04:05.000Z')
  })
})

describe('an Idempotency-Key', () => {
  it('brings the same answer to the same request, whatever has changed since', async () => {
    const anna = await user()
    const body = rawImport(newKey())
    const headers = { 'idempotency-key': 'once and for all' }
    const first = await cms.importKey(anna, body, headers)
    await cms.call('DELETE', `${cms.keysOf(anna)}/${first.json.id}`)
    await cms.house.changeSettings({ authenticatorImport: false })
    const again = await cms.importKey(anna, body, headers)
    await cms.house.changeSettings({ authenticatorImport: true })
    expect([again.status, again.body, again.headers.location]).toEqual([201, first.body, first.headers.location])
    expect(again.headers['idempotency-replayed']).toBe('true')
  })

  it('with another body, or for another user, is refused', async () => {
    const [anna, bert] = [await user(), await user()]
    const body = rawImport(newKey())
    const headers = { 'idempotency-key': 'another' }
    await cms.importKey(anna, body, headers)
    for (const reply of [
      await cms.importKey(anna, rawImport(newKey()), headers),
      await cms.importKey(bert, body, headers),
    ])
      expect(reply.json).toMatchObject({ status: 422, code: 'idempotency-key-reused' })
  })

  it('also remembers that the key was there already', async () => {
    const anna = await user()
    const body = rawImport(newKey())
    await cms.importKey(anna, body)
    const headers = { 'idempotency-key': 'existing' }
    expect((await cms.importKey(anna, body, headers)).status).toBe(200)
    expect((await cms.importKey(anna, rawImport(newKey()), headers)).status).toBe(422)
  })

  it('is not used up by a refusal', async () => {
    const anna = await user()
    const body = rawImport(newKey())
    const headers = { 'idempotency-key': 'tried again' }
    await cms.house.changeSettings({ authenticatorImport: false })
    expect((await cms.importKey(anna, body, headers)).status).toBe(403)
    await cms.house.changeSettings({ authenticatorImport: true })
    expect((await cms.importKey(anna, body, headers)).status).toBe(201)
  })

  it('is forgotten after a day', async () => {
    const anna = await user()
    const headers = { 'idempotency-key': 'yesterday' }
    await cms.importKey(anna, rawImport(newKey()), headers)
    cms.house.now += 86_400
    expect((await cms.importKey(anna, rawImport(newKey()), headers)).status).toBe(201)
  })

  it('of another caller is another', async () => {
    const anna = await user()
    const other = await cms.house.addApiKey()
    const headers = { 'idempotency-key': 'mine' }
    await cms.importKey(anna, rawImport(newKey()), headers)
    const reply = await cms.importKey(anna, rawImport(newKey()), { ...headers, apikey: other.shown })
    expect(reply.status).toBe(201)
  })

  it.each(['', 'x'.repeat(256), 'tab\t', 'é'])('that is %j is refused', async (key) => {
    const reply = await cms.importKey(await user(), rawImport(newKey()), { 'idempotency-key': key })
    expect(reply.json).toMatchObject({ status: 400, code: 'malformed-request' })
  })

  it('sent twenty times at once is one import with one answer', async () => {
    const anna = await user()
    const body = rawImport(newKey())
    const headers = { 'idempotency-key': 'twenty' }
    const replies = await Promise.all(Array.from({ length: 20 }, () => cms.importKey(anna, body, headers)))
    expect(new Set(replies.map(({ status, body }) => `${status} ${body}`)).size).toBe(1)
    expect(replies[0]?.status).toBe(201)
    expect((await cms.house.audit('authenticator.imported')).filter((event) => event.user === anna.id)).toHaveLength(1)
  })
})

describe('of twenty imports at once', () => {
  it('of one key, one makes it and the others find it', async () => {
    const anna = await user()
    const body = rawImport(newKey())
    const replies = await Promise.all(Array.from({ length: 20 }, () => cms.importKey(anna, body)))
    const statuses = replies.map(({ status }) => status)
    expect([count(statuses, 201), count(statuses, 200)]).toEqual([1, 19])
    expect(new Set(replies.map(({ json }) => json.id)).size).toBe(1)
  })

  it('of one credential ID for twenty users, one gets it', async () => {
    const key = newKey()
    const people = await Promise.all(Array.from({ length: 20 }, () => user()))
    const replies = await Promise.all(people.map((person) => cms.importKey(person, rawImport(key))))
    const statuses = replies.map(({ status }) => status)
    expect([count(statuses, 201), count(statuses, 409)]).toEqual([1, 19])
  })
})

describe('the origin of an enrolment', () => {
  it('is one that the stage names', () => {
    expect(cms.house.stage.enrolmentOrigins).toContain(origin)
  })
})
