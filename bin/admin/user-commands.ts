/** People: made, changed, disabled, given roles and deleted, with the same functions as the API. */
import type { Result } from '../../src/core/result.ts'
import { displayNameOf, type Role, roles, type User } from '../../src/core/user.ts'
import { claimsOf, createUser, type NotChanged, setClaims, setEmail, setPassword } from '../../src/setup.ts'
import { findUser } from '../../src/store/people.ts'
import { listUsers } from '../../src/store/users.ts'
import { disableUser, enableUser, setRoles, type UserRefusal, unlockUser } from '../../src/user-admin.ts'
import { deleteUser } from '../../src/user-deletion.ts'
import { listAllAnew } from '../../src/user-listings.ts'
import { done } from './documents.ts'
import { type Bench, type Command, cannot, defined, documentIn, granted, needed, passwordIn } from './typed.ts'

export const userUsage = `
  user list [BEGINNING]                 by user name, those that begin so
  user show NAME                        one user, and what is said of them
  user disable NAME                     whatever they are signed in to ends, and they sign in nowhere
  user enable NAME
  user unlock NAME                      who failed too often may try again; one-time passwords that are locked, too
  user roles NAME [ROLE]...             these roles and no others; the last administrator stays one
  user delete NAME                      all that is theirs goes; what broke off is brought to its end by saying it again
  user list-anew                        lists users whom an earlier version made, so that a search finds them
`

/** Of the first page: who looks for somebody says how their name begins. */
const mostListed = 100

export const userCommands: Record<string, Command> = {
  'user add': async (bench, [userName], given) => {
    if (given.directory && given['password-stdin']) cannot('A password is kept here or in the directory: take one.')
    const user = granted(
      await createUser(bench, {
        userName: needed(userName, 'a user name'),
        ...defined('email', given.email),
        ...defined('givenName', given['given-name']),
        ...defined('familyName', given['family-name']),
        ...defined('password', await passwordIn(given)),
        ...defined('directory', given.directory ? {} : undefined),
        ...defined('roles', given.role?.map(roleOf)),
      }),
      { 'user-exists': `There is a user ${userName} already.` },
    )
    return `User ${user.userName} is made, with the id ${user.id}.`
  },

  'user password': async (bench, [userName], given) => {
    const password = needed(await passwordIn(given), '--password-stdin')
    const user = granted(await setPassword(bench, needed(userName, 'a user name'), password), notChanged(userName))
    return `${user.userName} has a new password.`
  },

  'user email': async (bench, [userName, email]) => {
    const address = needed(email, 'an address')
    const user = granted(await setEmail(bench, needed(userName, 'a user name'), address), notChanged(userName))
    return `Mail to ${user.userName} goes to ${address}.`
  },

  'user claims': async (bench, [userName, file]) => {
    const name = needed(userName, 'a user name')
    const document = granted(
      file === undefined ? await claimsOf(bench, name) : await setClaims(bench, name, await documentIn(file)),
      {
        ...notChanged(name),
        'malformed-claims': (detail, at) => `${file}${at}: ${detail}.`,
      },
    )
    return JSON.stringify(document, null, 2)
  },

  'user list': async ({ db }, [prefix = '']) => {
    const { items, next } = await listUsers(db, { prefix, limit: mostListed })
    const more = next === undefined ? [] : [`There are more: say how the name begins.`]
    return [...items.map(line), ...more].join('\n') || 'There is none.'
  },

  'user show': async (bench, [name]) => {
    const { passwordHash, ...user } = await userCalled(bench, name)
    const shown = { ...user, password: passwordHash !== undefined }
    return JSON.stringify(shown, (_, value) => (value instanceof Set ? [...value] : value), 2)
  },

  'user disable': async (bench, [name]) =>
    `${await changed(bench, name, disableUser)} is disabled, and signed in nowhere.`,
  'user enable': async (bench, [name]) => `${await changed(bench, name, enableUser)} is enabled.`,
  'user unlock': async (bench, [name]) => `${await changed(bench, name, unlockUser)} may try again.`,

  'user roles': async (bench, [name, ...given]) => {
    const wanted = given.map(roleOf)
    const userName = await changed(bench, name, (desk, id) => setRoles(desk, id, wanted))
    return wanted.length === 0 ? `${userName} has no role.` : `${userName}: ${wanted.join(', ')}.`
  },

  'user delete': async (bench, [name]) => {
    const { id, userName } = await userCalled(bench, name)
    done(await deleteUser(bench, id))
    return `${userName} is gone, and all that was theirs.`
  },

  'user list-anew': async (bench) => `${await listAllAnew(bench.db)} users are listed by what they may be looked for.`,
}

async function userCalled({ db }: Bench, name: string | undefined): Promise<User> {
  return (await findUser(db, needed(name, 'a user name'))) ?? cannot(`There is no user ${name}.`)
}

async function changed(
  bench: Bench,
  name: string | undefined,
  change: (bench: Bench, id: string) => Promise<Result<User, UserRefusal>>,
): Promise<string> {
  const { id } = await userCalled(bench, name)
  return done(await change(bench, id)).userName
}

const line = (user: User): string =>
  [
    user.id,
    user.userName,
    displayNameOf(user),
    ...(user.roles ?? []),
    ...(user.enabled ? [] : [user.deleting === undefined ? 'disabled' : 'being deleted']),
  ].join('  ')

const notChanged = (userName: string | undefined): Record<NotChanged, string> => ({
  'no-user': `There is no user ${userName}.`,
  'user-deleting': `${userName} is being deleted.`,
  'changed-meanwhile': `Somebody else changed ${userName} meanwhile: try again.`,
})

const roleOf = (text: string): Role =>
  roles.find((role) => role === text) ?? cannot(`${text} is no role: ${roles.join(', ')}.`)
