import { createServer, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { JWK } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ClientKeys, clientKeysBy, openClientKeys } from '../../src/services/client-keys.ts'
import { openPublicFetch } from '../../src/services/public-fetch.ts'
import { createClientKey } from '../client-key.ts'
import { createAuthority, der, extension, keyPemOf, purposes } from '../pki.ts'

// An application's own server, over https on loopback, which only the fetch of these tests may reach.

type Served = (response: ServerResponse) => void

const [one, two] = [createClientKey('ES256', { kid: 'one' }).jwk, createClientKey('ES256', { kid: 'two' }).jwk]
const trusted = getCACertificates()

let server: Server
let host: string
let jwksUri: string
let serve: Served
let asked: number
let now: number
let keys: ClientKeys

beforeAll(async () => {
  const root = await createAuthority('CN=Web')
  const names = extension('2.5.29.17', false, der(0x30, der(0x82, 'localhost')))
  const own = await root.issue({ subject: 'CN=localhost', purposes: [purposes.server], extensions: [names] })
  server = createSecureServer({ key: await keyPemOf(own), cert: own.pem }, (_, response) => {
    asked++
    serve(response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  host = `localhost:${(server.address() as AddressInfo).port}`
  jwksUri = `https://${host}/jwks`
  setDefaultCACertificates([...trusted, root.pem])
})
afterAll(() => {
  setDefaultCACertificates(trusted)
  server.closeAllConnections()
  return new Promise((done) => server.close(done))
})
beforeEach(() => {
  ;[asked, now] = [0, 1_800_000_000]
  keys = clientKeysBy(openPublicFetch([host]), () => now)
  publish(one)
})
afterEach(() => server.closeAllConnections())

const by = (its: Served) => {
  serve = its
}
const publish = (...published: unknown[]) => say(JSON.stringify({ keys: published }))
const say = (body: string, status = 200, headers: Record<string, string> = {}) =>
  by((response) => response.writeHead(status, headers).end(body))
const has = (kid: string) => (its: readonly JWK[]) => its.some((jwk) => jwk.kid === kid)
const kidsOf = async (wanted = 'one', address = jwksUri) =>
  (await keys.read({ jwksUri: address }, has(wanted))).map(({ kid }) => kid)

describe('keys that are fetched', () => {
  it('are kept five minutes', async () => {
    for (const later of [0, 100, 200]) {
      now = 1_800_000_000 + later
      expect(await kidsOf()).toEqual(['one'])
    }
    expect(asked).toBe(1)
    publish(two)
    now += 200
    expect(await kidsOf()).toEqual(['two'])
    expect(asked).toBe(2)
  })

  it('are fetched before that for a key that is not among them, once in thirty seconds', async () => {
    await kidsOf()
    publish(one, two)
    now += 31
    expect(await kidsOf('two')).toEqual(['one', 'two'])
    expect(asked).toBe(2)
    for (let time = 0; time < 5; time++) expect(await kidsOf('made up')).toEqual(['one', 'two'])
    expect(asked).toBe(2)
    now += 31
    await kidsOf('made up')
    expect(asked).toBe(3)
  })

  it('are fetched once for all who wait', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => kidsOf()))
    expect(all).toEqual(Array.from({ length: 20 }, () => ['one']))
    expect(asked).toBe(1)
  })

  it('are gone with a key that the client took back', async () => {
    await kidsOf()
    publish(two)
    now += 301
    expect(await kidsOf()).toEqual(['two'])
  })

  it('are those that are keys', async () => {
    publish('x', null, { kid: 'no type' }, one, ['kty'])
    expect(await kidsOf()).toEqual(['one'])
  })
})

describe('an address that fails', () => {
  const failures: [string, () => void][] = [
    ['answers 500', () => say('', 500)],
    ['leads elsewhere', () => say('', 302, { location: jwksUri })],
    ['answers no JSON', () => say('<html>')],
    ['answers no key set', () => say('[]')],
    ['answers too much', () => say(JSON.stringify({ keys: [one], more: 'x'.repeat(70_000) }))],
    ['hangs up', () => by(({ socket }) => void socket?.destroy())],
    ['never ends', () => by((response) => void response.writeHead(200).write('{"keys":['))],
  ]
  it.each(failures)('and %s has no keys, and is not asked again at once', async (_name, fail) => {
    fail()
    expect(await kidsOf()).toEqual([])
    publish(one)
    expect(await kidsOf()).toEqual([])
    expect(asked).toBe(1)
    now += 31
    expect(await kidsOf()).toEqual(['one'])
  })

  it.each(failures.slice(0, 4))('and %s leaves the last keys for a quarter of an hour', async (_name, fail) => {
    await kidsOf()
    fail()
    now += 301
    expect(await kidsOf()).toEqual(['one'])
    now += 899
    expect(await kidsOf()).toEqual(['one'])
    now += 1
    expect(await kidsOf()).toEqual([])
  })

  it('does not take another client down with it', async () => {
    say('', 500)
    expect(await kidsOf()).toEqual([])
    publish(two)
    expect(await kidsOf('two', `${jwksUri}?other`)).toEqual(['two'])
  })
})

describe('what is not asked', () => {
  it('another address than https', async () => {
    const plain = createServer((_, response) => {
      asked++
      response.end(JSON.stringify({ keys: [one] }))
    })
    await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done))
    const { port } = plain.address() as AddressInfo
    keys = clientKeysBy(openPublicFetch([`app.example:${port}`]), () => now)
    for (const address of [`http://app.example:${port}/`, 'file:///etc/passwd', 'ftp://localhost/', 'nonsense', ''])
      expect(await kidsOf('one', address)).toEqual([])
    expect(asked).toBe(0)
    await new Promise((done) => plain.close(done))
  })

  it('anything inside, as it is deployed', async () => {
    keys = openClientKeys({ issuer: 'https://id.example.org' }, () => now)
    const inside = ['169.254.169.254', '10.0.0.1', '[::1]', '[fd00:ec2::254]', '[::ffff:127.0.0.1]', '0', '2130706433']
    for (const address of [jwksUri, ...inside.map((name) => `https://${name}/jwks`)])
      expect(await kidsOf('one', address)).toEqual([])
    expect(asked).toBe(0)
  })

  it('a server that is not who it says', async () => {
    setDefaultCACertificates(trusted)
    expect(await kidsOf()).toEqual([])
    expect(asked).toBe(0)
  })
})

describe('keys in the record', () => {
  it('are all there are, and nobody is asked', async () => {
    const read = await keys.read({ jwks: { keys: [two] }, jwksUri }, has('one'))
    expect(read).toEqual([two])
    expect(await keys.read({}, has('one'))).toEqual([])
    expect(asked).toBe(0)
  })
})
