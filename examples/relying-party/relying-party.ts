/**
 * A relying party: a small application that signs people in with OpenID Connect, as an application of yours would.
 *
 * Code flow with PKCE, state, nonce and the issuer check of RFC 9207; the ID token's signature is verified, and the
 * acr in it is compared with what was asked. Sessions are in memory, and end when the issuer tells of it by back-channel
 * logout. Left out: refresh tokens.
 */
import * as oidc from 'openid-client'
import { type Answer, type Asked, goTo, json, plainPage, type Running, serve, showPage } from '../loopback.ts'
import { type Html, html } from '../page.ts'
import { oldestOut, sessionsOf } from '../sessions.ts'
import { acrMatches, asks, carried, maxAgeOf, wantedAcr } from './ask.ts'
import { logoutTokensOf } from './logout-token.ts'
import { acrOf, calledBy, how, noMatchingAcr, type Trouble, troubleOf, unknownAnswer, when } from './words.ts'

export type RelyingParty = {
  name: 'App1' | 'App2' | 'App3'
  /**
   * Registered with the issuer: `http://localhost:<port>/callback`, `http://localhost:<port>/` after sign-out, and
   * `http://localhost:<port>/backchannel-logout`.
   */
  port: number
  issuer: string
  clientId: string
  /** Sent as `client_secret_basic`; without one the client is public. */
  clientSecret?: string
  /** What it usually asks for, as in the `acr_values` parameter. */
  acrValues: string
  /** One sentence that says so. */
  description: string
}

/** A sign-in that is under way: what the callback needs in order to believe the answer. */
type Visit = {
  config: oidc.Configuration
  nonce: string
  verifier: string
  sent: URLSearchParams
  /** The address to come back to. */
  query: string
  until: number
}

type Tokens = {
  claims: oidc.IDToken
  idToken: string
  accessToken: string
  /** What the issuer says of the person besides; nothing, when it did not say. */
  userInfo: Record<string, unknown>
}

type Session = {
  /** By `state`: two tabs may sign in at once. */
  visits: Map<string, Visit>
  tokens?: Tokens
  /** Why the last sign-in failed, on the address that asked for it; with the tokens when the app refused those. */
  failure?: { query: string; trouble: Trouble; refused?: Tokens }
  /** Said once, on the next page. */
  note?: string
}

/** However we heard of it. */
const over = 'The session has ended. Sign in again.'

const visitLasts = 15 * 60 * 1000
const visitsKept = 20

const hiddenFields = (query: URLSearchParams): Html[] =>
  [...query].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

const askedFor = (sent: URLSearchParams): Html => {
  const shown = [...sent].filter(([name]) => name !== 'scope')
  return shown.length === 0
    ? html`<p class="soft">This visit asks for nothing in particular.</p>`
    : html`<p class="soft">This visit asks for ${shown.map(([name, value], at) => [at > 0 ? ', ' : '', html`<code>${name}=${value}</code>`])}.</p>`
}

/** What a visit may ask for instead of the usual, for whoever wants to see what step-up does. */
const otherAsks: [label: string, query: string][] = [
  ['a password', 'acr_values=pwd'],
  ['a one-time code', 'acr_values=otp'],
  ['a certificate', 'acr_values=cba'],
  ['a security key or passkey', 'acr_values=fido'],
  ['all of it anew', 'prompt=login'],
  ['nothing older than a minute', 'max_age=60'],
  ['no page at all', 'prompt=none'],
  ['the usual', ''],
]

const otherAsksShown = html`<nav aria-labelledby="other-title"><h2 id="other-title">Ask for something else</h2>
<ul class="asks">${otherAsks.map(([label, query]) => html`<li><a href="/${query && `?${query}`}">${label}</a></li>`)}</ul></nav>`

const claimsShown = (claims: oidc.IDToken): Html =>
  html`<h3>The ID token’s claims</h3><pre id="claims" tabindex="0" aria-label="Claims of the ID token">${JSON.stringify(claims, null, 2)}</pre>`

const signOutButton = html`<form method="post" action="/signout"><button class="quiet">Sign out</button></form>`

/** `which` goes before the ids, where two are on one page. */
function personShown({ claims, userInfo }: Tokens, now: Date, which = ''): Html {
  const called = calledBy({ ...claims, ...userInfo })
  const since = when(claims.auth_time, now)
  const amr = Array.isArray(claims.amr) ? claims.amr.filter((name) => typeof name === 'string') : []
  return html`<dl>
<dt>Who</dt><dd id="${which}who">${called && `${called} `}<code>${claims.sub}</code></dd>
<dt>Level</dt><dd id="${which}acr">${acrOf(claims) ?? 'not said'}</dd>
<dt>How</dt><dd id="${which}amr">${how(amr)}</dd>
<dt>When</dt><dd id="${which}auth_time">${since === undefined ? 'not said' : html`<time datetime="${since.iso}">${since.words}</time>`}</dd>
</dl>`
}

