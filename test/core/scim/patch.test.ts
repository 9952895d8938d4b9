import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patched, readPatch } from '../../../src/core/scim/patch.ts'
import { answering } from '../../../src/core/scim/refusal.ts'
import { isObject, readResource, type Value } from '../../../src/core/scim/schema.ts'
import { provisionedBy, resourceOf } from '../../../src/core/scim/user.ts'
import type { User } from '../../../src/core/user.ts'

const { SEED, RUNS } = process.env
const settings = { numRuns: Number(RUNS ?? 500), ...(SEED === undefined ? {} : { seed: Number(SEED) }) }

const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
const work = { value: 'ada@example.org', type: 'work', primary: true }
const home = { value: 'ada@home.example', type: 'home' }
const ada: Value = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id: 'a1',
  userName: 'ada',
  name: { formatted: 'Ada Lovelace', givenName: 'Ada', familyName: 'Lovelace' },
  active: true,
  emails: [work, home],
  roles: [{ value: 'auditor' }],
}

const patch = (operations: unknown, resource = ada) =>
  answering(() => patched(resource, readPatch({ schemas, Operations: operations })))

/** What is another than it was. */
function difference(operations: unknown, resource = ada): unknown {
  const after = patch(operations, resource)
  if (!after.ok) return after.reason
  const names = new Set([...Object.keys(resource), ...Object.keys(after.value)])
  return Object.fromEntries(
    [...names]
      .filter((name) => JSON.stringify(resource[name]) !== JSON.stringify(after.value[name]))
      .map((name) => [name, after.value[name]]),
  )
}

