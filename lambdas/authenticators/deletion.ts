/** What it takes to delete an authenticator, whoever does it. */
import type { Authenticator } from '../../src/core/authenticator.ts'
import { deletedAuthenticator, loweredStanding } from '../../src/store/people.ts'
import type { Decided } from './managing.ts'

export const deletionOf = (key: Authenticator): Decided => ({
  writes: [
    ...deletedAuthenticator(key),
    // Nothing ever rested on a pending key.
    ...(key.state === 'pending' ? [] : [loweredStanding(key.user)]),
  ],
  audit: ['authenticator.deleted'],
  ends: key.state !== 'pending',
})
