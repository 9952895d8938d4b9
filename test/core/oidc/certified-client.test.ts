import { describe, expect, it } from 'vitest'
import type { Certificate } from '../../../src/core/certificate/x509/certificate.ts'
import { isNamed } from '../../../src/core/oidc/certified-client.ts'
import type { CertificateSubject } from '../../../src/core/oidc/client.ts'

// What no authority of a test would write: the rest is in `certified-clients.test.ts`, with real certificates.

const named = (text: string | undefined, alternativeNames: Certificate['alternativeNames'] = []): Certificate =>
  ({ subject: { parts: [[{ oid: '2.5.4.3', text, comparable: '' }]], comparable: '' }, alternativeNames }) as never

const by = (kind: CertificateSubject['by'], value: string): CertificateSubject => ({ by: kind, value })

describe('a subject', () => {
  it('in letters that nobody agrees on is nobody', () => {
    expect(isNamed(named('app'), by('dn', 'CN=app'))).toBe(true)
    for (const value of ['CN=', 'CN=undefined', 'CN=app', ''])
      expect(isNamed(named(undefined), by('dn', value))).toBe(false)
  })

  it.each(['app,O=Example', 'app+O=Example', ' app', 'app\\', '#0403617070', 'app"', 'äpp', 'app\u0000'])(
    'with %j in it is a text, and no part of a name more',
    (text) => {
      const hex = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
      expect(isNamed(named(text), by('dn', `CN=${hex}`))).toBe(true)
      expect(isNamed(named(text), by('dn', 'O=Example,CN=app'))).toBe(false)
      expect(isNamed(named(text), by('dn', 'CN=app,O=Example'))).toBe(false)
    },
  )
})

describe('an alternative name', () => {
  it('that is an address of no form is no address', () => {
    for (const text of ['', '192.0.2.7/255.255.255.0', '0xc0000207', '192.0.2'])
      expect(isNamed(named('app', [{ form: 'ip', text }]), by('ip', text))).toBe(false)
  })

  it('of another form does not count, whatever it says', () => {
    const certificate = named('app', [
      { form: 'upn', text: 'app@example.org' },
      { form: 'other', kind: 'registeredID' },
    ])
    for (const kind of ['dns', 'uri', 'ip', 'email'] as const)
      expect(isNamed(certificate, by(kind, 'app@example.org'))).toBe(false)
  })
})
