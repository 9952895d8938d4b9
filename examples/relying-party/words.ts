/**
 * What the relying party says of a sign-in, in words: who, how, when, and why not.
 */
import {
  AuthorizationResponseError,
  ClientError,
  type IDToken,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'

export type Trouble = { title: string; code: string; description: string }

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** What the person is called, by what is known of them: a name, and the user name where it says more. */
export function calledBy(known: Record<string, unknown>): string | undefined {
  const name = text(known.name)
  const userName = text(known.preferred_username)
  if (name === undefined || userName === undefined || name === userName) return name ?? userName ?? text(known.email)
  return `${name} (${userName})`
}

export const acrOf = (claims: IDToken): string | undefined => text(claims.acr)

// RFC 8176 §2.
const methods: Record<string, string> = {
  pwd: 'a password',
  otp: 'a one-time code',
  hwk: 'a hardware key',
  swk: 'a software key',
  sc: 'a smart card',
  pop: 'proof of a key',
  user: 'presence',
  pin: 'a PIN',
  fpt: 'a fingerprint',
  mfa: 'more than one factor',
}

export const how = (amr: readonly string[]): string =>
  amr.length === 0 ? 'not said' : amr.map((name) => (methods[name] ? `${methods[name]} (${name})` : name)).join(', ')

function ago(seconds: number): string {
  if (seconds < 5) return 'just now'
  if (seconds < 90) return `${seconds} seconds ago`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} minutes ago`
  return `${Math.round(seconds / 3600)} hours ago`
}

export function when(authTime: number | undefined, now: Date): { iso: string; words: string } | undefined {
  if (authTime === undefined) return undefined
  const iso = new Date(authTime * 1000).toISOString()
  const words = `${iso.slice(0, 10)} at ${iso.slice(11, 19)} UTC, ${ago(Math.round(now.getTime() / 1000) - authTime)}`
  return { iso, words }
}

// RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6, OIDC Unmet Authentication Requirements 1.0.
const titles: Record<string, string> = {
  access_denied: 'The sign-in was given up or refused',
  login_required: 'You would have to sign in first',
  interaction_required: 'You would have to answer something first',
  consent_required: 'You would have to agree to something first',
  account_selection_required: 'You would have to choose an account first',
  unmet_authentication_requirements: 'The sign-in is not strong enough for this application',
  invalid_request: 'The issuer did not understand the request',
  invalid_scope: 'The issuer does not grant what was asked for',
  unauthorized_client: 'The issuer does not let this application do that',
  invalid_client: 'The issuer does not know this application, or not by this secret',
  invalid_grant: 'The issuer no longer takes this answer',
  server_error: 'The issuer failed',
  temporarily_unavailable: 'The issuer is busy',
}

const refused = (code: string, description: string | undefined): Trouble => ({
  title: titles[code] ?? 'The issuer refused the sign-in',
  code,
  description: description ?? 'It gave no further reason.',
})

const codeOf = (error: Error): string | undefined => ('code' in error ? text(error.code) : undefined)

/** `fetch` fails with a TypeError whose cause is the connection's; openid-client passes it on, or wraps it. */
function isUnreachable(error: Error): boolean {
  if (error.name === 'TimeoutError' || codeOf(error) === 'OAUTH_TIMEOUT') return true
  const { cause } = error
  if (error instanceof TypeError && error.message === 'fetch failed') return true
  return cause instanceof Error && isUnreachable(cause)
}

/** What stood in the way, as the person at the page may hear it. An error that is none of the issuer's is thrown on. */
export function troubleOf(error: unknown, issuer: string): Trouble {
  if (!(error instanceof Error)) throw error
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
    return refused(error.error, error.error_description)
  if (error instanceof WWWAuthenticateChallengeError) {
    const challenge = error.cause[0]?.parameters
    return refused(challenge?.error ?? 'invalid_token', challenge?.error_description)
  }
  if (isUnreachable(error))
    return {
      title: 'The sign-in service cannot be reached',
      code: 'issuer-unreachable',
      description: `Nothing answers at ${issuer} at the moment. Try again in a little while.`,
    }
  if (error instanceof ClientError)
    return {
      title: 'The issuer’s answer does not hold',
      code: codeOf(error) ?? 'invalid-answer',
      description: `The application checked the answer and refuses it: ${error.message}.`,
    }
  throw error
}

export const unknownAnswer: Trouble = {
  title: 'This sign-in is over',
  code: 'unknown-state',
  description: 'The answer was used before, took too long, or was not asked for by this browser. Start again.',
}

/** The refusal of a relying party whose level was not reached (the words are the step-up seed's). */
export const noMatchingAcr = (wanted: readonly string[], acr: string | undefined): Trouble => ({
  title: 'The sign-in is not strong enough for this application',
  code: 'no-match-acr: No matching acr values',
  description: `The application asked for ${wanted.join(' or ')} and got ${acr ?? 'no level at all'}.`,
})
