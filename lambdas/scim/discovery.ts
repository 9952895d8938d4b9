/** Answers about SCIM itself (RFC 7644 §4): a list, or the one that is named. Anybody may know it. */
import { urns } from '../../src/core/scim/schema.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { scimError, scimJson } from './answers.ts'
import { scimBase } from './service.ts'

type Described = { id: string; [member: string]: unknown }

type Asked = { resourceType: string; at: string; named: string | undefined; all: readonly Described[] }

export function answerDiscovery(
  { issuer }: { issuer: string },
  call: Call,
  { resourceType, at, named, all }: Asked,
): Answer {
  // §4: what is filtered here would look like all there is.
  if (new URLSearchParams(call.query).has('filter'))
    return scimError({ status: 403, detail: `${at} are not filtered: there are ${all.length}` })
  const shown = all.map((each) => ({
    ...each,
    meta: { resourceType, location: `${scimBase(issuer)}/${at}/${encodeURIComponent(each.id)}` },
  }))
  if (named === undefined)
    return scimJson(200, {
      schemas: [urns.list],
      totalResults: shown.length,
      startIndex: 1,
      itemsPerPage: shown.length,
      Resources: shown,
    })
  const one = shown.find(({ id }) => id.toLowerCase() === named.toLowerCase())
  return one === undefined ? scimError({ status: 404, detail: `There is no such ${resourceType}` }) : scimJson(200, one)
}
