import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { handle as home } from '../../lambdas/metadata/home.ts'
import type { Answer, Call } from '../../src/http/call.ts'

const script = 'console.log(1)'

let directory: string
let assets: (world: unknown, call: Call) => Promise<Answer>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystep-assets-'))
  await writeFile(join(directory, 'keystep.css'), 'body { margin: 0 }')
  await writeFile(join(directory, 'favicon.svg'), '<svg/>')
  await writeFile(join(directory, 'secrets.env'), 'KEY=1')
  await writeFile(join(directory, 'console.js'), script)
  await writeFile(join(directory, 'console.js.br'), brotliCompressSync(script))
  await writeFile(join(directory, 'console.js.gz'), gzipSync(script))
  await writeFile(join(directory, 'part-ABC.js'), 'export {}')
  process.env.ASSETS_DIR = directory
  assets = (await import('../../lambdas/metadata/assets.ts')).handle
})
afterAll(() => rm(directory, { recursive: true }))

const call = (change: Partial<Call> = {}): Call => ({
  id: 'r1',
  method: 'GET',
  path: '/',
  params: {},
  query: '',
  headers: {},
  cookies: {},
  body: '',
  ip: '127.0.0.1',
  ...change,
})
const get = (file: string, headers: Record<string, string> = {}) => assets({}, call({ params: { file }, headers }))

it('serves a file with its type, for five minutes', async () => {
  const { status, headers, body } = await get('keystep.css')
  expect([status, body]).toEqual([200, 'body { margin: 0 }'])
  expect(headers).toMatchObject({
    'content-type': 'text/css; charset=utf-8',
    'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
  })
})

it('answers 304 to a browser that has it', async () => {
  const { etag = '' } = (await get('favicon.svg')).headers
  for (const known of [etag, `W/${etag}`, `"old", ${etag}`, '*']) {
    const answer = await get('favicon.svg', { 'if-none-match': known })
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([304, undefined, etag])
  }
  expect((await get('favicon.svg', { 'if-none-match': '"old"' })).status).toBe(200)
})

it.each([
  ['br, gzip', 'br', brotliDecompressSync],
  ['gzip, deflate, br;q=0.5', 'br', brotliDecompressSync],
  ['gzip, br;q=0', 'gzip', gunzipSync],
  ['GZIP;q=0.1', 'gzip', gunzipSync],
] as const)('compresses for a browser that takes %s', async (accepted, coding, open) => {
  const { status, headers, body = '', isBase64Encoded } = await get('console.js', { 'accept-encoding': accepted })
  expect([status, isBase64Encoded]).toEqual([200, true])
  expect(headers).toMatchObject({ 'content-encoding': coding, vary: 'accept-encoding' })
  expect(open(Buffer.from(body, 'base64')).toString()).toBe(script)
  const again = await get('console.js', { 'accept-encoding': accepted, 'if-none-match': headers.etag ?? '' })
  expect(again.status).toBe(304)
  // Other bytes: what was kept of them is no plain file.
  expect((await get('console.js', { 'if-none-match': headers.etag ?? '' })).status).toBe(200)
})

it.each([undefined, '', 'identity', 'br;q=0.0, gzip;q=0', 'zstd'])(
  'sends plain bytes to who takes %j',
  async (accepted) => {
    const { headers, body } = await get('console.js', accepted === undefined ? {} : { 'accept-encoding': accepted })
    expect([headers['content-encoding'], headers.vary, body]).toEqual([undefined, 'accept-encoding', script])
  },
)

it('lets a part be kept, whose name is its content', async () => {
  // Names parts that another version does not have.
  expect((await get('console.js')).headers['cache-control']).toBe('no-cache')
  expect((await get('part-ABC.js')).headers['cache-control']).toContain('immutable')
})

it.each([
  '',
  'nothing.css',
  'console.js.br',
  '../package.json',
  '..%2fpackage.json',
  '/etc/passwd',
  'secrets.env',
  '__proto__',
])('has no file %j', async (file) => {
  const { status, headers } = await get(file)
  expect([status, headers['content-type']]).toEqual([404, 'application/problem+json'])
})

it('the home page speaks the visitor’s language under the strict policy', async () => {
  const stage = { serviceName: 'Keystep Demo', issuer: 'http://localhost:4000' }
  const { status, headers, body } = await home({ stage }, call({ headers: { 'accept-language': 'de' } }))
  expect(status).toBe(200)
  expect(body).toContain('<html lang="de">')
  expect(headers['content-security-policy']).toContain("default-src 'none'")
  expect(headers).not.toHaveProperty('strict-transport-security')
})
