/** Base32 (RFC 4648 §6) as authenticator apps write secrets: capitals, without padding. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('')
}

/**
 * The bytes, or undefined for what is no base32. Small letters and padding are forgiven, because vendors write both; a
 * text of an impossible length or with bits left over is not, because it has lost a letter.
 */
export function fromBase32(text: string): Uint8Array<ArrayBuffer> | undefined {
  const plain = text.toUpperCase().replace(/={1,6}$/, '')
  if (!/^[A-Z2-7]*$/.test(plain)) return undefined
  const bits = [...plain].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const octets = bits.match(/.{8}/g) ?? []
  const bytes = Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2))
  return toBase32(bytes) === plain ? bytes : undefined
}
