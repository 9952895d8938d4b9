/** Each type of record, as an OCSF event, is held against the schema's own words for its class. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ocsfEvent, ocsfVersion } from '../../../src/core/audit/ocsf.ts'
import { type AuditEvent, auditTypes } from '../../../src/core/audit-event.ts'

type Attribute = { required?: true; object?: string; type?: string; array?: true; enum?: number[] }
type Shape = { attributes: Record<string, Attribute>; constraints?: { at_least_one?: string[] } }
type Schema = {
  version: string
  classes: Record<string, Shape & { activities: Record<string, string> }>
  objects: Record<string, Shape>
}

/** Taken from github.com/ocsf/ocsf-schema (Apache-2.0), inheritance resolved. */
const schema = JSON.parse(readFileSync(new URL('ocsf-1.8.0.json', import.meta.url), 'utf8')) as Schema

const teller = { serviceName: 'Example Sign-in', issuer: 'https://id.example.org', tenantCode: 'demo' }
const full: Omit<AuditEvent, 'type'> = {
  at: 1_800_000_000,
  actor: { kind: 'user', id: 'ada' },
  user: 'ada',
  client: 'app1',
  authenticator: 'key',
  aaguid: '00000000-0000-0000-0000-000000000001',
  externalId: 'card-1',
  session: 'sid',
  webhook: 'hook',
  message: '1-x',
  ip: '192.0.2.1',
  request: 'request',
  reason: 'why',
  requested: ['fido'],
  achievedLevel: 3,
  amr: ['hwk', 'mfa'],
  ages: { fido: 3 },
  detail: 'more',
}
const bare: Omit<AuditEvent, 'type'> = { at: 1_800_000_000, actor: { kind: 'service', id: 'rotate-keys' } }

/** What of a value its shape has no place for, or misses. */
function wrong(value: unknown, shape: Shape, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${at} is no object`]
  const members = Object.entries(value)
  const missing = Object.entries(shape.attributes).filter(([name, { required }]) => required && !(name in value))
  const some = shape.constraints?.at_least_one
  return [
    ...missing.map(([name]) => `${at}/${name} is missing`),
    ...(some === undefined || some.some((name) => name in value) ? [] : [`${at} has none of ${some.join(', ')}`]),
    ...members.flatMap(([name, its]) => wrongMember(its, shape.attributes[name], `${at}/${name}`)),
  ]
}

function wrongMember(value: unknown, attribute: Attribute | undefined, at: string): string[] {
  if (attribute === undefined) return [`${at} is not known`]
  if (attribute.array) {
    if (!Array.isArray(value)) return [`${at} is no list`]
    return value.flatMap((each, index) =>
      wrongMember(each, { ...attribute, array: undefined } as never, `${at}/${index}`),
    )
  }
  if (attribute.enum !== undefined && typeof value === 'number' && !attribute.enum.includes(value))
    return [`${at} may not be ${value}`]
  const type = { string_t: 'string', integer_t: 'number', boolean_t: 'boolean', timestamp_t: 'number' }[
    attribute.type ?? ''
  ]
  if (type !== undefined && typeof value !== type) return [`${at} is no ${type}`]
  const shape = attribute.object === undefined ? undefined : schema.objects[attribute.object]
  return shape === undefined ? [] : wrong(value, shape, at)
}

it('is of the version that it says', () => expect(ocsfVersion).toBe(schema.version))

describe.each(auditTypes)('%s', (type) => {
  it.each([
    ['with all there can be', full],
    ['with nothing but who and when', bare],
    ['of a stranger', { ...bare, actor: { kind: 'stranger', id: 'somebody' }, ip: '192.0.2.1' } as const],
  ])('%s, has what its class demands and nothing that it does not know', (_, about) => {
    const event = ocsfEvent({ type, ...about }, '1-x', teller)
    const shape = schema.classes[String(event.class_uid)]
    expect(shape).toBeDefined()
    expect(wrong(event, shape as Shape, '')).toEqual([])
    expect(Object.keys(shape?.activities ?? {})).toContain(String(event.activity_id))
    expect(event.type_uid).toBe(event.class_uid * 100 + event.activity_id)
    expect(event.category_uid).toBe(Math.floor(event.class_uid / 1000))
    expect(event.time).toBe(about.at * 1000)
    expect(event.metadata.event_code).toBe(type)
  })
})

it('says of a failure that it is one', () => {
  expect(ocsfEvent({ type: 'login.failed', ...full }, '1-x', teller)).toMatchObject({ status_id: 2, status: 'Failure' })
  expect(ocsfEvent({ type: 'login.succeeded', ...full }, '1-x', teller)).toMatchObject({ status_id: 1, activity_id: 1 })
})

it('the check itself finds what is missing and what is made up', () => {
  const { user: _, ...rest } = ocsfEvent({ type: 'login.succeeded', ...full }, '1-x', teller) as Record<string, unknown>
  const shape = schema.classes['3002'] as Shape
  expect(wrong({ ...rest, mood: 'good' }, shape, '')).toEqual(['/user is missing', '/mood is not known'])
})
