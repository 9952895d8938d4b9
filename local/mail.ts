/**
 * Mail on a laptop: takes what is sent to SES, and shows it to whoever sits there.
 *
 * `POST /` is SES (see `ses.ts`, also for how to make sending fail). `GET /` is the inbox. `/mails.json` is the inbox
 * for programs, an array with the newest mail first; `?to=` keeps the mails to an address, `?after=` those newer than
 * the mail with that id, `?wait=` waits up to so many seconds (30 at most) until there is one; `DELETE` empties it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { inboxPage, mailPage, type PageAnswer } from './inbox.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'
import { listen } from './ports.ts'
import { answerSes } from './ses.ts'

export type MailCapture = {
  /** For the SES client. */
  endpoint: string
  inboxUrl: string
  inboxJsonUrl: string
  close(): Promise<void>
}

/** SES takes mails of 10 MB; base64 and form encoding make them longer on the way. */
const bodyLimit = 20 * 1024 * 1024

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > bodyLimit) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

type Reply = PageAnswer & { status?: number }

const plain = (status: number, body: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
})

async function ses(request: IncomingMessage, mailbox: Mailbox): Promise<Reply> {
  const body = await read(request)
  if (body === undefined) return plain(413, 'The mail is longer than SES takes.\n', { connection: 'close' })
  const answer = await answerSes(request.headers.authorization, body, mailbox.add)
  return { ...answer, headers: { 'content-type': 'text/xml' } }
}

async function list(url: URL, mailbox: Mailbox, signal: AbortSignal): Promise<Reply> {
  const { to, after, wait } = Object.fromEntries(url.searchParams)
  const search = { ...(to === undefined ? {} : { to }), ...(after === undefined ? {} : { after }) }
  const seconds = Math.min(Number(wait ?? 0) || 0, 30)
  const mails = await mailbox.wait(search, seconds, signal)
  return { headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(mails, null, 2)}\n` }
}

async function answer(request: IncomingMessage, url: URL, mailbox: Mailbox, signal: AbortSignal): Promise<Reply> {
  const asked = `${request.method} ${url.pathname}`
  if (asked === 'POST /') return ses(request, mailbox)
  if (asked === 'GET /') return inboxPage(mailbox.find({}))
  if (asked === 'GET /mails.json') return list(url, mailbox, signal)
  if (asked === 'DELETE /mails.json') {
    mailbox.empty()
    return { status: 204, headers: {}, body: '' }
  }
  if (asked === 'POST /empty' && request.headers.origin === url.origin) {
    mailbox.empty()
    return { status: 303, headers: { location: '/' }, body: '' }
  }
  const id = /^GET \/mails\/(.+)\.html$/.exec(asked)?.[1]
  const mail = id === undefined ? undefined : mailbox.find({}).find((it) => it.id === id)
  return mail === undefined ? plain(404, 'No such page.\n') : mailPage(mail)
}

/**
 * @param port 0: a free one.
 * @param directory where the mails are kept over restarts; none: in memory.
 */
export async function startMailCapture({
  port,
  directory,
}: {
  port: number
  directory?: string
}): Promise<MailCapture> {
  const mailbox = openMailbox(directory)
  const closing = new AbortController()
  let self = ''

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/'
    const host = request.headers.host ?? ''
    // By another name it is a strange website that calls (DNS rebinding); codes are nothing to give away.
    const known = [new URL(self).host, new URL(self).host.replace('localhost', '127.0.0.1')].includes(host)
    const left = new AbortController()
    response.on('close', () => left.abort())
    const reply =
      known && target.startsWith('/') && URL.canParse(self + target)
        ? await answer(request, new URL(self + target), mailbox, AbortSignal.any([left.signal, closing.signal]))
        : plain(421, `This is ${self}/: open it by that name.\n`)
    response.writeHead(reply.status ?? 200, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // Not `no-referrer`: browsers then send `Origin: null` with our own form.
      'referrer-policy': 'same-origin',
      ...reply.headers,
    })
    response.end(reply.body)
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      console.error('mail capture:', error)
      response.destroy()
    })
  })
  self = `http://localhost:${await listen(server, port, 'the inbox')}`
  return {
    endpoint: self,
    inboxUrl: `${self}/`,
    inboxJsonUrl: `${self}/mails.json`,
    close: () =>
      new Promise((done) => {
        closing.abort()
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
