import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { challengeOf } from '../../packages/resource-server/src/challenge.ts'
import { readChallenge, readChallenges, stepUpRequest } from '../../packages/resource-server/src/client.ts'

const read = (header: string, status = 401) =>
  readChallenge({ status, headers: new Headers([['www-authenticate', header]]) })

/** As a test can compare it. */
const shown = (header: string) =>
  readChallenges(header).map(({ scheme, token68, params }) => [scheme, token68 ?? Object.fromEntries(params)])

describe('a challenge to step up', () => {
  it.each<[string, string, unknown]>([
    [
      "RFC 9470's own example",
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"',
      { acrValues: ['myACR'], description: 'A different authentication level is required' },
    ],
    [
      'its other one',
      'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5"',
      { acrValues: [], maxAge: 5, description: 'More recent authentication is required' },
    ],
    ['values without quotes', 'Bearer error=insufficient_user_authentication,max_age=0', { acrValues: [], maxAge: 0 }],
    [
      'spaces around, other letters, another order',
      '  bEARER   MAX_AGE = "60" ,, Acr_Values = "a  b " , ERROR\t=\t"insufficient_user_authentication" ,',
      { acrValues: ['a', 'b'], maxAge: 60 },
    ],
    [
      'DPoP, and a scope',
      'DPoP algs="ES256", error="insufficient_user_authentication", acr_values="otp", scope="a b"',
      { acrValues: ['otp'], scope: 'a b' },
    ],
    [
      'behind others',
      'Basic realm="a, Bearer error=\\"insufficient_user_authentication\\"", Negotiate aGk=, Bearer error="invalid_token", Bearer error="insufficient_user_authentication", acr_values="fido"',
      { acrValues: ['fido'] },
    ],
    [
      'quotes within quotes',
      'Bearer error="insufficient_user_authentication", error_description="say \\"so\\" \\\\"',
      { acrValues: [], description: 'say "so" \\' },
    ],
    ['an age that is none', 'Bearer error="insufficient_user_authentication", max_age="-1"', { acrValues: [] }],
    [
      'an age past all bounds',
      'Bearer error="insufficient_user_authentication", max_age="9999999999"',
      { acrValues: [] },
    ],
  ])('%s', (_name, header, challenge) => {
    expect(read(header)).toEqual(challenge)
  })

  it.each([
    ['nothing', ''],
    ['no parameters', 'Bearer'],
    ['another error', 'Bearer error="invalid_token", acr_values="otp"'],
    ['another scheme', 'Basic error="insufficient_user_authentication"'],
    ['a quote that never ends', 'Bearer error="insufficient_user_authentication'],
    ['a quote that ends late', 'Bearer error="insufficient_user_authentication"x, max_age=1'],
    ['one thing said twice', 'Bearer error="insufficient_user_authentication", error="invalid_token"'],
    ['the error in a text', 'Bearer realm="error=insufficient_user_authentication"'],
    ['a parameter of another challenge', 'Bearer, Basic error="insufficient_user_authentication"'],
    ['no space behind the scheme', 'Bearer"error=insufficient_user_authentication"'],
    ['a bare equals sign', 'Bearer =insufficient_user_authentication'],
  ])('%s is none', (_name, header) => {
    expect(read(header)).toBeUndefined()
  })

  it('comes with 401, and with nothing else', () => {
    const header = 'Bearer error="insufficient_user_authentication"'
    expect(read(header, 401)).toBeDefined()
    for (const status of [200, 302, 403, 500]) expect(read(header, status)).toBeUndefined()
    expect(readChallenge(new Response(null, { status: 401 }))).toBeUndefined()
  })

  it('several headers are read as one', () => {
    const headers = new Headers()
    headers.append('www-authenticate', 'Basic realm="x"')
    headers.append('www-authenticate', 'Bearer error="insufficient_user_authentication", max_age=3')
    expect(readChallenge({ status: 401, headers })).toMatchObject({ maxAge: 3 })
  })
})

