import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../src/core/oidc/client.ts'
import { defaultAcrToLoa, defaultSettings, type Realm } from '../../src/core/realm.ts'
import {
  acrOfKeys,
  baseProofs,
  isProved,
  levelsOf,
  lostWithout,
  proofFor,
  type Standpoint,
  standpointOf,
} from '../../src/core/self-service.ts'
import type { Enrolled, Key, Proof } from '../../src/core/step-up/decide.ts'
import type { Flow } from '../../src/core/step-up/flow.ts'

const flow = JSON.parse(readFileSync(new URL('../../flows/fido.json', import.meta.url), 'utf8')) as Flow
const realm: Realm = {
  ...{ settings: defaultSettings, acrToLoa: defaultAcrToLoa, unreachable: 'attempt', flows: { fido: flow } },
  ...{ browserFlow: 'fido', decoySecret: '', pairwiseSecret: '', nonceSecret: '', version: 1 },
}
const client = (change: Partial<Client> = {}): Client => ({
  ...{
    clientId: 'portal',
    clientName: 'Portal',
    redirectUris: [],
    postLogoutRedirectUris: [],
    secrets: [],
    scopes: [],
  },
  ...{ grantTypes: ['authorization_code'], tokenEndpointAuthMethod: 'none', idTokenSignedResponseAlg: 'ES256' },
  ...{ enforcement: 'voluntary', enabled: true, createdAt: 0 },
  ...change,
})
const now = 1_800_000_000
const key = (credential: string, change: Partial<Key> = {}): Key => ({ credential, state: 'usable', ...change })
const having = (change: Partial<Enrolled> = {}): Enrolled => ({
  ...{ password: 'usable', otp: 'none', certificate: 'none', webauthn: [] },
  ...change,
})
const at = (enrolled: Enrolled): Standpoint => standpointOf(realm, client(), enrolled, now)
const proof = (factor: Proof['factor'], age: number, credential = factor): Proof => ({
  ...{ factor, at: now - age, request: 'r', credential },
  ...(factor === 'webauthn' ? { userVerified: true } : {}),
})

describe('the proof that a change takes', () => {
  it.each<[string, Parameters<typeof proofFor>[0], Enrolled, string | undefined]>([
    ['add, with a password alone', 'add', having(), 'pwd'],
    ['add, with codes', 'add', having({ otp: 'usable' }), 'otp'],
    ['add, with a key', 'add', having({ webauthn: [key('k')] }), 'fido'],
    [
      'add, with a pending key: it reaches nothing yet',
      'add',
      having({ webauthn: [key('k', { state: 'pending' })] }),
      'pwd',
    ],
    ['add, with a locked key', 'add', having({ webauthn: [key('k', { state: 'locked' })], otp: 'usable' }), 'otp'],
    ['remove codes, with a key', 'otp', having({ otp: 'usable', webauthn: [key('k')] }), 'otp'],
    ['remove a key', 'webauthn', having({ otp: 'usable', webauthn: [key('k')] }), 'fido'],
    [
      'remove a suspended key: the highest that is left',
      'webauthn',
      having({ otp: 'usable', webauthn: [key('k', { state: 'locked' })] }),
      'otp',
    ],
    ['remove locked codes, with a key', 'otp', having({ otp: 'locked', webauthn: [key('k')] }), 'fido'],
    ['remove locked codes, with a password alone', 'otp', having({ otp: 'locked' }), 'otp'],
    ['add, with locked codes', 'add', having({ otp: 'locked' }), 'otp'],
    ['add, with nothing', 'add', having({ password: 'none' }), undefined],
  ])('%s', (_, purpose, enrolled, acr) => {
    expect(proofFor(purpose, at(enrolled), 300).acr).toBe(acr)
  })

  it('is met by the level or one above it, in token and session, and not when it is old', () => {
    const standpoint = at(having({ otp: 'usable', webauthn: [key('webauthn')] }))
    const wanted = proofFor('otp', standpoint, 300)
    const shown = [proof('password', 0), proof('otp', 0)]
    expect(isProved(wanted, { acr: 'otp', authTime: now }, shown, standpoint)).toBe(true)
    expect(isProved(wanted, { acr: 'otp', authTime: now - 301 }, shown, standpoint)).toBe(false)
    expect(isProved(wanted, { acr: 'pwd', authTime: now }, shown, standpoint)).toBe(false)
    expect(isProved(wanted, { acr: 'constructor', authTime: now }, shown, standpoint)).toBe(false)
    expect(isProved(wanted, { acr: undefined, authTime: now }, shown, standpoint)).toBe(false)
    expect(isProved(wanted, { acr: 'fido', authTime: now }, [proof('webauthn', 0)], standpoint)).toBe(true)
    expect(isProved(wanted, { acr: 'fido', authTime: now }, [proof('password', 0)], standpoint)).toBe(false)
  })

  it('is always one that the person can give, unless their codes are locked', () => {
    const states = fc.constantFrom('usable', 'locked', 'none') as fc.Arbitrary<Enrolled['otp']>
    const keys = fc.array(
      fc
        .constantFrom('usable', 'pending', 'locked')
        .map((state) => key(`k ${state}`, { state: state as Key['state'] })),
      { maxLength: 3 },
    )
    fc.assert(
      fc.property(
        states,
        states,
        keys,
        fc.constantFrom('add', 'otp', 'webauthn'),
        (password, otp, webauthn, purpose) => {
          const standpoint = at(having({ password, otp, webauthn }))
          const { acr, loa } = proofFor(purpose as 'add', standpoint, 300)
          if (acr === undefined || (acr === 'otp' && otp === 'locked')) return
          const all = [proof('password', 0), proof('otp', 0), proof('webauthn', 0)].filter(({ factor }) =>
            factor === 'webauthn'
              ? webauthn.some(({ state }) => state === 'usable')
              : { password, otp, certificate: 'none' }[factor] === 'usable',
          )
          expect(isProved({ acr, loa, maxAge: 300 }, { acr, authTime: now }, all, standpoint)).toBe(true)
        },
      ),
    )
  })
})

