/** Users whose password the directory has: an entry belongs to one user, whatever either is called. */
import type { DirectoryEntry } from '../core/directory/directory-user.ts'
import type { Person } from '../core/session.ts'
import type { User } from '../core/user.ts'
import type { Db, Write } from './db.ts'
import { places } from './keys.ts'
import { ownerIn, readPerson } from './people.ts'
import { changedUser, createdUser } from './users.ts'

/** `held`: the entry is this user's already. Otherwise whoever has its name, if somebody does. */
export type Holder = { person: Person; held: boolean } | undefined

export async function findHolder(db: Db, { id, userName }: DirectoryEntry): Promise<Holder> {
  const [byEntry, byName] = await db.batch([places.directoryEntry(id), places.userName(userName)])
  const owner = ownerIn(byEntry) ?? ownerIn(byName)
  const person = owner === undefined ? undefined : await readPerson(db, owner)
  return person === undefined ? undefined : { person, held: byEntry !== undefined }
}

const heldEntry = (user: User, id: string): Write => ({
  write: 'put',
  ...places.directoryEntry(id),
  item: { owner: user.id },
  condition: 'attribute_not_exists(#pk)',
})

/** Refused when the name is taken, and when the entry is somebody's by now: of two first sign-ins at once, one makes it. */
export const createdDirectoryUser = (user: User, entry: DirectoryEntry): Write[] => [
  ...createdUser(user),
  heldEntry(user, entry.id),
]

/** The user whom an operator expects from the directory, and the entry that came: refused when either is another's. */
export const boundToEntry = (user: User, entry: DirectoryEntry): Write[] => [
  {
    write: 'update',
    ...places.user(user.id),
    update: 'SET #directory = :directory',
    condition: 'attribute_exists(#directory) AND attribute_not_exists(#directory.#id)',
    values: { directory: { id: entry.id } },
  },
  heldEntry(user, entry.id),
]

/** What the directory says, and what we need not keep any more. Refused when the new name is somebody's. */
export const refreshedUser = (before: User, after: User): Write[] => changedUser(before, after, after.updatedAt)