describe('the grammar of RFC 9110 §11.6.1', () => {
  it.each<[string, unknown[]]>([
    [
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        ['Basic', { realm: 'simple' }],
        ['Newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ],
    ],
    ['Negotiate', [['Negotiate', {}]]],
    [
      'Negotiate, Bearer',
      [
        ['Negotiate', {}],
        ['Bearer', {}],
      ],
    ],
    ['Negotiate a87421000492aa874209af8bc028==', [['Negotiate', 'a87421000492aa874209af8bc028==']]],
    [
      'Digest x=y, Negotiate abc=, Bearer a="b"',
      [
        ['Digest', { x: 'y' }],
        ['Negotiate', 'abc='],
        ['Bearer', { a: 'b' }],
      ],
    ],
    [',, ,Bearer , a=b', [['Bearer', {}]]],
    ['Bearer a="", b=c', [['Bearer', { a: '', b: 'c' }]]],
    ['Basic realm="a", Bearer a=@, Digest b=c', [['Basic', { realm: 'a' }]]],
  ])('%s', (header, challenges) => {
    expect(shown(header)).toEqual(challenges)
  })

  const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,10}$/)
  const scheme = fc.stringMatching(/^[A-Z][A-Za-z0-9-]{0,10}$/)
  const params = fc.dictionary(name, text, { minKeys: 1, maxKeys: 5 }).map((made) => ({ ...made }))

  it('reads back whatever is written in it, with any spacing', () => {
    const space = fc.constantFrom('', ' ', '\t', '  ')
    const comma = fc.tuple(space, fc.constantFrom(',', ', ,', ',,'), space).map((parts) => parts.join(''))
    const written = fc.tuple(scheme, params, space, space, comma).map(([each, its, before, after, between]) => ({
      each,
      its,
      header: `${each} ${Object.entries(its)
        .map(([key, value]) => `${key}${before}=${after}"${value.replace(/["\\]/g, '\\$&')}"`)
        .join(between)}`,
    }))
    fc.assert(
      fc.property(fc.array(written, { maxLength: 4 }), comma, (all, between) => {
        expect(shown(all.map(({ header }) => header).join(between))).toEqual(all.map(({ each, its }) => [each, its]))
      }),
      { numRuns: 2000 },
    )
  })

  it('reads back what the resource server writes', () => {
    fc.assert(
      fc.property(text, fc.array(name, { maxLength: 3 }), fc.nat(999_999_999), (description, acrValues, maxAge) => {
        const header = challengeOf({
          error: 'insufficient_user_authentication',
          error_description: description,
          acr_values: acrValues.join(' '),
          max_age: String(maxAge),
        })
        // Headers take no space at their ends; quotes keep those within.
        expect(read(header)).toEqual({ acrValues, maxAge, description })
      }),
      { numRuns: 2000 },
    )
  })

  it('never throws, and a text in quotes never becomes more than a text', () => {
    const anything = fc.array(
      fc.oneof(fc.constantFrom('"', '\\', ',', '=', ' ', '\t', 'Bearer', 'error', 'a', '=='), fc.string()),
    )
    fc.assert(
      fc.property(anything, (parts) => {
        const hostile = parts.join('')
        const read = readChallenges(hostile)
        expect(readChallenges(hostile)).toEqual(read)
        const within = readChallenges(`Basic realm="${hostile.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`)
        expect(within.map((each) => each.scheme)).toEqual(['Basic'])
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['commas', ','],
    ['schemes', 'Bearer '],
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['equals signs', 'a='],
    ['parameters', 'Bearer a="b",'],
  ])('a long run of %s is read through', (_name, part) => {
    // Were it read in the square of its length, the test's time would be over.
    expect(readChallenges(`Bearer a="${part.repeat(30_000)}`)).toBeDefined()
    expect(readChallenges(part.repeat(30_000))).toBeDefined()
  })
})

describe('the request that follows', () => {
  const url = 'https://id.example.org/authorize?client_id=a&scope=openid&acr_values=pwd&max_age=9000'

  it('asks for what the challenge says, and for the rest as before', () => {
    expect(stepUpRequest({ acrValues: ['otp', 'fido'], maxAge: 300 }, url).href).toBe(
      'https://id.example.org/authorize?client_id=a&scope=openid&acr_values=otp+fido&max_age=300',
    )
    expect(stepUpRequest({ acrValues: [] }, url).href).toBe(url)
    expect(stepUpRequest({ acrValues: [], maxAge: 0 }, url).searchParams.get('max_age')).toBe('0')
  })

  it('leaves the address alone that it was given, and no value leaves its parameter', () => {
    const given = new URL(url)
    const made = stepUpRequest({ acrValues: ['a&client_id=evil#x'], maxAge: 1 }, given)
    expect(given.href).toBe(url)
    expect(made.searchParams.getAll('client_id')).toEqual(['a'])
    expect(made.hash).toBe('')
    expect(made.searchParams.get('acr_values')).toBe('a&client_id=evil#x')
  })
})
