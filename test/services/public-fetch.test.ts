/** Fetches from addresses that somebody else wrote: what they must not reach, however they are written or answered. */
import type { LookupAddress } from 'node:dns'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openClientFetch, openPublicFetch } from '../../src/services/public-fetch.ts'

// A server on this machine that must hear nothing, unless a test says that its host may be asked.
let server: Server
let port: number
let asked: string[]
let answer: RequestListener

beforeEach(async () => {
  asked = []
  answer = (_, response) => response.end('secret of the inside')
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  ;({ port } = server.address() as AddressInfo)
})
afterEach(() => {
  server.closeAllConnections()
  return new Promise((done) => server.close(done))
})

const options = (change: object = {}) => ({ longest: 1000, signal: AbortSignal.timeout(5000), ...change })
const forbidden = { ok: false, reason: 'address-forbidden' }
const fetched = openPublicFetch([])

describe('an address that leads inside', () => {
  it.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback, another of its addresses', 'http://127.8.9.1/'],
    ['loopback, in short', 'http://127.1/'],
    ['loopback, decimal', 'http://2130706433/'],
    ['loopback, hexadecimal', 'http://0x7f000001/'],
    ['loopback, octal', 'http://0177.0.0.1/'],
    ['loopback, with letters that are digits', 'http://①②⑦.⓪.⓪.①/'],
    ['loopback, with a dot at its end', 'http://127.0.0.1./'],
    ['loopback by name', 'http://localhost/'],
    ['loopback by a name below it', 'http://anything.localhost/'],
    ['loopback of IPv6', 'http://[::1]/'],
    ['loopback of IPv6, in full', 'http://[0:0:0:0:0:0:0:1]/'],
    ['loopback, mapped', 'http://[::ffff:127.0.0.1]/'],
    ['loopback, mapped and hexadecimal', 'http://[::ffff:7f00:1]/'],
    ['loopback, compatible', 'http://[::127.0.0.1]/'],
    ['loopback by NAT64', 'http://[64:ff9b::7f00:1]/'],
    ['loopback by 6to4', 'http://[2002:7f00:1::]/'],
    ['nowhere', 'http://0.0.0.0/'],
    ['nowhere of IPv6', 'http://[::]/'],
    ['metadata of the cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['metadata of the cloud, mapped', 'http://[::ffff:169.254.169.254]/'],
    ['metadata of the cloud by IPv6', 'http://[fd00:ec2::254]/'],
    ['link-local of IPv6', 'http://[fe80::1]/'],
    ['private, 10', 'http://10.0.0.1/'],
    ['private, 172.16', 'http://172.16.0.1/'],
    ['private, 172.31', 'http://172.31.255.254/'],
    ['private, 192.168', 'http://192.168.1.1/'],
    ['shared by providers', 'http://100.64.0.1/'],
    ['unique local of IPv6', 'http://[fc00::1]/'],
    ['multicast', 'http://224.0.0.1/'],
    ['broadcast', 'http://255.255.255.255/'],
    ['documentation', 'http://192.0.2.1/'],
    ['a port of SSH', 'http://8.8.8.8:22/'],
    ['a port of a cache', 'https://8.8.8.8:6379/'],
    ['a file', 'file:///etc/passwd'],
    ['gopher', 'gopher://127.0.0.1/'],
    ['FTP', 'ftp://example.org/'],
    ['data', 'data:application/json,{}'],
    ['a user in it', 'https://user@example.org/'],
    ['a host that looks like a user', 'https://example.org@127.0.0.1/'],
    ['no address', 'shop'],
    ['nothing', ''],
  ])('is not asked: %s', async (_, address) => {
    expect(await fetched(address, options())).toMatchObject(forbidden)
    const within = URL.parse(address)
    if (within !== null && within.port === '' && within.protocol === 'http:') {
      within.port = String(port)
      expect(await fetched(within.href, options())).toMatchObject(forbidden)
    }
    expect(asked).toEqual([])
  })

  it('is not asked for a name of which one address is inside', async () => {
    const answers = (found: LookupAddress[]) => openPublicFetch([], (_, __, tell) => tell(null, found))
    for (const address of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '::1', 'fd00::1', '::ffff:10.0.0.1'])
      for (const found of [
        [{ address, family: 4 }],
        [
          { address: '8.8.8.8', family: 4 },
          { address, family: 4 },
        ],
      ])
        expect(await answers(found)('https://shop.example/', options())).toMatchObject(forbidden)
    expect(await answers([])('https://shop.example/', options())).toMatchObject(forbidden)
    expect(asked).toEqual([])
  })

  it('is not asked when a name changes its mind: it is looked up once, and what was looked at is what is asked', async () => {
    const stop = new AbortController()
    let lookups = 0
    const rebinding = openPublicFetch([], (_, __, tell) => {
      lookups++
      // Nothing outside is asked by a test: it ends where the connection would begin.
      if (lookups === 1) stop.abort()
      tell(null, [{ address: lookups === 1 ? '8.8.8.8' : '127.0.0.1', family: 4 }])
    })
    const result = await rebinding('http://shop.example/', options({ signal: stop.signal }))
    expect(result).toMatchObject({ ok: false, reason: 'unreachable' })
    expect(lookups).toBe(1)
    expect(asked).toEqual([])
  })
})

