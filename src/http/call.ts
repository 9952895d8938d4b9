/**
 * What a route receives and answers: API Gateway's event without its accidents.
 *
 * No host, no forwarded header: addresses come from the stage.
 */

export type Call = {
  /** API Gateway's request id: in the log, in the audit record, and on the error page. */
  id: string
  method: string
  path: string
  params: Readonly<Record<string, string>>
  /** The raw query string, without `?`. Duplicates are the parser's business. */
  query: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  cookies: Readonly<Record<string, string>>
  body: string
  /** The source address as API Gateway saw it, from the request context. */
  ip: string
  /**
   * PEM, from the request context alone: what a header says of a certificate, anybody can say (Keycloak CVE-2024-10039).
   * Only on the host that asks for one.
   */
  clientCertificate?: string
}

export type Answer = {
  status: number
  headers: Record<string, string>
  cookies?: string[]
  body?: string
  /** The body is base64 of what is sent: for what is no text. */
  isBase64Encoded?: true
}

const never = { 'cache-control': 'no-store' }

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', ...never, ...headers },
  body: JSON.stringify(value),
})

/** 303: whatever the method was, the next request is a GET (RFC 9110 §15.4.4). */
export const seeOther = (location: string, cookies: string[] = []): Answer => ({
  status: 303,
  headers: { location, ...never },
  ...(cookies.length > 0 ? { cookies } : {}),
})

/**
 * A form that another site posted comes without our cookies, which are SameSite=Lax; asked for again by GET, it has them.
 * `undefined` for what is no such form, or too long for an address.
 */
export const asGet = ({ method, path, body, cookies }: Call): Answer | undefined =>
  method === 'POST' && Object.keys(cookies).length === 0 && body !== '' && body.length <= 7000
    ? seeOther(`${path}?${new URLSearchParams(body)}`)
    : undefined

export const html = (status: number, body: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...never, ...headers },
  body,
})

/** What a browser fetches ahead is not what a person went to: an address that is good once stays unused. */
export const isPrefetch = ({ headers }: Call): boolean =>
  /prefetch|prerender/i.test(`${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''} ${headers['x-moz'] ?? ''}`)

export const notYet: Answer = { status: 204, headers: never }

/** A problem document (RFC 9457). `pointer` names the member of the body that is to blame (RFC 6901). */
export type Problem = {
  status: number
  /** The reason, as a word that a program can compare. */
  code: string
  title: string
  detail?: string
  pointer?: string
}

export const problem = (
  { status, code, title, detail, pointer }: Problem,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...never, ...headers },
  body: JSON.stringify({
    type: `urn:keystep:problem:${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(pointer === undefined ? {} : { pointer, errors: [{ pointer, detail: detail ?? title }] }),
  }),
})
