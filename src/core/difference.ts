/** What differs between two JSON documents, in words for the audit log: where, what it was, what it is. */
import { escapePointer } from './document.ts'

/** Long enough to tell; a record of the audit log is no place for a whole flow. */
const longest = 2000
const longestValue = 80

export function differences(before: unknown, after: unknown): string {
  const told = between(before, after, '').join('; ')
  return told.length <= longest ? told : `${told.slice(0, longest - 2)} …`
}

function between(before: unknown, after: unknown, at: string): string[] {
  if (isNested(before) && isNested(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) => between(own(before, name), own(after, name), `${at}/${escapePointer(name)}`))
  }
  const [was, is] = [show(before), show(after)]
  return was === is ? [] : [`${at}: ${was} → ${is}`]
}

/** A name may be `toString`: what is not a member's is not looked up on the prototype. */
const own = (of: Record<string, unknown>, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined)

/** Lists as well: their members are compared place by place. */
const isNested = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`
}
