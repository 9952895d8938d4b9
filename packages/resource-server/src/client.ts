/**
 * The other side of the challenge: a client reads what a resource server asks for (RFC 9470 §3), and asks its
 * authorization server for it (§4). It needs nothing else of this package, and no library.
 *
 *     const challenge = readChallenge(response)
 *     if (challenge !== undefined) location.href = stepUpRequest(challenge, authorizationUrl).href
 */

/** What would do. Without either, the person is to sign in again, however that is done. */
export type StepUpChallenge = {
  /** In order of preference; empty: any. */
  acrValues: string[]
  /** Seconds since the person signed in. */
  maxAge?: number
  description?: string
  /** What the token is to be for, if that is said too. */
  scope?: string
}

/** `params`: names in lower case. A challenge has those, or a `token68`, or neither. */
type AuthChallenge = { scheme: string; token68?: string; params: Map<string, string> }

/** The challenge to step up among those of a response, or `undefined` if it asks for something else. */
export function readChallenge(response: { status: number; headers: Headers }): StepUpChallenge | undefined {
  if (response.status !== 401) return undefined
  const found = readChallenges(response.headers.get('www-authenticate') ?? '').find(
    ({ scheme, params }) =>
      ['bearer', 'dpop'].includes(scheme.toLowerCase()) && params.get('error') === 'insufficient_user_authentication',
  )
  if (found === undefined) return undefined
  const [maxAge, description, scope] = ['max_age', 'error_description', 'scope'].map((name) => found.params.get(name))
  return {
    acrValues: (found.params.get('acr_values') ?? '').split(' ').filter((name) => name !== ''),
    ...(maxAge !== undefined && /^\d{1,9}$/.test(maxAge) ? { maxAge: Number(maxAge) } : {}),
    ...(description === undefined ? {} : { description }),
    ...(scope === undefined ? {} : { scope }),
  }
}

/** The same authorization request, for what the challenge asks. The address that is given stays as it is. */
export function stepUpRequest({ acrValues, maxAge }: StepUpChallenge, authorizeUrl: string | URL): URL {
  const url = new URL(authorizeUrl)
  if (acrValues.length > 0) url.searchParams.set('acr_values', acrValues.join(' '))
  if (maxAge !== undefined) url.searchParams.set('max_age', String(maxAge))
  return url
}

/**
 * The challenges of a `WWW-Authenticate` header, in its order (RFC 9110 §11.6.1), several headers' joined by commas too.
 *
 * Where the grammar ends, so does the reading: what stands before is kept, the challenge that is broken is not, and
 * neither is one that says the same thing twice.
 */
export function readChallenges(header: string): AuthChallenge[] {
  const challenges: AuthChallenge[] = []
  const reader = readerOf(header)
  for (;;) {
    reader.take(/[\t ,]*/y)
    const scheme = reader.take(token)
    if (scheme === undefined) return challenges
    const challenge = readOne(reader, scheme)
    if (challenge === 'broken') return challenges
    if (challenge !== 'twice') challenges.push(challenge)
  }
}

type Reader = ReturnType<typeof readerOf>

const token = /[!#$%&'*+.^_`|~\w-]+/y
const quotedString = /"((?:[\t !#-[\]-~\x80-\uffff]|\\[\t -~\x80-\uffff])*)"/y
/** With what follows it: else the name of a parameter would be one. */
const token68 = /([\w\-.~+/]+=*)[\t ]*(?=,|$)/y
const ended = /[\t ]*(?=,|$)/y

/** Takes from the front of the text what fits, and the first group of it if there is one. */
function readerOf(text: string) {
  let at = 0
  return {
    take(pattern: RegExp): string | undefined {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match === null) return undefined
      at = pattern.lastIndex
      return match[1] ?? match[0]
    },
    /** Where to come back to. */
    mark: () => at,
    back(mark: number): void {
      at = mark
    },
  }
}

/** From behind its scheme to the comma behind its end. */
function readOne(reader: Reader, scheme: string): AuthChallenge | 'broken' | 'twice' {
  const params = new Map<string, string>()
  if (reader.take(ended) !== undefined) return { scheme, params }
  if (reader.take(/ +/y) === undefined) return 'broken'
  const whole = reader.take(token68)
  if (whole !== undefined) return { scheme, token68: whole, params }
  return readParams(reader, { scheme, params })
}

function readParams(reader: Reader, challenge: AuthChallenge): AuthChallenge | 'broken' | 'twice' {
  let twice = false
  for (;;) {
    const mark = reader.mark()
    reader.take(/[\t ,]*/y)
    const name = reader.take(token)?.toLowerCase()
    if (name === undefined || reader.take(/[\t ]*=[\t ]*/y) === undefined) {
      // The next challenge's scheme, or the end.
      reader.back(mark)
      break
    }
    const value = reader.take(quotedString)?.replace(/\\(.)/g, '$1') ?? reader.take(token)
    if (value === undefined || reader.take(ended) === undefined) return 'broken'
    twice ||= challenge.params.has(name)
    challenge.params.set(name, value)
  }
  if (challenge.params.size === 0) return 'broken'
  return twice ? 'twice' : challenge
}
