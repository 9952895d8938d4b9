// GET …/users/{userId}/authenticators/creation-options — what a CMS gives to navigator.credentials.create, so that the
// new key attests to a challenge of ours (WebAuthn §5.4).
import { isVoid } from '../../src/core/authenticator.ts'
import { creationOptions } from '../../src/core/fido/ceremony.ts'
import { refuse } from '../../src/core/result.ts'
import { newId, newSecret } from '../../src/core/secret.ts'
import { displayNameOf } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { createdEnrolment, type Enrolment } from '../../src/store/enrolments.ts'
import { findPerson } from '../../src/store/people.ts'
import { readRealm } from '../../src/store/realm.ts'
import type { World } from '../../src/world.ts'
import { challengeMinutes, readNumber, readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { userHandleOf } from './importing.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller(
  'authenticators:write',
  async ({ db, stage, now }: Needs, call: Call): Promise<Answer> => {
    const query = readQuery(call, ['challengeTimeoutInMinutes'])
    if (!query.ok) return answerTo(query)
    const minutes = readNumber('challengeTimeoutInMinutes', query.value.challengeTimeoutInMinutes, challengeMinutes)
    if (!minutes.ok) return answerTo(minutes)
    const userId = userIn(call)
    if (!userId.ok) return answerTo(userId)

    // Said before somebody touches a key for nothing.
    const { settings } = await readRealm(db)
    if (!settings.authenticatorImport) return answerTo(refuse('import-disabled'))
    const person = await findPerson(db, userId.value)
    if (person === undefined || !person.user.enabled) return answerTo(refuse('user-not-found'))

    const { user, authenticators } = person
    const until = now() + minutes.value * 60
    const enrolment: Enrolment = { id: newId(), challenge: newSecret(), subject: user.id, until }
    await db.transact([createdEnrolment(enrolment)])
    const publicKey = creationOptions({
      rp: { id: stage.rpId, name: stage.serviceName },
      user: { handle: userHandleOf(user), name: user.userName, displayName: displayNameOf(user) },
      challenge: enrolment.challenge,
      timeoutMs: minutes.value * 60_000,
      exclude: authenticators.filter((key) => !isVoid(key, now())).map((key) => key.credential),
    })
    return json(200, { publicKey, challengeId: enrolment.id, expiresDateTime: dateTime(until) })
  },
)
