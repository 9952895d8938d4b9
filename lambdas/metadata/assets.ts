// GET /assets/{file} — the stylesheet, the script of the ceremonies and the pictures of the hosted pages.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { type Answer, type Call, problem } from '../../src/http/call.ts'

const kinds: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

type Asset = { body: string; headers: Record<string, string> }

/** The bundler writes the files beside the bundle. Runs from source say where theirs are. */
const directory = [join(import.meta.dirname, 'assets'), process.env.ASSETS_DIR ?? ''].find(
  (path) => path !== '' && existsSync(path),
)

// Read once, when the Lambda starts: a name that is not in this list reaches no file system.
const assets = new Map(directory === undefined ? [] : readdirSync(directory).flatMap((name) => load(directory, name)))

function load(from: string, name: string): [string, Asset][] {
  const kind = kinds[extname(name)]
  if (kind === undefined) return []
  const body = readFileSync(join(from, name), 'utf8')
  const headers = {
    'content-type': kind,
    'cache-control': 'public, max-age=300',
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    // A picture can be opened as a document; it may do nothing there.
    'content-security-policy': "default-src 'none'",
  }
  return [[name, { body, headers }]]
}

/** RFC 9110 §13.1.2: a list, or `*`; compared weakly. */
const isKnown = (ifNoneMatch: string | undefined, etag: string | undefined): boolean =>
  (ifNoneMatch ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === etag)

export async function handle(_world: unknown, call: Call): Promise<Answer> {
  const asset = assets.get(call.params.file ?? '')
  if (asset === undefined) return problem({ status: 404, code: 'not-found', title: 'There is no such file.' })
  const { body, headers } = asset
  if (isKnown(call.headers['if-none-match'], headers.etag)) {
    const { 'content-type': _, ...kept } = headers
    return { status: 304, headers: kept }
  }
  return { status: 200, headers, body }
}
