/**
 * Names in certificates: who issued it, whom it is about, and the alternative names.
 *
 * Compared as RFC 5280 §7.1 asks: without regard to case and to runs of spaces, whichever string type a text came in. It
 * leaves out what there is no agreed meaning for: such values are compared as they are.
 */
import {
  asciiOf,
  childrenOf,
  type Der,
  expect,
  implicit,
  malformed,
  members,
  oidOf,
  tagged,
  tags,
  textOf,
} from './der.ts'

/** One attribute of a name. Without `text` where its type has no agreed letters. */
export type Attribute = { oid: string; text: string | undefined; comparable: string }

/** A distinguished name: sets of attributes, mostly of one each. `comparable` is the same for names that are one. */
export type Name = { parts: readonly (readonly Attribute[])[]; comparable: string }

export function nameOf(value: Der): Name {
  const parts = childrenOf(value).map((part) => {
    const attributes = childrenOf(part, tags.set).map(attributeOf)
    if (attributes.length === 0) throw malformed('a part of a name that is empty')
    return attributes
  })
  return { parts, comparable: JSON.stringify(parts.map(comparablePart)) }
}

function attributeOf(value: Der): Attribute {
  const member = members(value)
  const oid = oidOf(member.next())
  const its = member.next()
  member.end()
  const text = textOf(its)
  return { oid, text, comparable: `${oid}=${text === undefined ? its.whole.toString('hex') : foldedText(text)}` }
}

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

/** For logs and for people: `CN=Ada, O=Example`, with the object identifier of what has no usual letters. */
export const printedName = (name: Name): string =>
  name.parts
    .map((part) => part.map(({ oid, text }) => `${shortNames[oid] ?? oid}=${text ?? '?'}`).join('+'))
    .reverse()
    .join(', ')

/** The attributes that an identity may be taken from, by the word in the settings. */
export const subjectAttributes = {
  CN: '2.5.4.3',
  serialNumber: '2.5.4.5',
  emailAddress: '1.2.840.113549.1.9.1',
  UID: '0.9.2342.19200300.100.1.1',
} as const
export type SubjectAttribute = keyof typeof subjectAttributes

const shortNames: Record<string, string> = {
  ...Object.fromEntries(Object.entries(subjectAttributes).map(([word, oid]) => [oid, word])),
  '2.5.4.6': 'C',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}

/** GeneralName (RFC 5280 §4.2.1.6), as far as anything here asks. `other` keeps the forms that are only counted. */
export type GeneralName =
  | { form: 'upn'; text: string }
  | { form: 'mail' | 'dns' | 'uri'; text: string }
  | { form: 'directory'; name: Name }
  | { form: 'other'; tag: number }

/** Microsoft's user principal name, as an otherName. */
export const upnOid = '1.3.6.1.4.1.311.20.2.3'

export function generalNameOf(value: Der): GeneralName {
  switch (value.tag) {
    case tagged(0):
      return otherNameOf(value)
    case implicit(1):
      return { form: 'mail', text: asciiOf(value.content) }
    case implicit(2):
      return { form: 'dns', text: asciiOf(value.content) }
    case tagged(4): {
      const [name, ...more] = childrenOf(value, tagged(4))
      if (name === undefined || more.length > 0) throw malformed('a directory name that is not one')
      return { form: 'directory', name: nameOf(name) }
    }
    case implicit(6):
      return { form: 'uri', text: asciiOf(value.content) }
    default:
      return { form: 'other', tag: value.tag }
  }
}

function otherNameOf(value: Der): GeneralName {
  const member = members(value, tagged(0))
  const oid = oidOf(member.next())
  const wrapped = childrenOf(member.next(tagged(0)), tagged(0))
  member.end()
  if (oid !== upnOid) return { form: 'other', tag: value.tag }
  const text = textOf(expect(wrapped[0], wrapped[0]?.tag ?? tags.utf8))
  if (text === undefined || wrapped.length !== 1) throw malformed('a user principal name that is no text')
  return { form: 'upn', text }
}

export const generalNamesOf = (value: Der, tag: number = tags.sequence): GeneralName[] =>
  childrenOf(value, tag).map(generalNameOf)
