/**
 * The check around a handler of web requests: a Request goes in, a Response comes out, wherever that is the form.
 *
 *     const otp = requireStepUp({ issuer, audience, acr: { order: ['pwd', 'otp', 'fido'], required: 'otp' }, maxAge: 300 })
 *     const transfers = otp(async (request, auth) => Response.json({ by: auth.subject }))
 */
import { type Auth, accessCheck, type StepUp } from './access.ts'
import { bodyOf, headersOf } from './challenge.ts'

export type { Auth, StepUp } from './access.ts'
export type { Dpop } from './dpop.ts'

/** `rest` is what the platform hands over beside the request, as it is: bindings, a context. */
export type CheckedHandler<Rest extends unknown[]> = (
  request: Request,
  auth: Auth,
  ...rest: Rest
) => Response | Promise<Response>

export type Guard = <Rest extends unknown[]>(
  handler: CheckedHandler<Rest>,
) => (request: Request, ...rest: Rest) => Promise<Response>

/** The handlers it guards reject with `IssuerUnavailable` if the issuer cannot be asked. */
export function requireStepUp(options: StepUp): Guard {
  const check = accessCheck(options)
  return (handler) =>
    async (request, ...rest) => {
      const { pathname: path } = new URL(request.url)
      const proof = { method: request.method, path, dpop: request.headers.get('dpop') }
      const access = await check(request.headers.get('authorization'), proof)
      if (access.ok) return handler(request, access.auth, ...rest)
      return new Response(bodyOf(access) || null, { status: access.status, headers: headersOf(access) })
    }
}
