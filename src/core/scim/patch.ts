/**
 * Applies a PATCH to a resource (RFC 7644 §3.5.2). Nothing of it holds where one operation is refused, and the resource
 * that it is given stays as it is.
 *
 * By hand, and not by `scim-patch`: a path `__proto__.x` there writes on all objects of the process, and names are
 * compared by their case. What Entra and Okta send beside the specification is taken: `op` in any case, `"False"`, and
 * paths as the names of a value without a path.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Filter, type PatchPath, readPath, writePath } from './filter.ts'
import { readValueTest } from './match.ts'
import { answering, quoted, refused } from './refusal.ts'
import {
  type Attribute,
  attributeNamed,
  isObject,
  isUserSchema,
  readSingle,
  readValue,
  subAttributeOf,
  urns,
  type Value,
} from './schema.ts'

export type Operation = { op: 'add' | 'replace' | 'remove'; path?: PatchPath; value?: unknown }

const most = 100

/** Throws a refusal: for `answering`. */
export function readPatch(body: unknown): Operation[] {
  if (!isObject(body)) return refused('invalidSyntax', 'The body must be an object')
  const schemas = memberOf(body, 'schemas')
  if (!Array.isArray(schemas) || !schemas.includes(urns.patch))
    refused('invalidSyntax', `schemas must name ${urns.patch}`)
  const stranger = Object.keys(body).find((name) => !['schemas', 'operations'].includes(name.toLowerCase()))
  if (stranger !== undefined) refused('invalidSyntax', `${quoted(stranger)} is no member of a patch`)
  const operations = memberOf(body, 'Operations')
  if (!Array.isArray(operations) || operations.length === 0 || operations.length > most)
    return refused('invalidSyntax', `Operations must be a list of 1 to ${most}`)
  return operations.flatMap(readOperation)
}

const memberOf = (value: Value, name: string): unknown =>
  Object.entries(value).find(([its]) => its.toLowerCase() === name.toLowerCase())?.[1]

function readOperation(data: unknown): Operation[] {
  if (!isObject(data)) return refused('invalidSyntax', 'An operation must be an object')
  const [op, path, value] = [memberOf(data, 'op'), memberOf(data, 'path'), memberOf(data, 'value')]
  const kind = (['add', 'replace', 'remove'] as const).find((each) => each === String(op).toLowerCase())
  if (kind === undefined) return refused('invalidSyntax', 'op must be add, replace or remove')
  if (kind !== 'remove' && value === undefined) return refused('invalidSyntax', `${kind} must have a value`)
  if (path === undefined || path === '') return withoutPath(kind, value)
  if (typeof path !== 'string') return refused('invalidPath', 'path must be a text')
  if (isUserSchema(path)) return withoutPath(kind, value)
  return [{ op: kind, path: pathIn(path), value }]
}

/** Each member is an operation of its own; its name may be a path (Entra: `"name.givenName": "Ada"`). */
function withoutPath(op: Operation['op'], value: unknown): Operation[] {
  if (op === 'remove') return refused('noTarget', 'remove must have a path')
  if (!isObject(value)) return refused('invalidSyntax', `${op} without a path must have an object as its value`)
  return Object.entries(value)
    .filter(([name]) => name.toLowerCase() !== 'schemas')
    .flatMap(([name, each]) => {
      if (isUserSchema(name)) return withoutPath(op, each)
      return isOfExtension(name) ? [] : [{ op, path: pathIn(name), value: each }]
    })
}

/** The whole of an extension or a path into one: neither is kept. */
const isOfExtension = (name: string): boolean =>
  /^urn:/i.test(name) && !name.toLowerCase().startsWith(`${urns.user.toLowerCase()}:`)

function pathIn(text: string): PatchPath {
  const read = answering(() => readPath(text))
  return read.ok ? read.value : refused('invalidPath', `${quoted(text)} is no path. ${read.detail ?? ''}`)
}

/** Throws a refusal: for `answering`. */
export const patched = (resource: Value, operations: readonly Operation[]): Value =>
  operations.reduce(applied, structuredClone(resource))

function applied(resource: Value, { op, path, value }: Operation): Value {
  if (path === undefined || (path.schema !== undefined && !isUserSchema(path.schema))) return resource
  const found = attributeNamed(path.attribute)
  if (found === undefined) return unknown(path)
  if (found === 'not-kept') return resource
  return path.sub === undefined && path.where === undefined
    ? onAttribute(resource, found, op, value)
    : onPart(resource, found, { op, path, value })
}

const unknown = (path: PatchPath): never =>
  refused('invalidPath', `${quoted(writePath(path))} is no attribute of a User`)

/** What only we write may be named with the value that it has: a client sends back what it was shown. */
function onAttribute(resource: Value, definition: Attribute, op: Operation['op'], value: unknown): Value {
  const { name, multiValued } = definition
  if (definition.mutability === 'readOnly')
    return op !== 'remove' && isDeepStrictEqual(value, resource[name] ?? (multiValued ? [] : undefined))
      ? resource
      : refused('mutability', `${name} is not written by SCIM`)
  const read = op === 'remove' ? undefined : readValue(definition, value, name)
  const held = resource[name]
  if (op === 'remove' && multiValued && value !== undefined) return set(resource, definition, withoutThese(held, value))
  if (op === 'add' && read === undefined) return resource
  if (multiValued && op === 'add') return set(resource, definition, joined(listOf(held), listOf(read)))
  if (definition.type === 'complex' && !multiValued && isObject(read) && isObject(held))
    return set(resource, definition, { ...held, ...read })
  return set(resource, definition, multiValued ? oneFirst(listOf(read)) : read)
}

