/**
 * XML as a tree of elements with their namespaces (Namespaces in XML 1.0), by fast-xml-parser, which knows none.
 *
 * Entities are off, but for the five that XML itself has; a document type is refused before anything is parsed.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ok, type Result, refuse } from '../result.ts'

export type Element = {
  name: string
  namespace: string
  /** Without those that declare namespaces, and those of a namespace of their own. */
  attributes: Readonly<Record<string, string>>
  children: Element[]
  /** Trimmed; empty where there are only children. */
  text: string
  /** `/KeyContainer/KeyPackage[2]/Key`: the number where there are several of the name. */
  at: string
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

/** One level of what the parser makes with `preserveOrder`. */
type Node = Record<string, unknown>

export function parseXml(text: string): Result<Element, 'bad-xml'> {
  if (/<!DOCTYPE/i.test(text)) return refuse('bad-xml', { detail: 'has a document type, which is not read here' })
  const valid = XMLValidator.validate(text)
  if (valid !== true) return refuse('bad-xml', { detail: `is not XML: ${valid.err.msg} (line ${valid.err.line})` })
  const parsed = nodesIn(text)
  if (!parsed.ok) return parsed
  const nodes = elementsIn(parsed.value)
  const [root] = nodes
  if (root === undefined || nodes.length > 1) return refuse('bad-xml', { detail: 'must have one element' })
  try {
    return ok(elementOf(root, { '': '', xml: 'http://www.w3.org/XML/1998/namespace' }, '', 0))
  } catch (error) {
    if (error instanceof BadXml) return refuse('bad-xml', { detail: error.message })
    throw error
  }
}

/** The parser throws over what its own validator lets pass, such as a quote that is open in a declaration. */
function nodesIn(text: string): Result<Node[], 'bad-xml'> {
  try {
    return ok(parser.parse(text) as Node[])
  } catch (error) {
    return refuse('bad-xml', { detail: `is not XML: ${error instanceof Error ? error.message : String(error)}` })
  }
}

class BadXml extends Error {}

/** Deeper than any container is. */
const deepest = 32

type Namespaces = Readonly<Record<string, string>>

function elementOf(node: Node, outer: Namespaces, at: string, depth: number): Element {
  if (depth > deepest) throw new BadXml('is nested too deeply')
  const tag = tagOf(node)
  const given = attributesOf(node)
  const namespaces = { ...outer, ...declaredIn(given) }
  const [name, prefix] = split(tag)
  const namespace = Object.hasOwn(namespaces, prefix) ? namespaces[prefix] : undefined
  if (namespace === undefined) throw new BadXml(`uses the prefix ${prefix} without declaring it`)
  const here = at === '' ? `/${name}` : at
  const content = node[tag]
  const inside = Array.isArray(content) ? content : []
  const nodes = elementsIn(inside)
  const names = nodes.map((each) => split(tagOf(each))[0])
  // Counted once over: looking back from each would take a file of many for hours.
  const twins = new Map<string, number>()
  const numbers = names.map((its) => {
    const number = (twins.get(its) ?? 0) + 1
    twins.set(its, number)
    return number
  })
  const children = nodes.map((each, index) => {
    const its = names[index] ?? ''
    const number = (twins.get(its) ?? 0) > 1 ? `[${numbers[index]}]` : ''
    return elementOf(each, namespaces, `${here}/${its}${number}`, depth + 1)
  })
  const text = decoded(inside.map((each) => String(each['#text'] ?? '')).join('')).trim()
  if (children.length > 0 && text !== '') throw new BadXml(`has text between the elements of ${here}`)
  const attributes = Object.fromEntries(
    Object.entries(given)
      .filter(([each]) => each !== 'xmlns' && !each.includes(':'))
      .map(([each, value]) => [each, decoded(value)]),
  )
  return { name, namespace, attributes, children, text, at: here }
}

const elementsIn = (nodes: readonly Node[]): Node[] => nodes.filter((node) => tagOf(node) !== '#text')

const tagOf = (node: Node): string => Object.keys(node).find((key) => key !== ':@') ?? '#text'

const attributesOf = (node: Node): Record<string, string> => (node[':@'] ?? {}) as Record<string, string>

const declaredIn = (attributes: Record<string, string>): Namespaces =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      name === 'xmlns' ? [['', value]] : name.startsWith('xmlns:') ? [[name.slice(6), value]] : [],
    ),
  )

/** The local name, and the prefix or ''. */
function split(tag: string): [string, string] {
  const colon = tag.indexOf(':')
  return colon < 0 ? [tag, ''] : [tag.slice(colon + 1), tag.slice(0, colon)]
}

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(text: string): string {
  return text.replace(/&([^;&]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') && Object.hasOwn(predefined, name) ? predefined[name] : undefined
    if (character === undefined) throw new BadXml(`has an entity that is not read here: ${whole.slice(0, 20)}`)
    return character
  })
}
