/** Decides whether a filter finds a user, and by which record of the store whom it finds could be looked up. */
import type { AttributePath, Compared, Filter, Operator } from './filter.ts'
import { writePath } from './filter.ts'
import { quoted, refused } from './refusal.ts'
import {
  type Attribute,
  attributeNamed,
  type Found,
  isObject,
  isUserSchema,
  subAttributeOf,
  type Value,
} from './schema.ts'

/** What can be looked up without reading everybody. */
export type Lookup = { by: 'id' | 'userName' | 'externalId' | 'email'; value: string }

/** A filter whose attributes are all known: what it finds, and where that is. */
export type Question = {
  matches(resource: Value): boolean
  /** Whoever matches is among these; `undefined`: it could be anybody. */
  lookups: readonly Lookup[] | undefined
  /** Whoever matches has a name that begins like this. */
  prefix?: string
}

/** Throws a refusal, where it asks for what is never shown or cannot be compared: for `answering`. */
export function readQuestion(filter: Filter): Question {
  const matches = testOf(filter, (path) => rootOf(path))
  const prefix = prefixOf(filter)
  return { matches, lookups: lookupsOf(filter), ...(prefix === undefined ? {} : { prefix }) }
}

/** The filter in the brackets of a path, over the values of that attribute. Throws a refusal: for `answering`. */
export const readValueTest = (filter: Filter, parent: Attribute): ((value: Value) => boolean) =>
  testOf(filter, (path) => ({ definition: within(parent, path), names: [path.attribute] }))

type Place = { definition: Attribute; names: readonly string[] }
type Locate = (path: AttributePath) => Place

const invalid = (detail: string): never => refused('invalidFilter', detail)

function rootOf(path: AttributePath): Place {
  if (path.schema !== undefined && !isUserSchema(path.schema)) invalid(`${quoted(path.schema)} is no schema of a User`)
  const parent = visible(attributeNamed(path.attribute), path)
  if (path.sub === undefined) return { definition: parent, names: [parent.name] }
  const definition = visible(subAttributeOf(parent, path.sub), path)
  return { definition, names: [parent.name, definition.name] }
}

function within(parent: Attribute, path: AttributePath): Attribute {
  if (path.schema !== undefined || path.sub !== undefined) invalid(`${quoted(writePath(path))} goes too deep`)
  return visible(subAttributeOf(parent, path.attribute), path)
}

/** A password is not to be guessed by asking (RFC 7643 §7, `returned`). */
const visible = (found: Found, path: AttributePath): Attribute =>
  found === undefined || found === 'not-kept' || found.returned === 'never'
    ? invalid(`${quoted(writePath(path))} cannot be asked for`)
    : found

function testOf(filter: Filter, locate: Locate): (resource: Value) => boolean {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.parts.map((part) => testOf(part, locate))
      return (resource) => parts.every((test) => test(resource))
    }
    case 'or': {
      const parts = filter.parts.map((part) => testOf(part, locate))
      return (resource) => parts.some((test) => test(resource))
    }
    case 'not': {
      const test = testOf(filter.part, locate)
      return (resource) => !test(resource)
    }
    case 'present': {
      const { names } = locate(filter.path)
      return (resource) => valuesAt(resource, names).length > 0
    }
    case 'some': {
      const { definition, names } = locate(filter.path)
      if (!definition.multiValued) invalid(`${quoted(definition.name)} has no several values`)
      const test = readValueTest(filter.part, definition)
      return (resource) => valuesAt(resource, names).some((value) => isObject(value) && test(value))
    }
    case 'compare':
      return comparing(filter, locate(filter.path))
  }
}

/** All that is there under the names, the values of several one by one. Members are found without regard to case. */
function valuesAt(value: unknown, [name, ...more]: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => valuesAt(each, name === undefined ? [] : [name, ...more]))
  if (name === undefined) return value === undefined ? [] : [value]
  if (!isObject(value)) return []
  const found = Object.entries(value).find(([its]) => its.toLowerCase() === name.toLowerCase())
  return found === undefined ? [] : valuesAt(found[1], more)
}

type Comparison = Extract<Filter, { kind: 'compare' }>

