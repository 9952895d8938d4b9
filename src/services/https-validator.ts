/**
 * A token validator that is asked over HTTPS: its URL, and an agent's key with which each request is signed and each
 * answer checked (`core/message-signature.ts`).
 *
 * TLS says who answers, the signature that it is the validator and not what stands before it. One request, one answer:
 * nothing is sent twice, because a code is good once. No redirect is followed, no proxy used, and a private address is
 * reached only where the settings allow it (Keycloak CVE-2026-4366).
 */
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { ok, type Result, refuse, type Seconds } from '../core/result.ts'
import { faultOfAnswer, type RequestToSign, signRequest } from '../core/token-validator/message-signature.ts'
import { type Answered, type Asked, failureOf, type TokenValidator } from '../core/token-validator/token-validation.ts'
import { readValidatorAnswer } from '../core/token-validator/validator-answer.ts'
import type { HttpsSettings } from '../core/token-validator/validator-settings.ts'
import { isPublic, publicLookup } from './public-fetch.ts'

/** Octets. The longest answer that means anything has some 5000. */
const longestBody = 16_384

export type HttpsSecrets = {
  /** The agent's key. */
  key(): Promise<string>
  /** PEM of the authority that the validator's certificate is from, where that is none of the public ones. */
  authority(): Promise<string | undefined>
}

export function openHttpsValidator(settings: HttpsSettings, secrets: HttpsSecrets, now: () => Seconds): TokenValidator {
  return {
    async validate(asked) {
      const { userName, response, ip, answering } = asked
      const body = Buffer.from(
        JSON.stringify({ userName, response, ip, ...(answering === undefined ? {} : { answering }) }),
      )
      const request: RequestToSign = {
        method: 'POST',
        targetUri: settings.url,
        body,
        created: now(),
        nonce: randomBytes(16).toString('base64url'),
        keyId: settings.keyId,
      }
      const [key, authority] = [await secrets.key(), await secrets.authority()]
      const headers = signRequest(request, key)
      const sent = await post(settings, { ...headers, accept: 'application/json' }, body, authority)
      if (!sent.ok) return unavailable(settings, sent.detail)
      const { answer, content } = sent.value
      const status = answer.statusCode ?? 0
      if (status !== 200) return unavailable(settings, `status ${status}`)
      const fault = faultOfAnswer(
        { status, header: (name) => oneOf(answer.headers[name]), body: content },
        { ...request, signature: headers.signature },
        key,
      )
      if (fault !== undefined) return unavailable(settings, `its answer is ${fault}`)
      return readAnswer(settings, asked, content)
    },
  }
}

function readAnswer(settings: HttpsSettings, asked: Asked, content: Buffer): Answered {
  const read = readValidatorAnswer(content)
  if (!read.ok) return unavailable(settings, `its answer is malformed at ${read.at || 'the top'}`)
  return read.value.outcome === 'failure' ? { outcome: 'failure', reason: failureOf(asked.answering) } : read.value
}

const unavailable = ({ url }: HttpsSettings, detail = ''): Answered => ({
  outcome: 'unavailable',
  detail: `${new URL(url).host}: ${detail}`,
})

const oneOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header

type Sent = Result<{ answer: IncomingMessage; content: Buffer }, 'no-answer'>

async function post(
  { url, privateAddresses, timeout }: HttpsSettings,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  authority: string | undefined,
): Promise<Sent> {
  const target = new URL(url)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  if (!privateAddresses && isIP(host) !== 0 && !isPublic(host))
    return refuse('no-answer', { detail: 'not a public address' })
  const options: RequestOptions & { ca?: string; minVersion: 'TLSv1.2'; rejectUnauthorized: true } = {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': String(body.length) },
    signal: AbortSignal.timeout(timeout),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(privateAddresses ? {} : { lookup: publicLookup }),
    ...(authority === undefined ? {} : { ca: authority }),
  }
  const { promise, resolve } = Promise.withResolvers<Sent>()
  const fail = (failure: Error): void => resolve(refuse('no-answer', { detail: causeOf(failure) }))
  const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options, (answer) => {
    const parts: Buffer[] = []
    let length = 0
    answer.on('data', (part: Buffer) => {
      length += part.length
      parts.push(part)
      if (length <= longestBody) return
      // First: the end may have come along with these octets.
      fail(new Error(`more than ${longestBody} octets`))
      request.destroy()
    })
    answer.on('end', () => resolve(ok({ answer, content: Buffer.concat(parts) })))
    answer.on('error', fail)
  })
  request.on('error', fail)
  request.end(body)
  return promise
}

const causeOf = (failure: Error): string => {
  if (failure.name === 'TimeoutError' || failure.name === 'AbortError') return 'no answer in time'
  return 'code' in failure ? String(failure.code) : failure.message
}
