// POST /scim/v2/Users/.search — the same as a list, by a body: filters name people, and addresses are in logs (RFC 7644 §3.4.3).
import type { Result } from '../../src/core/result.ts'
import { answering, quoted, refused, type ScimType } from '../../src/core/scim/refusal.ts'
import { isObject, urns } from '../../src/core/scim/schema.ts'
import { answerToScim, refusedAsScim } from './answers.ts'
import { type Asked, answerList, listParameters } from './listing.ts'
import { forScim, readScimBody, readScimQuery } from './service.ts'

export const handle = forScim('users:read', async (needs, call) => {
  const query = readScimQuery(call, [])
  if (!query.ok) return refusedAsScim(query)
  const body = readScimBody(call)
  if (!body.ok) return refusedAsScim(body)
  const asked = readSearch(body.value)
  return asked.ok ? answerList(needs, asked.value) : answerToScim(asked)
})

const passedOver = new Set(['schemas', 'sortby', 'sortorder'])

function readSearch(body: unknown): Result<Asked, ScimType> {
  return answering(() => {
    if (!isObject(body)) return refused('invalidSyntax', 'The body must be an object')
    if (!Array.isArray(body.schemas) || !body.schemas.includes(urns.search))
      refused('invalidSyntax', `schemas must name ${urns.search}`)
    const asked: Asked = {}
    for (const [given, value] of Object.entries(body)) {
      if (passedOver.has(given.toLowerCase())) continue
      const name = listParameters.find((each) => each.toLowerCase() === given.toLowerCase())
      if (name === undefined) return refused('invalidSyntax', `${quoted(given)} is no member of a search`)
      asked[name] = readMember(name, value)
    }
    return asked
  })
}

function readMember(name: (typeof listParameters)[number], value: unknown): string {
  if (name === 'startIndex' || name === 'count')
    return Number.isSafeInteger(value) ? String(value) : refused('invalidValue', `${name} must be a whole number`)
  if (name === 'attributes' || name === 'excludedAttributes')
    return Array.isArray(value) && value.every((each) => typeof each === 'string')
      ? value.join(',')
      : refused('invalidValue', `${name} must be a list of texts`)
  return typeof value === 'string' ? value : refused('invalidValue', `${name} must be a text`)
}
