/**
 * A demo Credential Management System: an operator enrols keys for people and exports them into the service.
 *
 * The API key stays in this process. The page speaks to the small endpoints below, which are guarded against other
 * sites (the exact Origin with every change, JSON only) because they act with that key. Left out: operators' own
 * sign-in, an inventory of keys, PIN letters: everything that makes a CMS a product.
 */
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { build } from 'esbuild'
import { z } from 'zod'
import { type Answer, type Asked, json, plainPage, type Running, serve, showPage } from '../loopback.ts'
import { cmsPage } from './cms-page.ts'
import {
  attestedImport,
  type Ceremony,
  type Labels,
  rawImport,
  type VirtualCredential,
  virtualKey,
} from './enrolment.ts'
import { type ApiSettings, type Import, type Key, keystepApi, type Person, type Problem } from './keystep-api.ts'
import { type Heard, openInbox } from './webhook.ts'

/** What the page gets: the answer of each endpoint when it went well, else `{ problem }`. */
export type Found = { user: Person; authenticators: Key[] }
export type Begun = { ceremony: string; options: PublicKeyCredentialCreationOptionsJSON }
export type Exported = { authenticator: Key; virtual?: VirtualCredential }
export type Failed = { problem: Problem }
export type Told = { heard: readonly Heard[] }

const challengeMinutes = 10
const ceremoniesKept = 200

// How long a name may be is the service's to say; the page stops those who type, and what it lets through is passed on.
const label = z.string().trim().optional()
const labelsShape = z.object({ friendlyName: label, serialNumber: label })
const beginShape = z.object({
  attachment: z.enum(['cross-platform', 'platform']),
  export: z.enum(['attested', 'raw']),
})
// Its inside is checked by whoever verifies it: the library for a raw export, the service for an attested one.
const responseShape = z.custom<RegistrationResponseJSON>(
  (value) =>
    z
      .object({
        id: z.string(),
        rawId: z.string(),
        type: z.literal('public-key'),
        clientExtensionResults: z.object({}).loose(),
        response: z
          .object({
            clientDataJSON: z.string(),
            attestationObject: z.string(),
            transports: z.array(z.string()).optional(),
          })
          .loose(),
      })
      .safeParse(value).success,
)
const finishShape = labelsShape.extend({
  ceremony: z.string(),
  export: z.enum(['attested', 'raw']),
  response: responseShape,
})
const changeShape = z.union([
  z.strictObject({ state: z.enum(['active', 'suspended']) }),
  z.strictObject({ friendlyName: z.string().trim() }),
])

const failed = (problem: Problem): Answer => json({ problem } satisfies Failed, problem.status)

const refusal = (status: number, reason: string, title: string, detail: string): Answer =>
  failed({ status, reason, title, detail, points: [] })

const notFound = (): Answer => refusal(404, 'not-found', 'There is no such thing', 'Look the person up again.')

const badBody = (): Answer =>
  refusal(400, 'malformed-request', 'Something is missing', 'The page and the CMS do not fit: reload the page.')

/** Empty fields of the form are members left out. */
const labelsOf = ({ friendlyName, serialNumber }: z.infer<typeof labelsShape>): Labels => ({
  ...(friendlyName ? { friendlyName } : {}),
  ...(serialNumber ? { serialNumber } : {}),
})

