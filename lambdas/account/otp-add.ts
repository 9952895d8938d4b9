// POST /api/v1/tenants/{tenantCode}/me/one-time-passwords — a code of the app confirms its secret: it counts from now on.
//
// Whoever has no recovery codes yet gets them with it, where people may have them: shown this once.
import { ifGiven, malformed, readDocument, readMembers, readText } from '../../src/core/document.ts'
import { readOneTimeCode, stepOf } from '../../src/core/otp/one-time-code.ts'
import { mostOneTimePasswords, type OneTimePassword, ownParameters } from '../../src/core/otp/one-time-password.ts'
import { type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { places } from '../../src/store/keys.ts'
import { createdOneTimePassword, givenOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { selfEnrolmentIn, spentSelfEnrolment } from '../../src/store/self-enrolments.ts'
import { bodyLimits, readBody, readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { readName } from './authenticators-change.ts'
import { type OtpNeeds, secretsFor } from './otp-begin.ts'
import { freshCodes } from './recovery-codes.ts'
import { showOwn } from './representation.ts'
import { forSelf, type Self, toldOfSelf, unproved } from './self.ts'

export const handle = forSelf(async (world: OtpNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const body = readBody(call, bodyLimits.one)
  if (!body.ok) return answerTo(body)
  const typed = readTyped(body.value)
  if (!typed.ok) return answerTo(typed)
  if (!self.realm.settings.selfServiceOtp) return answerTo(refuse('self-service-off'))
  const asked = unproved(world, call, self, 'add')
  return asked ?? add(world, call, self, typed.value)
})

type Typed = { enrolmentId: string; code: string; friendlyName?: string }

const readTyped = (data: unknown): Result<Typed, 'malformed-request'> =>
  readDocument('malformed-request', data, (document) => {
    const members = readMembers(document, '', ['enrolmentId', 'code', 'friendlyName'])
    const code = typeof members.code === 'string' ? readOneTimeCode(members.code) : ''
    return {
      enrolmentId: readText(members.enrolmentId, '/enrolmentId', /^[\w-]{22}$/),
      code: code === '' ? malformed('/code', 'must be the six digits that the app shows') : code,
      ...ifGiven(members, '', 'friendlyName', readName),
    }
  })

async function add(world: OtpNeeds, call: Call, self: Self, typed: Typed): Promise<Answer> {
  const { db, now } = world
  const { user, otps } = self.person
  const whose = { user: user.id, sid: self.session.sid, purpose: 'otp' } as const
  const begun = selfEnrolmentIn(await db.get(places.selfEnrolment(typed.enrolmentId)), whose, now())
  if (begun === undefined) return answerTo(refuse('enrolment-over', { at: '/enrolmentId' }))
  if (otps.length >= mostOneTimePasswords) return answerTo(refuse('too-many-one-time-passwords'))
  for (const secret of await secretsFor(world, begun, user)) {
    const step = await stepOf(ownParameters, secret, typed.code, now())
    if (!step.ok) continue
    const otp = await sealed(world, self, { secret, lastStep: step.value, friendlyName: typed.friendlyName })
    const codes = await firstCodes(world, call, self)
    const { condition = '', values, ...given } = givenOneTimePassword(user)
    const done = await db.transact([
      spentSelfEnrolment(begun, now()),
      // What they proved for it stands still.
      {
        ...given,
        condition: `${condition} AND #standing = :standing`,
        values: { ...values, standing: user.standing },
      },
      createdOneTimePassword(otp),
      toldOfSelf(world, call, self, { type: 'otp.enrolled', authenticator: otp.id }),
      ...(codes?.writes ?? []),
    ])
    if (!done.ok) return answerTo(refuse(done.conflicts[0] === undefined ? 'changed-meanwhile' : 'enrolment-over'))
    const authenticator = showOwn({ kind: 'otp', its: otp })
    return json(201, { authenticator, ...(codes === undefined ? {} : { recoveryCodes: codes.shown }) })
  }
  return answerTo(refuse('wrong-one-time-code', { at: '/code' }))
}

const firstCodes = async (world: OtpNeeds, call: Call, self: Self) =>
  self.person.recoveryCodes === undefined && self.realm.settings.selfServiceRecoveryCodes
    ? freshCodes(world, call, self)
    : undefined

async function sealed(
  { sealer, now }: OtpNeeds,
  { user }: Self,
  made: { secret: Uint8Array; lastStep: number; friendlyName: string | undefined },
): Promise<OneTimePassword> {
  const id = newId()
  return {
    ...ownParameters,
    id,
    user: user.id,
    state: 'active',
    origin: 'local',
    ...(made.friendlyName === undefined ? {} : { friendlyName: made.friendlyName }),
    sealedSecret: await sealer.seal(made.secret, { user: user.id, id }),
    lastStep: made.lastStep,
    createdAt: now(),
    lastUsedAt: now(),
    version: 1,
  }
}