describe('what one would lose', () => {
  const two = having({ webauthn: [key('a'), key('b')] })
  const one = having({ webauthn: [key('a')] })
  const lost = (
    before: Enrolled,
    after: Enrolled,
    clients: Client[] = [client()],
    roles: 'auditor'[] = [],
    its = realm,
  ) => lostWithout(its, clients, { roles }, [before, after], now)

  it('is nothing while something else reaches the level', () => {
    const bank = client({ clientName: 'Bank', minimumAcr: 'fido', enforcement: 'strict' })
    expect(lost(two, one, [bank])).toBeUndefined()
    expect(lost(one, having(), [bank])).toEqual({ acr: 'fido', application: 'Bank' })
  })

  it('is what an application or the realm demands by default, and not what one only wishes for', () => {
    expect(lost(one, having(), [client({ defaultAcr: ['fido'] })])).toBeUndefined()
    expect(lost(one, having(), [client({ defaultAcr: ['fido'], enforcement: 'strict' })])).toMatchObject({
      acr: 'fido',
    })
    const strict = client({ enforcement: 'strict' })
    expect(lost(one, having(), [strict], [], { ...realm, defaultAcr: ['fido'] })).toMatchObject({ acr: 'fido' })
  })

  it('is what one’s role demands', () => {
    // A key reaches the lower of the two as well, which is named first.
    expect(lost(one, having(), [], ['auditor'])).toEqual({ acr: 'otp' })
    expect(lost(having({ otp: 'usable', webauthn: [key('a')] }), having({ otp: 'usable' }), [], ['auditor'])).toEqual({
      acr: 'fido',
    })
    expect(lost(having({ otp: 'usable' }), having(), [], ['auditor'])).toEqual({ acr: 'otp' })
  })

  it('is not what one can set up in the middle of a sign-in, nor what one never reached', () => {
    const bank = client({ minimumAcr: 'otp', enforcement: 'strict' })
    expect(lost(having({ otp: 'usable' }), having(), [bank])).toMatchObject({ acr: 'otp' })
    expect(lost(having({ otp: 'usable' }), having(), [bank], [], { ...realm, enrol: ['otp'] })).toBeUndefined()
    expect(
      lost(having({ otp: 'usable' }), having(), [client({ minimumAcr: 'fido', enforcement: 'strict' })]),
    ).toBeUndefined()
  })

  it('is the last way to sign in at all, of enabled applications that people sign in to', () => {
    const alone = having({ password: 'none', webauthn: [key('a')] })
    const nothing = having({ password: 'none' })
    expect(lost(alone, nothing)).toEqual({ application: 'Portal' })
    expect(lost(alone, nothing, [client({ enabled: false })])).toBeUndefined()
    expect(lost(alone, nothing, [client({ grantTypes: ['client_credentials'] })])).toBeUndefined()
  })
})

describe('levels', () => {
  const standpoint = at(having({ otp: 'usable', webauthn: [key('webauthn')] }))

  it('are good until the first of what they rest on is not', () => {
    const levels = levelsOf(standpoint, [proof('password', 600), proof('otp', 60), proof('webauthn', 10)])
    expect(levels.map(({ acr, until }) => [acr, until])).toEqual([
      ['pwd', now + 3000],
      ['otp', now + 3000],
      ['fido', now + 3590],
    ])
  })

  it('have no end once they have run out', () => {
    expect(levelsOf(standpoint, [proof('password', 3601)])[0]).toMatchObject({ state: 'stale' })
    expect(levelsOf(standpoint, [proof('password', 3601)])[0]).not.toHaveProperty('until')
  })

  it('go back to the lowest that there is, however old', () => {
    const all = [proof('password', 7200), proof('otp', 60), proof('webauthn', 10)]
    expect(baseProofs(standpoint, all).map(({ factor }) => factor)).toEqual(['password'])
    expect(baseProofs(standpoint, all.slice(2))).toHaveLength(1)
    expect(baseProofs(standpoint, [])).toEqual([])
  })

  it('name the one that takes a key, where there is one', () => {
    expect(acrOfKeys(standpoint)).toBe('fido')
    expect(acrOfKeys({ ...standpoint, flow: { ...flow, levels: flow.levels.slice(0, 2) } })).toBeUndefined()
  })
})
