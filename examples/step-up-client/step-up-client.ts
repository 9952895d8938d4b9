/**
 * A relying party that calls an API, and steps up by itself when the API asks for it (RFC 9470 §4).
 *
 *     npm run admin -- --local client add step-up-client --redirect-uri http://localhost:4411/callback --public
 *     npx node examples/resource-server/resource-server.ts
 *     npx node examples/step-up-client/step-up-client.ts
 *
 * The loop: it calls; the API answers with a challenge; it keeps the call, sends the browser to the issuer for what the
 * challenge names, takes the new token, and calls again, once. A second challenge is a refusal. Left out: refresh tokens;
 * when the token has run out, the browser goes the same way, and the issuer asks for nothing that is still good.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import * as oidc from 'openid-client'
// In a project of yours: '@keystep/resource-server/client'.
import { readChallenge, type StepUpChallenge, stepUpRequest } from '../../packages/resource-server/src/client.ts'
import { type Answer, type Asked, goTo, plainPage, type Running, serve, showPage } from '../loopback.ts'
import { html } from '../page.ts'
import { oldestOut, sessionsOf } from '../sessions.ts'

export type StepUpClient = {
  port: number
  issuer: string
  /** Public, with the redirect URI `http://localhost:<port>/callback`. */
  clientId: string
  /** The resource server. */
  api: string
}

/** What a person can do here, by the word in the form. */
const calls = {
  accounts: { label: 'Show accounts', method: 'GET', path: '/accounts' },
  transfer: {
    label: 'Transfer 10 to savings',
    method: 'POST',
    path: '/transfers',
    body: JSON.stringify({ from: 'current', to: 'savings', amount: 10 }),
  },
  close: { label: 'Close savings', method: 'DELETE', path: '/accounts/savings' },
} as const
type CallName = keyof typeof calls

type Visit = {
  config: oidc.Configuration
  nonce: string
  verifier: string
  call: CallName
  /** Absent where it was no challenge that the browser was sent for. */
  challenge?: StepUpChallenge
}

type Session = {
  /** By `state`. Each keeps the call that is to be repeated. */
  visits: Map<string, Visit>
  token?: { text: string; acr: string }
  /** What is said on the next page, and until something else is. */
  result?: { call: CallName; status: number | 'refused'; text: string; steppedUp: boolean }
}

const visitsKept = 20
const formsTo = (issuer: string) => [new URL(issuer).origin]

