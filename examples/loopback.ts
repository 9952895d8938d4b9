/**
 * The small web server under the examples: it listens on loopback only, and knows its own address.
 *
 * The address comes from the settings and never from a request: whoever calls it by another name (DNS rebinding, or
 * 127.0.0.1 for localhost, whose cookies and WebAuthn origin are others) is sent to the right one or refused.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { html, type Page, pageHeaders, pageText } from './page.ts'

export type Answer = { status: number; headers: Record<string, string | string[]>; body: string }

export type Asked = {
  method: string
  url: URL
  header: (name: string) => string | undefined
  /** The body as text; longer than 256 KiB is refused before it is read to the end. */
  body: () => Promise<string>
}

export type Running = { url: string; close(): Promise<void> }

const bodyLimit = 256 * 1024

const always = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

export const showPage = (page: Page, status = 200, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { ...pageHeaders(page), ...headers },
  body: pageText(page),
})

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

export const goTo = (location: string, headers: Answer['headers'] = {}): Answer => ({
  status: 303,
  headers: { location, ...headers },
  body: '',
})

export const plainPage = (brand: string, title: string, sentence: string, status: number): Answer =>
  showPage({ brand, title: `${title} – ${brand}`, main: html`<h1>${title}</h1><p>${sentence}</p>` }, status)

class BodyTooLong extends Error {}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > bodyLimit) throw new BodyTooLong()
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...always, ...answer.headers })
  response.end(answer.body)
}

/** Serves `answer` on http://localhost:`port`; 0 takes a free port. Rejects when the port is in use. */
export async function serve(
  { brand, port }: { brand: string; port: number },
  answer: (asked: Asked, self: string) => Promise<Answer>,
): Promise<Running> {
  let self = ''

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const target = request.url ?? '/'
    // Only the path form of a target: an absolute one could name another host.
    const url = URL.canParse(self + target) && target.startsWith('/') ? new URL(self + target) : undefined
    if (url === undefined || url.origin !== self) return plainPage(brand, 'Bad request', 'No such address.', 400)
    const method = request.method ?? 'GET'
    if (request.headers.host !== new URL(self).host) {
      if (method === 'GET' && /^(127\.0\.0\.1|\[::1\]):/.test(request.headers.host ?? '')) return goTo(url.href)
      return plainPage(brand, 'Wrong address', `This is ${self}/: open it by that name.`, 421)
    }
    const header = (name: string) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value[0] : value
    }
    return answer({ method, url, header, body: () => read(request) }, self)
  }

  const server = createServer((request, response) => {
    answerTo(request)
      .catch((error: unknown) => {
        if (error instanceof BodyTooLong) return plainPage(brand, 'Too long', 'The request is too long.', 413)
        console.error(`${brand}:`, error)
        return plainPage(brand, 'Something broke', 'The example failed; its log says why.', 500)
      })
      .then((reply) => send(response, reply))
      .catch(() => response.destroy())
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  self = `http://localhost:${address.port}`
  return {
    url: self,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
