import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLiving, type LivingKey } from '../../src/core/oidc/signing-key.ts'
import { places } from '../../src/store/keys.ts'
import { readSigningKeys } from '../../src/store/signing-keys.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
beforeAll(async () => {
  shell = await openShell()
  await shell.admin(['init'])
  // Fewer pairs of RSA keys to wait for.
  await shell.admin(['settings', 'set', 'signingAlgorithms=RS256,ES256'])
})
afterAll(() => shell.close())

const keys = async (): Promise<LivingKey[]> => (await readSigningKeys(shell.db)).filter(isLiving)
const keyOf = async (alg: string, state: string) => {
  const found = (await keys()).find((key) => key.alg === alg && key.state === state)
  if (found === undefined) throw new Error(`There is no ${alg} ${state}`)
  return found
}
/** As if so much time had passed since it came to be what it is. */
const age = async (key: LivingKey, seconds: number) => {
  const item = { ...key, since: (key.since ?? 0) - seconds }
  await shell.db.transact([{ write: 'put', ...places.signingKey(key.kid), item }])
}

describe('npm run admin -- keys', () => {
  it('rotate does what is due: next keys are made, and an algorithm that is not wanted any more retires', async () => {
    const { code, out } = await shell.admin(['keys', 'rotate'])
    expect(code).toBe(0)
    expect(out.match(/, next: made/g)).toHaveLength(2)
    expect(out.match(/(PS256|EdDSA) [\w-]{43}: signs no more/g)).toHaveLength(2)
    const again = await shell.admin(['keys', 'rotate'])
    expect(again.out).toMatch(/^Nothing is due\. The next keys are known everywhere from \d{4}-/)
  })

  it('list says of each what it is and what becomes of it, and nothing private', async () => {
    const { out } = await shell.admin(['keys', 'list'])
    expect(out).toMatch(/^RS256 {2}[\w-]{43} {2}active {4}since \S+Z {2}signs until \S+Z$/m)
    expect(out).toMatch(/^ES256 {2}[\w-]{43} {2}next {6}since \S+Z {2}may sign from \S+Z$/m)
    expect(out).toMatch(/^EdDSA {2}[\w-]{43} {2}retiring {2}since \S+Z {2}published until \S+Z$/m)
    for (const key of await keys()) expect(out).not.toContain('wrappedPrivateKey' in key ? key.wrappedPrivateKey : '?')
  })

  it('rotate --now waits for what is not known everywhere, and does it when it is', async () => {
    const next = await keyOf('ES256', 'next')
    expect((await shell.admin(['keys', 'rotate', '--now'])).out).toContain('Nothing is due.')
    await age(next, 86_400)
    const { out } = await shell.admin(['keys', 'rotate', '--now'])
    expect(out).toContain(`ES256 ${next.kid}: signs from now on`)
    expect((await keyOf('ES256', 'active')).kid).toBe(next.kid)
    expect(await keyOf('ES256', 'retiring')).toBeDefined()
  })

  it('rotate --emergency takes a key back at once, and another one signs', async () => {
    const [stolen, next] = [await keyOf('ES256', 'active'), await keyOf('ES256', 'next')]
    const { code, out } = await shell.admin(['keys', 'rotate', '--now', `--emergency=${stolen.kid}`])
    expect(code).toBe(0)
    expect(out).toContain(`ES256 ${stolen.kid}: is taken back`)
    expect(out).toContain(`ES256 ${next.kid}: signs from now on`)
    expect((await keys()).map(({ kid }) => kid)).not.toContain(stolen.kid)
    expect((await keyOf('ES256', 'active')).kid).toBe(next.kid)
    expect(await keyOf('ES256', 'next')).toBeDefined()
    expect(await shell.admin(['keys', 'rotate', `--emergency=${stolen.kid}`])).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no signing key ${stolen.kid}.`),
    })
  })

  it('settings that cannot be are refused, and leave what there is', async () => {
    const set = async (...words: string[]) => shell.admin(['settings', 'set', ...words])
    expect((await set('signingKeyPeriod=100000')).err).toContain('That cannot be: signingKeyPeriod is 100000')
    expect((await set('signingKeyOverlap=10')).err).toContain('signingKeyOverlap takes a whole number')
    expect((await set('signingAlgorithms=ES256')).err).toContain('RS256 and ES256 are always there')
    expect((await set('signingAlgorithms=RS256,ES256,HS256')).err).toContain('signingAlgorithms takes')
    expect((await shell.admin(['settings'])).out).toContain('"signingKeyPeriod": 7776000')
    expect((await set('signingKeyOverlap=3600', 'signingKeyPeriod=604800')).code).toBe(0)
  })

  it('nor can an algorithm go that an application asks for', async () => {
    expect((await shell.admin(['settings', 'set', 'signingAlgorithms=RS256,ES256,EdDSA'])).code).toBe(0)
    const item = { clientId: 'eddsa', idTokenSignedResponseAlg: 'EdDSA', secrets: [] }
    await shell.db.transact([{ write: 'put', ...places.client('eddsa'), item }])
    expect((await shell.admin(['settings', 'set', 'signingAlgorithms=RS256,ES256'])).err).toContain(
      'That cannot be: signingAlgorithms lacks an algorithm that the client eddsa asks for.',
    )
  })
})
