/** Answers of a RADIUS server, right but for what a test changes. Written from RFC 2865 and RFC 3579, not from our reader. */
import { createHash, createHmac } from 'node:crypto'

/** What an answer is made of; a test changes one thing. */
export type Made = {
  code?: number
  identifier?: number
  seal?: 'right' | 'none' | 'wrong' | 'twice' | 'short'
  secret?: string
  attributes?: Buffer
}

/** What both share. */
export const secret = 'the secret that both of them know'

export function answerTo(request: Buffer, made: Made = {}): Buffer {
  const key = made.secret ?? secret
  const seal = made.seal ?? 'right'
  const length = seal === 'short' ? 15 : 16
  const empty = Buffer.concat([Buffer.of(80, length + 2), Buffer.alloc(length)])
  const seals = seal === 'none' ? [] : seal === 'twice' ? [empty, empty] : [empty]
  const attributes = Buffer.concat([...seals, made.attributes ?? Buffer.alloc(0)])
  const packet = Buffer.concat([
    Buffer.of(made.code ?? 2, made.identifier ?? request[1] ?? 0, 0, 0),
    request.subarray(4, 20),
    attributes,
  ])
  packet.writeUInt16BE(packet.length, 2)
  if (seals.length > 0)
    createHmac('md5', seal === 'wrong' ? 'other' : key)
      .update(packet)
      .digest()
      .copy(packet, 22, 0, length)
  createHash('md5').update(packet).update(key).digest().copy(packet, 4)
  return packet
}
