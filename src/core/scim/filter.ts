/**
 * Reads filters and paths (RFC 7644 §3.4.2.2 and §3.5.2). What their attributes are is not decided here.
 *
 * By hand, and not by `scim2-parse-filter`: that one reads `"a\\"` as no text at all, and takes a path for a query.
 * Beside the grammar it takes `emails[type eq "work"].value eq "a@b"` for a filter, because Entra asks so.
 */
import { quoted, refused } from './refusal.ts'

export const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Operator = (typeof operators)[number]

/** `urn:…:User:name.givenName`: the schema where one is named, and both names as they were written. */
export type AttributePath = { schema?: string; attribute: string; sub?: string }

export type Compared = string | number | boolean | null

export type Filter =
  | { kind: 'and' | 'or'; parts: readonly [Filter, Filter, ...Filter[]] }
  | { kind: 'not'; part: Filter }
  | { kind: 'present'; path: AttributePath }
  | { kind: 'compare'; path: AttributePath; operator: Operator; value: Compared }
  /** One of several values does: `emails[type eq "work" and value co "@example.com"]`. */
  | { kind: 'some'; path: AttributePath; part: Filter }

/** Where a patch goes: an attribute, a part of it, or those of its values that a filter finds. */
export type PatchPath = AttributePath & { where?: Filter }

const limits = { characters: 2000, depth: 20 }

type Token = { kind: 'word' | 'text' | 'number' | 'mark'; text: string }

const shapes =
  /\s+|(?<word>[A-Za-z$][\w$:.-]*)|(?<text>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?<mark>[()[\].])/suy

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  shapes.lastIndex = 0
  while (shapes.lastIndex < text.length) {
    const from = shapes.lastIndex
    const groups = shapes.exec(text)?.groups
    if (groups === undefined) return invalid(`has what no filter has at ${quoted(text.slice(from))}`)
    for (const kind of ['word', 'text', 'number', 'mark'] as const) {
      const found = groups[kind]
      if (found !== undefined) tokens.push({ kind, text: found })
    }
  }
  return tokens
}