describe('a patch', () => {
  it.each<[string, unknown, unknown]>([
    ['replaces a text', [{ op: 'replace', path: 'displayName', value: 'A' }], { displayName: 'A' }],
    ['finds names in any case', [{ op: 'Replace', path: 'DISPLAYNAME', value: 'A' }], { displayName: 'A' }],
    [
      'takes the schema before a name',
      [{ op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:nickName', value: 'A' }],
      { nickName: 'A' },
    ],
    ['removes', [{ op: 'remove', path: 'name' }], { name: undefined }],
    [
      'removes a part',
      [{ op: 'remove', path: 'name.givenName' }],
      {
        name: { formatted: 'Ada Lovelace', familyName: 'Lovelace' },
      },
    ],
    ['null takes away', [{ op: 'replace', path: 'emails', value: null }], { emails: undefined }],
    [
      'an empty text takes away',
      [{ op: 'replace', path: 'name.familyName', value: '' }],
      {
        name: { formatted: 'Ada Lovelace', givenName: 'Ada' },
      },
    ],
    [
      'leaves parts of a complex attribute that it does not name',
      [{ op: 'replace', path: 'name', value: { familyName: 'Byron' } }],
      { name: { formatted: 'Ada Lovelace', givenName: 'Ada', familyName: 'Byron' } },
    ],
    ["takes Entra's texts for true and false", [{ op: 'Replace', path: 'active', value: 'False' }], { active: false }],
    [
      "takes Entra's dotted names",
      [
        {
          op: 'replace',
          value: { 'name.givenName': 'B', displayName: 'B', 'emails[type eq "work"].value': 'b@example.org' },
        },
      ],
      {
        displayName: 'B',
        name: { formatted: 'Ada Lovelace', givenName: 'B', familyName: 'Lovelace' },
        emails: [{ ...work, value: 'b@example.org' }, home],
      },
    ],
    [
      'does not keep extensions, nor what is of no use here',
      [
        { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'D' },
        { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value', value: 'D' },
        { op: 'Add', value: { 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'D' } } },
        { op: 'Add', path: 'title', value: 'Dr' },
        { op: 'Add', path: 'entitlements[primary eq "True"].value', value: 'x' },
        { op: 'Add', path: 'name.formatted', value: 'Someone Else' },
        { op: 'Add', path: 'emails[type eq "work"].display', value: 'x' },
      ],
      {},
    ],
    [
      'takes the whole User by its schema',
      [
        { op: 'add', value: { 'urn:ietf:params:scim:schemas:core:2.0:User': { nickName: 'A' } } },
        { op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User', value: { displayName: 'A' } },
      ],
      { nickName: 'A', displayName: 'A' },
    ],
    [
      'adds to several values, once',
      [{ op: 'add', path: 'emails', value: [{ value: 'x@y.z', type: 'other' }, home] }],
      { emails: [work, home, { value: 'x@y.z', type: 'other' }] },
    ],
    [
      'has one primary value',
      [{ op: 'add', path: 'emails', value: { value: 'x@y.z', primary: true } }],
      {
        emails: [{ ...work, primary: false }, home, { value: 'x@y.z', primary: true }],
      },
    ],
    [
      'has one primary value by a path, too',
      [{ op: 'replace', path: 'emails[type eq "home"].primary', value: 'True' }],
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    ['replaces all values', [{ op: 'replace', path: 'emails', value: [home] }], { emails: [home] }],
    [
      'changes the value that a filter finds',
      [{ op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@example.org' }],
      { emails: [{ ...work, value: 'b@example.org' }, home] },
    ],
    [
      'replaces the value that a filter finds',
      [{ op: 'replace', path: 'emails[value ew "home.example"]', value: { value: 'b@home.example' } }],
      { emails: [work, { value: 'b@home.example' }] },
    ],
    [
      'adds to the value that a filter finds',
      [{ op: 'add', path: 'emails[value ew "home.example"]', value: { primary: false } }],
      { emails: [work, { ...home, primary: false }] },
    ],
    [
      'makes the value that a filter does not find',
      [
        { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '+43 1 2345' },
        { op: 'Replace', path: 'addresses[type eq "work" and primary eq true].country', value: 'AT' },
      ],
      {
        phoneNumbers: [{ type: 'work', value: '+43 1 2345' }],
        addresses: [{ type: 'work', primary: true, country: 'AT' }],
      },
    ],
    ['removes the values that a filter finds', [{ op: 'Remove', path: 'emails[type eq "home"]' }], { emails: [work] }],
    [
      'removes a part of what a filter finds',
      [{ op: 'remove', path: 'emails[type eq "home"].type' }],
      {
        emails: [work, { value: 'ada@home.example' }],
      },
    ],
    ['removes nothing where a filter finds nothing', [{ op: 'remove', path: 'emails[type eq "none"]' }], {}],
    [
      'removes by value, as Entra does',
      [{ op: 'Remove', path: 'emails', value: [{ value: home.value }] }],
      {
        emails: [work],
      },
    ],
    ['takes the last of several for nothing', [{ op: 'remove', path: 'emails[value pr]' }], { emails: undefined }],
    [
      'may name what it may not write, as it is',
      [{ op: 'replace', value: { id: 'a1', roles: [{ value: 'auditor' }], groups: [] } }],
      {},
    ],
    [
      'is done in order',
      [
        { op: 'add', path: 'nickName', value: 'one' },
        { op: 'replace', path: 'nickName', value: 'two' },
      ],
      { nickName: 'two' },
    ],
  ])('%s', (_, operations, expected) => {
    expect(difference(operations)).toEqual(expected)
  })

  it.each<[string, unknown, string]>([
    ['of what nobody knows', [{ op: 'add', path: 'userNam', value: 'x' }], 'invalidPath'],
    ['of a part that nobody knows', [{ op: 'add', path: 'name.first', value: 'x' }], 'invalidPath'],
    ['of what nobody knows, without a path', [{ op: 'add', value: { userNam: 'x' } }], 'invalidPath'],
    ['of what every object has', [{ op: 'add', path: '__proto__.polluted', value: 'x' }], 'invalidPath'],
    ['of what every object has, as a name', [{ op: 'add', path: 'constructor', value: 'x' }], 'invalidPath'],
    ['with a path that is none', [{ op: 'add', path: 'emails[type', value: 'x' }], 'invalidPath'],
    [
      'with a filter on what has one value',
      [{ op: 'add', path: 'name[givenName pr].givenName', value: 'x' }],
      'invalidPath',
    ],
    ['of an id', [{ op: 'replace', path: 'id', value: 'x' }], 'mutability'],
    ['of roles', [{ op: 'replace', path: 'roles', value: [{ value: 'administrator' }] }], 'mutability'],
    [
      'of roles, one by one',
      [{ op: 'add', path: 'roles[value eq "administrator"].value', value: 'administrator' }],
      'mutability',
    ],
    [
      'of roles, beside others',
      [{ op: 'add', value: { active: true, roles: [{ value: 'administrator' }] } }],
      'mutability',
    ],
    ['that takes roles away', [{ op: 'remove', path: 'roles' }], 'mutability'],
    ['that takes the name away', [{ op: 'remove', path: 'userName' }], 'mutability'],
    ['that leaves the name empty', [{ op: 'replace', path: 'userName', value: '' }], 'mutability'],
    ['of what is not there', [{ op: 'replace', path: 'emails[type eq "other"].value', value: 'x' }], 'noTarget'],
    [
      'that does not say what to add',
      [{ op: 'add', path: 'phoneNumbers[value sw "+"].value', value: 'x' }],
      'noTarget',
    ],
    ['that removes nothing in particular', [{ op: 'remove' }], 'noTarget'],
    ['with a number for a text', [{ op: 'add', path: 'displayName', value: 1 }], 'invalidValue'],
    ['with a text for an object', [{ op: 'add', path: 'name', value: 'Ada' }], 'invalidValue'],
    ['with neither true nor false', [{ op: 'add', path: 'active', value: 'perhaps' }], 'invalidValue'],
    ['with a member that nobody knows', [{ op: 'add', path: 'name', value: { first: 'x' } }], 'invalidSyntax'],
    ['of another kind', [{ op: 'move', path: 'name', value: {} }], 'invalidSyntax'],
    ['without a value', [{ op: 'add', path: 'name' }], 'invalidSyntax'],
    ['of nothing', [], 'invalidSyntax'],
    ['of too much', Array(101).fill({ op: 'add', path: 'active', value: true }), 'invalidSyntax'],
    ['that is none', 'x', 'invalidSyntax'],
    // All or nothing.
    [
      'half of which would do',
      [
        { op: 'add', path: 'active', value: false },
        { op: 'add', path: 'x', value: 1 },
      ],
      'invalidPath',
    ],
  ])('is refused: %s', (_, operations, reason) => {
    const before = structuredClone(ada)
    expect(difference(operations)).toBe(reason)
    expect(ada).toEqual(before)
    expect({}).not.toHaveProperty('polluted')
  })

  it('must say that it is one', () => {
    for (const body of [
      { Operations: [{ op: 'remove', path: 'name' }] },
      { schemas, Operations: [{}], more: 1 },
      [],
      'x',
      null,
    ])
      expect(answering(() => readPatch(body))).toMatchObject({ ok: false, reason: 'invalidSyntax' })
    expect(
      answering(() => readPatch({ Schemas: schemas, operations: [{ OP: 'REMOVE', Path: 'name' }] })),
    ).toMatchObject({
      ok: true,
    })
  })

  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  const aPath = fc.constantFrom(
    'displayName',
    'nickName',
    'name.givenName',
    'emails[type eq "work"].value',
    'emails[type eq "home"].value',
    'phoneNumbers[type eq "work"].value',
  )

  it('done twice is done once, where it replaces', () => {
    const operations = fc.array(fc.record({ op: fc.constant('replace'), path: aPath, value: text }), { minLength: 1 })
    fc.assert(
      fc.property(operations, (given) => {
        const once = patch(given)
        expect(once).toMatchObject({ ok: true })
        if (once.ok) expect(patch(given, once.value)).toEqual(once)
      }),
      settings,
    )
  })

  it('of several operations is several patches, one after the other', () => {
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom('add', 'replace'), path: aPath, value: text }),
      fc.record({ op: fc.constant('remove'), path: aPath }),
    )
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 6 }), (operations) => {
        const [whole, one] = [
          patch(operations),
          operations.reduce((held, each) => {
            const after = patch([each], held)
            return after.ok ? after.value : held
          }, ada),
        ]
        if (whole.ok) expect(whole.value).toEqual(one)
      }),
      settings,
    )
  })

  it('is applied or refused, whatever it is, and leaves what it was given', () => {
    const anything = fc.record(
      {
        op: fc.constantFrom('add', 'Replace', 'remove', 'x'),
        path: fc.oneof(aPath, fc.string()),
        value: fc.jsonValue(),
      },
      { requiredKeys: ['op'] },
    )
    const before = structuredClone(ada)
    fc.assert(
      fc.property(fc.array(anything, { minLength: 1, maxLength: 4 }), (operations) => {
        const after = patch(operations)
        if (!after.ok) expect(after.detail).toBeTypeOf('string')
        else expect(after.value).toMatchObject({ id: 'a1', roles: ada.roles, userName: expect.any(String) })
        expect(ada).toEqual(before)
      }),
      settings,
    )
  })
})

