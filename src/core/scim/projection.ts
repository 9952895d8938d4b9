/** Which attributes an answer has: `attributes` and `excludedAttributes` (RFC 7644 §3.9). */
import { readPath } from './filter.ts'
import { quoted, refused } from './refusal.ts'
import { attributeNamed, isObject, isUserSchema, type Value } from './schema.ts'

export type Projection = { only?: readonly Named[]; without?: readonly Named[] }
type Named = { name: string; sub?: string }

/** Of each resource, whatever is asked (`returned: always`). */
const always = ['schemas', 'id']

/** Throws a refusal: for `answering`. What is not kept is not there, and asked for in vain. */
export function readProjection(attributes: string | undefined, excluded: string | undefined): Projection {
  if (attributes !== undefined && excluded !== undefined)
    refused('invalidValue', 'attributes and excludedAttributes do not go together')
  if (attributes !== undefined) return { only: namesIn(attributes) }
  return excluded === undefined ? {} : { without: namesIn(excluded) }
}

const namesIn = (text: string): Named[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .flatMap((each) => named(each))

function named(text: string): Named[] {
  if (isUserSchema(text)) return []
  const { schema, attribute, sub, where } = readPath(text)
  if (where !== undefined) refused('invalidValue', `${quoted(text)} is no attribute`)
  if (schema !== undefined && !isUserSchema(schema)) return []
  const found = attributeNamed(attribute)
  if (found === undefined || found === 'not-kept') return []
  return [{ name: found.name, ...(sub === undefined ? {} : { sub }) }]
}

export function projected(resource: Value, { only, without }: Projection): Value {
  const entries = Object.entries(resource)
  if (only !== undefined)
    return Object.fromEntries(
      entries.flatMap(([name, value]) => {
        if (always.includes(name)) return [[name, value]]
        const wanted = only.filter((each) => each.name === name)
        if (wanted.length === 0) return []
        const subs = wanted.flatMap(({ sub }) => (sub === undefined ? [] : [sub]))
        return [[name, subs.length < wanted.length ? value : withSubs(value, (sub) => includes(subs, sub))]]
      }),
    )
  if (without === undefined) return resource
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const unwanted = always.includes(name) ? [] : without.filter((each) => each.name === name)
      if (unwanted.some(({ sub }) => sub === undefined)) return []
      const subs = unwanted.flatMap(({ sub }) => (sub === undefined ? [] : [sub]))
      return [[name, subs.length === 0 ? value : withSubs(value, (sub) => !includes(subs, sub))]]
    }),
  )
}

const includes = (names: readonly string[], name: string): boolean =>
  names.some((each) => each.toLowerCase() === name.toLowerCase())

function withSubs(value: unknown, keep: (sub: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => withSubs(each, keep))
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => keep(name))) : value
}
