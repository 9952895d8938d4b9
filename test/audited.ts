/**
 * What a route changes and the record of it in the audit log are one transaction: then no fault can come between them. The
 * house holds every command of every route against it, whatever a test is about.
 *
 * What needs no record is in a list here, by the kind of the record that is written, with the reason why.
 */
import type { Route } from '../lambdas/routes.ts'
import type { Action } from './house.ts'

/** By table and the beginning of the key; of a user's profile, by what is changed in it. */
const withoutRecord: Readonly<Record<string, string>> = {
  'config api-key lastUsedAt': 'when a key was last used: each of its uses that changes something has a record',
  'people user profile counters':
    'tries and mails are counted before anything is compared or sent, and again each time',
  'people name tries': 'the same, of a name that nobody has',
  'sessions login': 'a step of a login, which is over by itself: its end has a record',
  'sessions idempotency': 'what a request is answered that comes again; what it changed has records of its own',
  'sessions handoff': 'a login on its way over another host, which is over by itself',
  'sessions pushed': 'a request ahead of its login, which is over by itself',
  'sessions assertion': 'an assertion was shown',
  'sessions enrolment': 'a challenge for a key to attest to, which is over by itself',
  'sessions self-enrolment': 'what somebody began to add, which is over by itself: that it was added has a record',
  'sessions dpop': 'a proof was shown',
}

const writes = /^(Put|Update|Delete)Item$/

/** Routes that remove in pieces what is too much for one transaction, between a record of its beginning and one of its end. */
const inPieces: ReadonlySet<string> = new Set(['users-delete', 'scim-users-delete'])

/**
 * The kinds that a command writes for a person or a program without a record beside them, though they should have one. What
 * applications ask by themselves (tokens, their ends) is told by grants and revocations, which have tests of their own.
 */
export function unrecorded({ name, method, caller }: Route, actions: readonly Action[]): string[] {
  if (method === 'GET' || !(caller === 'api' || caller === 'browser')) return []
  const written = actions.filter(({ action }) => writes.test(action))
  if (written.some(({ on }) => on === 'audit')) return []
  if (inPieces.has(name) && written.every(({ action }) => action === 'DeleteItem')) return []
  return written.map(kindOf).filter((kind) => !(kind in withoutRecord))
}

const counters = /^(tries|triesUntil|otpTries|otpTriesUntil)\d+$|^(otpFailures|mailsSent|pk)$/

function kindOf({ on, leading = '', sort = '', changes = [] }: Action): string {
  const kind = [on, leading.split('#')[0], on === 'people' ? sort.split('#')[0] : '']
  if (changes.length === 0) return kind.filter(Boolean).join(' ')
  if (on === 'people' && sort === 'profile')
    return [...kind, changes.every((name) => counters.test(name)) ? 'counters' : changes.sort().join()].join(' ')
  return [
    ...kind.filter(Boolean),
    ...(on === 'config'
      ? [
          changes
            .filter((name) => name !== 'pk')
            .sort()
            .join(),
        ]
      : []),
  ].join(' ')
}
