/**
 * The headers of every hosted page, and of console and portal: what a browser may do with it, which is little.
 *
 * `form-action` holds for the redirects that follow a form post too (Chromium enforces it), so a page whose post may end
 * at an application names the scheme, or on a laptop the address, that it may lead to.
 */

/** A source that CSP understands: a scheme, and a host where it has one. Nothing that could begin another directive. */
const source = /^[a-z][a-z0-9+.-]*:(\/\/[a-z0-9.-]+(:\d+)?)?$/i

/**
 * `https://app.example/callback?x` → `https:`, for an application may lead on from its callback to another of its hosts,
 * and Chromium holds that redirect to the policy as well; `http://localhost:5000/callback` → `http://localhost:5000`,
 * `com.example.app:/callback` → `com.example.app:`.
 */
const sourceOf = (address: string): string[] => {
  if (!URL.canParse(address)) return []
  const { origin, protocol } = new URL(address)
  if (protocol === 'https:') return ['https:']
  const found = origin === 'null' ? protocol : origin
  // These never leave: a form that posts to them runs script here.
  if (['javascript:', 'data:', 'blob:', 'file:'].includes(protocol) || !source.test(found)) return []
  return [found]
}

const directives = (formTargets: readonly string[], { images, connect }: Sources): string[] => [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  `img-src ${images}`,
  `connect-src ${connect}`,
  `form-action ${["'self'", ...new Set(formTargets.flatMap(sourceOf))].join(' ')}`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]

type Sources = { images: string; connect: string }

const ofPages: Sources = { images: "'self'", connect: "'none'" }

/** An application asks the API, and shows pictures of security keys as the metadata of FIDO has them (`data:`). */
const ofApplications: Sources = { images: "'self' data:", connect: "'self'" }

const ceremonies = { pages: 'publickey-credentials-create=()', applications: 'publickey-credentials-create=(self)' }

const permissions = (create: string): string =>
  `publickey-credentials-get=(self), ${create}, camera=(), geolocation=(), microphone=(), payment=(), usb=()`

const twoYears = 63_072_000

/**
 * `formTargets` are whole addresses (redirect URIs) or origins; what is not an address is left out. `https` is false on
 * a laptop only: RFC 6797 §7.2 forbids the promise over plain HTTP.
 */
export const pageHeaders = (
  formTargets: readonly string[] = [],
  { https = true }: { https?: boolean } = {},
): Record<string, string> => ({
  'content-security-policy': directives(formTargets, ofPages).join('; '),
  // Nothing leaves for elsewhere. Not `no-referrer`: under it browsers post our own forms with `Origin: null`, and the
  // check that a post comes from our own page would have nothing to go by (see src/http/lambda.ts).
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  // No Cross-Origin-Opener-Policy: applications that sign in through a popup need to hear from it.
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': permissions(ceremonies.pages),
  ...(https ? { 'strict-transport-security': `max-age=${twoYears}; includeSubDomains` } : {}),
})

/** Of console and portal, which are applications in the browser: as strict, but that they may ask this host. */
export const applicationHeaders = (options: { https?: boolean } = {}): Record<string, string> => ({
  ...pageHeaders([], options),
  'content-security-policy': directives([], ofApplications).join('; '),
  'permissions-policy': permissions(ceremonies.applications),
  // Nothing here is opened by another window, or needs to hear from one.
  'cross-origin-opener-policy': 'same-origin',
})
