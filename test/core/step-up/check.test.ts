import { describe, expect, it } from 'vitest'
import { differences } from '../../../src/core/difference.ts'
import type { Client } from '../../../src/core/oidc/client.ts'
import type { Realm } from '../../../src/core/realm.ts'
import { checkAll, type Edited, introduced } from '../../../src/core/step-up/check.ts'
import type { Flow } from '../../../src/core/step-up/flow.ts'
import { newRealm } from '../../../src/setup.ts'

const realm = newRealm()
const client = (clientId: string, change: Partial<Client> = {}): Client => ({
  clientId,
  clientName: clientId,
  redirectUris: [],
  postLogoutRedirectUris: [],
  grantTypes: ['authorization_code'],
  tokenEndpointAuthMethod: 'none',
  secrets: [],
  scopes: [],
  idTokenSignedResponseAlg: 'RS256',
  enforcement: 'strict',
  enabled: true,
  createdAt: 0,
  ...change,
})

const fido = realm.flows.fido as Flow
const cut: Realm = { ...realm, flows: { ...realm.flows, fido: { ...fido, levels: fido.levels.slice(0, 1) } } }
const otp: Realm = { ...realm, browserFlow: 'stepup-ldap-otp' }

const troubles = (its: Realm, ...clients: Client[]) => checkAll(its, clients).troubles.map(({ detail }) => detail)
const doubts = (its: Realm, ...clients: Client[]) => checkAll(its, clients).doubts.map(({ detail }) => detail)

describe('checkAll', () => {
  it('finds nothing in a new realm, and no trouble in use case 4', () => {
    expect(checkAll(realm, [client('app1')])).toEqual({ troubles: [], doubts: [] })
    expect(troubles(otp, client('app1'))).toEqual([])
    expect(doubts(otp)).toContain('the browser flow stepup-ldap-otp does not reach cba (level 2)')
  })

  it('tells whose trouble it is once: the realm’s, not that of each client', () => {
    const lost = { ...realm, acrToLoa: { gold: 9 } }
    expect(troubles(lost, client('app1'), client('app2'))).toEqual(['the browser flow fido reaches none of gold'])
    expect(troubles(lost, client('app3', { flow: 'stepup-ldap-otp' }))).toEqual([
      'the browser flow fido reaches none of gold',
      'client app3: the flow stepup-ldap-otp reaches none of gold',
    ])
  })

  it('holds a client against its own flow and its own map', () => {
    const own = { flow: 'stepup-ldap-otp', acrToLoa: { low: 0, high: 1 } }
    expect(troubles(realm, client('app1', { ...own, minimumAcr: 'high' }))).toEqual([])
    expect(troubles(realm, client('app1', { ...own, minimumAcr: 'otp' }))).toHaveLength(1)
    expect(troubles(realm, client('app1', { ...own, flow: 'none' }))).toEqual(['client app1: there is no flow none'])
    // A name that every object seems to have is in no map.
    expect(troubles(realm, client('app1', { minimumAcr: 'constructor' }))).toHaveLength(1)
  })

  it('doubts an enrolment that no flow has a place for', () => {
    const enrol = { ...realm, enrol: ['otp'] as Realm['enrol'] & string[] }
    expect(doubts(enrol)).toEqual([])
    expect(doubts({ ...enrol, flows: { fido: cut.flows.fido as Flow } })).toContain(
      'no flow asks for otp above its lowest level, which is where it could be set up',
    )
  })
})

describe('introduced', () => {
  const vault = client('vault', { minimumAcr: 'fido' })
  const against = (edited: Edited, before: Realm, after: Realm, clients: Client[], later = clients) =>
    introduced(edited, checkAll(before, clients), checkAll(after, later)).trouble

  it('keeps a change from breaking a client that worked', () => {
    expect(against({ document: 'flow', flow: 'fido' }, realm, cut, [vault])).toEqual({
      at: '/levels',
      detail: 'client vault: its minimum fido (level 3) is above all that the flow fido reaches',
    })
    expect(against({ document: 'binding' }, realm, otp, [vault])).toMatchObject({ at: '/flow' })
  })

  it('lets a change through beside what was broken before, but not one of what is broken itself', () => {
    const edited = { document: 'flow', flow: 'stepup-ldap-otp' } as const
    expect(against(edited, cut, cut, [vault])).toBeUndefined()
    expect(against({ document: 'client', client: 'other' }, cut, cut, [vault, client('other')])).toBeUndefined()
    expect(against({ document: 'client', client: 'vault' }, cut, cut, [vault])).toMatchObject({ at: '/minimumAcr' })
    expect(against({ document: 'client', client: 'vault' }, cut, cut, [vault], [client('vault')])).toBeUndefined()
  })
})

describe('differences', () => {
  it('names the place, what was and what is', () => {
    expect(differences({ a: [1, 2], b: { 'c/d': 'x' } }, { a: [1], b: { 'c/d': 'y' }, e: true })).toBe(
      '/a/1: 2 → nothing; /b/c~1d: "x" → "y"; /e: nothing → true',
    )
    expect(differences({ a: { b: [] } }, { a: { b: [] } })).toBe('')
  })

  it('takes no member from the prototype', () => {
    expect(differences({}, { toString: 1, constructor: 2 })).toBe('/toString: nothing → 1; /constructor: nothing → 2')
    expect(differences({ valueOf: 1 }, {})).toBe('/valueOf: 1 → nothing')
  })

  it('stays short enough for an audit record', () => {
    const long = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`name-${index}`, 'x'.repeat(200)]))
    expect(differences({}, long).length).toBeLessThanOrEqual(2000)
  })
})
