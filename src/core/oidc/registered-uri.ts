/**
 * Which addresses an application may register: where its people are sent back to, and what we may ask or tell it at.
 *
 * Whether an address leads inside is not looked at here but when it is asked (`public-fetch.ts`): a name may change its
 * mind.
 */
import { malformed } from '../document.ts'

/** Names of this very machine, as a URL's `hostname` has them (RFC 8252 §7.3; `localhost` by RFC 6761 §6.3). */
export const isLoopback = (hostname: string): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

const longest = 2000

/** A URI as it is compared later: as text, so what a parser would mend is refused rather than mended. */
function readUri(data: unknown, at: string): { text: string; url: URL } {
  if (typeof data !== 'string') return malformed(at, 'must be a text')
  const url = URL.parse(data)
  if (url === null || data.length > longest || !/^[!-~]+$/.test(data))
    return malformed(at, `must be an absolute URI of at most ${longest} characters of ASCII, without a space`)
  if (data.includes('#')) malformed(at, 'must have no fragment (RFC 6749 §3.1.2)')
  if (data.includes('*')) malformed(at, 'must have no wildcard: URIs are compared as text (RFC 9700 §2.1)')
  if (data.includes('\\')) malformed(at, 'must have no backslash, which some take for a slash')
  if (url.username !== '' || url.password !== '' || /^[^:]+:\/\/[^/?]*@/.test(data))
    malformed(at, 'must have no user or password in it')
  if (/^https?:(?!\/\/)/i.test(data)) malformed(at, 'must have // after the scheme')
  if (/^https?:$/.test(url.protocol) && !isWrittenOut(data, url))
    malformed(at, `must have its host as it is looked up: ${url.host}`)
  return { text: data, url }
}

/** Whether the host is the one that whoever reads the text takes it for: `https:///a`, `http://127.1` and `%61` are mended. */
function isWrittenOut(text: string, { host, hostname, protocol }: URL): boolean {
  const written = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1]?.toLowerCase()
  return written === host || written === `${hostname}:${protocol === 'https:' ? 443 : 80}`
}

/** What our answers have, and nobody's address beforehand: a client would have to guess which of two is ours (RFC 9207). */
const answered = ['code', 'state', 'iss', 'error', 'error_description']

const isHttps = ({ protocol }: URL): boolean => protocol === 'https:'
const isLoopbackHttp = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && isLoopback(hostname)

/**
 * https, or http to this very machine (RFC 8252 §7.3), or an application's own scheme with a dot in it (§7.1).
 *
 * @param httpsOnly FAPI 2.0 Security Profile §5.3.2.2 leaves nothing else.
 */
export function readRedirectUri(data: unknown, at: string, { httpsOnly = false } = {}): string {
  const { text, url } = readUri(data, at)
  const ours = answered.find((name) => url.searchParams.has(name))
  if (ours !== undefined) malformed(at, `must not have the parameter ${ours}, which comes with the answer`)
  if (isHttps(url)) return text
  if (httpsOnly) return malformed(at, 'must be https: the profile fapi2 allows nothing else')
  if (isLoopbackHttp(url)) return text
  if (url.protocol === 'http:') return malformed(at, 'must be https; http goes to localhost, 127.0.0.1 and [::1] alone')
  return url.protocol.includes('.')
    ? text
    : malformed(at, "must be https, or have a scheme of the application's own with a dot in it, like com.example.app")
}

/**
 * The host of a redirect URI. What an application's own scheme has in that place, anybody can write there: whose host it is
 * shows where the web delivers to it alone.
 */
export function webHostOf(redirectUri: string): string | undefined {
  const url = new URL(redirectUri)
  return isHttps(url) || isLoopbackHttp(url) ? url.hostname : undefined
}

/** What we ask or tell an application at: https, or http on this very machine. */
export function readServerUri(data: unknown, at: string): string {
  const { text, url } = readUri(data, at)
  return isHttps(url) || isLoopbackHttp(url)
    ? text
    : malformed(at, 'must be https; http goes to localhost, 127.0.0.1 and [::1] alone')
}

/** A page for people: https, or http on this very machine. A fragment does no harm there. */
export function readPageUri(data: unknown, at: string): string {
  const withoutFragment = typeof data === 'string' ? data.replace(/#[!-~]*$/, '') : data
  readServerUri(withoutFragment, at)
  return String(data)
}

/** The identifier of a resource server: any absolute URI without a fragment (RFC 8707 §2). */
export const readResource = (data: unknown, at: string): string => {
  const { text, url } = readUri(data, at)
  return ['javascript:', 'data:'].includes(url.protocol) ? malformed(at, 'must name a resource server') : text
}