export async function startStepUpClient({ port, issuer, clientId, api }: StepUpClient): Promise<Running> {
  const sessions = sessionsOf<Session>('step-up')

  const discover = (): Promise<oidc.Configuration> =>
    oidc.discovery(new URL(issuer), clientId, undefined, oidc.None(), {
      execute: new URL(issuer).hostname === 'localhost' ? [oidc.allowInsecureRequests] : [],
      timeout: 10,
    })

  function home(asked: Asked): Answer {
    const { token, result } = sessions.of(asked) ?? {}
    const button = (name: CallName) =>
      html`<form method="post" action="/call"><input type="hidden" name="call" value="${name}"><button>${calls[name].label}</button></form>`
    const main = html`<h1>Accounts</h1>
<p class="soft">Each button calls <code>${api}</code>. What it takes to be let in, the API says.</p>
<div class="actions">${(Object.keys(calls) as CallName[]).map(button)}</div>
${
  result &&
  html`<section aria-labelledby="result-title"><h2 id="result-title">${calls[result.call].label}</h2>
<dl><dt>Answer</dt><dd id="status">${result.status}</dd>
<dt>Signed in with</dt><dd id="acr">${token?.acr ?? 'nothing yet'}</dd>
<dt>On the way</dt><dd id="way">${result.steppedUp ? 'the API asked for more, and was called again' : 'called once'}</dd></dl>
<pre id="body" tabindex="0" aria-label="What the API said">${result.text}</pre></section>`
}`
    return showPage({ brand: 'A client that steps up', title: 'Accounts', main, formsTo: formsTo(issuer) })
  }

  async function callApi(name: CallName, token: string): Promise<Response> {
    const call = calls[name]
    return fetch(new URL(call.path, api), {
      method: call.method,
      headers: { authorization: `Bearer ${token}` },
      ...('body' in call ? { body: call.body } : {}),
    })
  }

  // POST /call — calls the API with the token there is, and goes for a better one if that is what it takes.
  async function call(asked: Asked, self: string): Promise<Answer> {
    const name = new URLSearchParams(await asked.body()).get('call') ?? ''
    if (!isCall(name)) return plainPage('Accounts', 'Bad request', 'There is no such call.', 400)
    const session: Session = sessions.of(asked) ?? { visits: new Map() }
    if (session.token === undefined) return signIn(asked, self, session, name)
    const response = await callApi(name, session.token.text)
    const challenge = readChallenge(response)
    if (challenge !== undefined) return signIn(asked, self, session, name, challenge)
    // The token is over: a new one, for what the session at the issuer is still good for.
    if (response.status === 401) return signIn(asked, self, session, name)
    session.result = { call: name, status: response.status, text: await response.text(), steppedUp: false }
    return goTo(`${self}/`)
  }

  async function signIn(asked: Asked, self: string, session: Session, name: CallName, challenge?: StepUpChallenge) {
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
    const config = await discover()
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: `${self}/callback`,
      scope: 'openid',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const visit = { config, nonce, verifier, call: name }
    session.visits.set(state, challenge === undefined ? visit : { ...visit, challenge })
    oldestOut(session.visits, visitsKept)
    const next = challenge === undefined ? url : stepUpRequest(challenge, url)
    return goTo(next.href, sessions.renew(asked, session))
  }

  // GET /callback — takes the new token, and repeats the call that wanted it.
  async function callback(asked: Asked, self: string): Promise<Answer> {
    const session = sessions.of(asked)
    const state = asked.url.searchParams.get('state') ?? ''
    const visit = session?.visits.get(state)
    if (session === undefined || visit === undefined) return goTo(`${self}/`)
    session.visits.delete(state)
    const { config, nonce: expectedNonce, verifier: pkceCodeVerifier, call: name } = visit
    const steppedUp = visit.challenge !== undefined
    try {
      const checks = { expectedState: state, expectedNonce, pkceCodeVerifier, idTokenExpected: true }
      const tokens = await oidc.authorizationCodeGrant(config, asked.url, checks)
      session.token = { text: tokens.access_token, acr: String(tokens.claims()?.acr ?? 'not said') }
    } catch (error) {
      if (!(error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError)) throw error
      const text = `${error.error}: ${error.error_description ?? ''}`
      session.result = { call: name, status: 'refused', text, steppedUp }
      return goTo(`${self}/`, sessions.renew(asked, session))
    }
    const response = await callApi(name, session.token.text)
    const challenge = readChallenge(response)
    // Once for each call: who comes back with less than was asked would be sent round for ever.
    if (challenge !== undefined && !steppedUp) return signIn(asked, self, session, name, challenge)
    session.result = { call: name, status: response.status, text: await response.text(), steppedUp }
    return goTo(`${self}/`, sessions.renew(asked, session))
  }

  return serve({ brand: 'Accounts', port }, async (asked, self) => {
    const origin = asked.header('origin')
    if (asked.method === 'POST' && origin !== undefined && origin !== self)
      return plainPage('Accounts', 'Refused', 'This was posted from another site.', 403)
    switch (`${asked.method} ${asked.url.pathname}`) {
      case 'GET /':
        return home(asked)
      case 'POST /call':
        return call(asked, self)
      case 'GET /callback':
        return callback(asked, self)
      default:
        return plainPage('Accounts', 'Not found', 'This application has one page only.', 404)
    }
  })
}

const isCall = (name: string): name is CallName => Object.hasOwn(calls, name)

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { issuer: text, 'client-id': text, api: text, port: text } })
  const { issuer = 'http://localhost:4400', 'client-id': clientId = 'step-up-client' } = values
  const { api = 'http://localhost:4410', port = '4411' } = values
  const { url } = await startStepUpClient({ issuer, clientId, api, port: Number(port) })
  console.log(`The client is at ${url}. Ctrl-C ends it.`)
}
