/** Lists in pages: by number where all is read at once, by a cursor where an index is read piece by piece. */
import { ok, type Result } from '../../src/core/result.ts'
import { type Answer, json } from '../../src/http/call.ts'
import { badParameter, readNumber } from './asked.ts'

export const pageSizes = { least: 1, most: 100, usual: 20 } as const
export const pageIndexes = { least: 0, most: 100_000, usual: 0 } as const

export const readPageSize = (text: string | undefined): Result<number, 'malformed-request'> =>
  readNumber('pageSize', text, pageSizes)

type Links = { self: string; next?: string; prev?: string }

/** Without the parameters that have no value. */
export function addressOf(base: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text === '' ? base : `${base}?${text}`
}

/** One page of what is known as a whole. */
export function numberedPage(
  items: readonly unknown[],
  { pageIndex, pageSize, base }: { pageIndex: number; pageSize: number; base: string },
): Answer {
  const at = (index: number): string => addressOf(base, { pageIndex: index, pageSize })
  const start = pageIndex * pageSize
  const links: Links = {
    self: at(pageIndex),
    ...(start + pageSize < items.length ? { next: at(pageIndex + 1) } : {}),
    ...(pageIndex > 0 ? { prev: at(pageIndex - 1) } : {}),
  }
  const page = { items: items.slice(start, start + pageSize), totalItems: items.length, pageIndex, pageSize }
  return json(200, { page, links })
}

/** One page of an index, whose length nobody knows without reading all of it. */
export const cursorPage = (items: readonly unknown[], pageSize: number, links: Links): Answer =>
  json(200, { page: { items, pageSize }, links })

/** Where the next page begins, as a text without meaning to others. Short lists of texts and numbers only. */
export const writeCursor = (parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url')

/** Exactly what `writeCursor` wrote and `isValid` takes. It is only a place in a list that its bearer may read anyhow. */
export function readCursor<Parts extends readonly (string | number)[]>(
  text: string,
  isValid: (parts: unknown) => parts is Parts,
): Result<Parts, 'malformed-request'> {
  const bad = badParameter('cursor', 'is not one that was given for this list')
  if (text.length > 2048) return bad
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return bad
  }
  return isValid(parts) && writeCursor(parts) === text ? ok(parts) : bad
}
