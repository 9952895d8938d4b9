/**
 * The service's API as `design/authenticators.md` describes it, for the tests of the CMS: in memory, strict about what
 * it is sent, and forgetful. It stands in until the tests are pointed at the real one (`Service` is all they need).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'
import { z } from 'zod'

export type Service = {
  issuer: string
  tenantCode: string
  apiKey: string
  person: { id: string; userName: string }
  /** What only the user can do, by the hosted pages: the API has no call for it. */
  activate(authenticatorId: string): Promise<void>
  /** The toggle in the settings. */
  allowImport(allowed: boolean): Promise<void>
  close(): Promise<void>
}

const b64u = z.string().regex(/^[\w-]+$/)
const common = {
  rpId: z.literal('localhost'),
  credentialId: b64u,
  // Not z.uuid(): many models have an AAGUID whose version bits are no UUID's.
  aaguid: z.guid().optional(),
  signatureCounter: z.int().nonnegative().optional(),
  transports: z.array(z.string()).optional(),
  userHandle: b64u.optional(),
  discoverable: z.boolean().optional(),
  backupEligible: z.boolean().optional(),
}
const attestation = z.strictObject({ clientDataJSON: b64u, attestationObject: b64u, challengeId: z.string() })
const importShape = z.strictObject({
  type: z.literal('fido'),
  friendlyName: z.string().min(1).max(100).optional(),
  externalId: z.string().optional(),
  serialNumber: z.string().min(1).optional(),
  expiresAt: z.iso.datetime().optional(),
  metadata: z.union([z.strictObject({ ...common, publicKey: b64u }), z.strictObject({ ...common, attestation })]),
})
const changeShape = z.union([
  z.strictObject({ state: z.enum(['active', 'suspended']) }),
  z.strictObject({ friendlyName: z.string().min(1) }),
])

type Stored = { id: string; state: string; friendlyName?: string; credentialId: string; [member: string]: unknown }
type Reply = { status: number; body?: unknown }

const problem = (
  status: number,
  reason: string,
  title: string,
  errors?: { pointer: string; detail: string }[],
): Reply => ({
  status,
  body: { type: `https://keystep.example/problems/${reason}`, title, status, ...(errors ? { errors } : {}) },
})

const page = (items: unknown[]): Reply => ({
  status: 200,
  body: { page: { items, totalItems: items.length }, links: {} },
})

const malformed = (error: z.ZodError): Reply =>
  problem(
    400,
    'malformed-request',
    'The request is malformed',
    error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message })),
  )

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}