const invalid = (detail: string): never => refused('invalidFilter', `The filter ${detail}`)

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    if (text.length > limits.characters) invalid(`is longer than ${limits.characters} characters`)
    this.#tokens = tokensOf(text)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  end(): void {
    const next = this.#peek()
    if (next !== undefined) invalid(`goes on where it should end, at ${quoted(next.text)}`)
  }

  /** `and` binds closer than `or`, `not` closer than both. */
  filter(): Filter {
    this.#depth += 1
    if (this.#depth > limits.depth) invalid(`is nested more than ${limits.depth} deep`)
    const read = this.#joined('or', () => this.#joined('and', () => this.#one()))
    this.#depth -= 1
    return read
  }

  path(): AttributePath {
    const word = this.#next('an attribute')
    return word.kind === 'word' ? attributePath(word.text) : invalid(`has ${quoted(word.text)} where an attribute goes`)
  }

  /** What a patch names: the path, the filter in brackets, and a sub-attribute after it. */
  patchPath(): PatchPath {
    const path = this.path()
    if (!this.#takes('[')) return path
    if (path.sub !== undefined) invalid(`has brackets after ${quoted(path.sub)}`)
    const where = this.filter()
    this.#demand(']')
    const sub = this.#subAfterBrackets()
    return { ...path, where, ...(sub === undefined ? {} : { sub }) }
  }

  #joined(kind: 'and' | 'or', read: () => Filter): Filter {
    const first = read()
    const more: Filter[] = []
    while (this.#takesWord(kind)) more.push(read())
    const [second, ...rest] = more
    return second === undefined ? first : { kind, parts: [first, second, ...rest] }
  }

  #one(): Filter {
    if (this.#takes('(')) return this.#closed()
    if (this.#isNot()) {
      this.#at += 2
      return { kind: 'not', part: this.#closed() }
    }
    const path = this.path()
    if (this.#takes('[')) return this.#some(path)
    return this.#compared(path)
  }

  #closed(): Filter {
    const read = this.filter()
    this.#demand(')')
    return read
  }

  #isNot(): boolean {
    const [word, mark] = this.#tokens.slice(this.#at, this.#at + 2)
    return word?.kind === 'word' && word.text.toLowerCase() === 'not' && mark?.text === '('
  }

  #some(path: AttributePath): Filter {
    if (path.sub !== undefined) invalid(`has brackets after ${quoted(path.sub)}`)
    const inner = this.filter()
    this.#demand(']')
    const sub = this.#subAfterBrackets()
    if (sub === undefined) return { kind: 'some', path, part: inner }
    return { kind: 'some', path, part: { kind: 'and', parts: [inner, this.#compared({ attribute: sub })] } }
  }

  #subAfterBrackets(): string | undefined {
    if (!this.#takes('.')) return undefined
    const { attribute, schema, sub } = this.path()
    return schema === undefined && sub === undefined ? attribute : invalid('goes too deep after its brackets')
  }

  #compared(path: AttributePath): Filter {
    const word = this.#next('an operator').text.toLowerCase()
    if (word === 'pr') return { kind: 'present', path }
    const operator = operators.find((each) => each === word)
    if (operator === undefined) return invalid(`has ${quoted(word)} where an operator goes`)
    return { kind: 'compare', path, operator, value: this.#value() }
  }

  #value(): Compared {
    const { kind, text } = this.#next('a value')
    if (kind === 'mark' || (kind === 'word' && !['true', 'false', 'null'].includes(text)))
      return invalid(`has ${quoted(text)} where a value goes: a text goes in double quotes`)
    try {
      const value: Compared = JSON.parse(text)
      return value
    } catch {
      return invalid(`has a value that is no JSON: ${quoted(text)}`)
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #next(wanted: string): Token {
    const token = this.#peek()
    if (token === undefined) return invalid(`ends where ${wanted} goes`)
    this.#at += 1
    return token
  }

  #takes(mark: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'mark' || token.text !== mark) return false
    this.#at += 1
    return true
  }

  #takesWord(word: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false
    this.#at += 1
    return true
  }

  #demand(mark: string): void {
    if (!this.#takes(mark)) invalid(`has no ${quoted(mark)} where one goes`)
  }
}

const name = /^(?:\$ref|[A-Za-z][\w-]*)$/

/** The schema goes to the last colon; what is behind it has one dot at most. */
function attributePath(word: string): AttributePath {
  const colon = word.lastIndexOf(':')
  const schema = colon < 0 ? undefined : word.slice(0, colon)
  const [attribute = '', sub, ...deeper] = word.slice(colon + 1).split('.')
  if (!name.test(attribute) || (sub !== undefined && !name.test(sub)) || deeper.length > 0)
    return invalid(`has ${quoted(word)}, which is no attribute`)
  return { ...(schema === undefined ? {} : { schema }), attribute, ...(sub === undefined ? {} : { sub }) }
}

/** Throws a refusal: for `answering`. */
export function readFilter(text: string): Filter {
  const reader = new Reader(text)
  const read = reader.filter()
  reader.end()
  return read
}

/** Throws a refusal: for `answering`. */
export function readPath(text: string): PatchPath {
  const reader = new Reader(text)
  const read = reader.patchPath()
  reader.end()
  return read
}

/** The filter as a text that reads as the same. */
export function writeFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts
        .map((part) => (isJoined(part) ? `(${writeFilter(part)})` : writeFilter(part)))
        .join(` ${filter.kind} `)
    case 'not':
      return `not (${writeFilter(filter.part)})`
    case 'present':
      return `${writePath(filter.path)} pr`
    case 'compare':
      return `${writePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`
    case 'some':
      return `${writePath(filter.path)}[${writeFilter(filter.part)}]`
  }
}

const isJoined = ({ kind }: Filter): boolean => kind === 'and' || kind === 'or'

export const writePath = ({ schema, attribute, sub }: AttributePath): string =>
  `${schema === undefined ? '' : `${schema}:`}${attribute}${sub === undefined ? '' : `.${sub}`}`
