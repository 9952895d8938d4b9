/** What a document says of an API key: what it is called, what it may, until when. Its secret is ours to make. */
import { type ApiKey, type ApiScope, apiScopes } from './api-key.ts'
import { ifGiven, malformed, readDocument, readList, readMembers, readOneOf, readText } from './document.ts'
import type { Result, Seconds } from './result.ts'

export type NewApiKey = Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'>

/** `null`: it ends by itself no more. */
export type ApiKeyChange = { name?: string; expiresAt?: Seconds | null }

export const longestKeyName = 100
/** Something to read, and nothing that turns the text around it. */
const nameShape = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u
/** RFC 3339 §5.6. */
const dateTimeShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** `now`: what has expired already is refused. */
export const readNewApiKey = (data: unknown, now: Seconds): Result<NewApiKey, 'malformed-api-key'> =>
  readDocument('malformed-api-key', data, (document) => {
    const members = readMembers(document, '', ['name', 'scopes', 'expiresDateTime'])
    const { expiresDateTime: expiresAt } = ifGiven(members, '', 'expiresDateTime', readEnd(now))
    return {
      name: readName(members.name, '/name'),
      scopes: readScopes(members.scopes, '/scopes'),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    }
  })

/** A merge patch (RFC 7396): what it leaves out stays. What a key may is never changed: that is another key. */
export const readApiKeyChange = (data: unknown, now: Seconds): Result<ApiKeyChange, 'malformed-api-key'> =>
  readDocument('malformed-api-key', data, (document) => {
    const members = readMembers(document, '', ['name', 'expiresDateTime'])
    const { expiresDateTime: expiresAt } = ifGiven(members, '', 'expiresDateTime', (value, at) =>
      value === null ? null : readEnd(now)(value, at),
    )
    return { ...ifGiven(members, '', 'name', readName), ...(expiresAt === undefined ? {} : { expiresAt }) }
  })

const readName = (data: unknown, at: string): string =>
  readText(data, at, nameShape, 'a text of 1 to 100 characters on one line')

const readEnd =
  (now: Seconds) =>
  (data: unknown, at: string): Seconds => {
    const end = Math.floor(Date.parse(readText(data, at, dateTimeShape)) / 1000)
    if (Number.isNaN(end)) malformed(at, 'must be a date and a time that there is')
    return end > now ? end : malformed(at, 'must be in the future')
  }

/** Those for people alone are not among them. */
function readScopes(data: unknown, at: string): ApiScope[] {
  const named = readList(data, at, apiScopes.length, (each, its) => readOneOf(apiScopes, each, its))
  if (named.length === 0) malformed(at, 'must have one at least')
  return apiScopes.filter((scope) => named.includes(scope))
}
