/**
 * Where a certificate says who its holder is, and which user name that stands for.
 *
 * Apart from what reads certificates, because settings and logins speak of identities too: the Lambdas that do so carry no
 * ASN.1. Taking the identity out of a certificate is in `client-certificate.ts`.
 */

export const clientAuthentication = '1.3.6.1.5.5.7.3.2'

/** The attributes of a subject that an identity may be taken from, by the word in the settings. */
export const subjectAttributes = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
  UID: '0.9.2342.19200300.100.1.1',
} as const
export type SubjectAttribute = keyof typeof subjectAttributes

/** Where a certificate says who its holder is. */
export type IdentitySource = 'upn' | 'mail' | 'thumbprint' | SubjectAttribute
export const identitySources = [
  'upn',
  'mail',
  'thumbprint',
  ...(Object.keys(subjectAttributes) as SubjectAttribute[]),
] as const satisfies readonly IdentitySource[]

/** Whom it names. `thumbprint` names whoever the certificate is registered with. */
export type Identity = { source: IdentitySource; value: string }

/**
 * The user name that an identity stands for; `undefined` for one that is nobody's here. Where the settings name a suffix,
 * only identities that end in it count, and the user name is what comes before: `ada@corp.example` is ada, and the ada of
 * another domain is not.
 */
export function userNameOf({ value }: Pick<Identity, 'value'>, suffix: string | undefined): string | undefined {
  // User names are compared without regard to spelling; an issuer's letters are to be plain ones, or they are nobody's.
  if (value.normalize('NFKC') !== value) return undefined
  if (suffix === undefined) return value
  const at = value.lastIndexOf('@')
  const isOurs = at > 0 && value.slice(at + 1).toLowerCase() === suffix.toLowerCase()
  return isOurs ? value.slice(0, at) : undefined
}