/** `cmsOrigin` is where attested ceremonies may come from; it is asked late, because the CMS starts after the service. */
export async function recordedService(cmsOrigin: () => string): Promise<Service> {
  const tenantCode = 'demo'
  const apiKey = `key.${randomBytes(12).toString('base64url')}`
  const person = { id: '0f9f3c1e', userName: 'anna', email: 'anna@example.test' }
  const keys: Stored[] = []
  const challenges = new Map<string, string>()
  const answered = new Map<string, { text: string; reply: Reply }>()
  let importAllowed = true

  const listed = ({ credentialId, ...key }: Stored) => ({
    ...key,
    type: 'fido',
    lastUsedAuthnDateTime: null,
    lastSuccessAuthnDateTime: null,
    createdDateTime: '2026-01-01T00:00:00.000Z',
    origin: 'imported',
    metadata: { rpId: 'localhost', credentialId },
  })

  async function attested(id: string, proof: z.infer<typeof attestation>): Promise<boolean> {
    const challenge = challenges.get(proof.challengeId)
    challenges.delete(proof.challengeId)
    if (challenge === undefined) return false
    const { clientDataJSON, attestationObject } = proof
    const response = { clientDataJSON, attestationObject }
    try {
      const verified = await verifyRegistrationResponse({
        response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
        expectedChallenge: challenge,
        expectedOrigin: cmsOrigin(),
        expectedRPID: 'localhost',
      })
      return verified.verified && verified.registrationInfo.fmt !== 'none'
    } catch {
      return false
    }
  }

  async function take(body: unknown): Promise<Reply> {
    if (!importAllowed) return problem(403, 'import-disabled', 'Importing is disabled')
    const parsed = importShape.safeParse(body)
    if (!parsed.success) return malformed(parsed.error)
    const { metadata, friendlyName, serialNumber } = parsed.data
    if ('attestation' in metadata && !(await attested(metadata.credentialId, metadata.attestation)))
      return problem(422, 'attestation-invalid', 'The attestation does not verify')
    if ('publicKey' in metadata) {
      const key = decodeCredentialPublicKey(new Uint8Array(Buffer.from(metadata.publicKey, 'base64url')))
      if (!cose.isCOSEPublicKeyEC2(key)) return problem(422, 'bad-public-key', 'The public key is no good')
    }
    const known = keys.find(({ credentialId }) => credentialId === metadata.credentialId)
    if (known !== undefined) return { status: 200, body: listed(known) }
    const stored: Stored = {
      id: randomUUID(),
      state: 'pending',
      credentialId: metadata.credentialId,
      provenance: 'attestation' in metadata ? 'attested' : 'raw',
      ...(friendlyName === undefined ? {} : { friendlyName }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
    }
    keys.push(stored)
    return { status: 201, body: listed(stored) }
  }

  function options(url: URL): Reply {
    const minutes = Number(url.searchParams.get('challengeTimeoutInMinutes'))
    if (!(minutes >= 5 && minutes <= 43_200))
      return problem(400, 'malformed-request', 'Malformed', [
        { pointer: '/challengeTimeoutInMinutes', detail: '5 to 43200' },
      ])
    const challengeId = randomUUID()
    const challenge = randomBytes(32).toString('base64url')
    challenges.set(challengeId, challenge)
    const publicKey = {
      rp: { id: 'localhost', name: 'Keystep' },
      user: { id: Buffer.from(person.id).toString('base64url'), name: person.userName, displayName: person.userName },
      challenge,
      pubKeyCredParams: [
        { type: 'public-key', alg: -7 },
        { type: 'public-key', alg: -257 },
      ],
      excludeCredentials: keys.map(({ credentialId: id }) => ({ id, type: 'public-key' })),
      attestation: 'direct',
    }
    return { status: 200, body: { publicKey, challengeId } }
  }

  function change(key: Stored, body: unknown): Reply {
    const parsed = changeShape.safeParse(body)
    if (!parsed.success) return malformed(parsed.error)
    if ('state' in parsed.data && key.state === 'pending')
      return problem(409, 'wrong-state', 'Only the user activates a pending authenticator')
    Object.assign(key, parsed.data)
    return { status: 200, body: listed(key) }
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.headers.apikey !== apiKey) return problem(401, 'unauthenticated', 'No such API key')
    const root = `/api/v1/tenants/${tenantCode}/users`
    if (url.pathname === root && request.method === 'GET')
      return page(url.searchParams.get('userName') === person.userName ? [person] : [])
    const [user, what, id, ...rest] = url.pathname.slice(root.length + 1).split('/')
    if (user !== person.id && user !== person.userName) return problem(404, 'no-user', 'No such user')
    if (what === undefined && request.method === 'GET') return { status: 200, body: person }
    if (what !== 'authenticators' || rest.length > 0) return problem(404, 'no-route', 'No such address')
    if (id === 'creation-options' && request.method === 'GET') return options(url)
    if (id === undefined && request.method === 'GET')
      return url.searchParams.get('pageIndex') === '0' && url.searchParams.get('pageSize') === '100'
        ? page(keys.map(listed))
        : problem(400, 'malformed-request', 'Paging is missing')
    if (id === undefined && request.method === 'POST') {
      const once = request.headers['idempotency-key']
      if (typeof once !== 'string' || once.length < 16)
        return problem(400, 'malformed-request', 'Idempotency-Key is missing')
      if (request.headers['content-type'] !== 'application/json') return problem(415, 'not-json', 'Not JSON')
      const body = await bodyOf(request)
      const before = answered.get(once)
      const text = JSON.stringify(body)
      if (before !== undefined)
        return before.text === text ? before.reply : problem(422, 'key-reused', 'Idempotency-Key was used')
      const reply = await take(body)
      answered.set(once, { text, reply })
      return reply
    }
    const at = keys.findIndex((key) => key.id === id)
    const key = keys[at]
    if (key === undefined) return problem(404, 'no-authenticator', 'No such authenticator')
    if (request.method === 'PATCH') return change(key, await bodyOf(request))
    if (request.method !== 'DELETE') return problem(405, 'no-route', 'No such method')
    keys.splice(at, 1)
    return { status: 204 }
  }

  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request)
    const type = status >= 400 ? 'application/problem+json' : 'application/json'
    response.writeHead(status, body === undefined ? {} : { 'content-type': type })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    issuer: `http://localhost:${address.port}`,
    tenantCode,
    apiKey,
    person,
    async activate(id) {
      const key = keys.find((one) => one.id === id)
      if (key) key.state = 'active'
    },
    async allowImport(allowed) {
      importAllowed = allowed
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
