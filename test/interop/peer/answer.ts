/**
 * What there is to compare of an answer: its kind, the error in it, which headers and members it has and of which type. Not
 * the words for people, nor the values that are made anew each time.
 */
import { type Arrived, formsOf } from '../../conformance/browser.ts'

/** By name; what is not in an answer is not there. */
export type Seen = Record<string, string>

/** Pages that ask the person for something, by what it is. */
const asking = new Map([
  ['username', 'a sign-in'],
  ['password', 'a sign-in'],
  ['login', 'a sign-in'],
  ['select_account', 'a sign-in'],
  ['consent', 'a consent'],
  ['log-out', 'whether to log out'],
])

/** An answer to a browser: at the application, by which way and with what; or a page. */
export function seenBy(issuer: string, arrived: Arrived): Seen {
  const fields = answerIn(issuer, arrived)
  if (fields !== undefined)
    return {
      answer: arrived.at === 'page' ? 'form_post to the application' : 'redirect to the application',
      ...Object.fromEntries(
        [...fields.keys()].filter((name) => name !== 'error_description').map((name) => [`parameter ${name}`, 'there']),
      ),
      ...(fields.has('error') ? { error: fields.get('error') ?? '' } : {}),
    }
  if (arrived.at !== 'page') throw new Error(`The browser is at ${arrived.url}`)
  const asked = asking.get(arrived.id)
  if (asked !== undefined) return { answer: `a page that asks for ${asked}`.replace('for whether', 'whether') }
  const error = /id="error"[^>]*>([^<]*)</.exec(arrived.html)?.[1]
  const said = error === undefined ? {} : { error: error.trim() }
  const kind = error === undefined && arrived.status === 200 ? 'a page that says it is done' : 'a page with an error'
  return { answer: kind, status: String(arrived.status), ...said }
}

/** What the application is sent, by its address or by a form that is on its way there. */
export function answerIn(issuer: string, arrived: Arrived): URLSearchParams | undefined {
  if (arrived.at === 'application')
    return arrived.url.search === '' && arrived.method === 'GET'
      ? new URLSearchParams(arrived.url.hash.slice(1))
      : arrived.fields
  return formsOf(arrived).find(({ action }) => action.origin !== new URL(issuer).origin)?.fields
}

const compared = ['www-authenticate', 'cache-control', 'dpop-nonce', 'content-type'] as const

/** An answer to a program. Of tokens in it, the claims by name and type. */
export async function seenIn(response: Response): Promise<Seen> {
  const text = await response.text()
  const seen: Seen = { status: String(response.status) }
  for (const name of compared) {
    const value = response.headers.get(name)
    if (value !== null) seen[name] = headers[name](value)
  }
  if (seen['content-type'] === 'application/jwt') return { ...seen, ...ofToken('jwt', text) }
  if (seen['content-type'] !== 'application/json') return seen
  const body = JSON.parse(text) as Record<string, unknown>
  for (const [name, value] of Object.entries(body)) Object.assign(seen, ofMember(name, value))
  return seen
}

const headers: Record<(typeof compared)[number], (value: string) => string> = {
  'www-authenticate': (value) => challengesIn(value),
  'cache-control': (value) => (value.includes('no-store') ? 'no-store' : 'may be kept'),
  'dpop-nonce': () => 'there',
  'content-type': (value) => value.split(';')[0] ?? '',
}

/** Values that are words of a standard are compared; of the rest the types. */
const words = ['error', 'token_type', 'active', 'scope', 'expires_in']

function ofMember(name: string, value: unknown): Seen {
  if (name === 'error') return { error: String(value) }
  // Words for a developer, or for nobody.
  if (name === 'error_description') return {}
  if ((name === 'id_token' || name === 'access_token') && typeof value === 'string') return ofToken(name, value)
  return { [`member ${name}`]: words.includes(name) ? String(value) : typeOf(value) }
}

function ofToken(name: string, token: string): Seen {
  const [header, claims, ...rest] = token.split('.')
  if (rest.length === 0) return { [name]: 'opaque' }
  const read = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())
  const seen: Seen = { [name]: 'a JWT' }
  const { kid, ...its } = read(header)
  for (const [member, value] of Object.entries({ ...its, kid: typeof kid }))
    seen[`${name} header ${member}`] = String(value)
  for (const [claim, value] of Object.entries(read(claims))) seen[`${name} claim ${claim}`] = typeOf(value)
  return seen
}

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)

/** Schemes and errors, without realms and descriptions. */
const challengesIn = (value: string): string =>
  [...value.replace(/\b(?!error=)\w+="[^"]*"/g, '').matchAll(/\b(Basic|Bearer|DPoP)\b|\berror="([^"]*)"/g)]
    .map(([, scheme, error]) => scheme ?? error)
    .join(' ')

/** `undefined`: not there. */
export type Difference = Readonly<Record<string, readonly [ours: string | undefined, peer: string | undefined]>>

/** What is compared where one says yes and the other no, or where they answer by other ways: the rest follows from that. */
const outline = ['answer', 'status', 'error', 'www-authenticate']

export function differencesOf(ours: Seen, peer: Seen): Difference {
  const all = [...new Set([...Object.keys(ours), ...Object.keys(peer)])]
  const names = kindOf(ours) === kindOf(peer) ? all.filter((name) => isInBoth(name, ours, peer)) : outline
  const pairs = names
    .filter((name) => ours[name] !== peer[name])
    .map((name) => [name, [ours[name], peer[name]]] as const)
  return Object.fromEntries(pairs)
}

const kindOf = ({ answer, status, error }: Seen): string => `${answer ?? status?.[0]} ${error !== undefined}`

/** Whoever gets an opaque token cannot look into it: its claims are compared where both can be read. */
const isInBoth = (name: string, ours: Seen, peer: Seen): boolean => {
  const token = /^(\w+) (claim|header) /.exec(name)?.[1]
  return token === undefined || (ours[token] !== 'opaque' && peer[token] !== 'opaque')
}
