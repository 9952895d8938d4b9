/**
 * What an operator says of a directory (LDAP): where it is, where in it people are, and how it names what we ask of it.
 *
 * Read once from the settings of a stage and refused with the place. It leaves out secrets (the service account's
 * password and the directory's own CA are in `services/secrets.ts`) and any filter in LDAP's language: nothing here, and
 * nothing that a person types, ever becomes part of a filter's text.
 */
import { ok, type Result, refuse } from '../result.ts'
import { parseDistinguishedName } from './distinguished-name.ts'

export const directoryKinds = ['active-directory', 'openldap'] as const
export type DirectoryKind = (typeof directoryKinds)[number]

export type DirectorySettings = {
  kind: DirectoryKind
  host: string
  port: number
  /** `ldaps`: TLS from the first byte. `starttls`: on LDAP's own port, and nothing is said before it is up. */
  tls: 'ldaps' | 'starttls'
  /** Asked in this order: the first that holds exactly one entry of the name has the say. */
  baseDns: readonly string[]
  /** The service account that may search there. */
  bindDn: string
  attributes: DirectoryAttributes
}

/** How a directory names what we ask of it. */
export type DirectoryAttributes = {
  /** Never changes and is never given to another: names an entry for good, whatever it is called. */
  id: string
  /** What a person may type as their user name: any of these. */
  login: readonly string[]
  userName: string
  email: string
  givenName: string
  familyName: string
  displayName: string
}

const presets: Readonly<Record<DirectoryKind, DirectoryAttributes>> = {
  'active-directory': {
    id: 'objectGUID',
    login: ['sAMAccountName', 'userPrincipalName'],
    userName: 'sAMAccountName',
    email: 'mail',
    givenName: 'givenName',
    familyName: 'sn',
    displayName: 'displayName',
  },
  openldap: {
    id: 'entryUUID',
    login: ['uid', 'mail'],
    userName: 'uid',
    email: 'mail',
    givenName: 'givenName',
    familyName: 'sn',
    displayName: 'displayName',
  },
}

const attributeNames = Object.keys(presets.openldap) as (keyof DirectoryAttributes)[]

/** As an operator writes them; `settings` and the environment of a Lambda name them alike, each in its own way. */
export type WrittenDirectory = {
  kind?: string | undefined
  url?: string | undefined
  startTls?: string | undefined
  /** Between semicolons: names have commas in them. */
  baseDns?: string | undefined
  bindDn?: string | undefined
  /** `id=entryUUID,login=uid|mail`: those that differ from the kind's own. */
  attributes?: string | undefined
}

export type WrittenName = keyof WrittenDirectory

/** `at` names the setting. `undefined` in, `undefined` out: a stage without a directory has none of them. */
export function parseDirectory(written: WrittenDirectory): Result<DirectorySettings | undefined, 'bad-directory'> {
  if (Object.values(written).every((text) => text === undefined || text === '')) return ok(undefined)
  const kind = directoryKinds.find((each) => each === written.kind)
  if (kind === undefined) return bad('kind', `is to be ${directoryKinds.join(' or ')}`)
  const place = placeIn(written)
  if (!place.ok) return place
  const baseDns = (written.baseDns ?? '').split(';').map((dn) => dn.trim())
  const badBase = baseDns.find((dn) => !parseDistinguishedName(dn).ok)
  if (badBase !== undefined)
    return bad('baseDns', `has ${JSON.stringify(badBase)}, which is no name such as ou=people,dc=example,dc=org`)
  const bindDn = (written.bindDn ?? '').trim()
  if (!parseDistinguishedName(bindDn).ok && !(kind === 'active-directory' && isPrincipal(bindDn)))
    return bad('bindDn', 'is to be the name of the service account, such as cn=keystep,ou=services,dc=example,dc=org')
  const attributes = attributesIn(kind, written.attributes ?? '')
  return attributes.ok ? ok({ kind, ...place.value, baseDns, bindDn, attributes: attributes.value }) : attributes
}

const bad = (at: WrittenName, detail: string) => refuse('bad-directory', { at, detail })

/** Active Directory takes a user principal name where others take a DN. */
const isPrincipal = (text: string): boolean => /^[^\s@\\,=]+@[^\s@\\,=]+$/.test(text)

const hint = 'ldaps://directory.example.org, or ldap:// with StartTLS'

function placeIn({ url = '', startTls = 'false' }: WrittenDirectory) {
  if (!['true', 'false', ''].includes(startTls)) return bad('startTls', 'is to be true or false')
  const upgraded = startTls === 'true'
  if (!URL.canParse(url)) return bad('url', `is to be ${hint}`)
  const { protocol, hostname, port, username, pathname, search, hash } = new URL(url)
  if (!['ldap:', 'ldaps:'].includes(protocol) || hostname === '') return bad('url', `is to be ${hint}`)
  if (username !== '' || !['', '/'].includes(pathname) || search !== '' || hash !== '')
    return bad('url', 'is to have a host and perhaps a port, and nothing more')
  if (protocol === 'ldap:' && !upgraded)
    return bad('url', 'would send passwords in clear: take ldaps://, or StartTLS with it')
  if (protocol === 'ldaps:' && upgraded) return bad('startTls', 'goes with ldap://; ldaps:// has TLS already')
  const tls: DirectorySettings['tls'] = upgraded ? 'starttls' : 'ldaps'
  const usual = upgraded ? 389 : 636
  return ok({ host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? usual : Number(port), tls })
}

const attributePattern = /^[A-Za-z][A-Za-z0-9-]{0,63}$/

function attributesIn(kind: DirectoryKind, text: string): Result<DirectoryAttributes, 'bad-directory'> {
  const changed: Partial<Record<keyof DirectoryAttributes, readonly string[]>> = {}
  for (const pair of text.split(',').filter((each) => each.trim() !== '')) {
    const [name, value = ''] = pair.split('=').map((part) => part.trim())
    const known = attributeNames.find((each) => each === name)
    if (known === undefined) return bad('attributes', `has ${name}, which is none of ${attributeNames.join(', ')}`)
    const values = value.split('|').map((each) => each.trim())
    if (!values.every((each) => attributePattern.test(each)) || (known !== 'login' && values.length > 1))
      return bad('attributes', `has ${JSON.stringify(value)} for ${known}, which is no attribute's name`)
    changed[known] = values
  }
  const preset = presets[kind]
  const one = (name: Exclude<keyof DirectoryAttributes, 'login'>): string => changed[name]?.[0] ?? preset[name]
  return ok({
    id: one('id'),
    login: changed.login ?? preset.login,
    userName: one('userName'),
    email: one('email'),
    givenName: one('givenName'),
    familyName: one('familyName'),
    displayName: one('displayName'),
  })
}
