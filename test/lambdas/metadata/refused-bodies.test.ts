/**
 * Every body that the document describes, with one member wrong at a time: of a type that its schema does not have, or
 * nobody's. It is refused, the refusal names a place or says what is wrong, and no table is another one for it.
 *
 * Made from the document, so that a route that is described is tried.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openapiDocument } from '../../../lambdas/metadata/openapi-document.ts'
import type { Route } from '../../../lambdas/routes.ts'
import { inlined, isObject, member } from '../../contract.ts'
import { type House, openHouse } from '../../house.ts'
import { personToken } from '../../person-token.ts'

const document = openapiDocument({ issuer: 'https://id.example.org' })
const methods = ['post', 'put', 'patch'] as const

type Case = { name: string; method: Route['method']; path: string; type: string; body: unknown; wrong: string }

/** What is none of the schema's types. */
const valuesOfTypes: [type: string, value: unknown][] = [
  ['object', { wrong: true }],
  ['array', [[]]],
  ['string', '\u0000 wrong'],
  ['integer', -1.5],
  ['boolean', true],
]

function wrongFor(schema: unknown): unknown {
  const types = [member(schema, 'type')].flat()
  if (types[0] === undefined) return undefined
  const fits = (type: string): boolean =>
    types.some((each) => each === type || (each === 'number' && type === 'integer'))
  return valuesOfTypes.find(([type]) => !fits(type))?.[1]
}

/** A body that is good as far as its first example is, or one with nothing. */
function bodiesOf(media: unknown): { wrong: string; body: unknown }[] {
  const schema = member(media, 'schema')
  const [example] = Object.values(member(media, 'examples') ?? {})
  const given = member(example, 'value')
  const good = isObject(given) ? given : {}
  const properties = Object.entries(member(schema, 'properties') ?? {})
  const isStrict = member(schema, 'additionalProperties') === false
  return [
    ...properties.flatMap(([name, each]) => {
      const wrong = wrongFor(each)
      return wrong === undefined ? [] : [{ wrong: `/${name}`, body: { ...good, [name]: wrong } }]
    }),
    ...(isStrict ? [{ wrong: 'nobody’s', body: { ...good, nobodysMember: 1 } }] : []),
    { wrong: 'a list', body: [] },
    { wrong: 'a text', body: 'text' },
  ]
}

const cases: Case[] = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const content = inlined(member(item, method, 'requestBody', 'content'), document)
    const [first] = Object.entries(isObject(content) ? content : {}).filter(([type]) => /json/.test(type))
    if (first === undefined) return []
    const [type, media] = first
    const upper = method.toUpperCase() as Route['method']
    return bodiesOf(media).map((each) => ({ name: `${upper} ${path}`, method: upper, path, type, ...each }))
  }),
)

let house: House
let headers: Record<string, string>
let ids: Record<string, string>
beforeAll(async () => {
  house = await openHouse()
  const staff = await house.addUser({ userName: 'staff', roles: ['administrator'] })
  await house.addUser({ userName: 'other-staff', roles: ['administrator'] })
  const anna = await house.addUser({ userName: 'anna' })
  await house.addClient({ clientId: 'app1', secret: 'secret' })
  const { id } = await house.addApiKey(['users:read'])
  headers = (await personToken(house, staff, {})).headers
  ids = {
    tenantCode: 'demo',
    userId: anna.id,
    flowId: 'fido',
    clientId: 'app1',
    keyId: id,
    template: 'activation-code',
  }
})
afterAll(() => house.close())

const target = (path: string): string => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none')

/** All that there is, but for when somebody last asked, and that something was refused. */
async function standing(): Promise<string[]> {
  const [config, people] = await Promise.all([house.all('config'), house.all('people')])
  return [...config, ...people].map((item) => JSON.stringify(sorted(item))).sort()
}

/** The emulator has the members of a record in no order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  )
}

/** A person’s own: of a token of their own, and tried in tests of their own. */
const byName = [...Map.groupBy(cases, ({ name }) => name)].filter(([name]) => !/\/me\b/.test(name))

describe('a body with something wrong in it', () => {
  it.each(byName)('%s', async (_, its) => {
    const before = await standing()
    for (const { method, path, type, body, wrong } of its) {
      const reply = await house.invoke<{ pointer?: string; detail?: string; title?: string }>(method, target(path), {
        headers: { ...headers, 'content-type': type, 'if-match': '*' },
        body: JSON.stringify(body),
      })
      expect([wrong, reply.status], reply.body).toEqual([
        wrong,
        expect.toSatisfy((status) => status >= 400 && status < 500),
      ])
      expect(reply.headers['content-type']).toMatch(/^application\/(problem|scim)\+json$/)
    }
    expect(await standing()).toEqual(before)
  })

  it('is tried of every body that is described', () => {
    expect(byName.length).toBeGreaterThan(15)
    expect(cases.length).toBeGreaterThan(100)
  })
})
