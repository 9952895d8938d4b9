/**
 * A person at a browser, without the browser: follows redirects, keeps cookies, posts the forms of the page it sees.
 *
 *     const anna = visit(house)
 *     await anna.ask({ acr_values: 'fido' })        // an application sends them to /authorize
 *     await anna.post('username', { username: 'anna' })
 *     anna.page                                     // 'webauthn'
 *     anna.options                                  // what the page asks the browser for
 *     anna.landed                                   // the application's address, once they are back
 */
import { createHash } from 'node:crypto'
import type { RequestOptionsJson } from '../web/view.ts'
import type { House, Reply } from './house.ts'

export const verifier = 'a-verifier-of-forty-three-characters-or-more'
export const codeChallenge = createHash('sha256').update(verifier).digest('base64url')

export const usualRequest = {
  client_id: 'app1',
  redirect_uri: 'https://app1.example.com/callback',
  response_type: 'code',
  scope: 'openid profile email',
  state: 'some state',
  nonce: 'some nonce',
  code_challenge: codeChallenge,
  code_challenge_method: 'S256',
}

export type Visitor = ReturnType<typeof visit>

export function visit(house: House, { ip = '192.0.2.1' }: { ip?: string } = {}) {
  const cookies = new Map<string, string>()
  let reply: Reply | undefined
  let address = ''

  const take = (answer: Reply): void => {
    for (const cookie of answer.cookies) {
      const [pair = ''] = cookie.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/max-age=0/i.test(cookie)) cookies.delete(name)
      else cookies.set(name, value.join('='))
    }
  }

  const send = async (method: 'GET' | 'POST', target: string, body?: URLSearchParams): Promise<Reply> => {
    const headers = method === 'POST' ? { 'sec-fetch-site': 'same-origin' } : {}
    const answer = await house.invoke(method, target, {
      headers,
      cookies: Object.fromEntries(cookies),
      ip,
      ...(body === undefined ? {} : { body }),
    })
    take(answer)
    return answer
  }

  /** Until there is a page, or an address elsewhere. */
  const follow = async (first: Reply): Promise<void> => {
    reply = first
    for (let hops = 0; reply.status === 303; hops++) {
      if (hops > 5) throw new Error(`Redirected in circles, last to ${reply.headers.location}`)
      address = reply.headers.location ?? ''
      if (!address.startsWith('/')) return
      reply = await send('GET', address)
    }
  }

  const current = (): Reply => {
    if (reply === undefined) throw new Error('Nowhere yet')
    return reply
  }

  return {
    cookies,

    /** As an application would ask: the usual request, changed. `undefined` leaves a parameter out. */
    async ask(change: Record<string, string | undefined> = {}): Promise<Reply> {
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries({ ...usualRequest, ...change }))
        if (value !== undefined) query.set(name, value)
      const first = await send('GET', `/authorize?${query}`)
      await follow(first)
      return first
    },

    async get(target: string): Promise<Reply> {
      const first = await send('GET', target)
      await follow(first)
      return first
    },

    /** Posts a form of the login: `username`, `activation/code`, … Answers with the post's own reply. */
    async post(step: string, fields: Record<string, string> = {}): Promise<Reply> {
      const first = await send('POST', `${this.base}/${step}`, new URLSearchParams(fields))
      await follow(first)
      return first
    },

    /** Like `post`, but goes nowhere from there: for what happens in another tab. */
    postAside(step: string, fields: Record<string, string> = {}): Promise<Reply> {
      return send('POST', `${this.base}/${step}`, new URLSearchParams(fields))
    },

    reload(): Promise<Reply> {
      return this.get(this.base)
    },

    /** `/login/{id}` of the login that this browser is in. */
    get base(): string {
      // Some pages have an address below it.
      return /^\/login\/[^/?]+/.exec(address)?.[0] ?? address.split('?')[0] ?? ''
    },
    /** Which page is shown, by its id. */
    get page(): string {
      return /<body id="page-([^"]+)"/.exec(current().body)?.[1] ?? `status ${current().status}`
    },
    get html(): string {
      return current().body
    },
    /** The words of the page, without its markup. */
    get text(): string {
      return current()
        .body.replace(/<[^>]+>/g, ' ')
        .replace(/&#39;/g, "'")
        .replace(/\s+/g, ' ')
    },
    get notice(): string | undefined {
      return new URLSearchParams(address.split('?')[1]).get('notice') ?? undefined
    },
    get options(): RequestOptionsJson {
      const encoded = /data-options="([^"]*)"/.exec(current().body)?.[1]
      if (encoded === undefined) throw new Error(`The page ${this.page} asks for no ceremony`)
      return JSON.parse(
        encoded
          .replace(/&quot;/g, '"')
          .replace(/&#34;/g, '"')
          .replace(/&amp;/g, '&'),
      )
    },
    /** Where an application is back with an answer: in its address, or in the form that is posted to it. */
    get landed(): URLSearchParams {
      if (this.page === 'form-post') return postedBy(current().body)
      if (address.startsWith('/')) throw new Error(`Still at ${address}, page ${this.page}: ${this.text}`)
      return new URL(address).searchParams
    },
  }
}

/** What the page posts to the application, as a browser would. */
export const postedBy = (html: string): URLSearchParams => {
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
  return new URLSearchParams(fields.map(([, name = '', value = '']) => [name, unescaped(value)]))
}

const characters: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }

const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => characters[entity] ?? '')

type Tokens = { access_token: string; id_token: string; refresh_token?: string; expires_in: number }

/** What App1 does with the answer it got. */
export function exchange(
  house: House,
  code: string | null,
  change: Record<string, string> = {},
): Promise<Reply<Tokens>> {
  return house.invoke<Tokens>('POST', '/token', {
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'app1',
      code: code ?? '',
      redirect_uri: usualRequest.redirect_uri,
      code_verifier: verifier,
      ...change,
    }),
  })
}

/** The claims of a JWT, unchecked: whether it verifies is `jose`'s to say, in the test that asks. */
export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8'))
