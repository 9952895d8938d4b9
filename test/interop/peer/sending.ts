/** What an application sends, right but for what a case changes: authorization requests, and forms with who it is. */
import { randomUUID } from 'node:crypto'
import { asserted, assertionClaims } from '../../client-key.ts'
import type { Arrived, Browser } from '../../conformance/browser.ts'
import { type DpopKey, dpopKey, type Proven } from '../../dpop.ts'
import { answerIn, type Seen } from './answer.ts'
import { type App, type Apps, challenge, verifier } from './apps.ts'
import type { Side } from './side.ts'

export type Case = (side: Side) => Promise<Seen>
export type Cases = Readonly<Record<string, Case>>

/** `undefined` leaves a parameter out; a list sends it so often. */
export type Change = Record<string, string | readonly string[] | undefined>

export type AppName = keyof Apps

export function formOf(usual: Change, change: Change = {}): URLSearchParams {
  const pairs = Object.entries({ ...usual, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => [name, each] as [string, string]),
  )
  return new URLSearchParams(pairs)
}

export const requestOf = ({ id, redirectUri }: App, change: Change = {}): URLSearchParams =>
  formOf(
    {
      ...{ client_id: id, redirect_uri: redirectUri, response_type: 'code', scope: 'openid', state: 'a state' },
      ...{ nonce: 'a nonce', code_challenge: challenge, code_challenge_method: 'S256' },
    },
    change,
  )

export type Asking = { app?: AppName; browser?: Browser; posted?: boolean }

export function ask(side: Side, change: Change = {}, { app = 'web', browser, posted }: Asking = {}): Promise<Arrived> {
  const at = browser ?? side.browser()
  const request = requestOf(side.apps[app], change)
  return posted
    ? at.postFrom(side.metadata.authorization_endpoint, request)
    : at.open(`${side.metadata.authorization_endpoint}?${request}`)
}

/** Through every page, to whatever the application is answered. */
export async function askAndGoOn(side: Side, change: Change = {}, asking: Asking = {}): Promise<Arrived> {
  const browser = asking.browser ?? side.known
  return side.goOn(browser, await ask(side, change, { ...asking, browser }))
}

export function codeIn(side: Side, arrived: Arrived): string {
  const code = answerIn(side.issuer, arrived)?.get('code')
  if (!code) throw new Error(`No code, but ${arrived.at === 'page' ? arrived.html : arrived.url}`)
  return code
}

export const newCode = async (side: Side, change: Change = {}, app: AppName = 'web'): Promise<string> =>
  codeIn(side, await askAndGoOn(side, change, { app }))

/** How a request says who it is, and what may be wrong with that. */
export type How = {
  /** Left out: as the application is registered. */
  auth?: 'basic' | 'post' | 'name' | 'assertion' | 'nothing'
  secret?: string
  assertion?: {
    claims?: Record<string, unknown>
    header?: Record<string, unknown>
    type?: string
    signedBy?: AppName
    text?: string
  }
  /** Left out: none. */
  proof?: Partial<Proven> & { by?: DpopKey; text?: string; withoutNonce?: true }
  method?: string
  /** Instead of a form. */
  contentType?: string
  headers?: Record<string, string>
}

/** One key for all proofs that are right. */
export const proofKey = await dpopKey()

const endpoints = {
  token: 'token_endpoint',
  par: 'pushed_authorization_request_endpoint',
  introspect: 'introspection_endpoint',
  revoke: 'revocation_endpoint',
} as const

export type Endpoint = keyof typeof endpoints

/** Sends a form, and once more with the nonce where one is asked for. */
export function send(side: Side, to: Endpoint, app: AppName, form: URLSearchParams, how: How = {}): Promise<Response> {
  const url = String(side.metadata[endpoints[to]])
  return withNonce(how, async (nonce) => {
    const { body, headers } = identified(side, side.apps[app], form, how)
    const { method = 'POST', contentType } = how
    return side.fetchIssuer(url, {
      method,
      headers: {
        ...headers,
        ...(await proofHeader(side, url, method, nonce, how)),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...how.headers,
      },
      ...(method === 'GET' ? {} : { body: contentType === undefined ? body : body.toString() }),
    })
  })
}

