/** A browser of few words: signs a person in with their key, through the pages, as fast as it can. */
import type { RequestOptionsJson } from '../web/view.ts'
import { authorizeFields, codeRequest, form } from './applications.ts'
import type { Asked, Carrier, Reply } from './carriers.ts'
import type { Member } from './ours.ts'

export const authorizeTarget = (scope = 'openid profile email', more: Record<string, string> = {}) =>
  `/authorize?${new URLSearchParams({ client_id: 'app1', ...authorizeFields(scope), ...more })}`

export const codeIn = ({ status, location, body }: Reply): string => {
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null
  if (code === null) throw new Error(`No code came back: ${status} ${location} ${body.slice(0, 300)}`)
  return code
}

export type Cookies = Map<string, string>

export const headerOf = (cookies: Cookies): Record<string, string> =>
  cookies.size === 0 ? {} : { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }

export function keepCookies(cookies: Cookies, { cookies: set }: Reply): void {
  for (const cookie of set) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}

type Ask = (method: Asked['method'], target: string, fields?: Record<string, string>) => Promise<Reply>

/** One that keeps its cookies. */
function openBrowser(carrier: Carrier): { cookies: Cookies; ask: Ask } {
  const cookies: Cookies = new Map()
  const ask: Ask = async (method, target, fields) => {
    const reply = await carrier.load(
      fields === undefined
        ? { method, target, headers: headerOf(cookies) }
        : { ...formPost(target, cookies, fields), method },
    )()
    keepCookies(cookies, reply)
    return reply
  }
  return { cookies, ask }
}

/** A form of ours, posted from its page. */
export const formPost = (target: string, cookies: Cookies, fields: Record<string, string>): Asked => ({
  method: 'POST',
  target,
  headers: { ...form, ...headerOf(cookies), 'sec-fetch-site': 'same-origin' },
  body: String(new URLSearchParams(fields)),
})

/** At a page, with `base` as the address of the login. */
export type AtPage = { cookies: Cookies; base: string }

/** At the page that asks for a key. */
export type AtKey = AtPage & { answer: Asked }

export async function goToKey(carrier: Carrier, { user, key }: Member, named: boolean, scope?: string): Promise<AtKey> {
  const { cookies, ask } = openBrowser(carrier)
  const { location: base } = await ask('GET', authorizeTarget(scope, { acr_values: 'fido' }))
  let page = await ask('GET', base)
  if (named) {
    await ask('POST', `${base}/username`, { username: user.userName })
    page = await ask('GET', base)
  }
  const encoded = /data-options="([^"]*)"/.exec(page.body)?.[1]
  if (encoded === undefined) throw new Error(`The page asks for no key: ${page.status} ${page.body.slice(0, 300)}`)
  const options: RequestOptionsJson = JSON.parse(encoded.replace(/&(quot|#34);/g, '"').replace(/&amp;/g, '&'))
  const response = JSON.stringify(key.sign({ challenge: options.challenge }))
  return { cookies, base, answer: keyAnswer(base, cookies, response) }
}

export const keyAnswer = (base: string, cookies: Cookies, response: string): Asked =>
  formPost(`${base}/webauthn`, cookies, { response })

/** At the page that asks for a password. */
export async function goToPassword(carrier: Carrier, userName: string, acr: string): Promise<AtPage & { ask: Ask }> {
  const { cookies, ask } = openBrowser(carrier)
  const { location: base } = await ask('GET', authorizeTarget(undefined, { acr_values: acr }))
  await ask('GET', base)
  await ask('POST', `${base}/username`, { username: userName })
  await ask('GET', base)
  return { cookies, base, ask }
}

/** All the way, from the application's request to its tokens. */
export async function signIn(carrier: Carrier, member: Member, named: boolean): Promise<void> {
  const { answer } = await goToKey(carrier, member, named)
  await exchange(carrier, await carrier.load(answer)())
}

export type Typed = { userName: string; password: string; code?: string }

/** The same with a password, and where there is one a one-time code after it. */
export async function signInByTyping(carrier: Carrier, { userName, password, code }: Typed): Promise<void> {
  const { base, ask } = await goToPassword(carrier, userName, code === undefined ? 'pwd' : 'otp')
  let reply = await ask('POST', `${base}/password`, { password })
  if (code !== undefined) {
    await ask('GET', base)
    reply = await ask('POST', `${base}/otp`, { code })
  }
  await exchange(carrier, reply)
}

async function exchange(carrier: Carrier, landed: Reply): Promise<void> {
  const { status, body } = await carrier.load(codeRequest(codeIn(landed)))()
  if (status !== 200) throw new Error(`No tokens: ${body}`)
}
