/**
 * DynamoDB's condition and update expressions, as far as the store writes them: `#name` is the attribute of that name,
 * `:value` the value. What is no part of that throws, so that nothing is taken for what it is not.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Item } from '../src/store/db.ts'

type Values = Record<string, unknown>
type Read = (item: Item, values: Values) => unknown
type Test = (item: Item, values: Values) => boolean
type Change = (item: Item, values: Values) => Item

/** Whether a record, or the lack of one, meets a condition. */
export function holds(condition: string, item: Item | undefined, values: Values = {}): boolean {
  return compiled(conditions, condition, readCondition)(item ?? {}, values)
}

/** The record as an update leaves it. */
export function changed(update: string, item: Item, values: Values = {}): Item {
  return compiled(updates, update, readUpdate)(item, values)
}

const conditions = new Map<string, Test>()
const updates = new Map<string, Change>()

function compiled<Meaning>(known: Map<string, Meaning>, text: string, read: (tokens: Tokens) => Meaning): Meaning {
  const there = known.get(text)
  if (there !== undefined) return there
  const tokens = tokensOf(text)
  const meaning = read(tokens)
  if (!tokens.done) throw new Error(`More than an expression: ${text}`)
  known.set(text, meaning)
  return meaning
}

// --- Reading ------------------------------------------------------------------------------------------------------

type Tokens = ReturnType<typeof tokensOf>

