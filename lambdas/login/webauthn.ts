// POST /login/{login}/webauthn — the answer of an active key, with or without a user name (WebAuthn Level 3 §7.2).
import type { Authenticator } from '../../src/core/authenticator.ts'
import { parseAssertion } from '../../src/core/fido/fido.ts'
import { judgeLogin, proofOf } from '../../src/core/judge.ts'
import { newChallenge } from '../../src/core/login.ts'
import type { Decision, OfferedKey } from '../../src/core/step-up/decide.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { elsewhereOf } from '../../src/stage.ts'
import { places } from '../../src/store/keys.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { ownerIn, readPerson, usedAuthenticator } from '../../src/store/people.ts'
import type { Notice } from '../../web/view.ts'
import { checkAssertion, type NotProved, noticeFor, readResponse, refusalWrites, strayKey } from './assertion.ts'
import { type Journey, type JourneyWorld, nobody, openJourney } from './journey.ts'
import { keepOr } from './post.ts'
import { showOver } from './show.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const posted = fieldOf(call, 'response', 16_384)
  const response = readResponse(posted)
  const parsed = parseAssertion(response)
  const opened = await openJourney(world, call, parsed.ok ? [places.credential(parsed.value.credentialId)] : [])
  if (!opened.ok) return showOver(world, call, opened.over)
  const { journey, others } = opened
  const { page } = journey.next
  const nameless = journey.next.page === 'username' && journey.next.passkey !== undefined
  if (page !== 'webauthn' && !nameless) return onward(journey.login, 'step-over')
  // The form itself was posted: no script ran that could have asked for the key.
  if (posted === '') return onward(journey.login, 'no-script')

  const credentialId = parsed.ok ? parsed.value.credentialId : ''
  // For a key that nobody has, nobody is read: it takes as long.
  const person = nameless ? await readPerson(world.db, ownerIn(others[0]) ?? nobody) : journey.person
  const found = person?.user.enabled
    ? person.authenticators.find((each) => each.credential.credentialId === credentialId)
    : undefined
  const key = found ?? strayKey(credentialId, world.stage.rpId)
  const turnDown = (reason: NotProved, notice: Notice) =>
    refused(world, call, { ...journey, person: found === undefined ? journey.person : person }, found, reason, notice)

  const checked = await checkAssertion(world, journey.login, key, response, {
    purpose: 'login',
    handleRequired: nameless,
    // Whether it was needed is known once it is known whose key this is.
    userVerification: 'preferred',
  })
  if (!checked.ok) return turnDown(found === undefined ? 'unknown-key' : checked.reason, noticeFor(checked.reason))
  // Only its holder gets here, so only its holder hears what became of it.
  if (key.state === 'pending') return toActivation(world, { ...journey, person }, key)
  if (key.state !== 'active') return turnDown('not-active', noticeOfState[key.state])

  const now = world.now()
  const theirs = { ...journey, person, login: { ...journey.login, user: key.user } }
  const offered = keysOffered(judgeLogin(theirs, now, { candid: true, ...elsewhereOf(world.stage) }).decision).find(
    (its) => its.credential === key.id,
  )
  if (offered?.verify && !checked.value.userVerified) return turnDown('user-not-verified', 'key-not-verified')

  const login = {
    ...theirs.login,
    proofs: [...theirs.login.proofs, proofOf(key, checked.value, theirs.login, now)],
    ...newChallenge(now),
  }
  return keepOr(world, call, theirs, {
    login,
    writes: [usedAuthenticator(key, checked.value.counter, now)],
    // It says who they are, and leads no further: the page that follows says what is missing.
    ...(offered === undefined ? { notice: 'key-unfit' } : {}),
  })
}

const keysOffered = (decision: Decision): OfferedKey[] =>
  decision.do === 'ask' ? decision.offers.flatMap((offer) => offer.keys) : []

const noticeOfState: Record<Exclude<Authenticator['state'], 'active' | 'pending'>, Notice> = {
  suspended: 'key-suspended',
  locked: 'key-locked',
}

/** It earns nothing yet, but it says whose it is: they come to where it is activated. */
async function toActivation(world: JourneyWorld, { login, person }: Journey, key: Authenticator): Promise<Answer> {
  const { skippedActivation: _, method: __, ...rest } = login
  const typedName = login.typedName ?? person?.user.userName ?? ''
  const done = await world.db.transact([
    changedLogin({ ...rest, user: key.user, typedName, ...newChallenge(world.now()) }),
  ])
  return onward(login, done.ok ? undefined : 'step-over')
}

async function refused(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  key: Authenticator | undefined,
  reason: NotProved,
  notice: Notice,
): Promise<Answer> {
  const { login } = journey
  await world.db.transact([
    changedLogin({ ...login, ...newChallenge(world.now()) }),
    ...refusalWrites(world, call, journey, key, reason, 'login.failed'),
  ])
  return onward(login, notice)
}
