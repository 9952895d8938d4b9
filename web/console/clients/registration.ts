/** The members of a registration by the names of RFC 7591, how each is typed, and what each kind of application begins with. */

export type Registration = Readonly<Record<string, unknown>>
/** What was typed: a list is a text with a line for each, so that it can be half typed; keys are the text of their JSON. */
export type Typed = Record<string, unknown>

export type Member = { name: string } & (
  | { kind: 'text' | 'lines' | 'switch' | 'json' | 'number' }
  | { kind: 'choice'; of: readonly string[]; optional?: boolean }
  | { kind: 'several'; of: readonly string[] }
)

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
const text = (name: string): Member => ({ name, kind: 'text' })
const lines = (name: string): Member => ({ name, kind: 'lines' })
const isOn = (name: string): Member => ({ name, kind: 'switch' })
const algorithm = (name: string): Member => ({ name, kind: 'choice', of: algorithms, optional: true })

const methods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
]

/** Each member that an application may have is in one of these. */
export const groups: Readonly<Record<string, readonly Member[]>> = {
  names: [
    text('client_name'),
    isOn('enabled'),
    text('client_uri'),
    text('policy_uri'),
    text('tos_uri'),
    lines('contacts'),
    isOn('third_party'),
    { name: 'profile', kind: 'choice', of: ['oidc', 'fapi2'], optional: true },
  ],
  addresses: [
    { name: 'grant_types', kind: 'several', of: ['authorization_code', 'refresh_token', 'client_credentials'] },
    lines('redirect_uris'),
    lines('post_logout_redirect_uris'),
  ],
  authentication: [
    { name: 'token_endpoint_auth_method', kind: 'choice', of: methods },
    algorithm('token_endpoint_auth_signing_alg'),
  ],
  keys: [
    { name: 'jwks', kind: 'json' },
    text('jwks_uri'),
    ...['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email'].map((by) => text(`tls_client_auth_${by}`)),
  ],
  access: [text('scope'), lines('resources'), lines('resource_identifiers')],
  tokens: [
    { name: 'id_token_signed_response_alg', kind: 'choice', of: algorithms },
    algorithm('userinfo_signed_response_alg'),
    isOn('dpop_bound_access_tokens'),
    isOn('tls_client_certificate_bound_access_tokens'),
    { name: 'subject_type', kind: 'choice', of: ['public', 'pairwise'], optional: true },
    text('sector_identifier_uri'),
  ],
  requests: [
    isOn('require_pushed_authorization_requests'),
    algorithm('request_object_signing_alg'),
    isOn('require_signed_request_object'),
  ],
  logout: [text('backchannel_logout_uri'), isOn('backchannel_logout_session_required')],
  defaults: [{ name: 'default_max_age', kind: 'number' }, lines('default_acr_values')],
}

/** Those that most applications need are open from the start. */
export const openGroups: readonly string[] = ['names', 'addresses', 'authentication', 'access']

const members = new Map(Object.values(groups).flatMap((its) => its.map((member) => [member.name, member] as const)))

const linesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** As a form shows it. */
export function typedOf(name: string, value: unknown): unknown {
  const kind = members.get(name)?.kind
  if (kind === 'lines' && Array.isArray(value)) return value.join('\n')
  return kind === 'json' && value !== undefined && typeof value !== 'string' ? JSON.stringify(value, null, 2) : value
}

/** Whether what was typed can be sent: JSON that is none has nowhere to go. */
export const isJson = (typed: unknown): boolean => {
  if (typeof typed !== 'string' || typed.trim() === '') return true
  try {
    JSON.parse(typed)
    return true
  } catch {
    return false
  }
}

/** What is sent: what was emptied is left out, and so is what goes with the grants. */
export function documentOf(typed: Typed): Registration {
  const sent = Object.entries(typed).flatMap(([name, value]): [string, unknown][] => {
    const kind = members.get(name)?.kind
    if (name === 'response_types' || value === undefined || value === null) return []
    if (value === '' && name !== 'scope') return []
    if (kind === 'lines' && typeof value === 'string') {
      const all = linesIn(value)
      return all.length === 0 && !['redirect_uris', 'post_logout_redirect_uris'].includes(name) ? [] : [[name, all]]
    }
    return [[name, kind === 'json' && typeof value === 'string' ? JSON.parse(value) : value]]
  })
  return Object.fromEntries(sent)
}

export const kinds = ['web', 'spa', 'native', 'machine', 'resource'] as const
export type Kind = (typeof kinds)[number]

const signsIn = { grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile email offline_access' }
const withoutSecret = { ...signsIn, token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true }

/** What each begins with: as strict as its kind can keep. */
export const beginnings: Record<Kind, Registration> = {
  web: { ...signsIn, token_endpoint_auth_method: 'client_secret_basic' },
  spa: { ...withoutSecret, grant_types: ['authorization_code'], scope: 'openid profile email' },
  native: withoutSecret,
  machine: { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic', scope: '' },
  resource: { grant_types: [], token_endpoint_auth_method: 'client_secret_basic', scope: '' },
}

/** Which kind an application looks like, for a list. */
export function kindOf(of: Registration): Kind {
  const grants = Array.isArray(of.grant_types) ? of.grant_types : []
  if (grants.includes('authorization_code')) {
    if (of.token_endpoint_auth_method !== 'none') return 'web'
    const uris = Array.isArray(of.redirect_uris) ? of.redirect_uris.map(String) : []
    return uris.some((uri) => !/^https?:/.test(uri) || /^http:\/\/(127\.0\.0\.1|\[::1\])/.test(uri)) ? 'native' : 'spa'
  }
  return grants.includes('client_credentials') ? 'machine' : 'resource'
}