function set(resource: Value, definition: Attribute, value: unknown): Value {
  const isNothing = value === undefined || (Array.isArray(value) && value.length === 0)
  if (isNothing && definition.required) refused('mutability', `${definition.name} is required`)
  const { [definition.name]: _, ...rest } = resource
  return isNothing ? rest : { ...rest, [definition.name]: value }
}

const listOf = (value: unknown): Value[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** What is there already is not added again; a new primary one takes the place of the old (§3.5.2). */
function joined(held: readonly Value[], more: readonly Value[]): Value[] {
  const added = more.filter((each) => !held.some((one) => isDeepStrictEqual(one, each)))
  return oneFirst([...held, ...added], added)
}

/** One primary at most: of those that were just written, the last. */
function oneFirst(list: readonly Value[], written: readonly Value[] = list): Value[] {
  const primary = written.findLast((each) => each.primary === true)
  if (primary === undefined) return [...list]
  return list.map((each) => (each === primary || each.primary !== true ? each : { ...each, primary: false }))
}

/** Entra and OneLogin name what goes by a value. */
function withoutThese(held: unknown, value: unknown): Value[] {
  const gone = (Array.isArray(value) ? value : [value]).map((each) => (isObject(each) ? each.value : each))
  return listOf(held).filter((each) => !gone.includes(each.value))
}

type Part = { op: Operation['op']; path: PatchPath; value: unknown }

function onPart(resource: Value, definition: Attribute, part: Part): Value {
  const { path, op, value } = part
  const sub = path.sub === undefined ? undefined : subAttributeOf(definition, path.sub)
  if (path.sub !== undefined && sub === undefined) return unknown(path)
  if (definition.mutability === 'readOnly') return refused('mutability', `${definition.name} is not written by SCIM`)
  if (path.where !== undefined && !definition.multiValued)
    return refused('invalidPath', `${definition.name} has no several values`)
  // `formatted` is made of the parts, and `type` of an attribute is what it is.
  if (sub === 'not-kept' || sub?.mutability === 'readOnly') return resource
  if (!definition.multiValued) {
    const held = isObject(resource[definition.name]) ? resource[definition.name] : {}
    return set(resource, definition, changedOne({ ...(held as Value) }, sub, op, value))
  }
  return set(resource, definition, changedSeveral(listOf(resource[definition.name]), definition, sub, part))
}

/** The members of one value after it; `undefined` where none is left. */
function changedOne(held: Value, sub: Attribute | undefined, op: Operation['op'], value: unknown): Value | undefined {
  if (sub === undefined) return op === 'remove' ? undefined : held
  const read = op === 'remove' ? undefined : readValue(sub, value, sub.name)
  const { [sub.name]: _, ...rest } = held
  const left = read === undefined ? rest : { ...rest, [sub.name]: read }
  return Object.keys(left).length === 0 ? undefined : left
}

function changedSeveral(
  held: readonly Value[],
  definition: Attribute,
  sub: Attribute | undefined,
  { op, path, value }: Part,
): Value[] {
  const test = path.where === undefined ? () => true : valueTest(path.where, definition)
  const change = (each: Value): Value | undefined =>
    sub === undefined && op !== 'remove'
      ? wholeOf(op === 'add' ? each : {}, readSingle(definition, value, definition.name))
      : changedOne(each, sub, op, value)
  if (held.some(test)) {
    const written: Value[] = []
    const list = held.flatMap((each) => {
      const after = test(each) ? change(each) : each
      if (after !== undefined && after !== each) written.push(after)
      return after === undefined ? [] : [after]
    })
    return oneFirst(list, written)
  }
  if (op === 'remove') return [...held]
  // §3.5.2.3: what is not there is added where there is none at all, and a target that is missed is an error else.
  if (op === 'replace' && held.length > 0)
    return refused('noTarget', `No value of ${definition.name} is what the filter of the path says`)
  const made = change(path.where === undefined ? {} : impliedBy(path.where, definition))
  return made === undefined ? [...held] : oneFirst([...held, made], [made])
}

/** A value that is replaced is another one; what is added goes to what is there. */
const wholeOf = (held: Value, value: unknown): Value | undefined => {
  const whole = { ...held, ...(isObject(value) ? value : {}) }
  return Object.keys(whole).length === 0 ? undefined : whole
}

const valueTest = (where: Filter, definition: Attribute): ((value: Value) => boolean) =>
  readValueTest(where, definition)

/** What a value has to have so that the filter finds it: `type eq "work"` makes a work one. */
function impliedBy(where: Filter, definition: Attribute): Value {
  if (where.kind === 'and') return Object.assign({}, ...where.parts.map((part) => impliedBy(part, definition)))
  const isPlain = where.kind === 'compare' && where.operator === 'eq' && where.path.sub === undefined
  if (!isPlain)
    return refused('noTarget', `Nothing is what the filter of the path says, and it does not say what to add`)
  const sub = subAttributeOf(definition, where.path.attribute)
  if (sub === undefined || sub === 'not-kept') return {}
  const read = readValue(sub, where.value, sub.name)
  return read === undefined ? {} : { [sub.name]: read }
}
