/**
 * The calls a Credential Management System makes to the service, each one request, and what may come back.
 *
 * Only this file knows the API key, the addresses and the shapes. A refusal is a value with the problem document
 * (RFC 9457) put into words; it never carries the key or the request.
 */
import { z } from 'zod'

export type ApiSettings = { issuer: string; tenantCode: string; apiKey: string }

/** Why the service did not do it. `points` has a line for each member of the request that is to blame. */
export type Problem = { status: number; reason: string; title: string; detail?: string; points: string[] }

export type Reply<Value> = { ok: true; value: Value } | { ok: false; problem: Problem }

const userShape = z.object({ id: z.string(), userName: z.string(), email: z.string().optional() })
export type Person = z.infer<typeof userShape>

const authenticatorShape = z.object({
  id: z.string(),
  type: z.string(),
  state: z.string(),
  lastUsedAuthnDateTime: z.string().nullish(),
  lastSuccessAuthnDateTime: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  friendlyName: z.string().nullish(),
  externalId: z.string().nullish(),
  serialNumber: z.string().nullish(),
  origin: z.string().optional(),
  provenance: z.string().optional(),
  metadata: z.object({ rpId: z.string(), credentialId: z.string(), aaguid: z.string().nullish() }).partial().optional(),
})
export type Key = z.infer<typeof authenticatorShape>

const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ page: z.object({ items: z.array(item), totalItems: z.number() }) })

const descriptorShape = z.object({
  id: z.string(),
  type: z.literal('public-key'),
  transports: z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])).optional(),
})

const creationOptionsShape = z.object({
  publicKey: z.object({
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    challenge: z.string(),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.number() })),
    excludeCredentials: z.array(descriptorShape).optional(),
    timeout: z.number().optional(),
  }),
  challengeId: z.string(),
})
export type CreationOptions = z.infer<typeof creationOptionsShape>

const problemShape = z.object({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})

/** The body of an import: `design/authenticators.md` names the members. */
export type Import = {
  type: 'fido'
  friendlyName?: string
  externalId?: string
  serialNumber?: string
  expiresAt?: string
  metadata: {
    rpId: string
    credentialId: string
    aaguid?: string
    signatureCounter?: number
    transports?: string[]
    userHandle?: string
    discoverable?: boolean
    backupEligible?: boolean
  } & (
    | { publicKey: string }
    | { attestation: { clientDataJSON: string; attestationObject: string; challengeId: string } }
  )
}

/** What an operator can do about it, where the service's own words leave that out. */
const advice: Record<string, string> = {
  'import-disabled':
    'Importing is turned off: an administrator turns on “Authenticator import via API” in Settings > FIDO-based authentication.',
  'rp-id-mismatch': 'The key was made for another site than the service’s.',
  'attestation-invalid': 'The service could not verify what the key says of itself. A raw export does not need it.',
}

const spoken = (pointer: string): string =>
  pointer
    .replace(/^\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join(' › ')

function problemOf(status: number, body: unknown): Problem {
  const parsed = problemShape.safeParse(body)
  const said = parsed.success ? parsed.data : {}
  const reason = said.code ?? 'unknown'
  const errors = said.errors ?? []
  // What the document says of one member, it says of the whole as well.
  const detail = advice[reason] ?? (errors.some((error) => error.detail === said.detail) ? undefined : said.detail)
  return {
    status,
    reason,
    title: said.title ?? `The service answered ${status}`,
    ...(detail === undefined ? {} : { detail }),
    points: errors.map((error) => [spoken(error.pointer), error.detail].filter((part) => part !== '').join(': ')),
  }
}

const badAnswer = (status: number): Problem => ({
  status: 502,
  reason: 'bad-answer',
  title: 'The service’s answer makes no sense',
  detail: `It answered ${status} with something that the CMS does not expect.`,
  points: [],
})

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Call = { method: string; path: string; body?: unknown; headers?: Record<string, string> }

export function keystepApi({ issuer, tenantCode, apiKey }: ApiSettings) {
  const base = `${issuer.replace(/\/$/, '')}/api/v1/tenants/${encodeURIComponent(tenantCode)}`
  const keysOf = (user: string) => `/users/${encodeURIComponent(user)}/authenticators`
  const keyOf = (user: string, key: string) => `${keysOf(user)}/${encodeURIComponent(key)}`

  async function call<Value>(shape: z.ZodType<Value>, { method, path, body, headers }: Call): Promise<Reply<Value>> {
    let response: Response
    let text: string
    try {
      response = await fetch(base + path, {
        method,
        headers: {
          apikey: apiKey,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
        // An API that redirects would take the key elsewhere.
        redirect: 'error',
        signal: AbortSignal.timeout(15_000),
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      text = await response.text()
    } catch {
      const title = 'The service cannot be reached'
      const detail = `Nothing answers at ${issuer} at the moment. Try again in a little while.`
      return { ok: false, problem: { status: 502, reason: 'unreachable', title, detail, points: [] } }
    }
    if (!response.ok) return { ok: false, problem: problemOf(response.status, parsedJson(text)) }
    const value = shape.safeParse(text === '' ? null : parsedJson(text))
    return value.success ? { ok: true, value: value.data } : { ok: false, problem: badAnswer(response.status) }
  }

  return {
    async userByName(userName: string): Promise<Reply<Person | undefined>> {
      const path = `/users?${new URLSearchParams({ userName })}`
      const found = await call(pageOf(userShape), { method: 'GET', path })
      return found.ok ? { ok: true, value: found.value.page.items[0] } : found
    },

    /** `user` is the id or the userName, here and below. */
    async authenticators(user: string): Promise<Reply<Key[]>> {
      const keys: Key[] = []
      for (let pageIndex = 0; ; pageIndex++) {
        const path = `${keysOf(user)}?pageIndex=${pageIndex}&pageSize=100`
        const page = await call(pageOf(authenticatorShape), { method: 'GET', path })
        if (!page.ok) return page
        keys.push(...page.value.page.items)
        if (page.value.page.items.length === 0 || keys.length >= page.value.page.totalItems)
          return { ok: true, value: keys }
      }
    },

    creationOptions: (user: string, minutes: number): Promise<Reply<CreationOptions>> =>
      call(creationOptionsShape, {
        method: 'GET',
        path: `${keysOf(user)}/creation-options?challengeTimeoutInMinutes=${minutes}`,
      }),

    /** Repeating a call with the same `idempotencyKey` imports once. */
    importKey: (user: string, body: Import, idempotencyKey: string): Promise<Reply<Key>> =>
      call(authenticatorShape, {
        method: 'POST',
        path: keysOf(user),
        body,
        headers: { 'idempotency-key': idempotencyKey },
      }),

    change: (user: string, key: string, body: { state: 'active' | 'suspended' } | { friendlyName: string }) =>
      call(z.unknown(), { method: 'PATCH', path: keyOf(user, key), body }),

    revoke: (user: string, key: string) => call(z.unknown(), { method: 'DELETE', path: keyOf(user, key) }),
  }
}
