/**
 * The types of the standard claims, as the conformance suite holds userinfo and ID tokens to them (`ValidateUserInfoStandardClaims`,
 * `ValidateIdTokenStandardClaims`; OpenID Connect Core §5.1).
 */
import { expect } from 'vitest'

const text = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.toLowerCase() !== 'null'
const yesOrNo = (value: unknown): boolean => typeof value === 'boolean'

/** A day, a day of no year, or a year. */
function birthdate(value: unknown): boolean {
  const [, year = '', day] = /^(\d{4})(-\d{2}-\d{2})?$/.exec(String(value)) ?? []
  const isYear = Number(year) >= 1850 && Number(year) <= new Date().getUTCFullYear()
  if (day === undefined) return isYear
  const inLeapYear = `${year === '0000' ? '2000' : year}${day}`
  const date = new Date(`${inLeapYear}T00:00:00Z`)
  return (isYear || year === '0000') && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(inLeapYear)
}

const addressMembers = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country']

const address = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(([name, part]) => addressMembers.includes(name) && text(part))

const ofScope: Record<string, Record<string, (value: unknown) => boolean>> = {
  openid: { sub: text },
  profile: {
    ...{ name: text, given_name: text, family_name: text, middle_name: text, nickname: text, profile: text },
    ...{ picture: text, website: text, gender: text, birthdate, zoneinfo: text, locale: text },
    ...{ preferred_username: text, updated_at: Number.isInteger },
  },
  email: { email: text, email_verified: yesOrNo },
  address: { address },
  phone: { phone_number: text, phone_number_verified: yesOrNo },
  offline_access: {},
}

const shapes = Object.assign({}, ...Object.values(ofScope)) as Record<string, (value: unknown) => boolean>

/** Every claim that has a type has it. `besides`: names that are no claims about a person. */
export function checkStandardClaims(claims: Record<string, unknown>, besides: readonly string[] = []): void {
  for (const [name, value] of Object.entries(claims)) {
    if (besides.includes(name)) continue
    expect(Object.keys(shapes), `${name} is no standard claim`).toContain(name)
    expect(shapes[name]?.(value), `${name} is ${JSON.stringify(value)}`).toBe(true)
  }
}

/** All that the scopes stand for, and nothing more (`VerifyScopesReturnedInUserInfoClaims`; §5.4). */
export function checkScopes(claims: Record<string, unknown>, scopes: readonly string[]): void {
  const expected = scopes.flatMap((scope) => Object.keys(ofScope[scope] ?? {}))
  expect(Object.keys(claims).sort()).toEqual(expected.sort())
}
