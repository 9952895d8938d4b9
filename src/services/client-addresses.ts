/**
 * What a registration names by its address, looked at once, when it is made or changed: the list of redirect URIs behind a
 * sector identifier, which decides, and the keys behind `jwks_uri`, which may come later and so only cause a doubt.
 *
 * It asks as everybody is asked here (`public-fetch.ts`), and tells the caller no more of an answer than that it does not
 * do: this is no way to read what is somewhere inside.
 */
import { malformed, readDocument, readList } from '../core/document.ts'
import type { Client } from '../core/oidc/client.ts'
import { readClientJwks } from '../core/oidc/client-jwks.ts'
import type { Registered } from '../core/oidc/client-metadata.ts'
import { isLoopback } from '../core/oidc/registered-uri.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Doubt } from '../core/step-up/flow.ts'
import { type FetchRefusal, mayBePublic, type PublicFetch } from './public-fetch.ts'

/** Our own address, and how we ask at others'. */
export type Reach = { issuer: string; fetchPublic: PublicFetch }

type Bad = Refusal<'invalid_client_metadata'>
const bad = (at: string, detail: string): Bad => refuse('invalid_client_metadata', { at, detail })

/** Octets, and milliseconds. Somebody waits. */
const longest = 256 * 1024
const patience = 5000

export async function examineAddresses(
  reach: Reach,
  client: Registered,
): Promise<Result<{ sector: Pick<Client, 'sector'>; doubts: Doubt[] }, 'invalid_client_metadata'>> {
  const own = ourselves(reach, client)
  if (own !== undefined) return own
  const sector = await sectorOf(reach, client)
  if (!sector.ok) return sector
  const keys = await keysAt(reach, client.jwksUri)
  return keys.ok ? ok({ sector: sector.value, doubts: keys.value }) : keys
}

/** What only we are, and what we would never ask or tell anything, unless we are this very machine. */
function ourselves({ issuer }: Reach, client: Registered): Bad | undefined {
  const index = client.resourceIdentifiers?.findIndex((each) => each === issuer || each.startsWith(`${issuer}/`)) ?? -1
  if (index !== -1) return bad(`/resource_identifiers/${index}`, 'is the name of this service, and of no other')
  if (isLoopback(new URL(issuer).hostname)) return undefined
  const inner = Object.entries({
    jwks_uri: client.jwksUri,
    sector_identifier_uri: client.sectorIdentifierUri,
    backchannel_logout_uri: client.backchannelLogoutUri,
  }).find(([, uri]) => uri !== undefined && !mayBePublic(new URL(uri)))
  return inner === undefined ? undefined : bad(`/${inner[0]}`, sentences['address-forbidden'])
}

/** The host that pairwise names are made for (OpenID Connect Core §8.1, Dynamic Client Registration §5). */
async function sectorOf(
  reach: Reach,
  { subjectType, sectorIdentifierUri, redirectUris }: Registered,
): Promise<Result<Pick<Client, 'sector'>, 'invalid_client_metadata'>> {
  if (subjectType !== 'pairwise') return ok({})
  const at = '/sector_identifier_uri'
  if (sectorIdentifierUri === undefined) return ok({ sector: new URL(redirectUris[0] ?? '').hostname })
  const fetched = await documentAt(reach, sectorIdentifierUri)
  if (!fetched.ok) return bad(at, sentences[fetched.reason])
  const listed = readDocument('invalid_client_metadata', fetched.value, (data) =>
    readList(data, '', 1000, (uri) => (typeof uri === 'string' ? uri : malformed('', 'must be a list of texts'))),
  )
  if (!listed.ok) return bad(at, 'must answer with a list of URIs, as JSON')
  const missing = redirectUris.find((uri) => !listed.value.includes(uri))
  return missing === undefined
    ? ok({ sector: new URL(sectorIdentifierUri).hostname })
    : bad(at, `must list every redirect URI; it does not list ${missing}`)
}

async function keysAt(reach: Reach, jwksUri: string | undefined): Promise<Result<Doubt[], 'invalid_client_metadata'>> {
  if (jwksUri === undefined) return ok([])
  const at = '/jwks_uri'
  const fetched = await documentAt(reach, jwksUri)
  if (!fetched.ok)
    return fetched.reason === 'address-forbidden'
      ? bad(at, sentences[fetched.reason])
      : ok([{ at, detail: sentences[fetched.reason] }])
  const read = readDocument('invalid_client_metadata', fetched.value, (data) => readClientJwks(data, ''))
  if (read.ok) return ok([])
  const detail = `it answers with keys of which not all are taken: ${read.at} ${read.detail}`
  return / is secret: /.test(detail) ? bad(at, detail) : ok([{ at, detail }])
}

type Unread = FetchRefusal | 'not-json'

const sentences: Record<Unread, string> = {
  'address-forbidden': 'must be an address that the world can reach, on the usual port',
  unreachable: 'does not answer',
  'too-long': 'answers with more than is read',
  'bad-request': 'does not answer with 200',
  gone: 'does not answer with 200',
  'bad-answer': 'does not answer with 200',
  'not-json': 'does not answer with JSON',
}

async function documentAt({ fetchPublic }: Reach, address: string): Promise<Result<unknown, Unread>> {
  const fetched = await fetchPublic(address, { longest, signal: AbortSignal.timeout(patience) })
  if (!fetched.ok) return fetched
  try {
    return ok(JSON.parse(fetched.value.toString('utf8')))
  } catch {
    return refuse('not-json')
  }
}