/** Of a complex attribute with several values, `value` is what is compared (RFC 7644 §3.4.2.2). */
function comparing({ operator, value, path }: Comparison, place: Place): (resource: Value) => boolean {
  const { definition, names } = place.definition.type === 'complex' ? comparedPartOf(place, path) : place
  const compare = comparatorOf(operator, definition, value)
  // Nothing is not anything; and what has no value is what is compared with null.
  if (value === null) return (resource) => (valuesAt(resource, names).length === 0) === (operator === 'eq')
  if (operator === 'ne') return (resource) => !valuesAt(resource, names).some(compare)
  return (resource) => valuesAt(resource, names).some(compare)
}

function comparedPartOf({ definition, names }: Place, path: AttributePath): Place {
  const found = definition.multiValued ? subAttributeOf(definition, 'value') : undefined
  if (found === undefined || found === 'not-kept') return invalid(`${quoted(writePath(path))} cannot be compared`)
  return { definition: found, names: [...names, 'value'] }
}

/** For `ne`: whether they are equal. */
function comparatorOf(operator: Operator, definition: Attribute, value: Compared): (held: unknown) => boolean {
  const isEquality = operator === 'eq' || operator === 'ne'
  if (value === null) return isEquality ? () => false : invalid(`null is neither before nor after anything`)
  if (definition.type === 'boolean') {
    if (!isEquality || typeof value !== 'boolean')
      invalid(`${definition.name} is compared by eq and ne, with true or false`)
    return (held) => held === value
  }
  if (typeof value !== 'string') return invalid(`${definition.name} is compared with a text`)
  return definition.type === 'dateTime' ? timeComparator(operator, value) : textComparator(operator, definition, value)
}

function timeComparator(operator: Operator, value: string): (held: unknown) => boolean {
  const time = Date.parse(value)
  if (Number.isNaN(time)) invalid(`${quoted(value)} is no time`)
  const orders: Partial<Record<Operator, (held: number) => boolean>> = {
    eq: (held) => held === time,
    ne: (held) => held === time,
    gt: (held) => held > time,
    ge: (held) => held >= time,
    lt: (held) => held < time,
    le: (held) => held <= time,
  }
  const compare = orders[operator] ?? invalid(`a time is not compared by ${operator}`)
  return (held) => typeof held === 'string' && compare(Date.parse(held))
}

const ofTexts: Record<Operator, (held: string, value: string) => boolean> = {
  eq: (held, value) => held === value,
  ne: (held, value) => held === value,
  co: (held, value) => held.includes(value),
  sw: (held, value) => held.startsWith(value),
  ew: (held, value) => held.endsWith(value),
  gt: (held, value) => held > value,
  ge: (held, value) => held >= value,
  lt: (held, value) => held < value,
  le: (held, value) => held <= value,
}

function textComparator(operator: Operator, { caseExact }: Attribute, value: string): (held: unknown) => boolean {
  const plain = (text: string): string => (caseExact ? text : text.normalize('NFKC').toLowerCase())
  const wanted = plain(value)
  return (held) => typeof held === 'string' && ofTexts[operator](plain(held), wanted)
}

const sources: Readonly<Record<string, Lookup['by']>> = {
  id: 'id',
  username: 'userName',
  externalid: 'externalId',
  emails: 'email',
  'emails.value': 'email',
}

/** One part of an `and` is enough to find whom all of it finds; of an `or`, each part is needed. */
function lookupsOf(filter: Filter, within = ''): readonly Lookup[] | undefined {
  switch (filter.kind) {
    case 'compare':
      return lookupOf(filter, within)
    case 'some':
      return lookupsOf(filter.part, `${filter.path.attribute}.`)
    case 'and':
      return filter.parts.map((part) => lookupsOf(part, within)).find((each) => each !== undefined)
    case 'or': {
      const each = filter.parts.map((part) => lookupsOf(part, within))
      return each.includes(undefined) ? undefined : each.flatMap((lookups) => lookups ?? [])
    }
    default:
      return undefined
  }
}

function lookupOf({ operator, path, value }: Comparison, within: string): readonly Lookup[] | undefined {
  const named = `${within}${path.attribute}${path.sub === undefined ? '' : `.${path.sub}`}`.toLowerCase()
  const by = sources[named]
  return operator === 'eq' && typeof value === 'string' && by !== undefined ? [{ by, value }] : undefined
}

function prefixOf(filter: Filter): string | undefined {
  if (filter.kind === 'and') return filter.parts.map(prefixOf).find((each) => each !== undefined)
  if (filter.kind !== 'compare' || filter.operator !== 'sw' || typeof filter.value !== 'string') return undefined
  const { attribute, sub } = filter.path
  return attribute.toLowerCase() === 'username' && sub === undefined ? filter.value : undefined
}
