/**
 * Asks a directory (LDAP) whether a password is somebody's, and who that is: a service account searches for the name,
 * then the password is tried as the entry that was found, on a connection of its own.
 *
 * A name that nobody has costs what a wrong password costs: both connections are opened before anything is asked, every
 * base is searched whatever the first one held, and where there is no entry the password is tried as one that does not
 * exist. It leaves out throttles and users (`lambdas/login/try-password.ts`), and follows no referral: it would hand the
 * password to whoever the referral names.
 */
import { AndFilter, EqualityFilter, type Entry as LdapEntry, NotFilter, OrFilter, ResultCodeError } from 'ldapts'
import type { DirectoryKind, DirectorySettings } from '../core/directory/directory-settings.ts'
import type { DirectoryEntry } from '../core/directory/directory-user.ts'
import { isWithin, parseDistinguishedName } from '../core/directory/distinguished-name.ts'
import type { Seconds } from '../core/result.ts'
import { newId } from '../core/secret.ts'
import { nameKey } from '../core/user.ts'
import type { Stage } from '../stage.ts'
import { type Connection, openConnection, type Patience } from './ldap-connection.ts'
import { outcomeOf, PasswordPolicy } from './ldap-outcome.ts'
import { openSecrets, type Secrets } from './secrets.ts'

export type Directory = {
  /** Whatever is wrong with the directory, or with how we reach it, is `unavailable`. Throws for bugs of ours alone. */
  check(userName: string, password: string): Promise<Checked>
}

/** `detail` is for the log; it never holds a password. */
export type Checked =
  | { outcome: 'right'; entry: DirectoryEntry }
  | { outcome: 'wrong'; detail: WhyWrong }
  /** The directory knows the entry, and lets it not in. `locked` may be said of a wrong password, too. */
  | { outcome: 'expired' | 'must-change' | 'disabled' | 'locked'; entry: DirectoryEntry }
  | { outcome: 'unavailable'; detail: string }

export type WhyWrong = 'not-sent' | 'no-entry' | 'several-entries' | 'outside-base' | 'another-spelling' | 'password'

/** Less in all than API Gateway and the Lambda wait. */
const usualPatience: Patience = { connect: 3000, operation: 5000, whole: 9000 }

/** Its connections, to be closed whatever comes of it; one that is opened too late is closed at once. */
type Attempt = { opened: Connection[]; over: boolean }

/** `rank`: which of the login attributes has the name, from 0. */
type Found = { entry: DirectoryEntry; rank: number } | { why: WhyWrong }

/** The directory of a stage. One without a directory asks none: that is for the caller to see. */
export function openDirectory(stage: Pick<Stage, 'directory' | 'secrets'>, now: () => Seconds): Directory {
  if (stage.directory !== undefined) return openLdap(stage.directory, openSecrets(stage, now))
  return {
    async check() {
      throw new Error('This stage has no directory to be asked')
    },
  }
}

export function openLdap(settings: DirectorySettings, secrets: Secrets, patience: Patience = usualPatience): Directory {
  return {
    async check(userName, password) {
      // An empty password is a bind without any (RFC 4513 §5.1.2), which a directory may well agree to.
      if (password === '' || !canBeSent(password) || !canBeSent(userName) || userName.trim() === '')
        return { outcome: 'wrong', detail: 'not-sent' }
      const attempt: Attempt = { opened: [], over: false }
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, fail) => {
        timer = setTimeout(() => fail(new Error(`No answer within ${patience.whole} ms`)), patience.whole)
      })
      try {
        return await Promise.race([ask(settings, secrets, patience, attempt, userName, password), late])
      } catch (failure) {
        if (failure instanceof TypeError || failure instanceof ReferenceError) throw failure
        return { outcome: 'unavailable', detail: failure instanceof Error ? failure.message : String(failure) }
      } finally {
        clearTimeout(timer)
        attempt.over = true
        for (const connection of attempt.opened) connection.close()
      }
    },
  }
}

/** Without NUL, at which a directory in C may stop reading, and without halves of characters. */
const canBeSent = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

