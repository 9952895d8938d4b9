/** Base64url without padding (RFC 4648 §5), read strictly: one text for each sequence of bytes. */

export const toBase64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The bytes, or undefined when the text is not the one canonical encoding of them. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'))
  return toBase64url(bytes) === text ? bytes : undefined
}
