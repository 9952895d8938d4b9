/**
 * Reads a file of authenticators into rows, each with the item that the API takes or with why there is none.
 *
 * Only its form: whether a key is any good, and whose it is, the API says, in the dry run.
 */
import Papa from 'papaparse'

export type Fault = { kind: 'missing' | 'unknown'; names: readonly string[] } | { kind: 'not-number' }

type Item = { userId: string; type: 'fido'; metadata: Record<string, unknown>; [member: string]: unknown }

/** `number`: as whoever has the file open counts it, the line of names included. */
export type Row = { number: number; userId: string; key: string } & ({ item: Item } | { fault: Fault })

export type FileRefusal = 'too-large' | 'not-json' | 'not-items' | 'empty'

export type Read = { ok: true; rows: Row[] } | { ok: false; refused: FileRefusal }

/** In bytes. */
export const largestFile = 20 * 1024 * 1024

const outer = ['userId', 'friendlyName', 'externalId', 'serialNumber', 'expiresAt'] as const
const inner = [
  ...(['rpId', 'credentialId', 'publicKey', 'publicKeyPem', 'aaguid', 'signatureCounter', 'transports'] as const),
  ...(['userHandle', 'discoverable', 'backupEligible'] as const),
] as const
export const columnNames: readonly string[] = [...outer, ...inner]

const isOuter = (name: string): boolean => outer.some((each) => each === name)
const isKnown = (name: string): boolean => columnNames.includes(name)

/** A cell is a text; some members are not. */
function memberOf(name: string, text: string): unknown {
  if (name === 'signatureCounter') return Number(text)
  if (name === 'transports') return text.split(/[\s,;]+/).filter((each) => each !== '')
  if (name === 'discoverable' || name === 'backupEligible') return /^(true|yes|1)$/i.test(text)
  // A PEM in a cell has its lines as they are, or as `\n`.
  return name === 'publicKeyPem' ? text.replaceAll('\\n', '\n') : text
}

function rowOf(number: number, cells: Record<string, string>, rpId: string): Row {
  const given = Object.fromEntries(Object.entries(cells).map(([name, text]) => [name, text.trim()]))
  const { userId = '', credentialId = '' } = given
  const about = { number, userId, key: given.friendlyName || given.serialNumber || credentialId }
  const missing = ['userId', 'credentialId'].filter((name) => !given[name])
  const hasKey = Boolean(given.publicKey || given.publicKeyPem)
  const faults = [...missing, ...(hasKey ? [] : ['publicKey']), ...(given.rpId || rpId ? [] : ['rpId'])]
  if (faults.length > 0) return { ...about, fault: { kind: 'missing', names: faults } }
  if (given.signatureCounter && !/^\d+$/.test(given.signatureCounter))
    return { ...about, fault: { kind: 'not-number' } }
  const filled = Object.entries(given).filter(([name, text]) => text !== '' && isKnown(name))
  const pick = (wanted: (name: string) => boolean) =>
    Object.fromEntries(filled.filter(([name]) => wanted(name)).map(([name, text]) => [name, memberOf(name, text)]))
  const metadata = { rpId, ...pick((name) => !isOuter(name)) }
  return { ...about, item: { ...pick(isOuter), userId, type: 'fido', metadata } }
}

function readCsv(text: string, rpId: string): Read {
  const parsed = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (name) => name.trim(),
  })
  const unknown = (parsed.meta.fields ?? []).filter((name) => name !== '' && !isKnown(name))
  // A column that nobody knows is a typing error: half of a key would be worse than none.
  const rows = parsed.data.map((cells, at): Row => {
    const row = rowOf(at + 2, cells, rpId)
    const { number, userId, key } = row
    return unknown.length === 0 ? row : { number, userId, key, fault: { kind: 'unknown', names: unknown } }
  })
  return rows.length === 0 ? { ok: false, refused: 'empty' } : { ok: true, rows }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

function itemOf(number: number, value: unknown, rpId: string): Row {
  if (!isObject(value)) return { number, userId: '', key: '', fault: { kind: 'missing', names: ['userId'] } }
  // Flat, as a line of CSV, or as the API has it.
  const { metadata, ...rest } = value
  const flat = Object.entries(rest).filter(([name]) => !isOuter(name) && name !== 'type' && isKnown(name))
  const kept = Object.entries(rest).filter(([name]) => !flat.some(([each]) => each === name))
  const whole = { rpId, ...Object.fromEntries(flat), ...(isObject(metadata) ? metadata : {}) }
  const userId = textIn(rest.userId)
  const key =
    textIn(rest.friendlyName) ||
    textIn(rest.serialNumber) ||
    textIn(Object.entries(whole).find(([name]) => name === 'credentialId')?.[1])
  if (userId === '') return { number, userId, key, fault: { kind: 'missing', names: ['userId'] } }
  return { number, userId, key, item: { ...Object.fromEntries(kept), userId, type: 'fido', metadata: whole } }
}

function readJson(text: string, rpId: string): Read {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, refused: 'not-json' }
  }
  const items = isObject(value) ? value.items : value
  if (!Array.isArray(items)) return { ok: false, refused: 'not-items' }
  if (items.length === 0) return { ok: false, refused: 'empty' }
  return { ok: true, rows: items.map((item, at) => itemOf(at + 1, item, rpId)) }
}

/** JSON by its beginning, whatever the file is called. `rpId`: of what names none. */
export function readRows(text: string, rpId: string): Read {
  const body = text.replace(/^\uFEFF/, '')
  return /^\s*[[{]/.test(body) ? readJson(body, rpId) : readCsv(body, rpId)
}
