import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Allowance,
  allowanceOf,
  askedAndBefore,
  type Consent,
  consentFor,
  consentStands,
  needsConsent,
  newIn,
  shownHash,
  withAllowed,
} from '../../../src/core/oidc/consent.ts'

const who = { user: 'anna', clientId: 'partner', now: 100 }
const nothing: Allowance = { scopes: [], claims: [], resources: [] }
const given = (allowed: Partial<Allowance>): Consent => withAllowed(undefined, { ...nothing, ...allowed }, who)

type Asked = Parameters<typeof needsConsent>[0]
const asking = (request: Partial<Asked['request']>, thirdParty = true): Asked => ({
  request: { clientId: 'partner', prompts: [], scopes: ['openid'], ...request },
  ...(thirdParty ? { thirdParty: { since: 0 } } : {}),
})

it('what was allowed to another application of the same id allows this one nothing', () => {
  const before = given({ scopes: ['openid', 'email'] })
  const again = { ...asking({}), thirdParty: { since: 101 } }
  expect([needsConsent(asking({}), [before]), needsConsent(again, [before])]).toEqual([false, true])
  // In the place of what there was, for one person allows one application once.
  const allowed = withAllowed(consentFor(again, [before]), { ...nothing, scopes: ['openid'] }, { ...who, now: 102 })
  expect(allowed).toEqual({ ...before, scopes: ['openid'], givenAt: 102, updatedAt: 102, version: 2 })
  expect(needsConsent(again, [allowed])).toBe(false)
})

describe('what a request asks a person to allow', () => {
  it.each<[string, Parameters<typeof allowanceOf>[0], Partial<Allowance>]>([
    ['its scopes', { scopes: ['openid', 'email'] }, { scopes: ['openid', 'email'] }],
    [
      'claims by name, each once, wherever they are to be told',
      { scopes: ['openid'], claims: { idToken: ['email'], userinfo: ['email', 'birthdate'] } },
      { scopes: ['openid'], claims: ['email', 'birthdate'] },
    ],
    [
      'no claim that a scope of it brings along',
      { scopes: ['openid', 'email'], claims: { idToken: ['email_verified'], userinfo: [] } },
      { scopes: ['openid', 'email'] },
    ],
    [
      'no claim that tells nothing of the person, or that there is not',
      { scopes: ['openid'], claims: { idToken: ['acr', 'auth_time', 'sub'], userinfo: ['shoe_size', 'constructor'] } },
      { scopes: ['openid'] },
    ],
    ['resources', { scopes: [], resources: ['https://api.example/'] }, { resources: ['https://api.example/'] }],
  ])('%s', (_, request, expected) => {
    expect(allowanceOf(request)).toEqual({ ...nothing, ...expected })
  })
})

describe('a person is asked', () => {
  it.each<[string, boolean, Asked, Consent[]]>([
    ['never by an application of the organisation', false, asking({ scopes: ['openid', 'email'] }, false), []],
    ['each time with prompt=consent', true, asking({ prompts: ['consent'] }, false), [given({ scopes: ['openid'] })]],
    ['the first time by a third party', true, asking({}), []],
    ['the first time, even where it asks for nothing', true, asking({ scopes: [] }), []],
    ['not again', false, asking({}), [given({ scopes: ['openid', 'email'] })]],
    ['for a scope more', true, asking({ scopes: ['openid', 'email'] }), [given({ scopes: ['openid'] })]],
    [
      'not for a claim of a scope that was allowed',
      false,
      asking({ claims: { idToken: ['email'], userinfo: [] } }),
      [given({ scopes: ['openid', 'email'] })],
    ],
    [
      'for the scope of a claim that was allowed',
      true,
      asking({ scopes: ['openid', 'email'] }),
      [given({ scopes: ['openid'], claims: ['email'] })],
    ],
    [
      'whatever another application was allowed',
      true,
      asking({}),
      [{ ...given({ scopes: ['openid'] }), clientId: 'x' }],
    ],
  ])('%s', (_, expected, login, consents) => {
    expect(needsConsent(login, consents)).toBe(expected)
  })
})

const some = (...names: string[]) => fc.subarray(names)
/** `openid` is among the scopes of every request. */
const anAllowance: fc.Arbitrary<Allowance> = fc.record({
  scopes: some('profile', 'email', 'offline_access', 'orders').map((scopes) => ['openid', ...scopes]),
  claims: some('email', 'birthdate', 'phone_number', 'name'),
  resources: some('https://a.example/', 'https://b.example/'),
})

describe('whatever was allowed before', () => {
  it('what is allowed now is not asked again, what was allowed stays, and nothing else is added', () => {
    fc.assert(
      fc.property(anAllowance, anAllowance, (first, second) => {
        const before = given(first)
        const after = withAllowed(before, second, { ...who, now: 200 })
        expect(newIn(second, after)).toEqual(nothing)
        expect(newIn(first, after)).toEqual(nothing)
        for (const name of ['scopes', 'claims', 'resources'] as const) {
          expect(new Set(after[name]).size).toBe(after[name].length)
          for (const each of after[name]) expect([...first[name], ...second[name]]).toContain(each)
        }
        expect([after.id, after.givenAt, after.updatedAt, after.version]).toEqual([before.id, 100, 200, 2])
      }),
    )
  })

  it('what is asked and what was allowed are together what the request is for, and nothing is in both', () => {
    fc.assert(
      fc.property(anAllowance, anAllowance, (first, { scopes, resources }) => {
        const login = asking({ scopes, resources })
        const [asked, before] = askedAndBefore(login, [given(first)])
        const all = allowanceOf(login.request)
        for (const name of ['scopes', 'claims', 'resources'] as const)
          expect([...asked[name], ...before[name]].sort()).toEqual([...all[name]].sort())
      }),
    )
  })
})

describe('a grant', () => {
  it('ends with the consent that it names, and does not come back with another', () => {
    const consent = given({ scopes: ['openid'] })
    expect(consentStands({ consent: consent.id }, [consent])).toBe(true)
    expect(consentStands({ consent: consent.id }, [])).toBe(false)
    expect(consentStands({ consent: consent.id }, [given({ scopes: ['openid'] })])).toBe(false)
    expect(consentStands({}, [])).toBe(true)
  })
})

it('what is shown is another with each thing that is', () => {
  const login = { id: 'l1', request: { clientId: 'c', redirectUri: 'https://a.example/', scopes: [], prompts: [] } }
  const client = { clientName: 'A', clientUri: 'https://a.example/' }
  const asked = { ...nothing, scopes: ['openid'] }
  const hashes = [
    shownHash(login, 'anna', client, asked),
    shownHash({ ...login, id: 'l2' }, 'anna', client, asked),
    shownHash(login, 'bert', client, asked),
    shownHash({ ...login, request: { ...login.request, redirectUri: 'https://b.example/' } }, 'anna', client, asked),
    shownHash(login, 'anna', { ...client, clientName: 'B' }, asked),
    shownHash(login, 'anna', { clientName: 'A', policyUri: 'https://a.example/' }, asked),
    shownHash(login, 'anna', client, { ...asked, claims: ['email'] }),
    shownHash(login, 'anna', client, { ...asked, scopes: ['openid', 'email'] }),
  ]
  expect(new Set(hashes).size).toBe(hashes.length)
})
