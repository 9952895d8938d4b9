import { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { checkRequest, openNonces, signAnswer } from '../../examples/token-validator/signatures.ts'
import { startTokenValidator } from '../../examples/token-validator/token-validator.ts'
import { hmacOf, signatureBase, signRequest } from '../../src/core/token-validator/message-signature.ts'
import type { Answered, Challenge } from '../../src/core/token-validator/token-validation.ts'
import { readValidatorAnswer } from '../../src/core/token-validator/validator-answer.ts'
import { type HttpsSettings, readValidatorSettings } from '../../src/core/token-validator/validator-settings.ts'
import { openHttpsValidator } from '../../src/services/https-validator.ts'
import { createAuthority, purposes } from '../pki.ts'

const key = 'agent-key-agent-key-agent-key-32'
const keys = { keystep: key }
const ip = '192.0.2.1'
const now = () => 1_800_000_000

const settingsFor = (url: string, more: object = {}): HttpsSettings => {
  const written = { protocol: 'https', url, keyId: 'keystep', privateAddresses: true, ...more }
  const read = readValidatorSettings(JSON.stringify(written))
  if (!read.ok || read.value.protocol !== 'https') throw new Error(JSON.stringify(read))
  return read.value
}

const validatorFor = (url: string, more: object = {}, secrets: { key?: string; authority?: string } = {}) =>
  openHttpsValidator(
    settingsFor(url, more),
    { key: async () => secrets.key ?? key, authority: async () => secrets.authority },
    now,
  )

const question = { userName: 'ada', response: '123456', ip }

const challengeOf = (answered: Answered): Challenge => {
  if (answered.outcome !== 'challenge') throw new Error(JSON.stringify(answered))
  return answered.challenge
}

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function demo(options: Partial<Parameters<typeof startTokenValidator>[0]> = {}) {
  const running = await startTokenValidator({ keys, now, ...options })
  open.push(running)
  return running
}

describe('the validator of the examples', () => {
  const asking = async () => {
    const validator = validatorFor((await demo()).url)
    return (userName: string, response: string, challenge?: Challenge) =>
      validator.validate({
        userName,
        response,
        ip,
        ...(challenge === undefined ? {} : { answering: { kind: challenge.kind, state: challenge.state } }),
      })
  }

  it('accepts a right code, and rejects a wrong one', async () => {
    const ask = await asking()
    expect(await ask('ada', '123456')).toEqual({ outcome: 'success' })
    expect(await ask('ada', '123457')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
    expect(await ask('nobody', '123456')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
  })

  it('has a challenge answered, once', async () => {
    const ask = await asking()
    const challenge = challengeOf(await ask('fatima', ''))
    expect(challenge).toMatchObject({ kind: 'response', text: 'Please respond to the challenge: 19863257' })
    expect(await ask('fatima', '75236891', challenge)).toEqual({ outcome: 'success' })
    expect(await ask('fatima', '75236891', challenge)).toEqual({ outcome: 'failure', reason: 'wrong-response' })
  })

  it('has a PIN chosen, refuses a bad one, and asks for the next code', async () => {
    const ask = await asking()
    const choose = challengeOf(await ask('emil', '123456'))
    expect(choose).toMatchObject({ kind: 'new-pin', rules: { min: 4, max: 8, alphabet: 'digits' } })
    const again = challengeOf(await ask('emil', '1111', choose))
    expect(again).toMatchObject({ kind: 'new-pin', refused: true })
    const next = challengeOf(await ask('emil', '4711', again))
    expect(next.kind).toBe('next-code')
    expect(await ask('emil', '4711654321', next)).toEqual({ outcome: 'success' })
  })

  it.each<[string, string, Partial<Challenge>, string]>([
    ['dora', '123456', { kind: 'server-pin', pin: '8642', next: 'code' }, '8642654321'],
    ['gwen', '123456', { kind: 'server-pin', pin: '2468', next: 'confirm' }, ''],
    ['chidi', '123456', { kind: 'next-code' }, '654321'],
    ['bela', 'old password', { kind: 'new-password' }, 'a better password'],
  ])('plays the steps of %s', async (userName, first, expected, second) => {
    const ask = await asking()
    const challenge = challengeOf(await ask(userName, first))
    expect(challenge).toMatchObject(expected)
    expect(await ask(userName, second, challenge)).toEqual({ outcome: 'success' })
  })

  it('refuses an agent whose key is another, or unknown', async () => {
    const { url } = await demo()
    const detail = `${new URL(url).host}: status 401`
    const other = validatorFor(url, {}, { key: 'another-key-another-key-another-k' })
    expect(await other.validate(question)).toEqual({ outcome: 'unavailable', detail })
    expect(await validatorFor(url, { keyId: 'nobody' }).validate(question)).toEqual({ outcome: 'unavailable', detail })
  })

  it('takes a request once, in its time, and as it was signed', async () => {
    const { url } = await demo()
    const body = Buffer.from(JSON.stringify(question))
    const send = async (change: object = {}, sent = body) => {
      const signed = {
        method: 'POST',
        targetUri: url,
        body,
        created: now(),
        nonce: '0123456789abcdef',
        keyId: 'keystep',
      } as const
      const reply = await fetch(url, {
        method: 'POST',
        headers: signRequest({ ...signed, ...change }, key),
        body: sent,
      })
      return [reply.status, (await reply.text()).trim()]
    }
    expect(await send({ created: now() - 61 })).toEqual([401, 'created is too far from now'])
    expect(await send({ targetUri: `${url}2` })).toEqual([401, 'Signature'])
    expect(await send({ method: 'PUT' })).toEqual([401, 'Signature'])
    expect(await send({}, Buffer.from('{}'))).toEqual([401, 'Content-Digest'])
    expect((await send())[0]).toBe(200)
    expect(await send()).toEqual([401, 'this nonce was here before'])
  })
})

describe('over TLS', () => {
  /** A server's certificate for this name from an authority of its own. */
  const certificateFor = async (name: string) => {
    const authority = await createAuthority('CN=Authority of a test')
    const { keys, pem } = await authority.issue({ subject: `CN=${name}`, dns: name, purposes: [purposes.server] })
    const pkcs8 = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })
    return { tls: { key: pkcs8.toString(), cert: pem }, authority: authority.pem }
  }

  it('trusts the authority that the secret names, and no other', async () => {
    const { tls, authority } = await certificateFor('localhost')
    const { url } = await demo({ tls })
    expect(url.startsWith('https://')).toBe(true)
    expect(await validatorFor(url, {}, { authority }).validate(question)).toEqual({ outcome: 'success' })
    const host = new URL(url).host
    expect(await validatorFor(url).validate(question)).toEqual({
      outcome: 'unavailable',
      detail: `${host}: UNABLE_TO_VERIFY_LEAF_SIGNATURE`,
    })
    const other = { authority: (await certificateFor('localhost')).authority }
    expect((await validatorFor(url, {}, other).validate(question)).outcome).toBe('unavailable')
  })

  it('trusts no certificate for another host', async () => {
    const { tls, authority } = await certificateFor('validator.example.org')
    const { url } = await demo({ tls })
    expect(await validatorFor(url, {}, { authority }).validate(question)).toEqual({
      outcome: 'unavailable',
      detail: `${new URL(url).host}: ERR_TLS_CERT_ALTNAME_INVALID`,
    })
  })
})

describe('what stands between', () => {
  type Act = (signed: { headers: Record<string, string>; body: Buffer }, response: ServerResponse) => void

  /** A server that knows the key and answers `answer`, but for what `act` makes of it. */
  async function rogue(act: Act, answer: unknown = { outcome: 'success' }, more: object = {}) {
    const heard: string[] = []
    let url = ''
    const server = createServer(async (request: IncomingMessage, response) => {
      heard.push(`${request.method} ${request.url}`)
      const parts: Buffer[] = []
      for await (const part of request) parts.push(Buffer.from(part))
      const body = Buffer.concat(parts)
      const { headers } = request
      const checked = checkRequest({ method: 'POST', targetUri: url, headers, body }, keys, openNonces(), now())
      if (!checked.ok) throw new Error(checked.because)
      const content = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
      act({ headers: signAnswer(content, checked, key, now()), body: content }, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push({
      close: () => {
        server.closeAllConnections()
        server.close()
      },
    })
    const address = server.address()
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    url = `http://${host}/validate`
    const validator = validatorFor(url, more)
    const ask = async () => {
      const answered = await validator.validate(question)
      return answered.outcome === 'unavailable' ? answered.detail.replace(`${host}: `, '') : answered.outcome
    }
    return { ask, heard }
  }

  const send: Act = ({ headers, body }, response) => response.writeHead(200, headers).end(body)

  it('changes nothing of an answer unnoticed', async () => {
    expect(await (await rogue(send)).ask()).toBe('success')
    const without =
      (name: string): Act =>
      ({ headers, body }, response) =>
        send({ headers: Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)), body }, response)
    const withOther =
      (name: string, change: (value: string) => string): Act =>
      ({ headers, body }, response) =>
        send({ headers: { ...headers, [name]: change(headers[name] ?? '') }, body }, response)
    const cases: [Act, string][] = [
      [without('signature'), 'its answer is unsigned'],
      [without('signature-input'), 'its answer is unsigned'],
      [without('content-digest'), 'its answer is wrong-digest'],
      [
        ({ headers }, response) => send({ headers, body: Buffer.from('{"outcome":"failure"}') }, response),
        'its answer is wrong-digest',
      ],
      [withOther('content-type', () => 'application/json; charset=utf-8'), 'its answer is wrong-type'],
      [
        withOther('signature', (value) => value.replace(/:./, (at) => (at === ':A' ? ':B' : ':A'))),
        'its answer is wrong-signature',
      ],
      [withOther('signature', () => 'keystep=::'), 'its answer is wrong-signature'],
      [withOther('signature-input', (value) => value.replace(/nonce="./, 'nonce="*')), 'its answer is wrong-input'],
      [withOther('signature-input', (value) => value.replace('"@status" ', '')), 'its answer is wrong-input'],
      [withOther('signature-input', (value) => value.replace('answer', 'request')), 'its answer is wrong-input'],
      [
        withOther('signature-input', (value) => value.replace(/created=\d+/, 'created=1')),
        'its answer is wrong-signature',
      ],
    ]
    for (const [act, expected] of cases) expect(await (await rogue(act)).ask()).toBe(expected)
  })

  it('replays no answer to another request, nor one with the nonce of this', async () => {
    const kept: { headers: Record<string, string>; body: Buffer }[] = []
    const { ask } = await rogue((signed, response) => {
      const [first = signed] = kept
      kept.push(signed)
      const nonceOf = (text = '') => /nonce="([^"]+)"/.exec(text)?.[1] ?? ''
      const input = first.headers['signature-input'] ?? ''
      const dressed = input.replace(nonceOf(input), nonceOf(signed.headers['signature-input']))
      const headers = kept.length === 3 ? { ...first.headers, 'signature-input': dressed } : first.headers
      send({ headers, body: first.body }, response)
    })
    expect(await ask()).toBe('success')
    expect(await ask()).toBe('its answer is wrong-input')
    expect(await ask()).toBe('its answer is wrong-signature')
  })

  it('leads nowhere else', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { ask, heard } = await rogue(({ headers, body }, response) =>
        response.writeHead(status, { ...headers, location: '/elsewhere' }).end(body),
      )
      expect(await ask()).toBe(`status ${status}`)
      expect(heard).toEqual(['POST /validate'])
    }
  })

  it('makes no answer of another status', async () => {
    const { ask } = await rogue(({ headers, body }, response) => response.writeHead(201, headers).end(body))
    expect(await ask()).toBe('status 201')
  })

  it('sends no more than 16 KiB, and not for longer than the timeout', async () => {
    const long = await rogue(({ headers }, response) => response.writeHead(200, headers).end('x'.repeat(20_000)))
    expect(await long.ask()).toBe('more than 16384 octets')
    const dripping = await rogue(
      ({ headers }, response) => {
        response.writeHead(200, headers)
        response.write('{')
      },
      {},
      { timeout: 300 },
    )
    expect(await dripping.ask()).toBe('no answer in time')
    const silent = await rogue(() => undefined, {}, { timeout: 300 })
    expect(await silent.ask()).toBe('no answer in time')
  })

  it('is unavailable when it hangs up half-way', async () => {
    const { ask } = await rogue(({ headers }, response) => {
      response.writeHead(200, { ...headers, 'content-length': '100' })
      response.write('{', () => response.destroy())
    })
    expect(await ask()).toBe('ECONNRESET')
  })

  it.each<[string, unknown, string]>([
    ['no JSON', 'success', 'the top'],
    ['no outcome', {}, '/outcome'],
    ['an unknown outcome', { outcome: 'maybe' }, '/outcome'],
    ['a challenge that is none', { outcome: 'challenge' }, '/challenge'],
    ['a success with a challenge', { outcome: 'success', challenge: {} }, '/challenge'],
    ['an unknown kind', { outcome: 'challenge', challenge: { kind: 'dance', text: '', state: '' } }, '/challenge/kind'],
    ['no state', { outcome: 'challenge', challenge: { kind: 'response', text: '' } }, '/challenge/state'],
    [
      'a server PIN without what is next',
      { outcome: 'challenge', challenge: { kind: 'server-pin', text: '', state: '', pin: '1' } },
      '/challenge/next',
    ],
    [
      'a PIN with markup',
      { outcome: 'challenge', challenge: { kind: 'server-pin', text: '', state: '', next: 'code', pin: '<b>' } },
      '/challenge/pin',
    ],
    [
      'a PIN of no length',
      { outcome: 'challenge', challenge: { kind: 'new-pin', text: '', state: '', rules: { min: 0 } } },
      '/challenge/rules/min',
    ],
  ])('takes no answer that is %s, though it is signed', async (_, answer, at) => {
    const { ask } = await rogue(send, answer)
    expect(await ask()).toBe(`its answer is malformed at ${at}`)
  })

  it('reaches no private address where the settings do not say so', async () => {
    const { ask, heard } = await rogue(send)
    expect(await ask()).toBe('success')
    const port = new URL(settingsFor('https://127.0.0.1:1/validate').url).port
    for (const host of [
      '127.0.0.1',
      '[::1]',
      '10.0.0.1',
      '169.254.169.254',
      '[::ffff:127.0.0.1]',
      '2130706433',
      'localhost',
    ]) {
      const url = `https://${host}:${port}/validate`
      const answered = await validatorFor(url, { privateAddresses: false }).validate(question)
      expect(answered).toMatchObject({
        outcome: 'unavailable',
        detail: expect.stringContaining('not a public address'),
      })
    }
    expect(heard).toHaveLength(1)
  })
})

describe('the format', () => {
  it('signs as RFC 9421 does (appendix B.2.5)', () => {
    const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=='
    const base = signatureBase(
      [
        ['"date"', 'Tue, 20 Apr 2021 02:07:55 GMT'],
        ['"@authority"', 'example.com'],
        ['"content-type"', 'application/json'],
      ],
      '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    )
    expect(hmacOf(base, Buffer.from(secret, 'base64'))).toBe('pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=')
  })

  it('reads any JSON, or refuses it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(readValidatorAnswer(Buffer.from(text)).ok).toBe(false)
      }),
    )
    const kind = fc.constantFrom('response', 'next-code', 'server-pin', 'new-pin', 'new-password', 'x')
    const challenge = fc.record({
      kind,
      text: fc.string(),
      state: fc.string(),
      next: fc.constantFrom('code', 'confirm'),
    })
    fc.assert(
      fc.property(challenge, (each) => {
        const read = readValidatorAnswer(Buffer.from(JSON.stringify({ outcome: 'challenge', challenge: each })))
        expect(read.ok).toBe(each.kind !== 'x' && /^[\x20-\x7e]*$/.test(each.state))
      }),
    )
  })
})
