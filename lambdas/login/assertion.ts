/**
 * What a browser's answer to a ceremony proves, and what of it is written down: the counter, a suspicion, a lock.
 *
 * The challenge is used up whatever comes of it: the login that is kept afterwards has another one.
 */
import { generateKeyPairSync } from 'node:crypto'
import { type Authenticator, changes, toldKey } from '../../src/core/authenticator.ts'
import { toBase64url } from '../../src/core/base64url.ts'
import { coseKeyFromPem } from '../../src/core/fido/cose-key.ts'
import {
  type AssertionQuestion,
  type AssertionRefusal,
  answersChallenge,
  type ProvedAssertion,
  verifyAssertion,
} from '../../src/core/fido/fido.ts'
import { type CeremonyPurpose, challengeFor, type Login } from '../../src/core/login.ts'
import { type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import type { Call } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { changedState, loweredStanding, suspectedAuthenticator } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import type { Notice } from '../../web/view.ts'
import { eventOf } from './event.ts'
import type { Journey } from './journey.ts'

type Needs = Pick<World, 'stage' | 'now'>

/** The posted answer, as JSON; whatever it is, it is looked at by `verifyAssertion` only. */
export function readResponse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why an answer proved nothing. */
export type NotProved = AssertionRefusal | 'ceremony-expired' | 'not-active' | 'unknown-key'

export async function checkAssertion(
  world: Needs,
  login: Login,
  key: Authenticator,
  response: unknown,
  ceremony: { purpose: CeremonyPurpose; handleRequired: boolean } & Pick<AssertionQuestion, 'userVerification'>,
): Promise<Result<ProvedAssertion, AssertionRefusal | 'ceremony-expired'>> {
  const challenge = challengeFor(login, ceremony.purpose)
  // Before the key is looked at: whose it is makes no difference to an answer that comes too late.
  if (login.challengeUntil <= world.now() || !answersChallenge(response, challenge)) return refuse('ceremony-expired')
  return verifyAssertion({
    response,
    credential: key.credential,
    user: {
      // An imported key carries the handle that its CMS gave it, where the import says so.
      handles: [key.credential.userHandle ?? toBase64url(Buffer.from(key.user))],
      handleRequired: ceremony.handleRequired,
    },
    challenge,
    origin: world.stage.issuer,
    rpId: world.stage.rpId,
    userVerification: ceremony.userVerification,
  })
}

/**
 * What a person hears of an answer that proved nothing. Until a signature holds, one word for everything: whether the
 * key that a stranger pretends to have is somebody's, or a decoy, must not show.
 */
export const noticeFor = (reason: AssertionRefusal | 'ceremony-expired'): Notice => {
  if (reason === 'ceremony-expired') return reason
  return reason === 'backup-eligibility-changed' || reason === 'counter-did-not-advance' ? 'key-refused' : 'wrong-key'
}

/** The same to somebody who has confirmed who they are: there is nothing left to keep from them. */
export const noticeToOwner = (reason: AssertionRefusal | 'ceremony-expired'): Notice => {
  if (reason === 'ceremony-expired') return reason
  if (reason === 'user-not-verified') return 'key-not-verified'
  return reason === 'wrong-credential' || reason === 'wrong-user-handle' ? 'wrong-key' : 'key-refused'
}

/** Verified in place of a key that is not there, so that it takes as long. Nobody has its private half. */
export const strayKey = (credentialId: string, rpId: string): Authenticator => ({
  id: 'stray',
  user: newId(),
  type: 'fido',
  state: 'active',
  origin: 'imported',
  provenance: 'raw',
  createdAt: 0,
  credential: { rpId, credentialId, publicKey: strayPublicKey(), algorithm: -7, signatureCounter: 0 },
  version: 0,
})

let stray: string | undefined
function strayPublicKey(): string {
  if (stray === undefined) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const cose = coseKeyFromPem(publicKey.export({ format: 'pem', type: 'spki' }).toString())
    if (!cose.ok) throw new Error(`A key that was just made is refused: ${cose.reason}`)
    stray = toBase64url(cose.value)
  }
  return stray
}

const isLockable = ({ state }: Authenticator): boolean => changes.lock.from.some((from) => from === state)

/**
 * What is written of an answer that was refused. A counter that did not advance is said only of an answer whose
 * signature holds: somebody has a copy of the key, and after so many of those the key is locked.
 */
export function refusalWrites(
  world: Needs,
  call: Call,
  journey: Journey,
  key: Authenticator | undefined,
  reason: NotProved,
  type: 'login.failed' | 'authenticator.activation-failed',
): Write[] {
  const about = key === undefined ? {} : toldKey(key)
  const told = eventOf(world, call, journey, { type, reason, ...about })
  if (key === undefined || reason !== 'counter-did-not-advance' || !isLockable(key)) return [told]
  const { counterFailuresToLock } = journey.realm.settings
  const failures = (key.counterFailures ?? 0) + 1
  if (counterFailuresToLock === 0 || failures < counterFailuresToLock)
    return [told, suspectedAuthenticator(key, world.now())]
  return [
    told,
    changedState(key, 'lock', { lastUsedAt: world.now(), stateChangedAt: world.now() }),
    loweredStanding(key.user),
    eventOf(world, call, journey, { type: 'authenticator.locked', reason, ...about }),
  ]
}
