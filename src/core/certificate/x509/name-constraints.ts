/**
 * Name constraints (RFC 5280 §4.2.1.10): which names an authority below may speak for.
 *
 * Enforced for directory names, mail addresses, DNS names and user principal names. A constraint on any other form turns
 * down every certificate that has a name of that form: what cannot be compared is not permitted.
 */
import { ok, type Result, refuse } from '../../result.ts'
import { subjectAttributes } from '../certificate-identity.ts'
import type { Certificate, NameConstraints } from './certificate.ts'
import { attributesOf, type GeneralName, isWithin, sameName } from './name.ts'

/** @param chain from the certificate to the anchor; each issuer's constraints hold for all below it. */
export function constraintsHold(chain: readonly [Certificate, ...Certificate[]]): Result<true, 'name-not-permitted'> {
  for (const [at, { nameConstraints }] of chain.entries()) {
    if (nameConstraints === undefined) continue
    for (const [position, each] of chain.slice(0, at).entries()) {
      // An authority that renewed its own key speaks in its own name.
      if (position > 0 && sameName(each.issuer, each.subject)) continue
      const offending = namesIn(each).find((name) => !isPermitted(name, nameConstraints))
      if (offending !== undefined) return refuse('name-not-permitted', { detail: printed(offending) })
    }
  }
  return ok(true)
}

const printed = (name: GeneralName): string => ('text' in name ? name.text : `a name of the form ${name.form}`)

function namesIn({ subject, alternativeNames }: Certificate): GeneralName[] {
  const mails = attributesOf(subject, subjectAttributes.emailAddress).map(
    ({ text = '' }): GeneralName => ({ form: 'mail', text }),
  )
  return [
    ...(subject.parts.length > 0 ? [{ form: 'directory', name: subject } as const] : []),
    ...mails,
    ...alternativeNames,
  ]
}

function isPermitted(name: GeneralName, { permitted, excluded }: NameConstraints): boolean {
  const sameForm = (base: GeneralName): boolean =>
    base.form === name.form && (base.form !== 'other' || name.form !== 'other' || base.kind === name.kind)
  const allowed = permitted.filter(sameForm)
  const forbidden = excluded.filter(sameForm)
  if (allowed.length > 0 && !allowed.some((base) => matches(name, base) === true)) return false
  return !forbidden.some((base) => matches(name, base) !== false)
}

/** `undefined`: nobody here can say, so it is neither permitted nor safe from an exclusion. */
function matches(name: GeneralName, base: GeneralName): boolean | undefined {
  if (name.form === 'directory' && base.form === 'directory') return isWithin(name.name, base.name)
  if (name.form === 'dns' && base.form === 'dns') return isBelow(name.text, base.text.replace(/^\./, ''))
  if (name.form === 'mail' && base.form === 'mail') return mailMatches(name.text, base.text)
  // As Active Directory does it: the part behind the at sign.
  if (name.form === 'upn' && base.form === 'upn') return mailMatches(name.text, base.text.replace(/^@/, ''))
  return undefined
}

/** The host itself or one below it; an empty base is every host. */
function isBelow(host: string, base: string): boolean {
  const [its, above] = [host.toLowerCase(), base.toLowerCase()]
  return above === '' || its === above || its.endsWith(`.${above}`)
}

/** A mailbox, a host, or with a leading dot the hosts below one. */
function mailMatches(address: string, base: string): boolean {
  const at = address.lastIndexOf('@')
  const host = address.slice(at + 1).toLowerCase()
  if (base.includes('@')) {
    const split = base.lastIndexOf('@')
    return address.slice(0, at) === base.slice(0, split) && host === base.slice(split + 1).toLowerCase()
  }
  if (base.startsWith('.')) return host.endsWith(base.toLowerCase())
  return at >= 0 && host === base.toLowerCase()
}