const user: User = {
  id: 'a1',
  userName: 'ada',
  email: 'ada@example.org',
  emailVerified: true,
  givenName: 'Ada',
  familyName: 'Lovelace',
  displayName: 'Countess',
  locale: 'en-GB',
  claims: {
    middle_name: 'King',
    nickname: 'addi',
    profile: 'https://example.org/ada',
    zoneinfo: 'Europe/London',
    phone_number: '+44 20 1234',
    phone_number_verified: true,
    birthdate: '1815-12-10',
    address: { street_address: '12 St James Square', country: 'GB' },
  },
  externalId: 'X1',
  enabled: true,
  roles: ['auditor'],
  standing: 1,
  createdAt: 1_800_000_000,
  updatedAt: 1_800_000_060,
}
const shown = resourceOf(user, { location: 'https://id.example.org/scim/v2/Users/a1', version: 'W/"1"' })
const provisioned = (resource: Value) => answering(() => provisionedBy(resource, shown, user))

describe('a user as a resource', () => {
  it('shows what is kept, and no secret', () => {
    expect(resourceOf({ ...user, passwordHash: 'secret' }, { location: 'l', version: 'v' })).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id: 'a1',
      externalId: 'X1',
      userName: 'ada',
      name: { formatted: 'Ada King Lovelace', familyName: 'Lovelace', givenName: 'Ada', middleName: 'King' },
      displayName: 'Countess',
      nickName: 'addi',
      profileUrl: 'https://example.org/ada',
      preferredLanguage: 'en-GB',
      locale: 'en-GB',
      timezone: 'Europe/London',
      active: true,
      emails: [work],
      phoneNumbers: [{ value: '+44 20 1234', type: 'work', primary: true }],
      addresses: [{ streetAddress: '12 St James Square', country: 'GB', type: 'work', primary: true }],
      roles: [{ value: 'auditor' }],
      meta: {
        resourceType: 'User',
        created: '2027-01-15T08:00:00.000Z',
        lastModified: '2027-01-15T08:01:00.000Z',
        location: 'l',
        version: 'v',
      },
    })
    expect(
      Object.keys(
        resourceOf(
          { id: 'x', userName: 'x', enabled: false, standing: 0, createdAt: 0, updatedAt: 0 },
          { location: 'l', version: 'v' },
        ),
      ),
    ).toEqual(['schemas', 'id', 'userName', 'active', 'meta'])
  })

  it('sent back as it was shown changes nothing', () => {
    const kept = readResource(shown)
    expect(provisioned(kept)).toEqual({
      ok: true,
      value: {
        userName: 'ada',
        externalId: 'X1',
        email: 'ada@example.org',
        enabled: true,
        claims: { name: 'Countess', given_name: 'Ada', family_name: 'Lovelace', locale: 'en-GB', ...user.claims },
      },
    })
  })

  it.each<[string, (resource: Value) => Value, object]>([
    [
      'of several addresses, the primary one',
      (r) => ({ ...r, emails: [home, { ...work, value: 'p@x.y' }] }),
      { email: 'p@x.y' },
    ],
    [
      'of none that is primary, the work one',
      (r) => ({ ...r, emails: [home, { value: 'w@x.y', type: 'work' }] }),
      { email: 'w@x.y' },
    ],
    ['of none of work, the first', (r) => ({ ...r, emails: [home, { value: 'o@x.y' }] }), { email: home.value }],
    [
      'the language that was changed',
      (r) => ({ ...r, preferredLanguage: 'de-AT,de;q=0.8' }),
      { claims: { locale: 'de-AT' } },
    ],
    [
      'the locale where both were',
      (r) => ({ ...r, preferredLanguage: 'de', locale: 'fr' }),
      { claims: { locale: 'fr' } },
    ],
    [
      'a telephone as RFC 3966 has it',
      (r) => ({ ...r, phoneNumbers: [{ value: 'tel:+43-1-2345' }] }),
      {
        claims: { phone_number: '+43-1-2345' },
      },
    ],
    [
      'a password, where there is a new one',
      (r) => ({ ...r, password: 'correct horse' }),
      { password: 'correct horse' },
    ],
  ])('says %s', (_, change, expected) => {
    expect(provisioned(change(readResource(shown)))).toMatchObject({ ok: true, value: expected })
  })

  it.each<[string, Value, string]>([
    ['without a name', { ...shown, userName: undefined }, 'userName'],
    ['with a telephone number of no country', { ...shown, phoneNumbers: [{ value: '0664 1234' }] }, 'phoneNumbers'],
    ['with a language that is none', { ...shown, locale: 'Klingon!' }, 'locale'],
    ['with a zone that is none', { ...shown, timezone: 'Mars/Olympus' }, 'timezone'],
    ['with a page that is none', { ...shown, profileUrl: 'javascript:alert(1)' }, 'profileUrl'],
    ['with two lines in a name', { ...shown, displayName: 'a\nb' }, 'displayName'],
  ])('is refused %s', (_, resource, named) => {
    expect(provisioned(resource)).toMatchObject({
      ok: false,
      reason: 'invalidValue',
      detail: expect.stringContaining(named),
    })
  })

  it('another number is not confirmed by the old one', () => {
    const read = provisioned({ ...readResource(shown), phoneNumbers: [{ value: '+44 20 9999' }] })
    expect(read.ok && isObject(read.value.claims) && read.value.claims.phone_number_verified).toBe(undefined)
  })
})

describe('the body of a POST or a PUT', () => {
  const schema = 'urn:ietf:params:scim:schemas:core:2.0:User'

  it('is read by its names in any case, without what only we write', () => {
    const body = {
      schemas: [schema],
      USERNAME: 'a',
      Active: 'True',
      ID: 'x',
      Meta: { version: 1 },
      roles: [],
      groups: null,
      title: 1,
    }
    expect(answering(() => readResource(body))).toEqual({ ok: true, value: { userName: 'a', active: true } })
  })

  it.each<[string, unknown]>([
    ['no object', []],
    ['of another schema', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], userName: 'x' }],
    ['of no schema', { userName: 'x' }],
    ['with what nobody knows', { schemas: [schema], userNam: 'x' }],
    ['with a part that nobody knows', { schemas: [schema], name: { first: 'x' } }],
    ['with a name twice', { schemas: [schema], userName: 'x', USERNAME: 'y' }],
  ])('is refused: %s', (_, body) => {
    expect(answering(() => readResource(body))).toMatchObject({ ok: false, reason: 'invalidSyntax' })
  })
})
