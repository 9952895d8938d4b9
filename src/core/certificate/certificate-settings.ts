/**
 * What an operator says of client certificates: where they are shown, whose they have to be, whom they name, and how it
 * is found out whether they were revoked.
 *
 * Read once from the settings of a stage and refused with the place. It leaves out the allowed issuers themselves, which
 * are a file (`services/certificates.ts`).
 */
import { ok, type Result, refuse } from '../result.ts'
import { clientAuthentication, type IdentitySource, identitySources } from './certificate-identity.ts'

export const revocationMethods = ['ocsp', 'crl'] as const
export type RevocationMethod = (typeof revocationMethods)[number]

export type CertificateSettings = {
  /** The origin of the host that asks browsers for a certificate, and that serves nothing else. */
  origin: string
  /** PEM: roots, and the authorities below them whose certificates count. */
  issuersFile: string
  /** Extended key usages of which a certificate must name one. `anyExtendedKeyUsage` counts only where it is listed. */
  purposes: readonly string[]
  /** Policies that say that the key lives on a smart card. */
  smartCardPolicies: readonly string[]
  identity: IdentitySource
  /** What identities end in, behind an at sign: the user name is what comes before. */
  suffix?: string
  /** `if-named`: a certificate that names neither list nor responder passes; `required`: it does not. */
  revocation: 'required' | 'if-named'
  /** Which is asked, and in which order; the next one where one has no answer. */
  methods: readonly RevocationMethod[]
  /** Lists of issuers whose certificates name none. */
  lists: readonly string[]
  /** `host` or `host:port` that may be asked although they are not public. */
  hosts: readonly string[]
  /** Hours that a list is kept at most; never past its own next update. */
  listHours: number
}

/** As an operator writes them; lists have commas between. Without `origin` and `issuers`, certificates are not used. */
export type WrittenCertificates = {
  origin?: string | undefined
  issuers?: string | undefined
  identity?: string | undefined
  suffix?: string | undefined
  purposes?: string | undefined
  smartCardPolicies?: string | undefined
  revocation?: string | undefined
  methods?: string | undefined
  lists?: string | undefined
  hosts?: string | undefined
  listHours?: string | undefined
}

export type WrittenCertificate = keyof WrittenCertificates

/** `at` names the setting. `undefined` in, `undefined` out: a stage without certificates has none of them. */
export function parseCertificates(
  written: WrittenCertificates,
): Result<CertificateSettings | undefined, 'bad-certificates'> {
  if (Object.values(written).every((text) => text === undefined || text === '')) return ok(undefined)
  const { origin = '', issuers = '', suffix = '' } = written
  if (!isOrigin(origin)) return bad('origin', 'is to be an origin such as https://cert.example.org')
  if (issuers === '') return bad('issuers', 'is to be a PEM file of the roots and authorities whose certificates count')
  const identity = identitySources.find((each) => each === (written.identity || 'upn'))
  if (identity === undefined) return bad('identity', `is to be ${identitySources.join(', ')}`)
  if (suffix !== '' && !isHost(suffix)) return bad('suffix', 'is to be a domain such as corp.example')
  if (suffix !== '' && identity === 'thumbprint') return bad('suffix', 'does not go with thumbprints')
  const purposes = itemsOf(written.purposes, clientAuthentication)
  const smartCardPolicies = itemsOf(written.smartCardPolicies)
  for (const [at, list] of [
    ['purposes', purposes],
    ['smartCardPolicies', smartCardPolicies],
  ] as const)
    if (!list.every(isOid)) return bad(at, 'is to be object identifiers such as 1.3.6.1.5.5.7.3.2')
  const asked = revocationIn(written)
  if (!asked.ok) return asked
  const common = { origin, issuersFile: issuers, purposes, smartCardPolicies, identity }
  return ok({ ...common, ...(suffix === '' ? {} : { suffix }), ...asked.value })
}

type Asked = Pick<CertificateSettings, 'revocation' | 'methods' | 'lists' | 'hosts' | 'listHours'>

function revocationIn(written: WrittenCertificates): Result<Asked, 'bad-certificates'> {
  const revocation = (['required', 'if-named'] as const).find((each) => each === (written.revocation || 'required'))
  if (revocation === undefined) return bad('revocation', 'is to be required or if-named')
  const named = itemsOf(written.methods, 'ocsp,crl')
  const methods = named.flatMap((name) => revocationMethods.filter((each) => each === name))
  if (methods.length !== named.length || new Set(methods).size !== methods.length)
    return bad('methods', 'is to be ocsp, crl, or both in the order in which to ask')
  const lists = itemsOf(written.lists)
  if (!lists.every((text) => /^https?:/.test(text) && URL.canParse(text)))
    return bad('lists', 'is to be addresses of revocation lists')
  const hosts = itemsOf(written.hosts)
  if (!hosts.every((text) => /^[a-z0-9.-]+(:\d{1,5})?$/.test(text)))
    return bad('hosts', 'is to be hosts in lower case, each with a port where it is not the usual one')
  const listHours = Number(written.listHours || '12')
  if (!(listHours > 0 && listHours <= 168)) return bad('listHours', 'is to be a number of hours, up to 168')
  return ok({ revocation, methods, lists, hosts, listHours })
}

const bad = (at: WrittenCertificate, detail: string) => refuse('bad-certificates', { at, detail })

const itemsOf = (text: string | undefined, usual = ''): string[] =>
  (text || usual)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const isOrigin = (text: string): boolean =>
  text.startsWith('https://') && URL.canParse(text) && new URL(text).origin === text
const isHost = (text: string): boolean => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)
const isOid = (text: string): boolean => /^[012](\.\d+)+$/.test(text)
