/** Where people are signed in, and the end of it. */
import type { Session } from '../../src/core/session.ts'
import type { User } from '../../src/core/user.ts'
import { endAllSessions, endOneSession, listSessions } from '../../src/session-ends.ts'
import { findUser } from '../../src/store/people.ts'
import { type Bench, type Command, cannot, granted, needed } from './typed.ts'

export const sessionUsage = `
  session list NAME                     where this user is signed in, since when, and in which applications
  session end NAME SID                  one session; applications are told
  session end-all NAME                  all of them, and what goes on without one: tokens of offline_access, too
`

export const sessionCommands: Record<string, Command> = {
  'session list': async (bench, [name]) => {
    const sessions = await listSessions(bench, (await userCalled(bench, name)).id)
    return sessions.length === 0 ? `${name} is signed in nowhere.` : sessions.map(line).join('\n')
  },

  'session end': async (bench, [name, sid]) => {
    const user = await userCalled(bench, name)
    granted(await endOneSession(bench, user.id, needed(sid, 'the id of a session')), {
      'session-not-found': `${name} has no session ${sid}.`,
    })
    return `The session ${sid} has ended.`
  },

  'session end-all': async (bench, [name]) => {
    const user = await userCalled(bench, name)
    const ended = granted(await endAllSessions(bench, user.id), { 'user-not-found': `There is no user ${name}.` })
    return `Everything that ${name} was signed in to has ended${ended === 0 ? '' : `, ${ended} sessions among it`}.`
  },
}

async function userCalled({ db }: Bench, name: string | undefined): Promise<User> {
  return (await findUser(db, needed(name, 'a user name'))) ?? cannot(`There is no user ${name}.`)
}

const line = ({ sid, createdAt, lastSeenAt, ip = 'unknown', clients = [], userAgent = '' }: Session): string =>
  [sid, `since ${when(createdAt)}`, `last seen ${when(lastSeenAt)}`, `from ${ip}`, clients.join(' '), userAgent]
    .filter((part) => part !== '')
    .join('  ')

const when = (at: number): string => new Date(at * 1000).toISOString()