async function bodyAs<Value>(shape: z.ZodType<Value>, asked: Asked): Promise<Value | undefined> {
  let value: unknown
  try {
    value = JSON.parse(await asked.body())
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const parsed = shape.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/** The browser's script as one file. Built on start, in memory: there is no build step and nothing to forget. */
async function bundle(): Promise<string> {
  const built = await build({
    entryPoints: [fileURLToPath(new URL('./cms-browser.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  })
  const [file] = built.outputFiles
  if (file === undefined) throw new Error('esbuild made no file')
  return file.text
}

/** The same import asked twice (a double click, a lost answer) is one import; another body is another. */
const idempotencyKey = (ceremony: string, body: Import): string =>
  createHash('sha256')
    .update(`${ceremony}.${JSON.stringify(body)}`)
    .digest('base64url')

/** Starts the CMS. Rejects when the port is in use; a service that is not there yet is said on the page. */
export async function startCms(settings: ApiSettings & { port: number; webhookSecret?: string }): Promise<Running> {
  const api = keystepApi(settings)
  const inbox = settings.webhookSecret === undefined ? undefined : openInbox(settings.webhookSecret)
  const script = await bundle()
  const ceremonies = new Map<string, Ceremony & { until: number }>()

  // GET /api/people?userName= — the person and their authenticators.
  async function lookUp(asked: Asked): Promise<Answer> {
    const userName = (asked.url.searchParams.get('userName') ?? '').trim()
    const found = await api.userByName(userName)
    if (!found.ok) return failed(found.problem)
    if (found.value === undefined)
      return refusal(404, 'no-user', 'Nobody has this username', `The service knows nobody called “${userName}”.`)
    const keys = await api.authenticators(found.value.id)
    return keys.ok ? json({ user: found.value, authenticators: keys.value } satisfies Found) : failed(keys.problem)
  }

  // POST /api/people/{user}/ceremonies — what the browser is to ask of the key.
  async function begin(asked: Asked, user: string): Promise<Answer> {
    const wanted = await bodyAs(beginShape, asked)
    if (wanted === undefined) return badBody()
    const offered = await api.creationOptions(user, challengeMinutes)
    if (!offered.ok) return failed(offered.problem)
    const { publicKey, challengeId } = offered.value
    const attested = wanted.export === 'attested'
    const challenge = attested ? publicKey.challenge : randomBytes(32).toString('base64url')
    const ceremony = randomBytes(16).toString('base64url')
    for (const [id, { until }] of ceremonies)
      if (until < Date.now() || ceremonies.size >= ceremoniesKept) ceremonies.delete(id)
    ceremonies.set(ceremony, {
      user,
      rpId: publicKey.rp.id,
      userHandle: publicKey.user.id,
      challenge,
      algorithms: publicKey.pubKeyCredParams.map(({ alg }) => alg),
      ...(attested ? { challengeId } : {}),
      until: Date.now() + challengeMinutes * 60_000,
    })
    const options: PublicKeyCredentialCreationOptionsJSON = {
      rp: publicKey.rp,
      user: publicKey.user,
      challenge,
      pubKeyCredParams: publicKey.pubKeyCredParams,
      ...(publicKey.timeout === undefined ? {} : { timeout: publicKey.timeout }),
      excludeCredentials: (publicKey.excludeCredentials ?? []).map(({ id, type, transports }) => ({
        id,
        type,
        ...(transports === undefined ? {} : { transports }),
      })),
      authenticatorSelection: {
        authenticatorAttachment: wanted.attachment,
        residentKey: 'preferred',
        // The service asks for it at each use, so a key that cannot is found out here.
        userVerification: 'required',
      },
      attestation: attested ? 'direct' : 'none',
      extensions: { credProps: true },
    }
    return json({ ceremony, options } satisfies Begun, 201)
  }

  // POST /api/people/{user}/authenticators — exports the key that the ceremony made.
  async function finish(asked: Asked, user: string, self: string): Promise<Answer> {
    const body = await bodyAs(finishShape, asked)
    if (body === undefined) return badBody()
    const ceremony = ceremonies.get(body.ceremony)
    if (ceremony === undefined || ceremony.user !== user || ceremony.until < Date.now())
      return refusal(
        409,
        'ceremony-over',
        'This enrolment is over',
        'It took too long, or is done. Enrol the key again.',
      )
    const labels = labelsOf(body)
    const made =
      body.export === 'attested'
        ? attestedImport(ceremony, body.response, labels)
        : await rawImport(ceremony, body.response, self, labels)
    if (!made.ok) {
      const title = made.reason === 'no-attestation' ? 'The key was not attested' : 'The enrolment does not verify'
      return refusal(422, made.reason, title, made.detail)
    }
    const imported = await api.importKey(user, made.value, idempotencyKey(body.ceremony, made.value))
    if (!imported.ok) return failed(imported.problem)
    ceremonies.delete(body.ceremony)
    return json({ authenticator: imported.value } satisfies Exported, 201)
  }

  // POST /api/people/{user}/virtual — makes a key pair and exports it raw; the answer is the only copy of the private key.
  async function makeVirtual(asked: Asked, user: string): Promise<Answer> {
    const body = await bodyAs(labelsShape, asked)
    if (body === undefined) return badBody()
    const offered = await api.creationOptions(user, challengeMinutes)
    if (!offered.ok) return failed(offered.problem)
    const { rp, user: handle } = offered.value.publicKey
    const made = virtualKey(rp.id, handle.id, labelsOf(body))
    const imported = await api.importKey(user, made.body, randomBytes(16).toString('base64url'))
    if (!imported.ok) return failed(imported.problem)
    return json({ authenticator: imported.value, virtual: made.credential } satisfies Exported, 201)
  }

  // PATCH /api/people/{user}/authenticators/{key} — suspends, resumes or renames it.
  async function change(asked: Asked, user: string, key: string): Promise<Answer> {
    const body = await bodyAs(changeShape, asked)
    if (body === undefined) return badBody()
    const changed = await api.change(user, key, body)
    return changed.ok ? json({}) : failed(changed.problem)
  }

  // DELETE /api/people/{user}/authenticators/{key} — revokes it.
  async function revoke(_asked: Asked, user: string, key: string): Promise<Answer> {
    const gone = await api.revoke(user, key)
    return gone.ok ? json({}) : failed(gone.problem)
  }

  async function answer(asked: Asked, self: string): Promise<Answer> {
    const [user = '', what = '', key, ...rest] = asked.url.pathname
      .replace(/^\/api\/people\/?/, '')
      .split('/')
      .map(decoded)
    if (rest.length > 0) return notFound()
    const route = `${asked.method} ${[what, ...(key === undefined ? [] : ['{key}'])].join('/')}`
    if (user === '') return route === 'GET ' ? lookUp(asked) : notFound()
    if (route === 'POST ceremonies') return begin(asked, user)
    if (route === 'POST authenticators') return finish(asked, user, self)
    if (route === 'POST virtual') return makeVirtual(asked, user)
    if (route === 'PATCH authenticators/{key}' && key) return change(asked, user, key)
    if (route === 'DELETE authenticators/{key}' && key) return revoke(asked, user, key)
    return notFound()
  }

  return serve({ brand: 'Demo CMS', port: settings.port }, async (asked, self) => {
    const { pathname } = asked.url
    if (asked.method === 'GET' && pathname === '/') return showPage(cmsPage(settings))
    if (asked.method === 'GET' && pathname === '/cms.js')
      return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: script }
    // From the service, and not from a browser: its signature says so, and nothing else does.
    if (asked.method === 'POST' && pathname === '/webhook' && inbox !== undefined)
      return { status: inbox.take(asked.header, await asked.body()), headers: {}, body: '' }
    if (asked.method === 'GET' && pathname === '/api/heard') return json({ heard: inbox?.heard() ?? [] } satisfies Told)
    if (!/^\/api\/people(\/|$)/.test(pathname))
      return plainPage('Demo CMS', 'Not found', 'The CMS has one page only.', 404)
    // Whoever posts from another site would act with our API key. A browser says where a change comes from, always.
    const foreign = asked.method !== 'GET' && asked.header('origin') !== self
    const site = asked.header('sec-fetch-site')
    if (foreign || (site !== undefined && site !== 'same-origin'))
      return refusal(403, 'cross-site', 'Refused', 'This came from another site.')
    return answer(asked, self)
  })
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