async function ask(
  settings: DirectorySettings,
  secrets: Secrets,
  patience: Patience,
  attempt: Attempt,
  userName: string,
  password: string,
): Promise<Checked> {
  const servicePassword = await secrets.read('directoryPassword')
  if (!servicePassword) throw new Error('The secret has no directoryPassword for the service account')
  const ca = await secrets.read('directoryCa')
  const [searching, trying] = await openBoth(() => openConnection(settings, ca, patience), attempt)
  await asService(searching, settings.bindDn, servicePassword)
  const found = await find(searching, settings, userName)
  if ('why' in found) {
    await tryAsNobody(trying, settings, password)
    return { outcome: 'wrong', detail: found.why }
  }
  const outcome = await bound(trying, settings, found.entry.dn, password)
  return outcome === 'wrong' ? { outcome, detail: 'password' } : { outcome, entry: found.entry }
}

async function openBoth(open: () => Promise<Connection>, attempt: Attempt): Promise<[Connection, Connection]> {
  const noted = async (): Promise<Connection> => {
    const connection = await open()
    attempt.opened.push(connection)
    if (attempt.over) connection.close()
    return connection
  }
  const [one, other] = await Promise.allSettled([noted(), noted()])
  if (one.status === 'rejected') throw one.reason
  if (other.status === 'rejected') throw other.reason
  return [one.value, other.value]
}

async function asService({ client }: Connection, bindDn: string, password: string): Promise<void> {
  try {
    await client.bind(bindDn, password)
  } catch (failure) {
    if (failure instanceof ResultCodeError)
      throw new Error(`The directory refuses the service account: ${failure.message}`)
    throw failure
  }
}

/**
 * The entry that the first of the login attributes has; of several bases, the first one's. Mail addresses, for one, people
 * may often write themselves: whoever writes another's name there is not to come before, or beside, who is called so.
 * Every base is searched, so that all names take as long.
 */
async function find(searching: Connection, settings: DirectorySettings, userName: string): Promise<Found> {
  const all: Found[] = []
  for (const base of settings.baseDns) all.push(await findIn(searching, settings, base, userName))
  const [first] = all.filter((found) => 'entry' in found).sort((one, other) => one.rank - other.rank)
  return first ?? all.find((found) => 'why' in found && found.why !== 'no-entry') ?? { why: 'no-entry' }
}

async function findIn(
  searching: Connection,
  settings: DirectorySettings,
  base: string,
  userName: string,
): Promise<Found> {
  const { login } = settings.attributes
  const entries = await search(searching, settings, base, userName, login)
  if (entries.length < 2) return oneOf(entries, settings, base, userName)
  // Not one, by all attributes: by the first that names anybody, it may be.
  for (const attribute of login) {
    const named = await search(searching, settings, base, userName, [attribute])
    if (named.length > 0) return oneOf(named, settings, base, userName)
  }
  return { why: 'no-entry' }
}

async function search(
  { client }: Connection,
  settings: DirectorySettings,
  base: string,
  userName: string,
  by: readonly string[],
): Promise<LdapEntry[]> {
  // Two are enough to know that it is not one. What other servers have (search references) is not asked for.
  const { searchEntries } = await client.search(base, {
    scope: 'sub',
    filter: filterFor(settings.kind, by, userName.trim()),
    attributes: [...new Set(Object.values(settings.attributes).flat())],
    explicitBufferAttributes: ['objectGUID'],
    sizeLimit: 2,
  })
  return searchEntries
}

function oneOf(entries: LdapEntry[], settings: DirectorySettings, base: string, userName: string): Found {
  const [entry, second] = entries
  if (entry === undefined) return { why: 'no-entry' }
  if (second !== undefined) return { why: 'several-entries' }
  if (!liesWithin(entry.dn, base)) return { why: 'outside-base' }
  // Directories fold more than we do (accents, soft hyphens): each such spelling would have a throttle of its own.
  const isNamed = (name: string): boolean => textsOf(entry, name).some((text) => nameKey(text) === nameKey(userName))
  const rank = settings.attributes.login.findIndex(isNamed)
  return rank < 0 ? { why: 'another-spelling' } : { entry: entryIn(entry, settings), rank }
}

