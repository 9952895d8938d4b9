import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkFlow, type Flow, factorKinds, parseFlow } from '../../../src/core/step-up/flow.ts'
import { flowFromKeycloak, readAuthenticatorNames, type Wish } from '../../../src/core/step-up/keycloak.ts'

/** As `kc.sh export` writes it, with the flow that the seed's document has its reader make by hand. */
const text = readFileSync(new URL('keycloak/realm.json', import.meta.url), 'utf8')
const shipped = (id: string): Flow =>
  JSON.parse(readFileSync(new URL(`../../../flows/${id}.json`, import.meta.url), 'utf8')) as Flow

const wish: Wish = { id: 'moved', authenticators: { 'safenet-authentication-form': 'otp' } }

type Export = {
  attributes: Record<string, string>
  browserFlow: string
  authenticationFlows: { alias: string; authenticationExecutions: Record<string, unknown>[] }[]
  authenticatorConfig: { alias: string; config: Record<string, string> }[]
}

/** The export, changed. */
const having = (change: (realm: Export) => void): unknown => {
  const realm = JSON.parse(text) as Export
  change(realm)
  return realm
}

const executions = (realm: Export, alias: string) =>
  realm.authenticationFlows.find((flow) => flow.alias === alias)?.authenticationExecutions ?? []

const forms = 'SafeNet StepUp LDAP OTP forms'
const second = 'Second Factor OTP'

const convert = (change: (realm: Export) => void = () => {}, asked: Wish = wish) =>
  flowFromKeycloak(having(change), asked)
const steps = (change: (realm: Export) => void) => {
  const converted = convert(change)
  return converted.ok ? converted.value.flow.levels[1]?.steps : converted
}

describe('the seed’s StepUp LDAP OTP flow', () => {
  it('becomes the flow that ships', () => {
    const converted = convert()
    const { levels } = shipped('stepup-ldap-otp')
    expect(converted).toEqual({
      ok: true,
      value: {
        flow: {
          id: 'moved',
          name: 'SafeNet StepUp LDAP OTP Flow',
          description: 'SafeNet StepUp Authentication with LDAP and OTP.',
          version: 1,
          levels,
        },
        acrToLoa: { pwd: 0, otp: 1, cba: 2 },
        notes: ['auth-cookie is left out: a session answers by itself.'],
      },
    })
    if (converted.ok) {
      expect(parseFlow(converted.value.flow)).toEqual({ ok: true, value: converted.value.flow })
      expect(checkFlow(converted.value.flow, converted.value.acrToLoa ?? {}).ok).toBe(true)
    }
  })

  it('is found by its name as well as by its binding', () => {
    const named = { ...wish, flow: 'SafeNet StepUp LDAP OTP Flow' }
    expect(convert((realm) => Object.assign(realm, { browserFlow: 'browser' }), named)).toEqual(convert())
  })
})

describe('what comes along', () => {
  const add = (alias: string, execution: Record<string, unknown>) => (realm: Export) =>
    executions(realm, alias).push({ requirement: 'REQUIRED', priority: 9, ...execution })

  it('factors by their provider, with user verification where Keycloak has no password', () => {
    const other = (authenticator: string) => (realm: Export) =>
      Object.assign(executions(realm, second)[1] ?? {}, { authenticator })
    expect(steps(other('auth-otp-form'))).toMatchObject([{ authenticator: 'otp' }])
    expect(steps(other('auth-x509-client-username-form'))).toMatchObject([{ authenticator: 'certificate' }])
    expect(steps(other('webauthn-authenticator'))).toEqual([
      expect.not.objectContaining({ demands: expect.anything() }),
    ])
    expect(steps(other('webauthn-authenticator-passwordless'))).toMatchObject([{ demands: { userVerified: true } }])
  })

  it('alternatives, and those only for whoever has set them up', () => {
    const alternatives = (realm: Export) => {
      for (const each of executions(realm, second).slice(1)) each.requirement = 'ALTERNATIVE'
      add(second, { authenticator: 'webauthn-authenticator', requirement: 'ALTERNATIVE' })(realm)
    }
    expect(steps(alternatives)).toMatchObject([
      { requirement: 'alternative' },
      { authenticator: 'webauthn', requirement: 'alternative' },
    ])
    const conditional = (realm: Export) => {
      realm.authenticationFlows.push({
        alias: 'If set up',
        authenticationExecutions: [
          { authenticator: 'conditional-user-configured', requirement: 'REQUIRED', priority: 0 },
          { authenticator: 'webauthn-authenticator', requirement: 'REQUIRED', priority: 1 },
        ],
      })
      add(second, { authenticatorFlow: true, flowAlias: 'If set up', requirement: 'CONDITIONAL' })(realm)
    }
    expect(steps(conditional)).toMatchObject([
      { requirement: 'required' },
      { authenticator: 'webauthn', requirement: 'conditional' },
    ])
  })

  it('no alternative beside something required, as in Keycloak, and a note of it', () => {
    const converted = convert(add(second, { authenticator: 'webauthn-authenticator', requirement: 'ALTERNATIVE' }))
    expect(converted.ok && converted.value.notes).toContain(
      'webauthn-authenticator of Second Factor OTP is left out: it is an alternative beside what is required.',
    )
  })

  it('no reference where there is none: RFC 8176’s words, for as long as the level', () => {
    const bare = (realm: Export) => {
      delete executions(realm, second)[1]?.authenticatorConfig
    }
    expect(steps(bare)).toEqual([{ authenticator: 'otp', requirement: 'required', referenceMaxAge: 3600 }])
  })

  it('a reference without a max age counts for one request', () => {
    const ageless = (realm: Export) => {
      for (const { config } of realm.authenticatorConfig) delete config['default.reference.maxAge']
    }
    expect(steps(ageless)).toMatchObject([{ reference: 'otp', referenceMaxAge: 0 }])
  })
})

