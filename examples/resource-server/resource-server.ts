/**
 * A resource server: a bank's API, in which each call says how strongly its caller must have signed in (RFC 9470).
 *
 *     npx node examples/resource-server/resource-server.ts --issuer http://localhost:4400
 *
 * | call | needs |
 * | --- | --- |
 * | GET /accounts | `pwd` |
 * | POST /transfers | `otp`, within the last 300 seconds |
 * | DELETE /accounts/{id} | `fido` |
 *
 * Accounts are in memory, and everybody begins with the same two.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
// In a project of yours: '@keystep/resource-server/fetch'.
import { type Auth, requireStepUp } from '../../packages/resource-server/src/fetch.ts'
import { type Answer, type Asked, type Running, serve } from '../loopback.ts'

export type ResourceServer = {
  port: number
  issuer: string
  /** What access tokens call this API. Keystep's are for all of a deployment, and carry its issuer. */
  audience?: string
}

/** The weakest first: what the realm maps to levels. */
const order = ['pwd', 'otp', 'cba', 'fido']

type Accounts = Map<string, number>

function bank() {
  const everybodys = new Map<string, Accounts>()
  return (subject: string): Accounts => {
    const own = everybodys.get(subject) ?? new Map(Object.entries({ current: 1200, savings: 5000 }))
    everybodys.set(subject, own)
    return own
  }
}

type Transfer = { from: string; to: string; amount: number }

async function readTransfer(request: Request): Promise<Transfer | undefined> {
  const data = (await request.json().catch(() => undefined)) as Partial<Record<keyof Transfer, unknown>> | undefined
  const { from, to, amount } = data ?? {}
  if (typeof from !== 'string' || typeof to !== 'string' || from === to) return undefined
  return Number.isSafeInteger(amount) && Number(amount) > 0 ? { from, to, amount: Number(amount) } : undefined
}

const problem = (status: number, title: string): Response => Response.json({ status, title }, { status })

/** The API as a function of web requests. */
export function makeApi({ issuer, audience = issuer }: Omit<ResourceServer, 'port'>) {
  const accountsOf = bank()
  const needs = (required: string, maxAge?: number) =>
    requireStepUp({ issuer, audience, acr: { order, required }, ...(maxAge === undefined ? {} : { maxAge }) })

  const list = needs('pwd')((_request, { subject }: Auth) =>
    Response.json([...accountsOf(subject)].map(([id, balance]) => ({ id, balance }))),
  )

  const transfer = needs(
    'otp',
    300,
  )(async (request, { subject }) => {
    const accounts = accountsOf(subject)
    const asked = await readTransfer(request)
    const [from, to] = [accounts.get(asked?.from ?? ''), accounts.get(asked?.to ?? '')]
    if (asked === undefined || from === undefined || to === undefined || from < asked.amount)
      return problem(422, 'From one account to another, as much as there is.')
    accounts.set(asked.from, from - asked.amount).set(asked.to, to + asked.amount)
    return Response.json(asked, { status: 201 })
  })

  const close = needs('fido')((_request, { subject }, id: string) =>
    accountsOf(subject).delete(id) ? new Response(null, { status: 204 }) : problem(404, 'There is no such account.'),
  )

  return async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const id = /^\/accounts\/([a-z]+)$/.exec(pathname)?.[1]
    if (request.method === 'GET' && pathname === '/accounts') return list(request)
    if (request.method === 'POST' && pathname === '/transfers') return transfer(request)
    if (request.method === 'DELETE' && id !== undefined) return close(request, id)
    return problem(404, 'There is no such call.')
  }
}

/** The same on http://localhost:`port`. */
export function startResourceServer({ port, ...settings }: ResourceServer): Promise<Running> {
  const api = makeApi(settings)
  return serve({ brand: 'Accounts', port }, async (asked) => answerOf(await api(await requestOf(asked))))
}

async function requestOf({ method, url, header, body }: Asked): Promise<Request> {
  const authorization = header('authorization')
  return new Request(url, {
    method,
    headers: authorization === undefined ? {} : { authorization },
    ...(method === 'POST' ? { body: await body() } : {}),
  })
}

const answerOf = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  body: await response.text(),
})

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = { issuer: { type: 'string' }, port: { type: 'string' } } as const
  const { issuer = 'http://localhost:4400', port = '4410' } = parseArgs({ options }).values
  const { url } = await startResourceServer({ issuer, port: Number(port) })
  console.log(`Accounts are at ${url}, for tokens of ${issuer}. Ctrl-C ends it.`)
}
