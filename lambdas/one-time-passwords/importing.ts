/**
 * Imports one one-time password, in one transaction with its audit record and what its Idempotency-Key stands for.
 *
 * It is active at once: whoever hands over a secret vouches for the hand that the token is in. Its id follows from its
 * user and its secret, by a key that is not in the table: of twenty imports of one secret, one makes it and the others
 * find it, and a repeated one changes nothing, least of all where its counter stands.
 */
import { mostOneTimePasswords, type OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import type { OtpImport } from '../../src/core/otp/otp-import.ts'
import { refuse } from '../../src/core/result.ts'
import { sameBytes } from '../../src/core/secret.ts'
import type { Person } from '../../src/core/session.ts'
import type { User } from '../../src/core/user.ts'
import type { Call } from '../../src/http/call.ts'
import { recorded } from '../../src/store/audit.ts'
import { rememberedIn } from '../../src/store/idempotency.ts'
import { places } from '../../src/store/keys.ts'
import { createdOneTimePassword, givenOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { ownerIn, readPerson } from '../../src/store/people.ts'
import { realmIn } from '../../src/store/realm.ts'
import type { World } from '../../src/world.ts'
import { type ApiCaller, barredFrom } from '../api/caller.ts'
import type { Refused } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { type Given, keptAnswer, type Repeatable } from '../api/repeating.ts'
import { oneTimePasswordsUrl, showOneTimePassword } from './representation.ts'

export type ImportNeeds = Pick<World, 'now' | 'stage' | 'db' | 'verifier' | 'sealer'>

export type Asked = {
  cms: ApiCaller
  call: Pick<Call, 'id' | 'ip'>
  /** An id or a user name. */
  userId: string
  request: OtpImport
  /** Where the item is in the body, of several. */
  at?: string
  repeatable?: Repeatable
  /** What the items before would have come to; with it nothing is written. */
  imagined?: OneTimePassword[]
}

export type Imported =
  | { done: 'created' | 'existing'; status: 201 | 200; otp: OneTimePassword }
  | ({ done: 'remembered' } & Given)
  | { done: 'refused'; refusal: Refused }

export async function importOneTimePassword(needs: ImportNeeds, asked: Asked): Promise<Imported> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const outcome = await attemptImport(needs, asked)
    if (outcome !== 'look-again') return outcome
  }
  return refused(needs, asked, refuse('changed-meanwhile'))
}

async function refused(needs: ImportNeeds, asked: Asked, refusal: Refused, user?: string): Promise<Imported> {
  if (asked.imagined === undefined) await noteRefusal(needs, { ...asked, userId: user }, refusal)
  return { done: 'refused', refusal }
}

async function attemptImport(needs: ImportNeeds, asked: Asked): Promise<Imported | 'look-again'> {
  const { request, repeatable, at = '' } = asked
  const { memory, isOn, person } = await lookUp(needs, asked)
  if (memory !== undefined)
    return memory.fingerprint === repeatable?.fingerprint
      ? { done: 'remembered', ...memory }
      : refused(needs, asked, refuse('idempotency-key-reused'))
  if (!isOn) return refused(needs, asked, refuse('import-disabled'))
  if (person === undefined || !person.user.enabled)
    return refused(needs, asked, refuse('user-not-found', asked.at === undefined ? {} : { at }))
  const barred = barredFrom(needs, asked.cms, person.user)
  if (barred !== undefined) return refused(needs, asked, refuse(barred), person.user.id)
  const user = person.user.id
  const all = [...person.otps, ...(asked.imagined?.filter((otp) => otp.user === user) ?? [])]
  const own = await withSecret(needs, all, request.secret)
  if (own !== undefined)
    return isSame(own, request)
      ? { done: 'existing', status: 200, otp: own }
      : refused(needs, asked, refuse('different-one-time-password', asked.at === undefined ? {} : { at }), user)
  if (all.length >= mostOneTimePasswords)
    return refused(needs, asked, refuse('too-many-one-time-passwords', asked.at === undefined ? {} : { at }), user)
  return create(needs, asked, person.user, await otpOf(needs, user, request))
}

/** All that the decision rests on, consistently; two reads, and the second only for a user there is. */
async function lookUp({ db, now }: ImportNeeds, { userId, repeatable }: Asked) {
  const [realm, byId, byName, memory] = await db.batch([
    places.realm(),
    places.user(userId),
    places.userName(userId),
    // Where there is nothing to look for, what is read anyhow.
    repeatable === undefined ? places.realm() : places.idempotency(repeatable.caller, repeatable.key),
  ])
  const id = byId === undefined ? ownerIn(byName) : userId
  const person: Person | undefined = id === undefined ? undefined : await readPerson(db, id)
  return {
    isOn: realmIn(realm).settings.authenticatorImport,
    memory: repeatable === undefined ? undefined : rememberedIn(memory, now()),
    person,
  }
}

async function withSecret(
  { sealer }: ImportNeeds,
  otps: readonly OneTimePassword[],
  secret: Uint8Array,
): Promise<OneTimePassword | undefined> {
  for (const otp of otps) if (sameBytes(await sealer.unseal(otp.sealedSecret, otp), secret)) return otp
  return undefined
}

/** Of a counter, only that there is one: where it stands is ours to know, since it has been used here. */
const isSame = (otp: OneTimePassword, { parameters }: OtpImport): boolean =>
  otp.type === parameters.type &&
  otp.algorithm === parameters.algorithm &&
  otp.digits === parameters.digits &&
  (otp.type === 'hotp' || parameters.type === 'hotp' || otp.period === parameters.period)

async function otpOf({ sealer, now }: ImportNeeds, user: string, request: OtpImport): Promise<OneTimePassword> {
  const { parameters, secret, ...about } = request
  const [hash] = await sealer.hashes(JSON.stringify(['imported', user, Buffer.from(secret).toString('base64url')]))
  const id = hash.slice(0, 22)
  const sealedSecret = await sealer.seal(secret, { user, id })
  return {
    ...parameters,
    ...about,
    id,
    user,
    state: 'active',
    origin: 'imported',
    sealedSecret,
    createdAt: now(),
    version: 1,
  }
}

async function create(
  needs: ImportNeeds,
  asked: Asked,
  user: User,
  otp: OneTimePassword,
): Promise<Imported | 'look-again'> {
  const outcome = { done: 'created', status: 201, otp } as const
  if (asked.imagined !== undefined) {
    asked.imagined.push(otp)
    return outcome
  }
  const done = await needs.db.transact([
    givenOneTimePassword(user),
    createdOneTimePassword(otp),
    ...keptAnswer(asked.repeatable, answerFor(needs, otp), needs.now()),
    recorded({
      type: 'otp.imported',
      at: needs.now(),
      actor: asked.cms.actor,
      user: otp.user,
      authenticator: otp.id,
      ip: asked.call.ip,
      request: asked.call.id,
      detail: otp.type,
    }),
  ])
  return done.ok ? outcome : 'look-again'
}

const answerFor = ({ stage }: ImportNeeds, otp: OneTimePassword): Given => ({
  status: 201,
  body: JSON.stringify(showOneTimePassword(otp)),
  location: `${oneTimePasswordsUrl(stage, otp.user)}/${otp.id}`,
})
