/**
 * Signs a request to a token validator, and checks the signature of its answer: HTTP Message Signatures (RFC 9421) with
 * hmac-sha256, and Content-Digest (RFC 9530) for the body.
 *
 * A profile, written small on purpose: one label, one list of components in one order, all parameters there. Of the
 * answer, `Signature-Input` is compared as text with the one that is expected, so that nothing of it is interpreted. The
 * answer covers the signature of the request (RFC 9421 §2.4), which covers its nonce: it answers this request and no
 * other, and needs no clock to be fresh. docs/token-validator.md has the format for whoever writes the other side.
 */
import { createHash, createHmac } from 'node:crypto'
import type { Seconds } from '../result.ts'
import { sameText } from '../secret.ts'

/** The dictionary key under which both signatures stand. */
const label = 'keystep'
const type = 'application/json'

export type Signed = { 'content-type': string; 'content-digest': string; 'signature-input': string; signature: string }

export type RequestToSign = {
  method: 'POST'
  /** As it is sent to, whole. */
  targetUri: string
  body: Uint8Array
  created: Seconds
  nonce: string
  keyId: string
}

export function signRequest({ method, targetUri, body, ...parameters }: RequestToSign, key: string): Signed {
  const digest = digestOf(body)
  const components: Components = [
    ['"@method"', method],
    ['"@target-uri"', targetUri],
    ['"content-type"', type],
    ['"content-digest"', digest],
  ]
  const input = inputOf(components, { ...parameters, tag: 'keystep-validator-request' })
  return {
    'content-type': type,
    'content-digest': digest,
    'signature-input': `${label}=${input}`,
    signature: `${label}=:${hmacOf(signatureBase(components, input), key)}:`,
  }
}

export type AnswerToCheck = {
  status: number
  header: (name: keyof Signed) => string | undefined
  body: Uint8Array
}

export type BadAnswer = 'unsigned' | 'wrong-type' | 'wrong-digest' | 'wrong-input' | 'wrong-signature'

/** What is wrong with the signature of an answer to this request; nothing when it holds. */
export function faultOfAnswer(
  { status, header, body }: AnswerToCheck,
  request: Pick<RequestToSign, 'nonce' | 'keyId'> & Pick<Signed, 'signature'>,
  key: string,
): BadAnswer | undefined {
  const [input, signature] = [header('signature-input'), header('signature')]
  if (input === undefined || signature === undefined) return 'unsigned'
  if (header('content-type') !== type) return 'wrong-type'
  const digest = digestOf(body)
  if (header('content-digest') !== digest) return 'wrong-digest'

  const components: Components = [
    ['"@status"', String(status)],
    ['"content-type"', type],
    ['"content-digest"', digest],
    [`"signature";req;key="${label}"`, request.signature.slice(label.length + 1)],
  ]
  const created = /;created=(\d{1,12});/.exec(input)?.[1]
  const { nonce, keyId } = request
  const expected = inputOf(components, { created: Number(created), nonce, keyId, tag: 'keystep-validator-answer' })
  if (input !== `${label}=${expected}`) return 'wrong-input'
  const right = `${label}=:${hmacOf(signatureBase(components, expected), key)}:`
  return sameText(right, signature) ? undefined : 'wrong-signature'
}

/** Component identifiers as they are serialized, each with its value. */
type Components = readonly (readonly [identifier: string, value: string])[]

type Parameters = { created: Seconds; keyId: string; nonce: string; tag: string }

const inputOf = (components: Components, { created, keyId, nonce, tag }: Parameters): string =>
  `(${components.map(([identifier]) => identifier).join(' ')})` +
  `;created=${created};keyid="${keyId}";alg="hmac-sha256";nonce="${nonce}";tag="${tag}"`

/** RFC 9421 §2.5. */
export const signatureBase = (components: Components, input: string): string =>
  [...components, ['"@signature-params"', input] as const]
    .map(([identifier, value]) => `${identifier}: ${value}`)
    .join('\n')

/** RFC 9421 §3.3.3. The key's own octets: it is text, as the validator's operator handed it out. */
export const hmacOf = (base: string, key: string | Uint8Array): string =>
  createHmac('sha256', key).update(base).digest('base64')

/** RFC 9530 §2. */
const digestOf = (body: Uint8Array): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