/** Of objects, not of text: what was typed is a value in the request and can be nothing else (RFC 4515 §3). */
function filterFor(kind: DirectoryKind, by: readonly string[], userName: string): AndFilter {
  const of = (objectClass: string) => new EqualityFilter({ attribute: 'objectClass', value: objectClass })
  // Active Directory's computers are users too, by their class.
  const people = kind === 'active-directory' ? [of('user'), new NotFilter({ filter: of('computer') })] : [of('person')]
  const named = by.map((attribute) => new EqualityFilter({ attribute, value: userName }))
  return new AndFilter({ filters: [...people, new OrFilter({ filters: named })] })
}

function liesWithin(dn: string, base: string): boolean {
  const [name, above] = [parseDistinguishedName(dn), parseDistinguishedName(base)]
  return name.ok && above.ok && isWithin(name.value, above.value)
}

function entryIn(found: LdapEntry, { attributes }: DirectorySettings): DirectoryEntry {
  const id = idIn(found, attributes.id)
  const userName = firstOf(found, attributes.userName)
  // Neither is the person's fault, and without them nobody is who they were yesterday.
  if (id === undefined) throw new Error(`The service account can read no ${attributes.id} of ${found.dn}`)
  if (userName === undefined || Buffer.byteLength(nameKey(userName)) > longestName)
    throw new Error(`The service account can read no ${attributes.userName} of ${found.dn} that is a user name`)
  const optional = (['email', 'givenName', 'familyName', 'displayName'] as const).flatMap((name) => {
    const value = firstOf(found, attributes[name])
    return value === undefined ? [] : [[name, value] as const]
  })
  return { id, dn: found.dn, userName, ...Object.fromEntries(optional) }
}

/** Whatever case the directory answers in. */
function valuesOf(found: LdapEntry, attribute: string): readonly (string | Buffer)[] {
  const name = Object.keys(found).find((each) => each !== 'dn' && each.toLowerCase() === attribute.toLowerCase())
  const value = name === undefined ? undefined : found[name]
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

const textsOf = (found: LdapEntry, attribute: string): string[] =>
  valuesOf(found, attribute).filter((value): value is string => typeof value === 'string')

/** In characters: what is longer is no name of a person. In bytes, as it is compared, of a user name: it is in a key. */
const longest = 256
const longestName = 1024

/** In an order of our own: a directory's order of values is by chance, and a user is not to change names by it. */
const firstOf = (found: LdapEntry, attribute: string): string | undefined =>
  textsOf(found, attribute)
    .filter((value) => value.trim() !== '' && value.length <= longest)
    .sort()[0]

/** A GUID as it is written everywhere (its first three groups are little-endian), or a text in lower case. */
function idIn(found: LdapEntry, attribute: string): string | undefined {
  const [value] = valuesOf(found, attribute)
  if (typeof value === 'string') return value === '' || value.length > longest ? undefined : value.toLowerCase()
  if (value === undefined || value.length === 0 || value.length > longest) return undefined
  if (attribute.toLowerCase() !== 'objectguid' || value.length !== 16) return value.toString('hex')
  const groups = [value.subarray(0, 4), value.subarray(4, 6), value.subarray(6, 8)].map((group) =>
    Buffer.from(group).reverse(),
  )
  return [...groups, value.subarray(8, 10), value.subarray(10)].map((group) => group.toString('hex')).join('-')
}

async function bound({ client }: Connection, { kind }: DirectorySettings, dn: string, password: string) {
  const policy = new PasswordPolicy()
  try {
    await client.bind(dn, password, policy)
  } catch (failure) {
    return outcomeOf(kind, failure, policy)
  }
  return outcomeOf(kind, undefined, policy)
}

/** An entry that cannot be there: the password is looked at as little as a stranger's, and takes its way. */
async function tryAsNobody(trying: Connection, settings: DirectorySettings, password: string): Promise<void> {
  await bound(trying, settings, `cn=${newId()},${settings.baseDns[0]}`, password)
}