describe('an answer', () => {
  const here = () => openPublicFetch([`127.0.0.1:${port}`])
  const at = (path = '/') => `http://127.0.0.1:${port}${path}`

  it('is what was sent', async () => {
    const result = await here()(at('/jwks'), options())
    expect(result.ok && result.value.toString()).toBe('secret of the inside')
    expect(asked).toEqual(['GET /jwks'])
  })

  it.each([301, 302, 303, 307, 308])('of %d is not followed', async (status) => {
    answer = (_, response) => response.writeHead(status, { location: at('/elsewhere') }).end()
    expect(await here()(at(), options())).toMatchObject({ ok: false, reason: 'bad-answer' })
    expect(asked).toEqual(['GET /'])
  })

  it('that has no end is cut off', async () => {
    let sent = 0
    answer = (_, response) => {
      const more = () => {
        while (response.writable && response.write(Buffer.alloc(65_536))) sent += 65_536
      }
      response.on('drain', more)
      more()
    }
    expect(await here()(at(), options())).toMatchObject({ ok: false, reason: 'too-long' })
    expect(sent).toBeLessThan(50_000_000)
  })

  it('that is packed is not unpacked', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not unpacked')
    const result = await here()(at(), options())
    expect(result.ok && result.value.toString()).toBe('not unpacked')
  })

  it('that never begins is not waited for', async () => {
    const stop = new AbortController()
    answer = () => stop.abort()
    expect(await here()(at(), options({ signal: stop.signal }))).toMatchObject({ ok: false, reason: 'unreachable' })
  })

  it('that stops in its middle is not waited for', async () => {
    const stop = new AbortController()
    answer = (_, response) => {
      response.write('{')
      setImmediate(() => stop.abort())
    }
    expect(await here()(at(), options({ signal: stop.signal }))).toMatchObject({ ok: false, reason: 'unreachable' })
  })

  it('that is broken off is none', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('{')
      setImmediate(() => response.destroy())
    }
    expect(await here()(at(), options())).toMatchObject({ ok: false, reason: 'unreachable' })
  })

  it('may be of another status, where who asks says so', async () => {
    answer = (_, response) => response.writeHead(204).end()
    expect(await here()(at(), options())).toMatchObject({ ok: false, reason: 'bad-answer' })
    expect(await here()(at(), options({ statuses: [200, 204] }))).toMatchObject({ ok: true })
  })

  it('comes to a post without anything of ours beside it', async () => {
    let headers: Record<string, unknown> = {}
    answer = (request, response) => {
      headers = request.headers
      response.end()
    }
    const post = { type: 'application/x-www-form-urlencoded', body: Buffer.from('logout_token=x') }
    expect(await here()(at('/logout'), options({ post }))).toMatchObject({ ok: true })
    expect(asked).toEqual(['POST /logout'])
    expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'content-type', 'host'])
  })
})

describe('what clients registered', () => {
  it('may be on this machine, where we are too', async () => {
    const address = `http://127.0.0.1:${port}/`
    expect(await openClientFetch({ issuer: 'http://localhost:4400' })(address, options())).toMatchObject({ ok: true })
    expect(await openClientFetch({ issuer: 'https://id.example.org' })(address, options())).toMatchObject(forbidden)
    expect(asked).toEqual(['GET /'])
  })

  it('may be nowhere else inside, wherever we are', async () => {
    const local = openClientFetch({ issuer: 'http://localhost:4400' })
    for (const address of ['http://10.0.0.1/', 'http://169.254.169.254/', 'http://127.0.0.2/'])
      expect(await local(address, options())).toMatchObject(forbidden)
  })
})
