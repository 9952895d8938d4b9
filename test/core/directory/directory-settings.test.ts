import { describe, expect, it } from 'vitest'
import { parseDirectory, type WrittenDirectory } from '../../../src/core/directory/directory-settings.ts'

const written: WrittenDirectory = {
  kind: 'openldap',
  url: 'ldaps://directory.example.org',
  baseDns: 'ou=people,dc=example,dc=org',
  bindDn: 'cn=keystep,ou=services,dc=example,dc=org',
}
const parse = (change: WrittenDirectory = {}) => parseDirectory({ ...written, ...change })

describe('the settings of a directory', () => {
  it('are none when none is set', () => {
    expect(parseDirectory({})).toEqual({ ok: true, value: undefined })
    expect(parseDirectory({ url: '', kind: undefined })).toEqual({ ok: true, value: undefined })
  })

  it("have OpenLDAP's names for what we ask", () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        kind: 'openldap',
        host: 'directory.example.org',
        port: 636,
        tls: 'ldaps',
        baseDns: ['ou=people,dc=example,dc=org'],
        bindDn: 'cn=keystep,ou=services,dc=example,dc=org',
        attributes: {
          id: 'entryUUID',
          login: ['uid', 'mail'],
          userName: 'uid',
          email: 'mail',
          givenName: 'givenName',
          familyName: 'sn',
          displayName: 'displayName',
        },
      },
    })
  })

  it("have Active Directory's, with its service account by its principal name", () => {
    expect(parse({ kind: 'active-directory', bindDn: 'keystep@corp.example.org' })).toMatchObject({
      ok: true,
      value: {
        bindDn: 'keystep@corp.example.org',
        attributes: { id: 'objectGUID', login: ['sAMAccountName', 'userPrincipalName'], userName: 'sAMAccountName' },
      },
    })
  })

  it('take several base DNs in their order, between semicolons', () => {
    const baseDns = 'ou=people,dc=example,dc=org; o=partners'
    expect(parse({ baseDns })).toMatchObject({ value: { baseDns: ['ou=people,dc=example,dc=org', 'o=partners'] } })
  })

  it('take other attributes', () => {
    expect(parse({ attributes: 'id=nsUniqueId, login=uid|employeeNumber,email=internetAddress' })).toMatchObject({
      value: {
        attributes: {
          id: 'nsUniqueId',
          login: ['uid', 'employeeNumber'],
          email: 'internetAddress',
          givenName: 'givenName',
        },
      },
    })
  })

  it.each([
    ['ldap://directory.example.org', 389],
    ['ldap://directory.example.org:1389/', 1389],
  ])('know the port of StartTLS at %s', (url, port) => {
    expect(parse({ url, startTls: 'true' })).toMatchObject({ value: { port, tls: 'starttls' } })
  })

  it('take an address of IPv6', () => {
    expect(parse({ url: 'ldaps://[::1]:1636' })).toMatchObject({ value: { host: '::1', port: 1636 } })
  })

  it.each<[string, WrittenDirectory, string, string]>([
    ['no kind', { kind: undefined }, 'kind', 'active-directory or openldap'],
    ['a kind that is none', { kind: 'novell' }, 'kind', 'active-directory or openldap'],
    ['no address', { url: undefined }, 'url', 'ldaps://'],
    ['another protocol', { url: 'https://directory.example.org' }, 'url', 'ldaps://'],
    ['an address without TLS', { url: 'ldap://directory.example.org' }, 'url', 'in clear'],
    ['StartTLS where TLS is', { startTls: 'true' }, 'startTls', 'TLS already'],
    ['StartTLS by another word', { startTls: 'yes' }, 'startTls', 'true or false'],
    ['an address with a base in it', { url: 'ldaps://d.example.org/dc=org' }, 'url', 'nothing more'],
    ['an address with a password in it', { url: 'ldaps://u:p@d.example.org' }, 'url', 'nothing more'],
    ['no base', { baseDns: undefined }, 'baseDns', 'no name'],
    ['a base that is no name', { baseDns: 'dc=org;people' }, 'baseDns', '"people"'],
    ['an empty base among others', { baseDns: 'dc=org;' }, 'baseDns', '""'],
    ['no service account', { bindDn: undefined }, 'bindDn', 'service account'],
    ['a service account by its login', { bindDn: 'keystep' }, 'bindDn', 'service account'],
    ['a principal where there are none', { bindDn: 'keystep@corp.example.org' }, 'bindDn', 'service account'],
    ['an attribute of ours that is none', { attributes: 'shoeSize=x' }, 'attributes', 'shoeSize'],
    ['an attribute with a filter in it', { attributes: 'login=uid)(cn' }, 'attributes', 'no attribute'],
    ['two attributes for one', { attributes: 'email=mail|other' }, 'attributes', 'no attribute'],
    ['an attribute without a name', { attributes: 'email=' }, 'attributes', 'no attribute'],
  ])('refuse %s, and name the place', (_, change, at, detail) => {
    const refused = parse(change)
    expect(refused).toMatchObject({ ok: false, reason: 'bad-directory', at })
    expect(refused.ok ? '' : refused.detail).toContain(detail)
  })
})
