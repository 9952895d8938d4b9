import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Answered, Challenge } from '../../src/core/token-validator/token-validation.ts'
import { type RadiusSettings, readValidatorSettings } from '../../src/core/token-validator/validator-settings.ts'
import { openRadius } from '../../src/services/radius.ts'
import { type Freeradius, startFreeradius } from '../freeradius.ts'
import { answerTo, type Made, secret } from '../radius-answer.ts'

const settingsFor = (servers: readonly string[], more: object = {}): RadiusSettings => {
  const read = readValidatorSettings(JSON.stringify({ protocol: 'radius', servers, ...more }))
  if (!read.ok || read.value.protocol !== 'radius') throw new Error(JSON.stringify(read))
  return read.value
}

const ip = '192.0.2.1'
let clock = 1_800_000_000

const challengeOf = (answered: Answered): Challenge => {
  if (answered.outcome !== 'challenge') throw new Error(JSON.stringify(answered))
  return answered.challenge
}

describe('FreeRADIUS', () => {
  let radius: Freeradius
  beforeAll(async () => {
    radius = await startFreeradius()
  })
  afterAll(() => radius.close())

  const validator = (servers = [radius.server], secret = radius.secret, waits = {}) =>
    openRadius(
      settingsFor(servers, waits),
      async () => secret,
      () => clock,
    )
  const ask = (userName: string, response: string, challenge?: Challenge, which = validator()) =>
    which.validate({
      userName,
      response,
      ip,
      ...(challenge === undefined ? {} : { answering: { kind: challenge.kind, state: challenge.state } }),
    })

  it('accepts a right code, and rejects a wrong one', async () => {
    expect(await ask('ada', '123456')).toEqual({ outcome: 'success' })
    expect(await ask('ada', '123457')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
    expect(await ask('nobody', '123456')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
  })

  it('has a challenge answered', async () => {
    const challenge = challengeOf(await ask('fatima', 'x'))
    expect(challenge).toMatchObject({ kind: 'response', text: 'Please respond to the challenge: 19863257' })
    expect(await ask('fatima', '75236891', challenge)).toEqual({ outcome: 'success' })
    expect(await ask('fatima', '1', challenge)).toEqual({ outcome: 'failure', reason: 'wrong-response' })
  })

  it('takes a challenge answered without its state for a first question', async () => {
    expect(await ask('fatima', '75236891')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
  })

  it('has a PIN chosen, repeats it for the person, and asks for the next code', async () => {
    const choose = challengeOf(await ask('emil', '123456'))
    expect(choose).toMatchObject({ kind: 'new-pin', rules: { min: 4, max: 8, alphabet: 'digits' } })
    const next = challengeOf(await ask('emil', '4711', choose))
    expect(next).toMatchObject({ kind: 'next-code' })
    expect(await ask('emil', '4711654321', next)).toEqual({ outcome: 'success' })
    expect(await ask('emil', '4711000000', next)).toEqual({ outcome: 'failure', reason: 'wrong-next-code' })
  })

  it('says that a PIN was refused, and asks for another one', async () => {
    const choose = challengeOf(await ask('emil', '123456'))
    const again = challengeOf(await ask('emil', '1111', choose))
    expect(again).toMatchObject({ kind: 'new-pin', refused: true, text: expect.stringContaining('PIN rejected') })
    expect(challengeOf(await ask('emil', '4711', again))).toMatchObject({ kind: 'next-code' })
    expect(await ask('emil', '9', choose)).toEqual({ outcome: 'failure', reason: 'pin-refused' })
  })

  it('shows the PIN that the server made, and asks for the next code with it', async () => {
    const shown = challengeOf(await ask('dora', '123456'))
    expect(shown).toMatchObject({ kind: 'server-pin', pin: '8642', next: 'code' })
    expect(await ask('dora', '8642654321', shown)).toEqual({ outcome: 'success' })
    expect(await ask('dora', '', shown)).toEqual({ outcome: 'failure', reason: 'pin-not-confirmed' })
  })

  it('takes the PIN that the server made, where it asks', async () => {
    const shown = challengeOf(await ask('gwen', '123456'))
    expect(shown).toMatchObject({ kind: 'server-pin', pin: '2468', next: 'confirm' })
    expect(await ask('gwen', '', shown)).toEqual({ outcome: 'success' })
  })

  it('asks for the next code in the outer window', async () => {
    const next = challengeOf(await ask('chidi', '123456'))
    expect(next.kind).toBe('next-code')
    expect(await ask('chidi', '654321', next)).toEqual({ outcome: 'success' })
  })

  it('has a static password changed', async () => {
    const change = challengeOf(await ask('bela', 'old password'))
    expect(change.kind).toBe('new-password')
    expect(await ask('bela', 'a better password', change)).toEqual({ outcome: 'success' })
    expect(await ask('bela', 'old password', change)).toEqual({ outcome: 'failure', reason: 'password-refused' })
  })

  it('hears nothing from a server that shares another secret', async () => {
    const answered = await ask(
      'ada',
      '123456',
      undefined,
      validator(undefined, 'another-secret-of-32-characters!', { tries: 1 }),
    )
    expect(answered).toEqual({ outcome: 'unavailable', detail: `${radius.server}: no answer` })
  })

  it('asks the second server when nobody listens at the first, and then the second one first', async () => {
    const which = validator(['127.0.0.1:9', radius.server])
    expect(await ask('ada', '123456', undefined, which)).toEqual({ outcome: 'success' })
    const challenge = challengeOf(await ask('fatima', 'x', undefined, which))
    expect(challenge.state.startsWith(`${radius.server} `)).toBe(true)
    expect(await ask('fatima', '75236891', challenge, which)).toEqual({ outcome: 'success' })
  })

  it('takes a state to no other server than the one it is from', async () => {
    const challenge = challengeOf(await ask('fatima', 'x'))
    expect(await ask('fatima', '75236891', challenge, validator(['127.0.0.1:9']))).toEqual({
      outcome: 'unavailable',
      detail: `${radius.server} is not set any more`,
    })
  })

  it('sends nothing that does not fit into a request', async () => {
    expect(await ask('ada', '1'.repeat(129))).toEqual({ outcome: 'failure', reason: 'wrong-code' })
    expect(await ask('ada', '123456\0')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
    expect(await ask('a'.repeat(254), '123456')).toEqual({ outcome: 'failure', reason: 'wrong-code' })
  })

  it('takes 128 octets of password in eight blocks', async () => {
    expect(await ask('ada', 'é'.repeat(64))).toEqual({ outcome: 'failure', reason: 'wrong-code' })
  })
})

describe('a rogue on the way', () => {
  const open: Socket[] = []
  const bound = async (): Promise<Socket> => {
    const socket = createSocket('udp4')
    open.push(socket)
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket
  }
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close()
  })

  type Act = (socket: Socket, request: Buffer, from: RemoteInfo, nth: number) => void
  const say =
    (made: Made): Act =>
    (socket, request, from) =>
      socket.send(answerTo(request, made), from.port, from.address)

  /** Enough for loopback, where nothing is to come of it. */
  const soon = { firstWait: 200, tries: 2 }

  /** A server that acts so, and what a code of ada's comes to there. */
  const ask = async (act: Act, more: object = {}) => {
    const socket = await bound()
    const requests: Buffer[] = []
    socket.on('message', (request, from) => {
      requests.push(request)
      act(socket, request, from, requests.length)
    })
    const server = `127.0.0.1:${socket.address().port}`
    const validator = openRadius(
      settingsFor([server], more),
      async () => secret,
      () => clock,
    )
    const answered = await validator.validate({ userName: 'ada', response: '123456', ip })
    return { answered, requests, server, validator }
  }

  it.each<[string, Made, string]>([
    ['without a Message-Authenticator', { seal: 'none' }, 'no-message-authenticator'],
    ['with a forged Message-Authenticator', { seal: 'wrong' }, 'wrong-message-authenticator'],
    ['with two of them', { seal: 'twice' }, 'malformed'],
    ['with a short one', { seal: 'short' }, 'malformed'],
    ['made with another secret', { secret: 'another' }, 'wrong-authenticator'],
    ['to another request', { identifier: 256 }, 'another-identifier'],
    ['of another kind of packet', { code: 5 }, 'not-an-answer'],
    ['that is an Access-Request', { code: 1 }, 'not-an-answer'],
    ['with an attribute that runs over the end', { attributes: Buffer.of(18, 9, 65) }, 'malformed'],
    ['with an attribute of no length', { attributes: Buffer.of(18, 0) }, 'malformed'],
    ['with two states', { code: 11, attributes: Buffer.of(24, 3, 65, 24, 3, 66) }, 'malformed'],
  ])('discards an answer %s', async (_, made, reason) => {
    const { answered, server } = await ask((socket, request, from) => {
      const { identifier, ...rest } = made
      const other = ((request[1] ?? 0) + 1) % 256
      socket.send(
        answerTo(request, identifier === undefined ? rest : { ...rest, identifier: other }),
        from.port,
        from.address,
      )
    }, soon)
    expect(answered).toEqual({ outcome: 'unavailable', detail: `${server}: no answer, and one discarded (${reason})` })
  })

  it('goes on waiting for the true answer after a forged one', async () => {
    const { answered } = await ask((socket, request, from) => {
      socket.send(answerTo(request, { code: 3, seal: 'none' }), from.port, from.address)
      socket.send(answerTo(request, { code: 2, secret: 'another' }), from.port, from.address)
      socket.send(answerTo(request), from.port, from.address)
    })
    expect(answered).toEqual({ outcome: 'success' })
  })

  it('hears nobody but the server: another port of the same host is another', async () => {
    const other = await bound()
    const { answered, server } = await ask(
      (_socket, request, from) => other.send(answerTo(request), from.port, from.address),
      soon,
    )
    expect(answered).toEqual({ outcome: 'unavailable', detail: `${server}: no answer` })
  })

  it('takes the first of two answers', async () => {
    const { answered } = await ask((socket, request, from) => {
      socket.send(answerTo(request), from.port, from.address)
      socket.send(answerTo(request, { code: 3 }), from.port, from.address)
    })
    expect(answered).toEqual({ outcome: 'success' })
  })

  it('sends the same again when the first is lost, and takes the answer to either', async () => {
    const { answered, requests } = await ask((socket, request, from, nth) => {
      if (nth >= 2) say({})(socket, request, from, nth)
    })
    expect(answered).toEqual({ outcome: 'success' })
    expect(new Set(requests.map((request) => request.toString('hex')))).toHaveProperty('size', 1)
    expect(requests.length).toBeGreaterThan(1)
  })

  it('does not take an answer that comes too late for the answer to the next request', async () => {
    const late: Buffer[] = []
    const { answered, validator } = await ask(
      (socket, request, from) => {
        for (const answer of late) socket.send(answer, from.port, from.address)
        late.push(answerTo(request))
      },
      { tries: 1 },
    )
    expect(answered.outcome).toBe('unavailable')
    expect((await validator.validate({ userName: 'ada', response: '123456', ip })).outcome).toBe('unavailable')
  })

  it('asks a server that was silent last for a minute, and no longer', async () => {
    const silent = await bound()
    const heard: Buffer[] = []
    silent.on('message', (request) => heard.push(request))
    const alive = await bound()
    alive.on('message', (request, from) => alive.send(answerTo(request), from.port, from.address))
    const servers = [silent, alive].map((socket) => `127.0.0.1:${socket.address().port}`)
    const validator = openRadius(
      settingsFor(servers, { firstWait: 100, tries: 1 }),
      async () => secret,
      () => clock,
    )
    const once = () => validator.validate({ userName: 'ada', response: '123456', ip })
    expect([await once(), heard.length]).toEqual([{ outcome: 'success' }, 1])
    expect([await once(), heard.length]).toEqual([{ outcome: 'success' }, 1])
    clock += 61
    expect([await once(), heard.length]).toEqual([{ outcome: 'success' }, 2])
  })

  it('says so when there is no such host', async () => {
    const validator = openRadius(
      settingsFor(['radius.invalid:1812']),
      async () => secret,
      () => clock,
    )
    const answered = await validator.validate({ userName: 'ada', response: '123456', ip })
    expect(answered).toEqual({ outcome: 'unavailable', detail: 'radius.invalid:1812: no such host' })
  })

  it('puts the Message-Authenticator first, and nothing readable of the code', async () => {
    const { requests } = await ask(say({}))
    const [request = Buffer.of()] = requests
    expect([...request.subarray(20, 22)]).toEqual([80, 18])
    expect(request.includes('123456')).toBe(false)
    expect(request.includes('keystep') && request.includes(ip)).toBe(true)
  })

  it('keeps no control characters of a text, and not all of a long one', async () => {
    const line = (text: string) => Buffer.concat([Buffer.of(18, text.length + 2), Buffer.from(text)])
    const text = Buffer.concat([
      line('Type\u0007 \r\n this'),
      ...Array.from({ length: 10 }, () => line('x'.repeat(250))),
    ])
    const { answered } = await ask(say({ code: 11, attributes: text }))
    const challenge = challengeOf(answered)
    expect(challenge.text.startsWith('Type this')).toBe(true)
    expect(challenge.text).toHaveLength(1000)
  })
})
