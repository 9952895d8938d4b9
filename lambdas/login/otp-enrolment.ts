// GET, POST /login/{login}/otp-enrolment — a person sets up one-time codes, where the policy lets them.
//
// The secret follows from the login and the key that secrets are sealed with: it is in no table before a code has
// confirmed it, a page that is loaded again shows the same one, and nobody without that key can work it out.
import { fromBase64url } from '../../src/core/base64url.ts'
import { toBase32 } from '../../src/core/otp/base32.ts'
import { readOneTimeCode, stepOf } from '../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, ownParameters, ownSecretBytes } from '../../src/core/otp/one-time-password.ts'
import { writeOtpAuth } from '../../src/core/otp/otpauth.ts'
import { recoveryText } from '../../src/core/otp/recovery-code.ts'
import { newId } from '../../src/core/secret.ts'
import type { Person } from '../../src/core/session.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { createdOneTimePassword, madeRecoveryCodes } from '../../src/store/one-time-passwords.ts'
import { standingHolds } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { eventOf } from './event.ts'
import { type Journey, type JourneyWorld, openJourney } from './journey.ts'
import { keepOr, onPage } from './post.ts'
import { qrOf } from './qr.ts'
import { recoveryCodeChoices } from './recovery-codes.ts'
import { aroundOf, showOver, showView } from './show.ts'
import { onward } from './step.ts'

type Needs = JourneyWorld & Pick<World, 'sealer'>

export const handle = (world: Needs, call: Call): Promise<Answer> =>
  call.method === 'GET' ? show(world, call) : confirm(world, call)

async function show(world: Needs, call: Call): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { journey } = opened
  const { login, next, person } = journey
  if (next.page !== 'otp-enrolment' || person === undefined) return onward(login)
  const [secret] = await secretsFor(world, journey, person)
  const issuer = nameIn(world.stage.serviceName)
  const account = nameIn(person.user.userName)
  const uri = writeOtpAuth({ parameters: ownParameters, secret, issuer, account })
  return showView(world, call, journey, {
    ...aroundOf(world, call, journey).person,
    page: 'otp-enrolment',
    others: next.others,
    qr: await qrOf(uri),
    secret: toBase32(secret),
    uri,
  })
}

/** In a label, a colon separates the issuer from the account. */
export const nameIn = (text: string): string => text.replaceAll(':', ' ')

/**
 * The secret of this login; the others are what older keys made of it, for a page from before there was a newer one. The
 * standing is part of it, so that a secret that was taken back is not set up again.
 */
async function secretsFor(
  { sealer }: Needs,
  { login }: Journey,
  { user }: Person,
): Promise<[Uint8Array, ...Uint8Array[]]> {
  const [first, ...others] = await sealer.hashes(JSON.stringify(['otp-enrolment', login.id, user.id, user.standing]))
  const secretOf = (hash: string): Uint8Array => (fromBase64url(hash) ?? new Uint8Array()).subarray(0, ownSecretBytes)
  return [secretOf(first), ...others.map(secretOf)]
}

async function confirm(world: Needs, call: Call): Promise<Answer> {
  const code = readOneTimeCode(fieldOf(call, 'code', 64))
  return onPage(world, call, ['otp-enrolment'], async (journey) => {
    const { login, person } = journey
    if (code === '' || person === undefined) return onward(login)
    const now = world.now()
    for (const secret of await secretsFor(world, journey, person)) {
      const step = await stepOf(ownParameters, secret, code, now)
      if (step.ok) return enrol(world, call, journey, person, secret, step.value)
    }
    return onward(login, 'wrong-one-time-code')
  })
}

/** From here on they are the person's, whether the login comes to an end or not. */
async function enrol(
  world: Needs,
  call: Call,
  journey: Journey,
  person: Person,
  secret: Uint8Array,
  lastStep: number,
): Promise<Answer> {
  const { login } = journey
  const { user } = person
  const now = world.now()
  const [id, set] = [newId(), newId()]
  const otp: OneTimePassword = {
    ...ownParameters,
    id,
    user: user.id,
    state: 'active',
    origin: 'local',
    sealedSecret: await world.sealer.seal(secret, { user: user.id, id }),
    lastStep,
    createdAt: now,
    lastUsedAt: now,
    version: 1,
  }
  const [codes] = await recoveryCodeChoices(world, login, set)
  const hashed = codes.map(async (each, at) => {
    const [hash] = await world.sealer.hashes(recoveryText(user.id, set, each))
    return [`c${at}`, hash] as const
  })
  const recoveryCodes = { id: set, codes: Object.fromEntries(await Promise.all(hashed)), createdAt: now }
  const proof = { factor: 'otp', at: now, request: login.id, credential: id } as const
  return keepOr(world, call, journey, {
    login: { ...login, user: user.id, codesToKeep: { set, proof } },
    person: { ...person, otps: [...person.otps, otp], recoveryCodes },
    writes: [
      standingHolds(user.id, user.standing),
      createdOneTimePassword(otp),
      madeRecoveryCodes(user.id, recoveryCodes, person.recoveryCodes),
      eventOf(world, call, journey, { type: 'otp.enrolled', authenticator: id }),
      eventOf(world, call, journey, { type: 'recovery-codes.made', detail: String(codes.length) }),
    ],
  })
}
