/**
 * The check as a middy middleware, for Lambdas behind API Gateway (payload format 2.0; 1.0 has the same members).
 *
 *     export const handler = middy()
 *       .use(requireStepUp({ issuer, audience, acr: { order: ['pwd', 'otp', 'fido'], required: 'otp' }, maxAge: 300 }))
 *       .handler(async (event) => ({ statusCode: 200, body: event.auth.subject }))
 */
import { type Auth, accessCheck, type StepUp } from './access.ts'
import { bodyOf, headersOf } from './challenge.ts'
import type { SentProof } from './dpop.ts'

export type { Auth, StepUp } from './access.ts'
export type { Dpop } from './dpop.ts'

/** What it reads of an event, and what it adds to it: `auth` is there in every handler behind it. */
export type CheckedEvent = {
  headers?: Record<string, string | undefined>
  /** Of format 2.0; the next two are of 1.0. The context has an id in both. */
  rawPath?: string
  requestContext?: { http?: { method: string }; requestId?: string }
  path?: string
  httpMethod?: string
  auth: Auth
}

export type RefusedResult = { statusCode: number; headers: Record<string, string>; body: string }

/** As much of middy's `MiddlewareObj` as there is to it. */
export type StepUpMiddleware = {
  before(request: { event: CheckedEvent }): Promise<RefusedResult | undefined>
}

/** Rejects with `IssuerUnavailable`, for `onError`, if the issuer cannot be asked. */
export function requireStepUp(options: StepUp): StepUpMiddleware {
  const check = accessCheck(options)
  return {
    async before({ event }) {
      const access = await check(headerIn(event, 'authorization'), sentWith(event))
      if (access.ok) {
        event.auth = access.auth
        return undefined
      }
      return { statusCode: access.status, headers: headersOf(access), body: bodyOf(access) }
    },
  }
}

/** Lower case in format 2.0, as it was sent in 1.0. */
const headerIn = ({ headers = {} }: CheckedEvent, wanted: string): string | undefined =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1]

const sentWith = (event: CheckedEvent): SentProof => ({
  method: event.requestContext?.http?.method ?? event.httpMethod ?? '',
  path: event.rawPath ?? event.path ?? '',
  dpop: headerIn(event, 'dpop'),
})