describe('what has no counterpart is refused by its name', () => {
  it.each<[string, (realm: Export) => void, string]>([
    ['a flow that is not there', (realm) => Object.assign(realm, { browserFlow: 'gone' }), 'has no flow gone'],
    [
      'a level without a max age',
      (realm) => {
        for (const { config } of realm.authenticatorConfig) delete config['loa-max-age']
      },
      'says no loa-max-age',
    ],
    [
      'an authenticator outside every level',
      (realm) =>
        executions(realm, forms).push({ authenticator: 'auth-otp-form', requirement: 'REQUIRED', priority: 5 }),
      'asks for auth-otp-form outside any level',
    ],
    [
      'a condition that nobody here has',
      (realm) =>
        executions(realm, second).push({
          authenticator: 'conditional-user-role',
          requirement: 'REQUIRED',
          priority: 5,
        }),
      'conditional-user-role is not known',
    ],
    [
      'a level within a level',
      (realm) =>
        executions(realm, second).push({
          authenticatorFlow: true,
          flowAlias: 'First Factor LDAP',
          requirement: 'CONDITIONAL',
          priority: 5,
        }),
      'is a level within a level',
    ],
    [
      'a flow that contains itself',
      (realm) =>
        executions(realm, forms).push({
          authenticatorFlow: true,
          flowAlias: forms,
          requirement: 'REQUIRED',
          priority: 5,
        }),
      'contains itself',
    ],
    [
      'a flow without levels',
      (realm) =>
        Object.assign(realm, {
          browserFlow: 'plain',
          authenticationFlows: [...realm.authenticationFlows, { alias: 'plain', authenticationExecutions: [] }],
        }),
      'has no level of authentication',
    ],
    ['a map that is not JSON', (realm) => Object.assign(realm.attributes, { 'acr.loa.map': '{' }), 'is not JSON'],
  ])('%s', (_, change, detail) => {
    expect(convert(change)).toMatchObject({
      ok: false,
      reason: 'not-convertible',
      detail: expect.stringContaining(detail),
    })
  })

  it('an authenticator of somebody else’s, until it is said what it asks for', () => {
    expect(convert(undefined, { id: 'moved' })).toMatchObject({
      detail: 'safenet-authentication-form is not known: say what it asks for, as in safenet-authentication-form=otp',
    })
    expect(readAuthenticatorNames(['safenet-authentication-form=otp'], factorKinds)).toEqual({
      ok: true,
      value: { 'safenet-authentication-form': 'otp' },
    })
    expect(readAuthenticatorNames(['x=sms'], factorKinds)).toMatchObject({ ok: false, detail: 'x=sms' })
  })

  it.each([undefined, [], {}, { authenticationFlows: [{}] }, { authenticationFlows: {} }])(
    '%o is no export',
    (data) => {
      expect(flowFromKeycloak(data, wish)).toMatchObject({ ok: false, reason: 'not-convertible' })
    },
  )
})
