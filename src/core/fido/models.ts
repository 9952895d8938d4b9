/**
 * Reads what the FIDO Metadata Service says of models: the name and the picture of each, by its AAGUID.
 *
 * From a metadata statement (FIDO Metadata Statement v3.0), several of them, or the payload of the service's BLOB (FIDO
 * Metadata Service v3.0 §3.1.6), as an operator loads them. Nothing is decided by what they say, and nothing of theirs is
 * believed but that: which keys are accepted is `model.ts`'s, by certificates.
 */
import { ok, type Result, refuse } from '../result.ts'
import { aaguidPattern } from './import-request.ts'

export type FidoModel = {
  /** A UUID in lower case. */
  aaguid: string
  description: string
  /** A `data:` URL of a PNG or an SVG, for an <img> and nothing else: in one, an SVG runs no script. */
  icon?: string
}

/** In characters, of the `data:` URL. Those of the service have some 10,000 at the very most. */
export const longestIcon = 65_536
/** As FIDO Metadata Statement §4 limits it. */
export const longestDescription = 200

const iconPattern = /^data:image\/(png|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/

type Unfit = 'bad-metadata-statement'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const bad = (at: string, detail: string) => refuse<Unfit>('bad-metadata-statement', { at, detail })

/** `undefined`: of an authenticator without an AAGUID, such as one of U2F. */
function readStatement(value: unknown, at: string): Result<FidoModel | undefined, Unfit> {
  if (!isObject(value)) return bad(at, 'must be a metadata statement')
  const { aaguid, description, icon } = value
  if (aaguid === undefined) return ok(undefined)
  if (typeof aaguid !== 'string' || !new RegExp(aaguidPattern).test(aaguid))
    return bad(`${at}/aaguid`, 'must be a UUID')
  if (typeof description !== 'string' || !/^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u.test(description))
    return bad(`${at}/description`, `must be a line of 1 to ${longestDescription} characters`)
  if (icon !== undefined && (typeof icon !== 'string' || icon.length > longestIcon || !iconPattern.test(icon)))
    return bad(`${at}/icon`, `must be a data: URL of a PNG or an SVG in base64, of at most ${longestIcon} characters`)
  return ok({ aaguid: aaguid.toLowerCase(), description, ...(icon === undefined ? {} : { icon }) })
}

/** All that a file names, the last of a model counting; refused as a whole where one statement is no good. */
export function readModels(document: unknown): Result<FidoModel[], Unfit> {
  const entries = isObject(document) && Array.isArray(document.entries) ? document.entries : undefined
  const list = entries ?? (Array.isArray(document) ? document : [document])
  const models = new Map<string, FidoModel>()
  for (const [index, each] of list.entries()) {
    const at = entries === undefined ? (list === document ? `/${index}` : '') : `/entries/${index}/metadataStatement`
    // An entry of the service may have none, and says then only what became of the model.
    const statement = entries === undefined ? each : isObject(each) ? each.metadataStatement : undefined
    if (entries !== undefined && statement === undefined) continue
    const read = readStatement(statement, at)
    if (!read.ok) return read
    if (read.value !== undefined) models.set(read.value.aaguid, read.value)
  }
  return ok([...models.values()])
}
