/** The pages in a real browser: rendered on request and served from loopback, with the headers that they ship with. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { extname, join } from 'node:path'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { renderPage } from '../../web/pages.ts'
import { pageHeaders } from '../../web/security-headers.ts'
import type { Locale, View } from '../../web/view.ts'

const web = join(import.meta.dirname, '../../web')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(`Chromium is not at ${executablePath}: install it, or name it in the variable CHROMIUM.`)
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export type Post = { path: string; headers: IncomingHttpHeaders; form: URLSearchParams }

export type Site = {
  origin: string
  /** Puts a page at an address, until another is put there. */
  show(path: string, view: View, locale?: Locale): string
  /** What forms have sent, oldest first. */
  posts: Post[]
  close(): Promise<void>
}

const kinds: Record<string, string> = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }

async function readAssets(): Promise<Map<string, string>> {
  const script = await build({
    entryPoints: [join(web, 'browser/passkey.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  })
  const pictures = await readdir(join(web, 'assets'))
  return new Map([
    ['/assets/passkey.js', script.outputFiles[0]?.text ?? ''],
    // The page that sends itself away, as those see it for whom it does not.
    ['/assets/form-post.js', ''],
    ['/assets/keystep.css', await readFile(join(web, 'keystep.css'), 'utf8')],
    ...(await Promise.all(
      pictures.map(
        async (name): Promise<[string, string]> => [
          `/assets/${name}`,
          await readFile(join(web, 'assets', name), 'utf8'),
        ],
      ),
    )),
  ])
}

export async function openSite(): Promise<Site> {
  const assets = await readAssets()
  const pages = new Map<string, string>()
  const posts: Post[] = []
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const asset = assets.get(path)
    if (asset !== undefined) {
      response.writeHead(200, { 'content-type': kinds[extname(path)] ?? 'text/plain' }).end(asset)
      return
    }
    if (request.method === 'POST') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      posts.push({ path, headers: request.headers, form: new URLSearchParams(Buffer.concat(chunks).toString()) })
    }
    const page = pages.get(path) ?? renderPage({ page: 'logged-out' }, { serviceName: 'Keystep Demo', locale: 'en' })
    const headers = { 'content-type': 'text/html; charset=utf-8', ...pageHeaders([], { https: false }) }
    response.writeHead(200, headers).end(page)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  // `localhost` and not the number: a name is what an RP ID can be.
  const origin = `http://localhost:${typeof address === 'object' ? address?.port : ''}`
  return {
    origin,
    posts,
    show(path, view, locale = 'en') {
      pages.set(path, renderPage(view, { serviceName: 'Keystep Demo', locale }))
      return `${origin}${path}`
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
