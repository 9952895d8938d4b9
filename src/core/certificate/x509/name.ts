/**
 * Names in certificates: who issued it, whom it is about, and the alternative names.
 *
 * Compared as RFC 5280 §7.1 asks: without regard to case and to runs of spaces, whichever string type a text came in. It
 * leaves out what there is no agreed meaning for: such values are compared as they are.
 */
import { isAscii } from 'node:buffer'
import { type GeneralName as AsnGeneralName, type Name as AsnName, AttributeValue } from '@peculiar/asn1-x509'
import { hexOf, malformed, parsed } from './asn1.ts'

/** One attribute of a name. Without `text` where its type has no agreed letters. */
export type Attribute = { oid: string; text: string | undefined; comparable: string }

/** A distinguished name: sets of attributes, mostly of one each. `comparable` is the same for names that are one. */
export type Name = { parts: readonly (readonly Attribute[])[]; comparable: string }

export function nameOf(name: AsnName): Name {
  const parts = name.map((part) => part.map(({ type, value }) => attributeOf(type, value)))
  if (parts.some(({ length }) => length === 0)) throw malformed('a part of a name that is empty')
  return { parts, comparable: JSON.stringify(parts.map(comparablePart)) }
}

function attributeOf(oid: string, value: AttributeValue): Attribute {
  const text = textOf(value)
  return { oid, text, comparable: `${oid}=${text === undefined ? unread(value) : foldedText(text)}` }
}

/** The text of a directory string; `undefined` for types whose letters nobody agrees on (T61String among them). */
function textOf({ utf8String, bmpString, printableString, ia5String }: AttributeValue): string | undefined {
  const text = utf8String ?? bmpString ?? printableString ?? ia5String
  if (text?.isWellFormed() === false) throw malformed('a text in another encoding than it says')
  return text
}

const unread = ({ teletexString, universalString, anyValue }: AttributeValue): string =>
  JSON.stringify([teletexString, universalString, anyValue && hexOf(anyValue)])

const foldedText = (text: string): string => `"${text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}"`

const comparablePart = (part: readonly Attribute[]): string[] => part.map(({ comparable }) => comparable).sort()

export const sameName = (a: Name, b: Name): boolean => a.comparable === b.comparable

/** Whether the name is below the other one, or is it. */
export const isWithin = (name: Name, above: Name): boolean =>
  above.parts.every((part, at) => {
    const own = name.parts[at]
    return own !== undefined && comparablePart(own).join('\n') === comparablePart(part).join('\n')
  })

export const attributesOf = (name: Name, oid: string): Attribute[] =>
  name.parts.flat().filter((each) => each.oid === oid)

/** GeneralName (RFC 5280 §4.2.1.6), as far as anything here asks. `other` keeps the forms that are only counted. */
export type GeneralName =
  | { form: 'upn'; text: string }
  | { form: 'mail' | 'dns' | 'uri' | 'ip'; text: string }
  | { form: 'directory'; name: Name }
  | { form: 'other'; kind: string }

/** Microsoft's user principal name, as an otherName. */
const upnOid = '1.3.6.1.4.1.311.20.2.3'

export function generalNameOf(name: AsnGeneralName): GeneralName {
  const { otherName, rfc822Name, dNSName, uniformResourceIdentifier, directoryName, iPAddress } = name
  if (otherName?.typeId === upnOid) return { form: 'upn', text: upnOf(otherName.value) }
  if (rfc822Name !== undefined) return { form: 'mail', text: plain(rfc822Name) }
  if (dNSName !== undefined) return { form: 'dns', text: plain(dNSName) }
  if (uniformResourceIdentifier !== undefined) return { form: 'uri', text: plain(uniformResourceIdentifier) }
  if (directoryName !== undefined) return { form: 'directory', name: nameOf(directoryName) }
  if (iPAddress !== undefined) return { form: 'ip', text: iPAddress }
  const kind = Object.entries(name).find(([, value]) => value !== undefined)?.[0]
  if (kind === undefined) throw malformed('a name of no form')
  return { form: 'other', kind }
}

function upnOf(value: ArrayBuffer): string {
  const text = textOf(parsed(value, AttributeValue))
  if (text === undefined) throw malformed('a user principal name that is no text')
  return text
}

/** IA5 has seven bits a letter; below an implicit tag, the library takes eight. */
function plain(text: string): string {
  if (!isAscii(Buffer.from(text))) throw malformed('a letter that is not ASCII')
  return text
}
