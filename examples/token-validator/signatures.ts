/**
 * The validator's side of docs/token-validator.md: checks the signature of a request, and signs the answer to it.
 *
 * Written from the document and not from the client's code, so that the two check each other. Node's own modules only:
 * whoever writes a validator may begin with this.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export type Received = {
  method: string
  /** The validator's own URL, from its settings: never from the request. */
  targetUri: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
}

/** The agents' keys by their id. */
export type Keys = Readonly<Record<string, string>>

export type Checked = { ok: true; keyId: string; nonce: string; signature: string } | { ok: false; because: string }

/** Seconds between the two clocks, either way. */
const skew = 60

export type Nonces = {
  /** Whether this nonce is new; it is not any more then. */
  spend(nonce: string, now: number): boolean
}

/** Remembers nonces as long as a request with one could still be fresh. A validator of several machines shares them. */
export function openNonces(): Nonces {
  const seen = new Map<string, number>()
  return {
    spend(nonce, now) {
      for (const [old, at] of seen) if (at < now - 2 * skew) seen.delete(old)
      if (seen.has(nonce)) return false
      seen.set(nonce, now)
      return true
    },
  }
}

const shape =
  /^keystep=(?<input>\("@method" "@target-uri" "content-type" "content-digest"\);created=(?<created>\d{1,12});keyid="(?<keyId>[A-Za-z0-9._-]{1,64})";alg="hmac-sha256";nonce="(?<nonce>[A-Za-z0-9_-]{16,64})";tag="keystep-validator-request")$/

export function checkRequest(received: Received, keys: Keys, nonces: Nonces, now: number): Checked {
  const header = (name: string): string => String(received.headers[name] ?? '')
  const { input = '', created, keyId = '', nonce = '' } = shape.exec(header('signature-input'))?.groups ?? {}
  if (input === '') return { ok: false, because: 'Signature-Input is not of the agreed form' }
  const key = Object.hasOwn(keys, keyId) ? keys[keyId] : undefined
  if (key === undefined) return { ok: false, because: 'unknown keyid' }
  if (header('content-type') !== 'application/json') return { ok: false, because: 'Content-Type' }
  if (header('content-digest') !== digestOf(received.body)) return { ok: false, because: 'Content-Digest' }
  const base = [
    `"@method": ${received.method}`,
    `"@target-uri": ${received.targetUri}`,
    `"content-type": application/json`,
    `"content-digest": ${header('content-digest')}`,
    `"@signature-params": ${input}`,
  ].join('\n')
  const signature = /^keystep=(:[A-Za-z0-9+/=]{44}:)$/.exec(header('signature'))?.[1] ?? ''
  if (!same(signature, `:${hmac(key, base)}:`)) return { ok: false, because: 'Signature' }
  if (Math.abs(now - Number(created)) > skew) return { ok: false, because: 'created is too far from now' }
  // Only now: whoever does not know the key spends nobody's nonce.
  if (!nonces.spend(nonce, now)) return { ok: false, because: 'this nonce was here before' }
  return { ok: true, keyId, nonce, signature }
}

/** The headers of an answer with status 200 to a request that was checked. */
export function signAnswer(
  body: Buffer,
  { keyId, nonce, signature }: Extract<Checked, { ok: true }>,
  key: string,
  now: number,
): Record<string, string> {
  const digest = digestOf(body)
  const input =
    '("@status" "content-type" "content-digest" "signature";req;key="keystep")' +
    `;created=${now};keyid="${keyId}";alg="hmac-sha256";nonce="${nonce}";tag="keystep-validator-answer"`
  const base = [
    '"@status": 200',
    '"content-type": application/json',
    `"content-digest": ${digest}`,
    `"signature";req;key="keystep": ${signature}`,
    `"@signature-params": ${input}`,
  ].join('\n')
  return {
    'content-type': 'application/json',
    'content-digest': digest,
    'signature-input': `keystep=${input}`,
    signature: `keystep=:${hmac(key, base)}:`,
  }
}

const digestOf = (body: Buffer): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`

const hmac = (key: string, base: string): string => createHmac('sha256', key).update(base).digest('base64')

const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
