/** What applications ask for with the tokens that they have, and for those that they have not. */
import { form } from '../browser.ts'
import type { Asked } from '../carriers.ts'
import { basic } from '../ours.ts'
import { expecting, type Supply, tokensIn } from './contest.ts'

export const refreshRequest = (token: string): Asked => ({
  method: 'POST',
  target: '/token',
  headers: { ...form, authorization: basic },
  body: String(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })),
})

export const clientCredentialsRequest = (more: Record<string, string> = {}): Asked => ({
  method: 'POST',
  target: '/token',
  headers: { ...form, authorization: basic },
  body: String(new URLSearchParams({ grant_type: 'client_credentials', ...more })),
})

export const bearer = (target: string, token: string): Asked => ({
  method: 'GET',
  target,
  headers: { authorization: `Bearer ${token}` },
})

/** Each holder's chain of refresh tokens goes on with the token it was last given. */
export const refreshing = (first: (count: number) => Promise<string[]>): Supply => {
  const chains: { token: string }[] = []
  return async (count) => {
    if (chains.length < count) for (const token of await first(count - chains.length)) chains.push({ token })
    return chains.slice(0, count).map((chain) => ({
      asked: refreshRequest(chain.token),
      take: expecting(200, (reply) => {
        chain.token = tokensIn(reply).refresh_token ?? ''
      }),
    }))
  }
}
