import { type Seen, seenIn } from './answer.ts'
import type { Cases } from './sending.ts'

/** Each member of the document, lists in order of the alphabet. */
const written = (value: unknown): string => (Array.isArray(value) ? value.toSorted().join(' ') : JSON.stringify(value))

export const discoveryRequests: Cases = {
  'discovery: the document': async ({ fetchIssuer, issuer }) => {
    const answer = await fetchIssuer(`${issuer}/.well-known/openid-configuration`)
    const document = (await answer.clone().json()) as Record<string, unknown>
    const { status = '', 'content-type': type = '' } = await seenIn(answer)
    const members = Object.entries(document).map(([name, value]) => [name, written(value)])
    return { status, type, ...(Object.fromEntries(members) as Seen) }
  },
  'discovery: by POST': async ({ fetchIssuer, issuer }) =>
    statusOf(await fetchIssuer(`${issuer}/.well-known/openid-configuration`, { method: 'POST' })),
  'jwks: the key set': async ({ fetchIssuer, metadata }) => {
    const answer = await fetchIssuer(metadata.jwks_uri)
    const { keys } = (await answer.clone().json()) as { keys: Record<string, unknown>[] }
    const { status = '' } = await seenIn(answer)
    const each = keys.map(({ kty, alg, use, ...more }) => `${kty} ${alg} ${use}: ${Object.keys(more).sort().join(' ')}`)
    return { status, keys: each.sort().join('; ') }
  },
  'jwks: by POST': async ({ fetchIssuer, metadata }) =>
    statusOf(await fetchIssuer(metadata.jwks_uri, { method: 'POST' })),
}

const statusOf = async (answer: Response): Promise<Seen> => ({ status: String(answer.status) })
