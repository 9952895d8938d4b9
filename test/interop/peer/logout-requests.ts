/** The end of a session at an application's word (OpenID Connect RP-Initiated Logout). */
import type { Arrived, Browser } from '../../conformance/browser.ts'
import { seenBy } from './answer.ts'
import { ask, type Case, type Cases, type Change, codeIn, formOf, redeem, tokensIn } from './sending.ts'
import type { Side } from './side.ts'

type Usual = { id_token_hint: string; post_logout_redirect_uri: string; state: string }

type Way = { posted?: boolean; elsewhere?: boolean; confirmed?: boolean }

type Ended = { browser: Browser; arrived: Arrived }

/** A new session, and a browser that is sent to end it. */
async function end(side: Side, change: Change | ((usual: Usual) => Change), way: Way): Promise<Ended> {
  const session = side.browser()
  const code = codeIn(side, await side.goOn(session, await ask(side, {}, { browser: session })))
  const { id_token } = await tokensIn(await redeem(side, code))
  const usual = { id_token_hint: id_token, post_logout_redirect_uri: side.apps.web.goodbye, state: 'a state' }
  const form = formOf(usual, typeof change === 'function' ? change(usual) : change)
  const browser = way.elsewhere ? side.browser() : session
  const url = String(side.metadata.end_session_endpoint)
  const first = way.posted ? await browser.postFrom(url, form) : await browser.open(`${url}?${form}`)
  const isSentOn = first.at === 'page' && first.html.includes('document.forms[0].submit()')
  const second = isSentOn ? await browser.submit(first, '') : first
  const isAsked = way.confirmed && second.at === 'page' && second.id === 'log-out'
  const confirm = side.name === 'ours' ? 'log-out-form' : 'op.logoutForm'
  return { browser, arrived: isAsked ? await browser.submit(second, confirm) : second }
}

const ends =
  (change: Change | ((usual: Usual) => Change) = {}, way: Way = {}): Case =>
  async (side) =>
    seenBy(side.issuer, (await end(side, change, way)).arrived)

export const logoutRequests: Cases = {
  'logout: as usual': ends(),
  'logout: by POST': ends({}, { posted: true }),
  'logout: no state': ends({ state: undefined }),
  'logout: no parameter': ends({ id_token_hint: undefined, post_logout_redirect_uri: undefined, state: undefined }),
  'logout: no hint': ends({ id_token_hint: undefined }),
  'logout: no hint, but client_id': ends({ id_token_hint: undefined, client_id: 'web' }),
  'logout: no hint, but an unknown client_id': ends({ id_token_hint: undefined, client_id: 'nobody' }),
  'logout: no address to go back to': ends({ post_logout_redirect_uri: undefined }),
  'logout: another address to go back to': ends({ post_logout_redirect_uri: 'https://evil.example/' }),
  'logout: the hint is none': ends({ id_token_hint: 'something' }),
  'logout: the hint is forged': ends(({ id_token_hint }) => ({
    id_token_hint: `${id_token_hint.slice(0, id_token_hint.lastIndexOf('.'))}.${'A'.repeat(86)}`,
  })),
  'logout: the hint and the same client_id': ends({ client_id: 'web' }),
  'logout: the hint and another client_id': ends({ client_id: 'second' }),
  'logout: in a browser without a session': ends({}, { elsewhere: true }),
  'logout: a parameter twice': ends({ state: ['one', 'two'] }),
  'logout: as usual, whatever is asked allowed': ends({}, { confirmed: true }),
  'logout: no hint, whatever is asked allowed': ends({ id_token_hint: undefined }, { confirmed: true }),
  'logout: nobody is signed in after it': async (side) => {
    const { browser } = await end(side, {}, { confirmed: true })
    return seenBy(side.issuer, await ask(side, { prompt: 'none' }, { browser }))
  },
  'logout: logout_hint and ui_locales': ends({ logout_hint: 'ada', ui_locales: 'de' }),
}