export async function withNonce(
  { proof }: How,
  once: (nonce: string | undefined) => Promise<Response>,
): Promise<Response> {
  const first = await once(undefined)
  const nonce = first.headers.get('dpop-nonce') ?? undefined
  if (proof === undefined || proof.withoutNonce || nonce === undefined) return first
  return /use_dpop_nonce/.test(await first.clone().text()) ? once(nonce) : first
}

export async function proofHeader(
  side: Side,
  url: string,
  method: string,
  nonce: string | undefined,
  { proof }: How,
): Promise<Record<string, string>> {
  if (proof === undefined) return {}
  const { by = proofKey, text, withoutNonce: _w, ...change } = proof
  const about = { method, url, at: side.now(), ...(nonce === undefined ? {} : { nonce }) }
  return { dpop: text ?? (await by.proof({ ...about, ...change })) }
}

const usualAuth = {
  client_secret_basic: 'basic',
  client_secret_post: 'post',
  none: 'name',
  private_key_jwt: 'assertion',
} as const

function identified(side: Side, app: App, form: URLSearchParams, how: How) {
  const body = new URLSearchParams(form)
  const method = String(app.peer.token_endpoint_auth_method) as keyof typeof usualAuth
  const { auth = usualAuth[method], secret = app.secret ?? '' } = how
  const name = () => void (body.has('client_id') || body.set('client_id', app.id))
  switch (auth) {
    case 'nothing':
      return { body, headers: {} }
    case 'basic':
      return { body, headers: { authorization: basic(app.id, secret) } }
    case 'name':
      name()
      return { body, headers: {} }
    case 'post':
      name()
      body.set('client_secret', secret)
      return { body, headers: {} }
    case 'assertion':
      for (const [field, value] of Object.entries(assertionOf(side, app, how.assertion))) body.set(field, value)
      return { body, headers: {} }
  }
}

/** Both halves form-encoded before they are joined (RFC 6749 §2.3.1). */
export const basic = (id: string, secret: string): string => {
  const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`
}

function assertionOf(side: Side, app: App, wrong: How['assertion'] = {}): Record<string, string> {
  const { claims = {}, header = {}, type, signedBy, text } = wrong
  const key = (signedBy === undefined ? app : side.apps[signedBy]).key
  if (key === undefined) throw new Error(`${app.id} has no key to sign with`)
  const all = { ...assertionClaims(app.id, side.now()), jti: randomUUID(), ...claims }
  return {
    ...asserted(text ?? key.sign(header, all)),
    ...(type === undefined ? {} : { client_assertion_type: type }),
  }
}

export const codeForm = (app: App, code: string, change: Change = {}): URLSearchParams =>
  formOf({ grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, code_verifier: verifier }, change)

export const redeem = (side: Side, code: string, change: Change = {}, how: How = {}, app: AppName = 'web') =>
  send(side, 'token', app, codeForm(side.apps[app], code, change), how)

export type Tokens = { access_token: string; id_token: string; refresh_token: string }

export async function tokensIn(response: Response): Promise<Tokens> {
  const text = await response.text()
  if (!response.ok) throw new Error(`No tokens, but ${response.status} ${text}`)
  return JSON.parse(text) as Tokens
}

/** Of one whole sign-in. */
export const newTokens = async (
  side: Side,
  change: Change = {},
  app: AppName = 'web',
  how: How = {},
): Promise<Tokens> => tokensIn(await redeem(side, await newCode(side, change, app), {}, how, app))

/** With a refresh token among them: where it is not asked for with a consent, there may be none (OpenID Connect Core §11). */
export const offline = { scope: 'openid offline_access', prompt: 'consent' }
