/** Applications by `npm run admin`: of flags or of a document in a file, in the words of the API. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretHolds } from '../../src/core/oidc/token-request.ts'
import { readClient } from '../../src/store/clients.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
beforeAll(async () => {
  shell = await openShell()
  await shell.admin(['init'])
})
afterAll(() => shell.close())

const admin = (...words: string[]) => shell.admin(words)
const file = (name: string): string => join(shell.directory, name)
const written = (name: string, document: unknown): string => {
  writeFileSync(file(name), JSON.stringify(document))
  return file(name)
}
const now = () => Math.floor(Date.now() / 1000)
const secretIn = (out: string): string => /shown this once:\n([\w-]{43})/.exec(out)?.[1] ?? ''

async function isGood(id: string, secret: string): Promise<boolean> {
  const client = await readClient(shell.db, id)
  return client !== undefined && secretHolds(client, secret, now())
}

describe('client add', () => {
  it('makes one of flags, as the API would of the same members', async () => {
    const { out, err } = await admin(
      ...['client', 'add', 'shop', '--redirect-uri', 'https://shop.example/cb', '--name', 'Shop'],
      ...['--post-logout-redirect-uri', 'https://shop.example/', '--scope', 'openid', '--scope', 'orders'],
      ...['--default-acr', 'otp', '--minimum-acr', 'pwd', '--voluntary', '--es256'],
    )
    expect(out, err).toMatch(/^Client shop is made, its secret shown this once:\n[\w-]{43}\n$/)
    expect(await isGood('shop', secretIn(out))).toBe(true)
    expect(await readClient(shell.db, 'shop')).toMatchObject({
      clientName: 'Shop',
      redirectUris: ['https://shop.example/cb'],
      postLogoutRedirectUris: ['https://shop.example/'],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'orders'],
      defaultAcr: ['otp'],
      minimumAcr: 'pwd',
      enforcement: 'voluntary',
      idTokenSignedResponseAlg: 'ES256',
      enabled: true,
    })
  })

  it('makes one of a document, by the id in it, before it, or none', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const bank = {
      profile: 'fapi2',
      redirect_uris: ['https://bank.example/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      dpop_bound_access_tokens: true,
      jwks: { keys: [publicKey.export({ format: 'jwk' })] },
    }
    const named = await admin('client', 'add', '--json', written('named.json', { ...bank, client_id: 'bank' }))
    expect(named.out, named.err).toBe('Client bank is made; it authenticates by private_key_jwt.\n')
    const given = await admin('client', 'add', 'another-bank', '--json', written('bank.json', bank))
    expect(given.out, given.err).toContain('Client another-bank is made')
    const unnamed = await shell.admin(['client', 'add', '--json', '-'], JSON.stringify(bank))
    expect(unnamed.out, unnamed.err).toMatch(/^Client client-[\w-]{22} is made/)
  })

  it.each<[string, string[], string]>([
    ['there is already', ['shop', '--redirect-uri', 'https://a.example/'], 'There is a client shop already.'],
    [
      'with a redirect in the clear',
      ['x', '--redirect-uri', 'http://a.example/'],
      'at /redirect_uris/0: must be https',
    ],
    ['with an id that is no id', ['a/b', '--redirect-uri', 'https://a.example/'], 'at /client_id: must be a text like'],
    ['of no file', ['x', '--json', 'nowhere.json'], 'There is no file nowhere.json'],
  ])('does not make one that %s', async (_, words, sentence) => {
    expect(await admin('client', 'add', ...words)).toMatchObject({ code: 1, err: expect.stringContaining(sentence) })
  })

  it('does not make one of a member that nobody knows, and names it', async () => {
    const document = written('typo.json', { redirect_uri: 'https://a.example/' })
    const { code, err } = await admin('client', 'add', 'typo', '--json', document)
    expect([code, err]).toEqual([1, expect.stringContaining('at /redirect_uri: is not known here')])
    expect(await readClient(shell.db, 'typo')).toBeUndefined()
  })
})

describe('a client that is there', () => {
  it('is listed and shown, without its secrets', async () => {
    expect((await admin('client', 'list')).out).toMatch(/^shop +client_secret_basic {2}Shop$/m)
    const { out, err } = await admin('client', 'show', 'shop')
    expect(JSON.parse(out)).toMatchObject({ client_id: 'shop', scope: 'openid orders' })
    expect(err).toMatch(/^ETag: "[\w-]{22}"\n$/)
    for (const { hash } of (await readClient(shell.db, 'shop'))?.secrets ?? []) expect(out).not.toContain(hash)
    expect(await admin('client', 'show', 'nobody')).toMatchObject({ code: 1, err: 'There is no such client\n' })
  })

  it('is changed by flags, and in nothing else', async () => {
    const before = await readClient(shell.db, 'shop')
    const { out, err } = await admin('client', 'change', 'shop', '--redirect-uri', 'https://shop.example/new')
    expect(out, err).toBe('Client shop is at version 2; it authenticates by client_secret_basic.\n')
    expect(await readClient(shell.db, 'shop')).toEqual({
      ...before,
      redirectUris: ['https://shop.example/new'],
      version: 2,
    })
    expect((await admin('client', 'change', 'shop')).err).toContain('There is nothing to change')
    expect((await admin('client', 'change', 'shop', '--voluntary')).err).toContain('client-policy set')
  })

  it('is replaced by a document, on the version that was shown', async () => {
    const shown = await admin('client', 'show', 'shop')
    const tag = /"([\w-]+)"/.exec(shown.err)?.[1] ?? ''
    const document = written('shop.json', { ...JSON.parse(shown.out), client_name: 'Our shop', enabled: false })
    const change = () => admin('client', 'change', 'shop', '--json', document, '--if-match', tag)
    expect((await change()).out).toContain('Client shop is at version 3')
    expect((await admin('client', 'list')).out).toMatch(/Our shop {2}disabled$/m)
    expect(await change()).toMatchObject({ code: 1, err: expect.stringContaining('If-Match') })
    expect(await readClient(shell.db, 'shop')).toMatchObject({ minimumAcr: 'pwd', enforcement: 'voluntary' })
  })

  it('has its secret rotated, the old one good for a while or not at all', async () => {
    const first = secretIn((await admin('client', 'rotate-secret', 'shop', '--overlap', '0')).out)
    const second = await admin('client', 'rotate-secret', 'shop')
    expect(second.out, second.err).toMatch(/The one before is good until \d{4}-/)
    expect([await isGood('shop', first), await isGood('shop', secretIn(second.out))]).toEqual([true, true])
    expect((await admin('client', 'rotate-secret', 'shop')).err).toContain('An older secret is good still')
    expect((await admin('client', 'end-secret', 'shop')).out).toBe('One secret of shop is good, and no other.\n')
    expect([await isGood('shop', first), await isGood('shop', secretIn(second.out))]).toEqual([false, true])
    const third = await admin('client', 'rotate-secret', 'shop', '--overlap', '0')
    expect(third.out).toContain('No other is good any more.')
    expect(await isGood('shop', secretIn(second.out))).toBe(false)
    expect((await admin('client', 'rotate-secret', 'shop', '--overlap', 'soon')).err).toContain('at /overlap')
    expect((await admin('client', 'rotate-secret', 'bank')).err).toContain('It authenticates by private_key_jwt')
  })

  it('is deleted, once', async () => {
    expect((await admin('client', 'delete', 'shop')).out).toBe('Client shop is gone.\n')
    expect(await readClient(shell.db, 'shop')).toBeUndefined()
    expect(await admin('client', 'delete', 'shop')).toMatchObject({ code: 1, err: 'There is no such client\n' })
  })
})

it('what is documented of `client add` and its neighbours is what there is', async () => {
  const usage = (await admin('--help')).out
  for (const command of ['add', 'list', 'show', 'change', 'rotate-secret', 'end-secret', 'delete'])
    expect(usage).toMatch(new RegExp(`^  client ${command} `, 'm'))
  expect(readFileSync(new URL('../../docs/applications.md', import.meta.url), 'utf8')).toContain('client rotate-secret')
})
