// POST /api/v1/tenants/{tenantCode}/me/authenticators/creation-options — what the browser is asked, to make a key of one's
// own (WebAuthn §5.4).
//
// The challenge is for this person, in this session, for this purpose, once and within five minutes.
import { isVoid, mostAuthenticators } from '../../src/core/authenticator.ts'
import { creationOptions } from '../../src/core/fido/ceremony.ts'
import { challengeLifetime } from '../../src/core/login.ts'
import { refuse } from '../../src/core/result.ts'
import { newId, newSecret } from '../../src/core/secret.ts'
import { displayNameOf } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { begunSelfEnrolment } from '../../src/store/self-enrolments.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { userHandleOf } from '../authenticators/importing.ts'
import { forSelf, type Self, type SelfNeeds, unproved } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const { db, stage, now } = world
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const { settings } = self.realm
  if (!settings.selfServiceFido) return answerTo(refuse('self-service-off'))
  const keys = self.person.authenticators.filter((key) => !isVoid(key, now()))
  if (keys.length >= mostAuthenticators) return answerTo(refuse('too-many-authenticators'))
  const asked = unproved(world, call, self, 'add')
  if (asked !== undefined) return asked

  const { user } = self.person
  const until = now() + challengeLifetime
  const begun = {
    id: newId(),
    user: user.id,
    sid: self.session.sid,
    purpose: 'fido',
    challenge: newSecret(),
    until,
  } as const
  await db.transact([begunSelfEnrolment(begun)])
  const publicKey = creationOptions({
    rp: { id: stage.rpId, name: stage.serviceName },
    user: { handle: userHandleOf(user), name: user.userName, displayName: displayNameOf(user) },
    challenge: begun.challenge,
    timeoutMs: challengeLifetime * 1000,
    exclude: keys.map((key) => key.credential),
  })
  // Browsers ask people before they say which model a key is: only where somebody wants to know.
  const isWanted = settings.allowedAaguids.length + settings.attestationRoots.length > 0
  return json(200, {
    publicKey: { ...publicKey, attestation: isWanted ? publicKey.attestation : 'none' },
    challengeId: begun.id,
    expiresDateTime: dateTime(until),
  })
})
