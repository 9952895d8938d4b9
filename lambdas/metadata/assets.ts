// GET /assets/{file} — the stylesheets, the scripts and the pictures of the hosted pages, of console and of portal.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { type Answer, type Call, problem } from '../../src/http/call.ts'

const kinds: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** What a body may be compressed with, the shortest first, and how its file ends (RFC 9110 §8.4.1, RFC 7932). */
const codings = { br: '.br', gzip: '.gz' } as const
type Coding = keyof typeof codings
const namesOfCodings = Object.keys(codings) as Coding[]

type Body = Pick<Answer, 'body' | 'isBase64Encoded'>
type Asset = { headers: Record<string, string>; hash: string; plain: Body; coded: Partial<Record<Coding, Body>> }

/** The bundler writes the files beside the bundle. Runs from source say where theirs are. */
const directory = [join(import.meta.dirname, 'assets'), process.env.ASSETS_DIR ?? ''].find(
  (path) => path !== '' && existsSync(path),
)

// Read once, when the Lambda starts: a name that is not in this list reaches no file system.
const assets = new Map(directory === undefined ? [] : readdirSync(directory).flatMap((name) => load(directory, name)))

/**
 * What its name says the content of stays as it is. What names such parts is asked for each time: one from before a
 * deployment names those that are gone, and loading the page anew would not help as long as the browser keeps it.
 */
function lifetimeOf(name: string): string {
  if (name.startsWith('part-')) return 'public, max-age=31536000, immutable'
  return name === 'console.js' || name === 'portal.js' ? 'no-cache' : 'public, max-age=300'
}

function load(from: string, name: string): [string, Asset][] {
  const kind = kinds[extname(name)]
  if (kind === undefined) return []
  const body = readFileSync(join(from, name), 'utf8')
  const hash = createHash('sha256').update(body).digest('base64url')
  const coded = namesOfCodings.flatMap((coding) => {
    const file = join(from, `${name}${codings[coding]}`)
    return existsSync(file) ? [[coding, { body: readFileSync(file, 'base64'), isBase64Encoded: true }] as const] : []
  })
  const headers = {
    'content-type': kind,
    'cache-control': lifetimeOf(name),
    ...(coded.length === 0 ? {} : { vary: 'accept-encoding' }),
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    // A picture can be opened as a document; it may do nothing there.
    'content-security-policy': "default-src 'none'",
  }
  return [[name, { headers, hash, plain: { body }, coded: Object.fromEntries(coded) }]]
}

/** RFC 9110 §13.1.2: a list, or `*`; compared weakly. */
const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === etag)

/** RFC 9110 §12.5.3. Ours is the choice among what is not ruled out by a weight of 0, and `*` names no coding of ours. */
function codingFor({ coded }: Asset, acceptEncoding: string | undefined): Coding | undefined {
  const accepted = (acceptEncoding ?? '').split(',').flatMap((range) => {
    const [coding = '', ...parameters] = range.split(';').map((piece) => piece.trim().toLowerCase())
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [coding]
  })
  return namesOfCodings.find((coding) => coded[coding] !== undefined && accepted.includes(coding))
}

export async function handle(_world: unknown, call: Call): Promise<Answer> {
  const asset = assets.get(call.params.file ?? '')
  if (asset === undefined) return problem({ status: 404, code: 'not-found', title: 'There is no such file.' })
  const coding = codingFor(asset, call.headers['accept-encoding'])
  // Other bytes are another representation, with a tag of its own (RFC 9110 §8.8.3.3).
  const etag = coding === undefined ? `"${asset.hash}"` : `"${asset.hash}-${coding}"`
  const headers: Record<string, string> = { ...asset.headers, etag }
  if (isKnown(call.headers['if-none-match'], etag)) {
    const { 'content-type': _, ...kept } = headers
    return { status: 304, headers: kept }
  }
  const body = (coding === undefined ? undefined : asset.coded[coding]) ?? asset.plain
  return { status: 200, headers: { ...headers, ...(coding && { 'content-encoding': coding }) }, ...body }
}