function tokensOf(text: string) {
  const words = text.match(/[#:]?[A-Za-z_]\w*|<>|<=|>=|[<>=(),.+-]/g) ?? []
  if (words.join('') !== text.replace(/\s/g, '')) throw new Error(`Not an expression that is known here: ${text}`)
  let at = 0
  return {
    get next(): string {
      return words[at] ?? ''
    },
    get done(): boolean {
      return at >= words.length
    },
    take(): string {
      return words[at++] ?? ''
    },
    /** Whether this word is next; if so, it is taken. */
    has(word: string): boolean {
      if (words[at] !== word) return false
      at++
      return true
    },
    need(word: string): void {
      if (words[at++] !== word) throw new Error(`${word} is missing in ${text}`)
    },
  }
}

function readCondition(tokens: Tokens): Test {
  const either = [readAll(tokens)]
  while (tokens.has('OR')) either.push(readAll(tokens))
  return (item, values) => either.some((each) => each(item, values))
}

function readAll(tokens: Tokens): Test {
  const all = [readOne(tokens)]
  while (tokens.has('AND')) all.push(readOne(tokens))
  return (item, values) => all.every((each) => each(item, values))
}

function readOne(tokens: Tokens): Test {
  if (tokens.has('(')) {
    const inner = readCondition(tokens)
    tokens.need(')')
    return inner
  }
  if (/^(attribute_|begins_with)/.test(tokens.next)) return readFunction(tokens)
  const left = readOperand(tokens)
  if (tokens.has('IN')) {
    const among = readList(tokens)
    return (item, values) => among.some((each) => isSame(left(item, values), each(item, values)))
  }
  if (tokens.has('BETWEEN')) {
    const low = readOperand(tokens)
    tokens.need('AND')
    const high = readOperand(tokens)
    const [isFrom, isTo] = [ordered((order) => order >= 0), ordered((order) => order <= 0)]
    return (item, values) =>
      isFrom(left(item, values), low(item, values)) && isTo(left(item, values), high(item, values))
  }
  const operator = tokens.take()
  const compare = comparisons[operator]
  if (compare === undefined) throw new Error(`No comparison that is known here: ${operator}`)
  const right = readOperand(tokens)
  return (item, values) => compare(left(item, values), right(item, values))
}

function readFunction(tokens: Tokens): Test {
  const name = tokens.take()
  const [first, second] = readList(tokens)
  if (first === undefined) throw new Error(`${name} of nothing`)
  if (name === 'attribute_exists') return (item, values) => first(item, values) !== undefined
  if (name === 'attribute_not_exists') return (item, values) => first(item, values) === undefined
  if (name !== 'begins_with' || second === undefined) throw new Error(`No function that is known here: ${name}`)
  return (item, values) => {
    const [text, prefix] = [first(item, values), second(item, values)]
    if (typeof prefix !== 'string') throw new Error('begins_with wants a text')
    return typeof text === 'string' && text.startsWith(prefix)
  }
}

function readList(tokens: Tokens): Read[] {
  tokens.need('(')
  const list = [readOperand(tokens)]
  while (tokens.has(',')) list.push(readOperand(tokens))
  tokens.need(')')
  return list
}

function readOperand(tokens: Tokens): Read {
  if (tokens.has('if_not_exists')) {
    const [first, second] = readList(tokens)
    return (item, values) => first?.(item, values) ?? second?.(item, values)
  }
  if (tokens.next.startsWith(':')) {
    const name = tokens.take().slice(1)
    return (_, values) => {
      if (values[name] === undefined) throw new Error(`The expression has a value :${name} and nothing is given for it`)
      return values[name]
    }
  }
  const path = readPath(tokens)
  return (item) => path.reduce<unknown>((place, name) => (isMap(place) ? place[name] : undefined), item)
}

function readPath(tokens: Tokens): string[] {
  const path: string[] = []
  do {
    const name = tokens.take()
    if (!name.startsWith('#')) throw new Error(`Not a #name: ${name}`)
    path.push(name.slice(1))
  } while (tokens.has('.'))
  return path
}

// --- Comparing ----------------------------------------------------------------------------------------------------

const isSame = (one: unknown, other: unknown): boolean => one !== undefined && isDeepStrictEqual(one, other)

/** Numbers with numbers, texts with texts by their bytes. What is asked about has to be one of them. */
const ordered =
  (accepts: (order: number) => boolean) =>
  (one: unknown, other: unknown): boolean => {
    if (typeof other !== 'number' && typeof other !== 'string')
      throw new Error('Only numbers and texts are in an order')
    if (typeof one === 'number' && typeof other === 'number') return accepts(one - other)
    if (typeof one === 'string' && typeof other === 'string')
      return accepts(Buffer.compare(Buffer.from(one), Buffer.from(other)))
    return false
  }

const comparisons: Record<string, (one: unknown, other: unknown) => boolean> = {
  '=': isSame,
  '<>': (one, other) => !isSame(one, other),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
}

// --- Changing -----------------------------------------------------------------------------------------------------

/** Each right side is read from the record as it was. */
function readUpdate(tokens: Tokens): Change {
  const steps: ((before: Item, after: Item, values: Values) => void)[] = []
  while (!tokens.done) {
    const clause = tokens.take()
    if (clause !== 'SET' && clause !== 'REMOVE' && clause !== 'ADD')
      throw new Error(`No clause that is known here: ${clause}`)
    do {
      const path = readPath(tokens)
      if (clause === 'REMOVE') {
        steps.push((_, after) => void delete parentOf(after, path)[path.at(-1) ?? ''])
        continue
      }
      if (clause === 'ADD') {
        const read = present(readOperand(tokens))
        steps.push((before, after, values) => {
          const place = parentOf(after, path)
          place[path.at(-1) ?? ''] = joined(place[path.at(-1) ?? ''], read(before, values))
        })
        continue
      }
      tokens.need('=')
      const read = readSum(tokens)
      steps.push((before, after, values) => {
        parentOf(after, path)[path.at(-1) ?? ''] = read(before, values)
      })
    } while (tokens.has(','))
  }
  return (item, values) => {
    const after = { ...item }
    for (const step of steps) step(item, after, values)
    return after
  }
}

/** Sets are joined, numbers are summed; nothing else is added to. */
function joined(one: unknown, other: unknown): unknown {
  if (typeof other === 'number' && (one === undefined || typeof one === 'number')) return (one ?? 0) + other
  if ((one !== undefined && !(one instanceof Set)) || !(other instanceof Set))
    throw new Error('An update adds what is neither a set nor a number')
  return new Set([...(one ?? []), ...other])
}

function readSum(tokens: Tokens): Read {
  const left = present(readOperand(tokens))
  const sign = tokens.has('+') ? 1 : tokens.has('-') ? -1 : 0
  if (sign === 0) return left
  const right = present(readOperand(tokens))
  return (item, values) => {
    const [one, other] = [left(item, values), right(item, values)]
    if (typeof one !== 'number' || typeof other !== 'number') throw new Error('An update adds what is no number')
    return one + sign * other
  }
}

const present =
  (read: Read): Read =>
  (item, values) => {
    const value = read(item, values)
    if (value === undefined) throw new Error('An update uses an attribute that is not there')
    return value
  }

/** Where the last name of a path is, in copies of the maps on the way to it. */
function parentOf(item: Item, path: readonly string[]): Item {
  return path.slice(0, -1).reduce<Item>((place, name) => {
    const inner = place[name]
    if (!isMap(inner)) throw new Error(`An update goes into ${name}, which is no map`)
    const copy = { ...inner }
    place[name] = copy
    return copy
  }, item)
}

const isMap = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value)
