import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applicationHeaders, pageHeaders } from '../../web/security-headers.ts'

const policy = (targets: string[]) => pageHeaders(targets)['content-security-policy'] ?? ''
const formAction = (targets: string[]) => /form-action ([^;]*)/.exec(policy(targets))?.[1]

it('allows nothing that it does not name', () => {
  expect(policy([])).toMatch(/^default-src 'none'; /)
  expect(policy([])).not.toContain('unsafe')
  expect(policy([])).toContain("frame-ancestors 'none'")
})

it.each([
  ['https://app.example/callback?x=1#y', "'self' https:"],
  ['http://127.0.0.1:4010/cb', "'self' http://127.0.0.1:4010"],
  ['com.example.app:/callback', "'self' com.example.app:"],
  ['javascript:alert(1)', "'self'"],
  ['data:text/html,x', "'self'"],
  ['https://a;script-src', "'self' https:"],
  ['http://a;script-src', "'self'"],
  ["http://a' *", "'self'"],
  ['not an address', "'self'"],
])('lets a form end at %s as %s', (target, expected) => {
  expect(formAction([target])).toBe(expected)
})

it('names each application once', () => {
  expect(formAction(['http://localhost:1/1', 'http://localhost:1/2'])).toBe("'self' http://localhost:1")
})

it('no target can begin another directive', () => {
  const target = fc.oneof(
    fc.webUrl({ withFragments: true }),
    fc.string(),
    fc.string().map((text) => `https://${text}`),
  )
  fc.assert(
    fc.property(fc.array(target, { maxLength: 3 }), (targets) => {
      expect(policy(targets).split(';')).toHaveLength(policy([]).split(';').length)
      expect(policy(targets)).not.toMatch(/[\r\n,]/)
    }),
  )
})

it('promises HTTPS only over HTTPS', () => {
  expect(pageHeaders([])).toHaveProperty('strict-transport-security')
  expect(pageHeaders([], { https: false })).not.toHaveProperty('strict-transport-security')
})

it('lets an application ask its own host, and show pictures that it holds, and nothing else beyond a page', () => {
  const differs = (text: string) => text.split('; ').filter((one) => !policy([]).split('; ').includes(one))
  const { 'content-security-policy': own = '', ...headers } = applicationHeaders()
  expect(differs(own)).toEqual(["img-src 'self' data:", "connect-src 'self'"])
  expect(headers).toMatchObject({ 'cross-origin-opener-policy': 'same-origin' })
  expect(headers['permissions-policy']).toContain('publickey-credentials-create=(self)')
})
