/**
 * What goes back to the application, and in which form (RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode). Codes and
 * errors alike; who carries them is `lambdas/oidc/answer-to.ts`.
 */
import type { Returnable } from './authorize-request.ts'

/** The answer as its parameters: with `state` as it came, and with `iss`, so that nobody else's is taken for it (RFC 9207). */
export const answerFields = (
  issuer: string,
  { state }: Pick<Returnable, 'state'>,
  answer: Readonly<Record<string, string>>,
): Record<string, string> => ({ ...answer, ...(state === undefined ? {} : { state }), iss: issuer })

/** The redirect URI with the answer behind it. Its own query is kept to the letter (RFC 6749 §3.1.2). */
export function withAnswer(redirectUri: string, fields: Readonly<Record<string, string>>): string {
  const { href } = new URL(redirectUri)
  const answer = new URLSearchParams(fields)
  const query = href.indexOf('?')
  if (query === -1) return `${href}?${answer}`
  return `${href}${query === href.length - 1 ? '' : '&'}${answer}`
}
