/**
 * Holds what the service really answers against what its OpenAPI document says: whatever a route of the API answers a test
 * through `house.ts`.
 *
 * The document's answers are left open, so that a client is not broken by a new member; here they are closed, so that a
 * member nobody described is found.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { openapiDocument } from '../lambdas/metadata/openapi-document.ts'
import type { Route } from '../lambdas/routes.ts'
import type { Reply } from './house.ts'

type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const member = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce((inner: unknown, name) => (isObject(inner) ? inner[name] : undefined), value)

/** References written out: none of them leads in a circle. */
export function inlined(value: unknown, document: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, document))
  if (!isObject(value)) return value
  if (typeof value.$ref === 'string') {
    const target = member(document, ...value.$ref.slice(2).split('/'))
    if (target === undefined) throw new Error(`${value.$ref} leads nowhere`)
    return inlined(target, document)
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inlined(inner, document)]))
}

/** Objects that list their members have no others. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (!isObject(value)) return value
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]))
  return value.type === 'object' && isObject(value.properties) ? { additionalProperties: false, ...inner } : inner
}

/** Of a bulk import: with every item. */
function isTaken({ status, json }: Reply): boolean {
  const results = member(json, 'results')
  const isMalformed = Array.isArray(results) && results.some((result) => member(result, 'status') === 400)
  return status < 300 && !isMalformed
}

/** Of every deployment: only addresses differ. */
const document: unknown = openapiDocument({ issuer: 'https://id.example.org' })

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true })
addFormats.default(ajv)
/** A schema is compiled once for all houses of a file. */
const compiled = new Map<string, ValidateFunction>()

function validator(name: string, schema: unknown, isClosed: boolean): ValidateFunction {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const whole = inlined(schema, document)
  const validate = ajv.compile((isClosed ? closed(whole) : whole) as Json)
  compiled.set(name, validate)
  return validate
}

/** @param isClosed whether a member that is not described is an error */
export function demand(name: string, schema: unknown, value: unknown, isClosed: boolean): void {
  if (schema === undefined) throw new Error(`${name} is not in the document`)
  const validate = validator(name, schema, isClosed)
  if (!validate(value)) throw new Error(`${name} is not as documented: ${ajv.errorsText(validate.errors)}`)
}

type Operation = Pick<Route, 'method' | 'path'>
export type Sent = { body?: unknown; contentType?: string }

/** That each operation is described at all is a test of the document's. */
const operationOf = ({ method, path }: Operation): unknown => member(document, 'paths', path, method.toLowerCase())

export function openContract() {
  const exercised = new Set<string>()

  return {
    /** `GET /path`, and `GET /path 200`, of all that was held. */
    exercised,

    hold(route: Operation, reply: Reply, sent: Sent = {}): void {
      const operation = operationOf(route)
      if (operation === undefined) return
      const name = `${route.method} ${route.path}`
      exercised.add(name).add(`${name} ${reply.status}`)
      holdAnswer(name, operation, reply)
      // What was taken must be what the document lets a client send.
      if (isTaken(reply) && isObject(sent.body)) {
        const content = inlined(member(operation, 'requestBody', 'content'), document)
        const type = sent.contentType ?? 'application/json'
        demand(`the body of ${name} as ${type}`, member(content, type, 'schema'), sent.body, false)
      }
    },
  }
}

function holdAnswer(name: string, operation: unknown, reply: Reply): void {
  const answer = inlined(member(operation, 'responses', String(reply.status)), document)
  if (answer === undefined) throw new Error(`${name} answered ${reply.status}, which is not documented`)
  const content = member(answer, 'content')
  if (content === undefined) {
    if (reply.body !== '') throw new Error(`${name} ${reply.status} has a body, which is not documented`)
    return
  }
  const type = reply.headers['content-type'] ?? 'none'
  const value = reply.json === undefined ? reply.body : reply.json
  demand(`${name} ${reply.status} as ${type}`, member(content, type, 'schema'), value, true)
}
