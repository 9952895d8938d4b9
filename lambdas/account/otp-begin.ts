// POST /api/v1/tenants/{tenantCode}/me/one-time-passwords/enrolments — a secret for an app with one-time codes, as text,
// link and picture.
//
// It follows from what was begun and the key that secrets are sealed with: it is in no table before a code has confirmed
// it. The standing is part of it, so that one which was taken back is not set up again.
import { fromBase64url } from '../../src/core/base64url.ts'
import { challengeLifetime } from '../../src/core/login.ts'
import { toBase32 } from '../../src/core/otp/base32.ts'
import { mostOneTimePasswords, ownParameters, ownSecretBytes } from '../../src/core/otp/one-time-password.ts'
import { writeOtpAuth } from '../../src/core/otp/otpauth.ts'
import { refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { begunSelfEnrolment, type SelfEnrolment } from '../../src/store/self-enrolments.ts'
import type { World } from '../../src/world.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { dateTime } from '../api/representation.ts'
import { nameIn } from '../login/otp-enrolment.ts'
import { qrOf } from '../login/qr.ts'
import { forSelf, type Self, type SelfNeeds, unproved } from './self.ts'

export type OtpNeeds = SelfNeeds & Pick<World, 'sealer'>

export const handle = forSelf(async (world: OtpNeeds, call: Call, self: Self): Promise<Answer> => {
  const { db, stage, now } = world
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  if (!self.realm.settings.selfServiceOtp) return answerTo(refuse('self-service-off'))
  if (self.person.otps.length >= mostOneTimePasswords) return answerTo(refuse('too-many-one-time-passwords'))
  const asked = unproved(world, call, self, 'add')
  if (asked !== undefined) return asked

  const { user } = self.person
  // Time to find the app.
  const until = now() + 2 * challengeLifetime
  const begun: SelfEnrolment = { id: newId(), user: user.id, sid: self.session.sid, purpose: 'otp', until }
  await db.transact([begunSelfEnrolment(begun)])
  const [secret] = await secretsFor(world, begun, user)
  const [issuer, account] = [nameIn(stage.serviceName), nameIn(user.userName)]
  const uri = writeOtpAuth({ parameters: ownParameters, secret, issuer, account })
  return json(200, {
    enrolmentId: begun.id,
    secret: toBase32(secret),
    uri,
    qr: await qrOf(uri),
    expiresDateTime: dateTime(until),
  })
})

/** By the newest key; the others are what older keys made of it, for one that was begun before there was a newer one. */
export async function secretsFor(
  { sealer }: Pick<World, 'sealer'>,
  { id }: Pick<SelfEnrolment, 'id'>,
  user: Pick<User, 'id' | 'standing'>,
): Promise<[Uint8Array, ...Uint8Array[]]> {
  const [first, ...others] = await sealer.hashes(JSON.stringify(['otp-self-enrolment', id, user.id, user.standing]))
  const secretOf = (hash: string): Uint8Array => (fromBase64url(hash) ?? new Uint8Array()).subarray(0, ownSecretBytes)
  return [secretOf(first), ...others.map(secretOf)]
}
