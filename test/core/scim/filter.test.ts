import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Filter, operators, readFilter, readPath, writeFilter } from '../../../src/core/scim/filter.ts'
import { readQuestion } from '../../../src/core/scim/match.ts'
import { answering } from '../../../src/core/scim/refusal.ts'

const { SEED, RUNS } = process.env
const settings = { numRuns: Number(RUNS ?? 500), ...(SEED === undefined ? {} : { seed: Number(SEED) }) }

const read = (text: string) => answering(() => readFilter(text))

/** In brackets how it was understood. */
const shape = (filter: Filter): string => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.parts.map(shape).join(` ${filter.kind} `)})`
    case 'not':
      return `not ${shape(filter.part)}`
    case 'some':
      return `${filter.path.attribute}[${shape(filter.part)}]`
    default:
      return writeFilter(filter)
  }
}

describe('a filter', () => {
  it.each([
    // RFC 7644 §3.4.2.2, figure 1 and the examples after it.
    ['userName Eq "john"', 'userName eq "john"'],
    ['Username eq "john"', 'Username eq "john"'],
    [`name.familyName co "O'Malley"`, `name.familyName co "O'Malley"`],
    [
      'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
      'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
    ],
    ['title pr', 'title pr'],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'meta.lastModified gt "2011-05-13T04:42:34Z"'],
    ['title pr and userType eq "Employee"', '(title pr and userType eq "Employee")'],
    ['title pr or userType eq "Intern"', '(title pr or userType eq "Intern")'],
    [
      'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
      '(userType eq "Employee" and (emails co "example.com" or emails.value co "example.org"))',
    ],
    [
      'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
      '(userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org"))',
    ],
    ['emails[type eq "work" and value co "@example.com"]', 'emails[(type eq "work" and value co "@example.com")]'],
    [
      'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
      '(emails[(type eq "work" and value co "@example.com")] or ims[(type eq "xmpp" and value co "@foo.com")])',
    ],
    // `and` binds closer than `or`.
    ['a pr or b pr and c pr or d pr', '(a pr or (b pr and c pr) or d pr)'],
    ['not (a pr) and b pr', '(not a pr and b pr)'],
    // Entra asks so.
    ['emails[type eq "work"].value eq "a@b.c"', 'emails[(type eq "work" and value eq "a@b.c")]'],
    // An attribute may be called what an operator is.
    ['not eq "x"', 'not eq "x"'],
    [String.raw`displayName eq "a\\"`, String.raw`displayName eq "a\\"`],
    [String.raw`displayName eq "\u00fc\"\n"`, String.raw`displayName eq "ü\"\n"`],
    ['active eq true', 'active eq true'],
    ['a eq -1.5e3', 'a eq -1500'],
    ['a eq null', 'a eq null'],
  ])('%s', (text, understood) => {
    const filter = read(text)
    expect(filter).toMatchObject({ ok: true })
    if (filter.ok) expect(shape(filter.value)).toBe(understood)
  })

  it.each([
    [''],
    ['userName'],
    ['userName eq'],
    ['userName eq john'],
    ['userName eq True'],
    ['userName is "x"'],
    ['userName eq "x" and'],
    ['userName eq "x" userName eq "y"'],
    ['(userName eq "x"'],
    ['userName eq "x")'],
    ['not userName pr'],
    ['emails[type eq "work"'],
    ['emails[type eq "work"].value'],
    ['emails[type eq "work"].value.more pr'],
    ['emails.value[type eq "work"]'],
    ['a.b.c pr'],
    ['userName eq "unfinished'],
    ['userName eq "\n"'],
    ['userName eq {"a":1}'],
    ['; DROP TABLE'],
    ['a pr '.repeat(500)],
    [`${'('.repeat(1000)}a pr${')'.repeat(900)}`],
    [`${'('.repeat(30)}a pr${')'.repeat(30)}`],
  ])('is refused: %s', (text) => {
    expect(read(text)).toMatchObject({ ok: false, reason: 'invalidFilter', detail: expect.stringContaining('filter') })
  })

  const path = fc.record(
    {
      schema: fc.constant('urn:ietf:params:scim:schemas:core:2.0:User'),
      attribute: fc.constantFrom('userName', 'and', 'not', 'pr', 'emails', 'a-b_c9', '$ref'),
      sub: fc.constantFrom('value', 'eq', 'or'),
    },
    { requiredKeys: ['attribute'] },
  )
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer(), fc.boolean(), fc.constant(null))
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3 },
      fc.record({ kind: fc.constant('present' as const), path }),
      fc.record({ kind: fc.constant('compare' as const), path, operator: fc.constantFrom(...operators), value }),
      fc.record({ kind: fc.constant('not' as const), part: tie('filter') }),
      fc.record({
        kind: fc.constant('some' as const),
        path: fc.record({ attribute: fc.constant('emails') }),
        part: tie('filter'),
      }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.tuple(tie('filter'), tie('filter'), tie('filter')),
      }),
    ) as fc.Arbitrary<Filter>,
  }))

  it('reads as what it was written from', () => {
    fc.assert(
      fc.property(filter, (given) => {
        const text = writeFilter(given)
        fc.pre(text.length <= 2000)
        expect(read(text)).toEqual({ ok: true, value: given })
      }),
      settings,
    )
  })

  it('is read or refused, whatever it is, and nothing breaks', () => {
    const piece = fc.constantFrom(
      'userName',
      ' ',
      'eq',
      '"x"',
      '"',
      '\\',
      '(',
      ')',
      '[',
      ']',
      '.',
      'and',
      'not',
      '1',
      ':',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          const answer = read(text)
          if (!answer.ok) expect(answer.reason).toBe('invalidFilter')
        },
      ),
      settings,
    )
  })
})

describe('what it finds', () => {
  const ada = {
    id: 'a1',
    externalId: 'X1',
    userName: 'Ada@Example.org',
    name: { familyName: 'Lovelace', givenName: 'Ada' },
    active: true,
    emails: [{ value: 'ada@example.org', type: 'work', primary: true }],
    meta: { created: '2026-11-22T10:00:00.000Z' },
  }
  const finds = (text: string) => {
    const question = answering(() => readQuestion(readFilter(text)))
    return question.ok ? question.value.matches(ada) : question.reason
  }

  it.each([
    ['userName eq "ada@example.ORG"', true],
    ['USERNAME eq "ada@example.org"', true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.org"', true],
    // Where the case counts (RFC 7643 §3.1).
    ['externalId eq "X1"', true],
    ['externalId eq "x1"', false],
    ['id eq "A1"', false],
    ['emails eq "ada@example.org"', true],
    ['emails.value ew "@example.org"', true],
    ['emails[type eq "work" and value sw "ada"]', true],
    ['emails[type eq "home" and value sw "ada"]', false],
    ['emails[type eq "work"].value eq "ada@example.org"', true],
    ['name.familyName co "LACE"', true],
    ['name pr', true],
    ['nickName pr', false],
    ['nickName eq null', true],
    ['nickName ne null', false],
    ['nickName ne "x"', true],
    ['not (nickName pr)', true],
    ['active eq true and userName sw "ada"', true],
    ['active eq false or active ne false', true],
    ['meta.created gt "2026-11-22T09:00:00+00:00"', true],
    ['meta.created eq "2026-11-22T11:00:00+01:00"', true],
    ['userName gt "a" and userName lt "b"', true],
    // What nobody may ask for, or cannot be compared.
    ['password sw "a"', 'invalidFilter'],
    ['password pr', 'invalidFilter'],
    ['title eq "x"', 'invalidFilter'],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x"', 'invalidFilter'],
    ['name eq "Ada"', 'invalidFilter'],
    ['name[familyName eq "x"]', 'invalidFilter'],
    ['emails.nothing eq "x"', 'invalidFilter'],
    ['active gt true', 'invalidFilter'],
    ['active eq "true"', 'invalidFilter'],
    ['userName eq 1', 'invalidFilter'],
    ['userName gt null', 'invalidFilter'],
    ['meta.created gt "yesterday"', 'invalidFilter'],
    ['meta.created co "2026"', 'invalidFilter'],
    ['__proto__ pr', 'invalidFilter'],
    ['constructor pr', 'invalidFilter'],
  ])('%s: %s', (text, expected) => {
    expect(finds(text)).toBe(expected)
  })

  it.each([
    ['userName eq "ada"', [{ by: 'userName', value: 'ada' }]],
    ['active eq true and userName eq "ada"', [{ by: 'userName', value: 'ada' }]],
    [
      'userName eq "ada" or externalId eq "1"',
      [
        { by: 'userName', value: 'ada' },
        { by: 'externalId', value: '1' },
      ],
    ],
    ['emails[type eq "work"].value eq "a@b"', [{ by: 'email', value: 'a@b' }]],
    ['emails eq "a@b"', [{ by: 'email', value: 'a@b' }]],
    ['id eq "1" and (active eq true or nickName pr)', [{ by: 'id', value: '1' }]],
    ['userName eq "ada" or active eq true', undefined],
    ['not (userName eq "ada")', undefined],
    ['userName ne "ada"', undefined],
    ['phoneNumbers[value eq "1"]', undefined],
    ['active eq true', undefined],
  ])('%s is looked up by %j', (text, lookups) => {
    expect(answering(() => readQuestion(readFilter(text)).lookups)).toEqual({ ok: true, value: lookups })
  })

  it('is among what is looked up, whatever is asked', () => {
    const asked = fc.constantFrom(
      'userName eq "ada@example.org"',
      'externalId eq "X1"',
      'id eq "a1"',
      'emails.value eq "ada@example.org"',
      'emails[type eq "work"].value eq "ada@example.org"',
      'active eq true',
      'nickName pr',
      'userName eq "bela"',
    )
    const { all } = fc.letrec<{ all: string }>((tie) => ({
      all: fc.oneof(
        { maxDepth: 4 },
        asked,
        fc.tuple(tie('all'), fc.constantFrom('and', 'or'), tie('all')).map(([a, join, b]) => `(${a}) ${join} (${b})`),
        tie('all').map((text) => `not (${text})`),
      ),
    }))
    const held: Record<string, string> = {
      userName: 'ada@example.org',
      externalId: 'X1',
      id: 'a1',
      email: 'ada@example.org',
    }
    fc.assert(
      fc.property(all, (text) => {
        const question = answering(() => readQuestion(readFilter(text)))
        fc.pre(question.ok)
        if (!question.ok || question.value.lookups === undefined || !question.value.matches(ada)) return
        expect(question.value.lookups.some(({ by, value }) => held[by] === value)).toBe(true)
      }),
      settings,
    )
  })
})

describe('a path', () => {
  it.each([
    ['members', { attribute: 'members' }],
    ['name.familyName', { attribute: 'name', sub: 'familyName' }],
    ['addresses[type eq "work"]', { attribute: 'addresses', where: expect.objectContaining({ operator: 'eq' }) }],
    [
      'emails[type eq "work"].value',
      { attribute: 'emails', sub: 'value', where: expect.objectContaining({ kind: 'compare' }) },
    ],
    [
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber',
      { schema: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', attribute: 'employeeNumber' },
    ],
  ])('%s', (text, path) => {
    expect(answering(() => readPath(text))).toEqual({ ok: true, value: path })
  })

  it.each([[''], ['a.b.c'], ['emails['], ['emails[].value'], ['emails[type eq "work"]value'], ['a b'], ['/name']])(
    'is refused: %j',
    (text) => {
      expect(answering(() => readPath(text))).toMatchObject({ ok: false })
    },
  )
})