function troubleShown({ title, code, description }: Trouble, refused: Tokens | undefined): Html {
  return html`<section class="bad" id="error" role="alert" aria-labelledby="error-title">
<h2 id="error-title">${title}</h2>
<p><code>${code}</code></p>
<p>${description}</p>
</section>
${
  refused &&
  html`<section aria-labelledby="refused-title"><h2 id="refused-title">What came instead</h2>
${personShown(refused, new Date(), 'refused-')}${claimsShown(refused.claims)}</section>`
}`
}

/** Their names (OIDC Core §5.3). The ID token alone signs the person in: without names, their id is shown. */
async function userInfoOf(
  config: oidc.Configuration,
  accessToken: string,
  sub: string,
): Promise<Record<string, unknown>> {
  try {
    return await oidc.fetchUserInfo(config, accessToken, sub)
  } catch {
    return {}
  }
}

/** Starts the application. Rejects when the port is in use; an issuer that is not there yet is said on the page. */
export async function startRelyingParty(settings: RelyingParty): Promise<Running> {
  const { name, issuer, clientId, clientSecret, description } = settings
  const sessions = sessionsOf<Session>(name)
  const formsTo = [new URL(issuer).origin]
  const logoutTokens = logoutTokensOf({ issuer, clientId, discover: async () => (await discover()).serverMetadata() })

  // Asked anew for each sign-in, so that an issuer which restarted with other keys or addresses is believed at once.
  function discover(): Promise<oidc.Configuration> {
    const { protocol, hostname } = new URL(issuer)
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
    const insecure = protocol === 'http:' && loopback ? [oidc.allowInsecureRequests] : []
    const auth = clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret)
    return oidc.discovery(new URL(issuer), clientId, undefined, auth, {
      execute: [...insecure, oidc.enableNonRepudiationChecks],
      timeout: 10,
    })
  }

  function home(asked: Asked): Answer {
    const session = sessions.of(asked)
    const query = carried(asked.url.searchParams)
    const failure = session?.failure?.query === query.toString() ? session.failure : undefined
    const tokens = session?.tokens
    const note = session?.note
    if (session !== undefined) delete session.note
    const ask = (label: string, look: string) =>
      html`<form method="get" action="/signin">${hiddenFields(query)}<button class="${look}">${label}</button></form>`
    const state = failure === undefined ? (tokens === undefined ? 'signed out' : 'signed in') : failure.trouble.title
    const main = html`<h1>${name}</h1>
${note && html`<p role="status" id="note">${note}</p>`}
${failure && troubleShown(failure.trouble, failure.refused)}
${
  tokens === undefined
    ? html`<section aria-labelledby="out-title"><h2 id="out-title">You are signed out</h2>
<p>${description}</p>${askedFor(asks(settings.acrValues, query))}
<div class="actions">${ask('Sign in', '')}${failure?.refused && signOutButton}</div></section>`
    : html`<section aria-labelledby="in-title"><h2 id="in-title">You are signed in</h2>
${personShown(tokens, new Date())}
${failure?.refused === undefined ? claimsShown(tokens.claims) : undefined}
<p>${description}</p>${askedFor(asks(settings.acrValues, query))}
<div class="actions">${signOutButton}
<form method="post" action="/check"><button class="quiet">Check session</button></form>
${ask('Ask again', 'quiet')}</div></section>`
}
${otherAsksShown}`
    return showPage({ brand: `${name} · an application`, title: `${name} – ${state}`, main, formsTo })
  }

  /** Back to the page that asked, where the failure is shown; a reload then does not repeat the request. */
  function failed(asked: Asked, self: string, failure: NonNullable<Session['failure']>): Answer {
    const session: Session = sessions.of(asked) ?? { visits: new Map() }
    session.failure = failure
    return goTo(`${self}/${failure.query && `?${failure.query}`}`, sessions.renew(asked, session))
  }

  // GET /signin — sends the browser to the issuer (OIDC Core §3.1.2.1).
  async function signIn(asked: Asked, self: string): Promise<Answer> {
    const query = carried(asked.url.searchParams).toString()
    const sent = asks(settings.acrValues, asked.url.searchParams)
    const state = oidc.randomState()
    const nonce = oidc.randomNonce()
    const verifier = oidc.randomPKCECodeVerifier()
    let config: oidc.Configuration
    try {
      config = await discover()
    } catch (error) {
      return failed(asked, self, { query, trouble: troubleOf(error, issuer) })
    }
    const parameters = new URLSearchParams(sent)
    parameters.set('redirect_uri', `${self}/callback`)
    parameters.set('state', state)
    parameters.set('nonce', nonce)
    parameters.set('code_challenge', await oidc.calculatePKCECodeChallenge(verifier))
    parameters.set('code_challenge_method', 'S256')
    const known = sessions.of(asked)
    const session: Session = known ?? { visits: new Map() }
    delete session.failure
    session.visits.set(state, { config, nonce, verifier, sent, query, until: Date.now() + visitLasts })
    oldestOut(session.visits, visitsKept)
    return goTo(
      oidc.buildAuthorizationUrl(config, parameters).href,
      known === undefined ? sessions.renew(asked, session) : {},
    )
  }

  // GET /callback — takes the answer and exchanges the code (OIDC Core §3.1.2.5, §3.1.3).
  async function callback(asked: Asked, self: string): Promise<Answer> {
    const session = sessions.of(asked)
    const state = asked.url.searchParams.get('state') ?? ''
    const visit = session?.visits.get(state)
    if (session === undefined || visit === undefined || visit.until < Date.now())
      return failed(asked, self, { query: '', trouble: unknownAnswer })
    session.visits.delete(state)
    const { config, nonce, verifier, sent, query } = visit
    const maxAge = maxAgeOf(sent)
    let tokens: Tokens
    try {
      const answer = await oidc.authorizationCodeGrant(config, asked.url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(maxAge === undefined ? {} : { maxAge }),
      })
      const claims = answer.claims()
      if (claims === undefined || answer.id_token === undefined) throw new Error('no ID token, although expected')
      const userInfo = await userInfoOf(config, answer.access_token, claims.sub)
      tokens = { claims, idToken: answer.id_token, accessToken: answer.access_token, userInfo }
    } catch (error) {
      return failed(asked, self, { query, trouble: troubleOf(error, issuer) })
    }
    const wanted = wantedAcr(sent)
    const acr = acrOf(tokens.claims)
    if (!acrMatches(wanted, acr))
      return failed(asked, self, { query, trouble: noMatchingAcr(wanted, acr), refused: tokens })
    delete session.failure
    session.tokens = tokens
    return goTo(`${self}/${query && `?${query}`}`, sessions.renew(asked, session))
  }

  // POST /check — asks the issuer whether the session still stands (OIDC Core §5.3).
  async function check(asked: Asked, self: string): Promise<Answer> {
    const session = sessions.of(asked)
    if (session?.tokens === undefined) return goTo(`${self}/`)
    try {
      await oidc.fetchUserInfo(await discover(), session.tokens.accessToken, session.tokens.claims.sub)
      session.note = 'The session still stands.'
    } catch (error) {
      const trouble = troubleOf(error, issuer)
      const ended = error instanceof oidc.WWWAuthenticateChallengeError && error.status === 401
      if (ended) delete session.tokens
      session.note = ended ? over : `${trouble.title}. ${trouble.description}`
    }
    return goTo(`${self}/`)
  }

  // POST /signout — ends the session here and, by way of the browser, at the issuer (RP-Initiated Logout §2).
  async function signOut(asked: Asked, self: string): Promise<Answer> {
    const session = sessions.of(asked)
    const tokens = session?.tokens ?? session?.failure?.refused
    const gone: Session = { visits: new Map(), note: 'You are signed out.' }
    const cookie = sessions.renew(asked, gone)
    if (tokens === undefined) return goTo(`${self}/`, cookie)
    try {
      const config = await discover()
      if (config.serverMetadata().end_session_endpoint === undefined) return goTo(`${self}/`, cookie)
      const end = oidc.buildEndSessionUrl(config, {
        id_token_hint: tokens.idToken,
        client_id: clientId,
        post_logout_redirect_uri: `${self}/`,
      })
      return goTo(end.href, cookie)
    } catch (error) {
      gone.note = `You are signed out here. ${troubleOf(error, issuer).title}, so you may still be signed in there.`
      return goTo(`${self}/`, cookie)
    }
  }

  // POST /backchannel-logout — the issuer tells that a session has ended (Back-Channel Logout §2.5).
  async function backchannelLogout(asked: Asked): Promise<Answer> {
    const token = new URLSearchParams(await asked.body()).get('logout_token') ?? ''
    const ended = await logoutTokens.read(token)
    if (ended === undefined) return json({ error: 'invalid_request' }, 400)
    for (const session of sessions.all()) {
      const claims = session.tokens?.claims
      if (claims === undefined || (ended.sid === undefined ? claims.sub !== ended.sub : claims.sid !== ended.sid))
        continue
      delete session.tokens
      session.note = over
    }
    return { status: 200, headers: {}, body: '' }
  }

  const routes: Record<string, (asked: Asked, self: string) => Answer | Promise<Answer>> = {
    'GET /': home,
    'GET /signin': signIn,
    'GET /callback': callback,
    'POST /check': check,
    'POST /signout': signOut,
    'POST /backchannel-logout': backchannelLogout,
  }

  return serve({ brand: name, port: settings.port }, async (asked, self) => {
    const route = routes[`${asked.method} ${asked.url.pathname}`]
    if (route === undefined) return plainPage(name, 'Not found', 'This application has one page only.', 404)
    // SameSite does not tell ports of localhost apart, the Origin header does; a browser sends it with every post.
    const origin = asked.header('origin')
    if (asked.method === 'POST' && origin !== undefined && origin !== self)
      return plainPage(name, 'Refused', 'This was posted from another site.', 403)
    return route(asked, self)
  })
}
