import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAccessAnswer, writeAccessRequest } from '../../../src/core/token-validator/radius.ts'
import { answerTo, secret } from '../../radius-answer.ts'

describe('the reader of answers', () => {
  const request = { identifier: 7, authenticator: new Uint8Array(16).fill(9) }
  const header = Buffer.concat([Buffer.of(1, 7, 0, 20), request.authenticator])

  it('takes nothing from whoever does not know the secret, whatever it is', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc.uint8Array({ maxLength: 300 }).map((rest) => {
        const packet = Buffer.concat([Buffer.of(2, 7, 0, 0), Buffer.alloc(16), rest])
        packet.writeUInt16BE(packet.length, 2)
        return packet
      }),
    )
    fc.assert(
      fc.property(anything, (datagram) => {
        expect(readAccessAnswer(datagram, request, secret).ok).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no genuine answer of which an octet was changed', () => {
    const attributes = Buffer.concat([Buffer.of(18, 4), Buffer.from('PI'), Buffer.of(24, 3, 65)])
    const genuine = answerTo(header, { code: 11, attributes })
    expect(readAccessAnswer(genuine, request, secret)).toEqual({
      ok: true,
      value: { code: 'challenge', message: 'PI', state: Uint8Array.of(65) },
    })
    fc.assert(
      fc.property(fc.nat(genuine.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(genuine)
        changed[at] = (changed[at] ?? 0) ^ change
        expect(readAccessAnswer(changed, request, secret).ok).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads whatever attributes a server that knows the secret sends, or refuses them', () => {
    const attribute = fc
      .tuple(fc.integer({ min: 1, max: 255 }), fc.uint8Array({ maxLength: 253 }))
      .map(([type, value]) => Buffer.concat([Buffer.of(type, value.length + 2), value]))
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 12 }), fc.constantFrom(2, 3, 11), (all, code) => {
        const read = readAccessAnswer(answerTo(header, { code, attributes: Buffer.concat(all) }), request, secret)
        const odd = all.some((each) => each[0] === 80) || all.filter((each) => each[0] === 24).length > 1
        expect(read.ok).toBe(!odd)
      }),
    )
  })

  it('ignores what comes after the length of a packet, and takes no packet that is cut', () => {
    const genuine = answerTo(header)
    expect(readAccessAnswer(Buffer.concat([genuine, Buffer.from('more')]), request, secret).ok).toBe(true)
    for (let length = 0; length < genuine.length; length++)
      expect(readAccessAnswer(genuine.subarray(0, length), request, secret).ok).toBe(false)
  })

  it('is never asked with more than fits', () => {
    const fields = { ...request, userName: 'ada', password: '1', nasIdentifier: 'keystep' }
    expect(writeAccessRequest({ ...fields, state: new Uint8Array(254) }, secret)).toMatchObject({ ok: false })
    expect(writeAccessRequest({ ...fields, state: new Uint8Array(253) }, secret)).toMatchObject({ ok: true })
  })
})
