/** Flows, policies and explanations by `npm run admin`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Flow } from '../../src/core/step-up/flow.ts'
import { readClient } from '../../src/store/clients.ts'
import { readRealm } from '../../src/store/realm.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
beforeAll(async () => {
  shell = await openShell()
  await shell.admin(['init'])
  await shell.admin(['client', 'add', 'shop', '--redirect-uri', 'https://shop.example/cb'])
  await shell.admin(['user', 'add', 'ines', '--password-stdin'], 'correct horse')
})
afterAll(() => shell.close())

const admin = (...words: string[]) => shell.admin(words)
const shipped = (id: string): string => readFileSync(new URL(`../../flows/${id}.json`, import.meta.url), 'utf8')
const file = (name: string): string => join(shell.directory, name)

describe('flows', () => {
  it('are listed and shown as their files are', async () => {
    expect((await admin('flows', 'list')).out.split('\n')).toContain('fido                 version 1  FIDO  bound')
    expect((await admin('flows', 'show', 'stepup-ldap-otp')).out).toBe(shipped('stepup-ldap-otp'))
    await admin('flows', 'export', 'stepup-ldap-otp', file('otp.json'))
    expect(readFileSync(file('otp.json'), 'utf8')).toBe(shipped('stepup-ldap-otp'))
    expect(await admin('flows', 'show', 'none')).toMatchObject({ code: 1, err: 'There is no such flow\n' })
  })

  it('are duplicated, edited in a file, and put back: once', async () => {
    const copied = await admin('flows', 'duplicate', 'fido', 'ours', '--name', 'Ours')
    expect(copied, copied.err).toMatchObject({ code: 0, out: 'Flow ours is made.\n' })
    await admin('flows', 'export', 'ours', file('ours.json'))
    const flow = JSON.parse(readFileSync(file('ours.json'), 'utf8')) as Flow
    const edited = flow.levels.map((level, index) => (index === 0 ? { ...level, maxAge: 60 } : level))
    writeFileSync(file('ours.json'), JSON.stringify({ ...flow, levels: edited }))
    expect((await admin('flows', 'import', file('ours.json'), '--replace')).out).toBe('Flow ours is at version 2.\n')
    expect((await readRealm(shell.db)).flows.ours?.levels[0]?.maxAge).toBe(60)
    expect(await admin('flows', 'import', file('ours.json'), '--replace')).toMatchObject({
      code: 1,
      err: 'The file was made of version 1 of ours, which is at version 2.\n',
    })
    expect((await admin('flows', 'import', file('ours.json'))).err).toContain('There is a flow with this id already')
  })

  it('that cannot work are refused with the place', async () => {
    const flow = JSON.parse(shipped('fido')) as Flow
    const wrong = JSON.stringify({ ...flow, id: 'wrong', levels: flow.levels.toReversed() })
    expect(await shell.admin(['flows', 'import', '-'], wrong)).toMatchObject({
      code: 1,
      err: 'This flow could not work: at /levels/1/loa: levels must ascend\n',
    })
    expect((await shell.admin(['flows', 'import', '-'], '{')).err).toBe('- is not JSON.\n')
    expect((await admin('flows', 'import', file('nowhere.json'))).err).toContain('There is no file')
  })

  it('are bound and deleted, and one that is used is not', async () => {
    expect((await admin('flows', 'bind', 'stepup-ldap-otp')).out).toContain(
      'Warning: /flow: the browser flow stepup-ldap-otp does not reach fido (level 3)',
    )
    expect((await admin('flows', 'delete', 'stepup-ldap-otp')).err).toContain('It is bound as the browser flow.')
    await admin('flows', 'bind', 'fido')
    expect(await admin('flows', 'delete', 'ours')).toMatchObject({ code: 0, out: 'Flow ours is gone.\n' })
  })
})

describe('a flow of Keycloak', () => {
  const realm = fileURLToPath(new URL('../core/step-up/keycloak/realm.json', import.meta.url))
  const moving = ['flows', 'import', '--from-keycloak', realm, '--id', 'moved']

  it('is moved with what is worth a look', async () => {
    const { out, err } = await admin(...moving, '--authenticator', 'safenet-authentication-form=otp')
    expect(out, err).toBe(
      'Flow moved is made of SafeNet StepUp LDAP OTP Flow. Read it before you bind it.\n' +
        'auth-cookie is left out: a session answers by itself.\n' +
        'The export maps {"pwd":0,"otp":1,"cba":2}: compare it with `policy show`.\n',
    )
    expect((await readRealm(shell.db)).flows.moved?.levels.map(({ alias }) => alias)).toEqual(['pwd', 'otp'])
  })

  it('is refused by the name of what has no counterpart', async () => {
    expect((await admin(...moving)).err).toContain('safenet-authentication-form is not known')
    expect((await admin(...moving, '--authenticator', 'x=sms')).err).toContain('--authenticator takes PROVIDER=FACTOR')
  })
})

describe('policies', () => {
  it('are shown with a tag, and set where the tag still fits', async () => {
    const shown = await admin('policy', 'show')
    const policy = JSON.parse(shown.out) as { acrToLoa: object }
    const tag = /ETag: "(.+)"/.exec(shown.err)?.[1] ?? ''
    writeFileSync(file('policy.json'), JSON.stringify({ ...policy, defaultAcr: ['pwd'] }))
    const set = ['policy', 'set', file('policy.json'), '--if-match', tag]
    expect(await admin(...set)).toMatchObject({ code: 0, out: expect.stringContaining('"pwd"') })
    expect((await readRealm(shell.db)).defaultAcr).toEqual(['pwd'])
    expect(await admin(...set)).toMatchObject({ code: 1, err: expect.stringContaining('not the version') })
    await shell.admin(['policy', 'set', '-'], JSON.stringify(policy))
    expect((await readRealm(shell.db)).defaultAcr).toEqual([])
  })

  it('of a client are set, and refused where they name nothing', async () => {
    const set = (policy: object) => shell.admin(['client-policy', 'set', 'shop', '-'], JSON.stringify(policy))
    expect(await set({ flow: 'stepup-ldap-otp', minimumAcr: 'otp' })).toMatchObject({ code: 0 })
    expect(await readClient(shell.db, 'shop')).toMatchObject({ flow: 'stepup-ldap-otp', minimumAcr: 'otp' })
    expect(JSON.parse((await admin('client-policy', 'show', 'shop')).out)).toMatchObject({ minimumAcr: 'otp' })
    expect(await set({ minimumAcr: 'gold' })).toMatchObject({ code: 1, err: expect.stringContaining('at /minimumAcr') })
    await set({})
    expect(await admin('client-policy', 'show', 'none')).toMatchObject({ code: 1, err: 'There is no such client\n' })
  })
})

describe('explain', () => {
  it('says in words why somebody is asked', async () => {
    const { out, err } = await admin('explain', 'ines', 'shop', '--acr', 'pwd', '--proof', 'password:4000')
    expect(out.split('\n').slice(0, 3), err).toEqual([
      'ines at shop: asked for password',
      'Session: counts. Has: password usable, otp usable, certificate usable. First page: password.',
      '- The request asks for pwd by acr_values, the preferred one first.',
    ])
    expect(out).toContain('Level 0 (pwd) was shown 4000 seconds ago')
  })

  it('knows of certificates and of a token validator what the outputs say', async () => {
    const { out } = await admin('explain', 'ines', 'shop', '--acr', 'otp', '--proof', 'password:5')
    expect(out.split('\n')[0]).toBe('ines at shop: asked for otp')
    const without = await shell.without('keystep-api')
    const told = await shell.admin(['explain', 'ines', 'shop', '--acr', 'otp', '--proof', 'password:5'], '', without)
    expect(told.out).toContain('Has: password usable, otp none, certificate none.')
  })

  it('says all of it as JSON', async () => {
    const { out } = await admin('explain', 'ines', 'shop', '--acr', 'pwd', '--proof', 'password:5', '--json')
    expect(JSON.parse(out)).toMatchObject({ decision: { do: 'issue', acr: 'pwd' } })
    expect((await admin('explain', 'nobody', 'shop')).err).toContain('There is no such user')
    expect((await admin('explain', 'ines', 'shop', '--proof', 'otp')).err).toContain('--proof takes a factor')
    expect((await admin('explain', 'ines', 'shop', '--max-age', 'x')).err).toContain('/request/maxAge')
  })
})
