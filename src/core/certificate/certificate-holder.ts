/**
 * Whose a client certificate is: the one user that it names, or nobody.
 *
 * A user's record may list the thumbprints of their certificates. With such a list, these are all they have, whatever else
 * names them; without one, whichever certificate names them is theirs, but where certificates are known by thumbprint
 * alone. An empty list is a list: who lost their last certificate has none, and what rested on it stands no more.
 */
import { nameKey, type User } from '../user.ts'
import { type IdentitySource, userNameOf } from './certificate-identity.ts'
import type { JudgedCertificate } from './client-certificate.ts'

/** What of a certificate the login gets to know. */
export type ShownCertificate = Pick<JudgedCertificate, 'thumbprint' | 'identity' | 'smartCard'>

type Listing = Pick<User, 'certificateThumbprints'>

/** Whether certificates are something this user could show. */
export const mayShowCertificate = ({ certificateThumbprints: listed }: Listing, source: IdentitySource): boolean =>
  listed === undefined ? source !== 'thumbprint' : listed.length > 0

/** @param suffix what identities end in here: see `userNameOf`. */
export function isTheirs(user: User, { thumbprint, identity }: ShownCertificate, suffix: string | undefined): boolean {
  const listed = user.certificateThumbprints?.includes(thumbprint)
  if (listed === false || identity.source === 'thumbprint') return listed === true
  const name = userNameOf(identity, suffix)
  if (name === undefined) return false
  return nameKey(name) === nameKey(user.userName) || (suffix === undefined && isMailOf(user, name, identity.source))
}

/** An address that nobody confirmed is whatever somebody typed. */
const isMailOf = ({ email, emailVerified }: User, name: string, source: IdentitySource): boolean =>
  ['mail', 'emailAddress'].includes(source) && emailVerified === true && email?.toLowerCase() === name.toLowerCase()

const prefix = 'certificate#'

/** The certificate as a credential that proofs name. */
export const certificateCredential = (thumbprint: string): string => `${prefix}${thumbprint}`

/** Whether it may still be used: with a list, while it is on it. A revocation is asked for when it is shown again. */
export const certificateStands = (credential: string, { certificateThumbprints: listed }: Listing): boolean =>
  credential.startsWith(prefix) && (listed === undefined || listed.includes(credential.slice(prefix.length)))
