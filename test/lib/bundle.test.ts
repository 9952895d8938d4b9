import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lambdas, routes } from '../../lambdas/routes.ts'
import { type Bundle, bundleAll, bundleModule, entryOf, eventLambdas } from '../../lib/bundle.ts'
import { toBase64url } from '../../src/core/base64url.ts'
import { verifyAssertion } from '../../src/core/fido/fido.ts'
import { createSecurityKey, tamper } from '../authenticator.ts'
import { createAuthority } from '../pki.ts'

describe('the entry of a Lambda', () => {
  it('imports each file once and serves each route', () => {
    expect(entryOf('resource')).toBe(`import { makeHandler } from './src/http/lambda.ts'
import * as route0 from './lambdas/oidc/userinfo.ts'
import { openSigner } from './src/services/signer.ts'
import { openProofNonces } from './src/services/proof-nonces.ts'
export const handler = makeHandler([
  {"name":"userinfo","method":"GET","path":"/userinfo","caller":"bearer","handle":route0.handle},
  {"name":"userinfo","method":"POST","path":"/userinfo","caller":"bearer","handle":route0.handle},
], { openSigner, openProofNonces })
`)
  })

  it.each([
    ['token', ['openSigner', 'openClientKeys', 'openClientCertificates', 'openProofNonces']],
    ['authorize', ['openClientKeys', 'showFailure']],
    ['activation', ['openMail', 'showFailure']],
    ['login', ['showFailure']],
    ['authenticators', ['openProofNonces']],
  ] as const)('of %s gives %j and no more', (lambda, given) => {
    expect(entryOf(lambda).match(/\], \{ (.*) \}\)/)?.[1]).toBe(given.join(', '))
  })

  it('of a Lambda without a route is its file', () => {
    expect(entryOf('mail-feedback')).toBe("export { handler } from './lambdas/mail/feedback.ts'\n")
  })

  it('leaves out no route of the table', () => {
    const entries = lambdas.map((lambda) => entryOf(lambda)).join('\n')
    for (const { name, method, path } of routes)
      expect(entries).toContain(`"name":"${name}","method":"${method}","path":"${path}"`)
  })
})

describe('the bundles', () => {
  let outdir: string
  let made: Record<string, Bundle>
  beforeAll(async () => {
    outdir = await mkdtemp(join(tmpdir(), 'keystep-bundles-'))
    made = await bundleAll(outdir)
  })
  afterAll(() => rm(outdir, { recursive: true }))

  const textOf = (lambda: string): Promise<string> => readFile(join(outdir, lambda, 'index.mjs'), 'utf8')

  it('are one for each Lambda, with a map that names the sources', async () => {
    expect(Object.keys(made).sort()).toEqual([...lambdas, ...Object.keys(eventLambdas)].sort())
    for (const [lambda, { file }] of Object.entries(made)) {
      expect(file).toBe(join(outdir, lambda, 'index.mjs'))
      const map = JSON.parse(await readFile(`${file}.map`, 'utf8')) as { sources: string[]; sourcesContent?: unknown }
      expect(map.sources.some((source) => source.endsWith('.ts'))).toBe(true)
      expect(map).not.toHaveProperty('sourcesContent')
    }
  })

  it.each([
    ['client-ses', ['activation', 'settings', 'account-mail']],
    [
      'client-kms',
      [
        ...['otp', 'token', 'resource', 'one-time-passwords', 'account', 'settings'],
        ...['rotate-keys', 'audit-archive', 'backchannel-logout', 'webhook-deliver'],
      ],
    ],
    ['client-s3', ['audit-archive']],
    ['client-eventbridge', ['audit-publish']],
  ])('%s comes along only where its right is', (library, holders) => {
    const found = Object.entries(made).filter(([, { inputs }]) =>
      inputs.some((input) => input.includes(`/${library}/`)),
    )
    expect(found.map(([lambda]) => lambda)).toEqual(holders)
  })

  it('take node:http without loading undici with it', async () => {
    for (const lambda of lambdas) expect(await textOf(lambda)).not.toMatch(/(from|import)\s*["'](node:)?https?["']/)
  })

  it('leave the reading of certificates to a file of its own, until somebody shows one', async () => {
    expect(await textOf('token')).not.toContain('2.5.29.17')
    const beside: typeof import('../../src/core/oidc/certified-client.ts') = await import(
      join(outdir, 'token/certified-client.mjs')
    )
    const root = await createAuthority('CN=Root')
    const [shown, now] = [await root.issue({ subject: 'CN=app' }), Math.floor(Date.now() / 1000)]
    const { isOf } = beside.openIssuers(root.pem)
    expect(isOf(shown.pem, { by: 'dn', value: 'CN=app' }, now)).toBe(true)
    expect(isOf(shown.pem, { by: 'dn', value: 'CN=other' }, now)).toBe(false)
    expect(made.token?.inputs).toContain('src/core/oidc/certified-client.ts')
    await expect(readFile(join(outdir, 'authorize/certified-client.mjs'))).rejects.toThrow('ENOENT')
  })

  it('bring the files of the pages with metadata', async () => {
    const css = await readFile(join(outdir, 'metadata/assets/keystep.css'), 'utf8')
    expect(css.trim().split('\n')).toHaveLength(1)
    await expect(readFile(join(outdir, 'metadata/assets/passkey.js'), 'utf8')).resolves.toContain('credentials')
    await expect(readFile(join(outdir, 'metadata/assets/favicon.svg'), 'utf8')).resolves.toContain('<svg')
    expect(made.metadata?.inputs).toEqual(
      expect.arrayContaining(['web/keystep.css', 'web/browser/passkey.ts', 'web/assets/favicon.svg']),
    )
  })

  it('are the same bytes for the same sources', async () => {
    const before = await Promise.all(lambdas.map(textOf))
    await bundleAll(outdir)
    expect(await Promise.all(lambdas.map(textOf))).toEqual(before)
  })
})

describe('the lean bundle for assertions', () => {
  const rpId = 'login.example.com'
  const origin = `https://${rpId}`
  const challenge = toBase64url(new Uint8Array(32).fill(7))
  let outdir: string
  let lean: typeof verifyAssertion
  beforeAll(async () => {
    outdir = await mkdtemp(join(tmpdir(), 'keystep-lean-'))
    const entry = { name: 'lean', source: "export { verifyAssertion } from './src/core/fido/fido.ts'", lean: true }
    await bundleModule(entry, join(outdir, 'lean.mjs'), true)
    const { verifyAssertion: bundled }: { verifyAssertion: typeof verifyAssertion } = await import(
      join(outdir, 'lean.mjs')
    )
    lean = bundled
  })
  afterAll(() => rm(outdir, { recursive: true }))

  it.each([-7, -8, -35, -36, -257] as const)('answers like the sources for algorithm %i', async (algorithm) => {
    const key = createSecurityKey({ rpId, origin, algorithm })
    const user = { handles: [], handleRequired: false }
    const asked = { user, challenge, origin, rpId, userVerification: 'required' } as const
    const genuine = key.sign({ challenge })
    const responses = [
      genuine,
      key.sign({ challenge, origin: 'https://evil.example' }),
      ...[0, 1, 3, 9, 40].map((index) => tamper(genuine, 'signature', { index, xor: 1 })),
      tamper(genuine, 'authenticatorData', { index: 0, xor: 1 }),
    ]
    for (const response of responses) {
      const question = { response, credential: key.credential, ...asked }
      expect(await lean(question)).toEqual(await verifyAssertion(question))
    }
    expect(await lean({ response: genuine, credential: key.credential, ...asked })).toMatchObject({ ok: true })
  })
})
