/**
 * Asks the management API, as the person who is signed in.
 *
 * An answer is a value, also when it says no: `{ ok, status, data | problem, requestId }`. Where the API asks for a better
 * or a fresher sign-in (RFC 9470), the person is told and decides; if they go, the page comes back with what they typed
 * (see `drafts.ts`) and they press the same button once more. If they do not, the answer is the 401.
 */
import * as oauth from 'oauth4webapi'
import { observed } from './observed.ts'
import { place } from './place.ts'
import { type Asked, boundKey, currentTokens, isStillSigningIn, leaveToSignIn, renew, withNonce } from './sign-in.ts'
import { askToConfirm } from './step-up.ts'

/** RFC 9457, as `src/http/call.ts` writes it. */
export type Problem = {
  code: string
  title: string
  detail?: string
  pointer?: string
  errors?: readonly { pointer?: string; detail: string }[]
}

type About = { status: number; requestId?: string }
export type Done<Data> = About & { ok: true; data: Data; etag?: string; headers: Headers }
export type Refused = About & { ok: false; problem: Problem }
export type Reply<Data> = Done<Data> | Refused

export type Request = {
  /** JSON, unless it is a text with a type of its own. */
  body?: unknown
  contentType?: string
  ifMatch?: string | undefined
  idempotencyKey?: string
  signal?: AbortSignal
  /** The person is not asked to confirm: for what is only looked at beside the page's own business. */
  quiet?: boolean
}

/** `/users/1` is of this tenant; what begins with `/api/` or the issuer is as the API gave it, in links. */
export const addressOf = (path: string): URL => {
  if (path.startsWith(place.issuer)) return new URL(path)
  return new URL(path.startsWith('/api/') ? `${place.issuer}${path}` : `${place.api}${path}`)
}

type Challenged = { response: Response; challenges: readonly oauth.WWWAuthenticateChallenge[] }

async function sendOnce(method: string, url: URL, request: Request, access: string): Promise<Challenged> {
  const headers = new Headers({ accept: 'application/json, application/problem+json;q=0.9, */*;q=0.5' })
  const { body, contentType = 'application/json', ifMatch, idempotencyKey, signal } = request
  if (body !== undefined) headers.set('content-type', contentType)
  if (ifMatch !== undefined) headers.set('if-match', ifMatch)
  if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const options = {
    [oauth.allowInsecureRequests]: place.issuer.startsWith('http:'),
    DPoP: await boundKey(),
    ...(signal === undefined ? {} : { signal }),
  }
  try {
    const sent = () => oauth.protectedResourceRequest(access, method, url, headers, text, options)
    return { response: await withNonce(sent), challenges: [] }
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError)
      return { response: error.response, challenges: error.cause }
    throw error
  }
}

const parameterOf = ({ challenges }: Challenged, name: Lowercase<string>): string | undefined =>
  challenges.map(({ parameters }) => parameters[name]).find((value) => value !== undefined)

/** What a challenge of RFC 9470 §3 asks for. */
function askedBy(challenged: Challenged): Asked | undefined {
  if (parameterOf(challenged, 'error') !== 'insufficient_user_authentication') return undefined
  const maxAge = Number(parameterOf(challenged, 'max_age'))
  return {
    acrValues: parameterOf(challenged, 'acr_values'),
    ...(Number.isFinite(maxAge) && maxAge >= 0 ? { maxAge } : {}),
  }
}

const problemOf = (code: string, title: string): Problem => ({ code, title })

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'title' in value && 'code' in value

async function read<Data>({ response }: Challenged): Promise<Reply<Data>> {
  const requestId = response.headers.get('apigw-requestid') ?? undefined
  const about = { status: response.status, ...(requestId === undefined ? {} : { requestId }) }
  const text = await response.text()
  const isJson = /[/+]json(;|$)/.test(response.headers.get('content-type') ?? '')
  const value: unknown = isJson && text !== '' ? JSON.parse(text) : text
  const etag = response.headers.get('etag')
  if (response.ok)
    return {
      ...{ ok: true, ...about, data: value as Data, headers: response.headers },
      ...(etag === null ? {} : { etag }),
    }
  return { ok: false, ...about, problem: isProblem(value) ? value : problemOf('no-problem', `HTTP ${response.status}`) }
}

const unanswered = (status: number, code: string): Refused => ({ ok: false, status, problem: problemOf(code, code) })

/** How many changes went through since the document came. */
export const changesMade = observed(0)

function noted<Data>(method: string, reply: Reply<Data>): Reply<Data> {
  if (method !== 'GET' && reply.ok) changesMade.set(changesMade.get() + 1)
  return reply
}

/** No answer at all: `status` is 0, and `code` says in a word which; `Failure` has the sentences. */
async function send<Data>(method: string, path: string, request: Request = {}): Promise<Reply<Data>> {
  try {
    const url = addressOf(path)
    const tokens = await currentTokens()
    if (tokens === undefined) return over(request)
    let challenged = await sendOnce(method, url, request, tokens.access)
    if (parameterOf(challenged, 'error') === 'invalid_token') {
      const renewed = await renew()
      if (renewed === undefined) return over(request)
      challenged = await sendOnce(method, url, request, renewed.access)
    }
    const asked = askedBy(challenged)
    if (asked !== undefined && method === 'GET' && isStillSigningIn()) await leaveToSignIn(asked)
    if (asked !== undefined && !request.quiet) await askToConfirm({ kind: 'level', asked, changes: method !== 'GET' })
    return noted(method, await read<Data>(challenged))
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return unanswered(0, 'aborted')
    return unanswered(0, 'no-answer')
  }
}

async function over({ quiet }: Request): Promise<Refused> {
  if (!quiet) await askToConfirm({ kind: 'signed-out' })
  return unanswered(401, 'signed-out')
}

export const api = {
  get: <Data>(path: string, request?: Request) => send<Data>('GET', path, request),
  post: <Data>(path: string, request?: Request) => send<Data>('POST', path, request),
  put: <Data>(path: string, request?: Request) => send<Data>('PUT', path, request),
  patch: <Data>(path: string, request?: Request) => send<Data>('PATCH', path, request),
  delete: <Data = undefined>(path: string, request?: Request) => send<Data>('DELETE', path, request),
}
