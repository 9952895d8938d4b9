/**
 * A token validator for a laptop and for tests: what docs/token-validator.md asks of one, with tokens that play every
 * step. On loopback, over HTTP, or over HTTPS where it is given a certificate.
 */
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { checkRequest, type Keys, openNonces, signAnswer } from './signatures.ts'
import { openTokens, type Question } from './tokens.ts'

export type TokenValidatorOptions = {
  keys: Keys
  /** 0 takes a free one. */
  port?: number
  /** PEM. */
  tls?: { key: string; cert: string }
  /** In seconds since 1970. */
  now?: () => number
}

export type RunningValidator = { url: string; close(): Promise<void> }

const path = '/validate'
const longestBody = 16_384

export async function startTokenValidator({
  keys,
  port = 0,
  tls,
  now = () => Math.floor(Date.now() / 1000),
}: TokenValidatorOptions): Promise<RunningValidator> {
  const nonces = openNonces()
  const answerOf = openTokens(now)
  let url = ''

  async function answer(request: IncomingMessage): Promise<{ status: number; headers: object; body: Buffer }> {
    if (request.method !== 'POST' || request.url !== path) return refused(404, 'POST /validate is all there is')
    const body = await bodyOf(request)
    if (body === undefined) return refused(413, 'too long')
    const checked = checkRequest(
      { method: 'POST', targetUri: url, headers: request.headers, body },
      keys,
      nonces,
      now(),
    )
    if (!checked.ok) return refused(401, checked.because)
    const question = readQuestion(body)
    if (question === undefined) return refused(400, 'not the agreed JSON')
    const answered = Buffer.from(JSON.stringify(answerOf(question)))
    return { status: 200, headers: signAnswer(answered, checked, keys[checked.keyId] ?? '', now()), body: answered }
  }

  const listener: Parameters<typeof createHttpServer>[1] = (request, response) => {
    answer(request)
      .then(({ status, headers, body }) => response.writeHead(status, { ...headers }).end(body))
      .catch(() => response.destroy())
  }
  const server: Server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener)
  server.listen(port, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  url = `${tls === undefined ? 'http' : 'https'}://localhost:${address.port}${path}`
  return {
    url,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Not signed: whoever is refused so did not prove to be anybody. */
const refused = (status: number, sentence: string) => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from(`${sentence}\n`),
})

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    length += bytes.length
    if (length > longestBody) return undefined
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

function readQuestion(body: Buffer): Question | undefined {
  try {
    const { userName, response, answering } = JSON.parse(body.toString('utf8'))
    if (typeof userName !== 'string' || typeof response !== 'string') return undefined
    return { userName, response, ...(answering === undefined ? {} : { state: String(answering.state) }) }
  } catch {
    return undefined
  }
}
