/**
 * A person's browser as a conformance suite has it: real HTTP, cookies, redirects and plain forms. No script, no WebAuthn.
 *
 * The issuer's name leads to a gateway on loopback; addresses of applications are nobody's, so a browser that gets to one
 * is there: with what it was sent.
 */

/** Where the browser is in the end: at an application with an answer, or at a page of ours. */
export type Arrived =
  | { at: 'application'; method: 'GET' | 'POST'; url: URL; fields: URLSearchParams; body: URLSearchParams }
  | { at: 'page'; id: string; html: string; status: number; url: URL }

/** `button`: what its first button adds, as pressing Enter does. */
type Form = {
  id: string
  method: string
  action: URL
  fields: URLSearchParams
  button: [name: string, value: string][]
}

type Sending = { method: 'GET' | 'POST'; url: URL; body?: URLSearchParams }

/** The provider, and how it is reached. */
export type Provider = { issuer: string; fetchIssuer(address: URL | string, init?: RequestInit): Promise<Response> }

export type Browser = ReturnType<typeof openBrowser>

export function openBrowser({ issuer, fetchIssuer }: Provider) {
  const cookies = new Map<string, string>()
  /** The pages that were shown on the way, by their ids. */
  const pages: string[] = []

  const keep = (setCookies: readonly string[]): void => {
    for (const cookie of setCookies) {
      const [pair = ''] = cookie.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/;\s*max-age=0/i.test(cookie)) cookies.delete(name)
      else cookies.set(name, value.join('='))
    }
  }

  /** One request. `from` is the page that sent it: browsers say whether it is of the same site. */
  async function send({ method, url, body }: Sending, from: 'issuer' | 'elsewhere'): Promise<Response> {
    // A form that another site posts comes without SameSite=Lax cookies.
    const shown = method === 'POST' && from === 'elsewhere' ? [] : [...cookies]
    const answer = await fetchIssuer(url, {
      method,
      redirect: 'manual',
      headers: {
        ...(shown.length === 0 ? {} : { cookie: shown.map((pair) => pair.join('=')).join('; ') }),
        ...(method === 'POST' ? { origin: from === 'issuer' ? issuer : 'https://rp.example' } : {}),
        accept: 'text/html',
      },
      ...(body === undefined ? {} : { body }),
    })
    keep(answer.headers.getSetCookie())
    return answer
  }

  async function go(first: Sending, from: 'issuer' | 'elsewhere'): Promise<Arrived> {
    let next = first
    let sender = from
    for (let hops = 0; hops < 10; hops++) {
      if (next.url.origin !== issuer) return arrived(next)
      const answer = await send(next, sender)
      const location = answer.headers.get('location')
      if (answer.status >= 300 && answer.status < 400 && location !== null) {
        // 303 becomes a GET whatever it was; so do 301 and 302 in browsers. 307 and 308 stay (RFC 9110 §15.4).
        const stays = answer.status === 307 || answer.status === 308
        next = { ...(stays ? next : { method: 'GET' }), url: new URL(location, next.url) }
        sender = 'issuer'
        continue
      }
      const html = await answer.text()
      const id = /<body id="page-([^"]+)"/.exec(html)?.[1] ?? `status ${answer.status}`
      pages.push(id)
      return { at: 'page', id, html, status: answer.status, url: next.url }
    }
    throw new Error(`Redirected in circles, last to ${next.url}`)
  }

  return {
    pages,
    cookies,

    open: (url: URL | string): Promise<Arrived> => go({ method: 'GET', url: new URL(url) }, 'elsewhere'),

    /** A form that a page of an application posts to us. */
    postFrom: (url: URL | string, body: URLSearchParams): Promise<Arrived> =>
      go({ method: 'POST', url: new URL(url), body }, 'elsewhere'),

    /** Sends a form of the page, with what a person filled in. */
    submit(page: Arrived, id: string, filled: Record<string, string> = {}): Promise<Arrived> {
      if (page.at !== 'page') throw new Error('There is no page to send a form of')
      const form = formsOf(page).find((each) => each.id === id)
      if (form === undefined) throw new Error(`The page ${page.id} has no form ${id}`)
      for (const [name, value] of Object.entries(filled)) {
        if (!form.fields.has(name)) throw new Error(`The form ${id} has no field ${name}`)
        form.fields.set(name, value)
      }
      for (const [name, value] of form.button) form.fields.append(name, value)
      if (form.method !== 'post') throw new Error(`The form ${id} is sent by ${form.method}`)
      return go({ method: 'POST', url: form.action, body: form.fields }, 'issuer')
    },
  }
}

const arrived = ({ method, url, body = new URLSearchParams() }: Sending): Arrived => ({
  at: 'application',
  method,
  url,
  fields: method === 'POST' ? body : url.searchParams,
  body,
})

/** The forms of a page, as a browser without script has them. */
export function formsOf({ html, url }: Extract<Arrived, { at: 'page' }>): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = '', content = '']) => ({
    id: attribute(attributes, 'id') ?? '',
    method: attribute(attributes, 'method') ?? 'get',
    action: new URL(attribute(attributes, 'action') ?? '', url),
    fields: new URLSearchParams(
      [...content.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = '']) => {
        const name = attribute(input, 'name')
        const chosen = attribute(input, 'type') !== 'checkbox' || /\schecked\b/.test(input)
        return name === undefined || !chosen ? [] : [[name, attribute(input, 'value') ?? '']]
      }),
    ),
    button: firstButton(content),
  }))
}

function firstButton(content: string): Form['button'] {
  const button = /<button\b([^>]*)>/.exec(content)?.[1] ?? ''
  const name = attribute(button, 'name')
  return name === undefined ? [] : [[name, attribute(button, 'value') ?? '']]
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1]
  return value?.replace(/&(#\d+|\w+);/g, (whole, entity: string) =>
    entity.startsWith('#') ? String.fromCodePoint(Number(entity.slice(1))) : (entities[entity] ?? whole),
  )
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
