/**
 * As much of a browser as the tests of the examples need: a cookie jar by host, redirects, forms, and the text of a page.
 */

export type Shown = { url: string; status: number; body: string; headers: Headers }

/** What markup says, as a reader would hear it. */
const plain = (markup: string): string =>
  markup
    .replace(/<[^>]*>/g, '')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .trim()

/** The text of the element with that id, or undefined when the page has none. The element holds no other of its tag. */
export function textOf({ body }: Shown, id: string): string | undefined {
  const found = new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(body)
  return found?.[2] === undefined ? undefined : plain(found[2])
}

/** What the application shows of the ID token; nothing, when it shows none. */
export const claimsOf = (page: Shown): Record<string, unknown> => JSON.parse(textOf(page, 'claims') ?? '{}')

type Form = { method: string; action: string; fields: URLSearchParams }

/** The form whose button has that label. */
function formOf({ body, url }: Shown, label: string): Form {
  for (const [form] of body.matchAll(/<form[\s\S]*?<\/form>/g)) {
    const labels = [...form.matchAll(/<button[^>]*>([\s\S]*?)<\/button>/g)].map(([, text]) => plain(text ?? ''))
    if (!labels.includes(label)) continue
    const attribute = (tag: string, name: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
    const fields = [...form.matchAll(/<(?:input|button)[^>]*\bname="[^>]*>/g)].map(([tag]) => [
      attribute(tag, 'name'),
      attribute(tag, 'value'),
    ])
    const open = form.slice(0, form.indexOf('>'))
    return {
      method: (attribute(open, 'method') || 'get').toLowerCase(),
      action: new URL(attribute(open, 'action'), url).href,
      fields: new URLSearchParams(fields),
    }
  }
  throw new Error(`no button "${label}" on ${url}:\n${body}`)
}

export type Browser = ReturnType<typeof browser>

export function browser() {
  // By host name only: cookies do not tell ports apart (RFC 6265 §8.5), which is what the applications must cope with.
  const jar = new Map<string, Map<string, string>>()

  async function go(address: string, init: RequestInit = {}, left = 20): Promise<Shown> {
    const url = new URL(address)
    const cookies = jar.get(url.hostname) ?? new Map<string, string>()
    jar.set(url.hostname, cookies)
    const headers = new Headers(init.headers)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null)
      return { url: url.href, status: response.status, body: await response.text(), headers: response.headers }
    await response.body?.cancel()
    if (left === 0) throw new Error(`too many redirects, the last to ${location}`)
    return go(new URL(location, url).href, {}, left - 1)
  }

  return {
    jar,
    open: (address: string) => go(address),
    /** Fills the fields in and presses the button of their form. */
    press(page: Shown, label: string, filled: Record<string, string> = {}): Promise<Shown> {
      const { method, action, fields } = formOf(page, label)
      for (const [name, value] of Object.entries(filled)) {
        if (!fields.has(name)) throw new Error(`no field "${name}" beside "${label}" on ${page.url}`)
        fields.set(name, value)
      }
      if (method === 'get') return go(`${action}${fields.size > 0 ? `?${fields}` : ''}`)
      return go(action, { method: 'POST', body: fields, headers: { origin: new URL(page.url).origin } })
    },
  }
}
