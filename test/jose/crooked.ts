/**
 * JWTs that no signer of ours makes, and that are signed with the good key all the same: for doors at which the signer is a
 * stranger to us, and for verifiers that would believe whatever is signed.
 */
import type { KeyObject } from 'node:crypto'
import { base64url, encoded, type Good, type Hostile, type Json, jwt, named, signature, type Text } from './hostile.ts'

const understood = 'https://example.org/understood'

/** Whatever it claims, nobody may take it. `typs`: those of tokens that are for something else. */
export function crooked(good: Good, typs: readonly unknown[]): Hostile[] {
  const { header, payload, key, trap } = good
  const signed = (head: Text, body: Text) => jwt(head, body, key, header.alg)
  const critical = [['exp'], ['b64'], [understood], ['alg'], [], 'exp', null, [1], {}, ['kid', 'kid']]
  const long = 'x'.repeat(100_000)
  const text = JSON.stringify(payload)
  return [
    ...named(
      'critical',
      critical.map((crit) => [JSON.stringify(crit), signed({ ...header, crit, [understood]: 1 }, payload)]),
    ),
    ...named('b64', [
      ['false and critical', signed({ ...header, b64: false, crit: ['b64'] }, payload)],
      ['true and critical', signed({ ...header, b64: true, crit: ['b64'] }, payload)],
      ['false, and the payload as it is', unencoded({ ...header, b64: false, crit: ['b64'] }, text, key)],
      ['false and not critical, and the payload as it is', unencoded({ ...header, b64: false }, text, key)],
    ]),
    ...named(
      'type',
      typs.map((typ) => [JSON.stringify(typ) ?? 'none', signed({ ...header, typ }, payload)]),
    ),
    ...named('payload', [
      ['a JWT', signed({ ...header, cty: 'JWT' }, signed(header, payload))],
      ['an array', signed(header, '[]')],
      ['null', signed(header, 'null')],
      ['a number', signed(header, '1')],
      ['a text', signed(header, '"x"')],
      ['nothing', signed(header, '')],
      ['no JSON', signed(header, text.slice(0, -1))],
      ['two objects', signed(header, text + text)],
      ['100,000 letters more', signed(header, { ...payload, more: long })],
      ['nested 5000 deep', signed(header, '['.repeat(5000))],
    ]),
    ...named('header', [
      ['100,000 letters more', signed({ ...header, more: long }, payload)],
      ['jku and a good key', signed({ ...header, kid: 'elsewhere', jku: `${trap}/jwks.json` }, payload)],
    ]),
    ...withClaims(good, 'iss', issuers),
  ]
}

const issuers = [
  ...['https://id.example.org/', 'HTTPS://id.example.org', 'https://id.example.org:443', 'https://ID.example.org'],
  ...['', 'id.example.org', null, ['https://id.example.org'], {}, 0, undefined],
]

/** One claim with each of these values; `undefined` leaves it out. */
export function withClaims({ header, payload, key }: Good, claim: string, values: readonly unknown[]): Hostile[] {
  return named(
    'claims',
    values.map((value) => {
      const about = JSON.stringify(value)?.slice(0, 40) ?? 'left out'
      return [`${claim} ${about}`, jwt(header, { ...payload, [claim]: value }, key, header.alg)]
    }),
  )
}

const unencoded = (header: Json, payload: string, key: KeyObject): string => {
  const head = encoded(header)
  return `${head}.${payload}.${base64url(signature(String(header.alg), key, `${head}.${payload}`))}`
}

/** One member twice, of which either reading is a good token: for who must not rely on which it is (RFC 8725 §2.4). */
export function doubled({ header, payload, key }: Good): Hostile[] {
  const [head, body] = [JSON.stringify(header), JSON.stringify(payload)]
  const before = (text: string, members: string) => text.replace('{', `{${members},`)
  const signed = (first: string, second: string) => jwt(first, second, key, header.alg)
  return named('twice', [
    ['alg', signed(before(head, '"alg":"none"'), body)],
    ['alg, spelled with an escape', signed(before(head, '"\\u0061lg":"none"'), body)],
    ['kid', signed(before(head, '"kid":"mine"'), body)],
    ['sub', signed(head, before(body, '"sub":"somebody else"'))],
    ['aud', signed(head, before(body, '"aud":"https://evil.example"'))],
    ['exp', signed(head, before(body, '"exp":1'))],
    ['iss', signed(head, before(body, '"iss":"https://evil.example"'))],
  ])
}
