// GET /login/{login}/certificate — back from the host that asks for a certificate, with a ticket that is good once.
//
// It changes what a login has proved although it is a GET, as a redirect from another host has to be. So it counts only in
// the browser whose login it is, while the login is at that page, with a ticket that nobody else has seen, and the write
// that keeps the proof is the one that uses the ticket up: a reload, a second tab and a prefetch find nothing to do.
import {
  certificateCredential,
  isTheirs,
  type ShownCertificate,
} from '../../src/core/certificate/certificate-holder.ts'
import { userNameOf } from '../../src/core/certificate/certificate-identity.ts'
import { type CertificateTrouble, type Examined, examinedFor } from '../../src/core/certificate/handoff.ts'
import { splitHalves } from '../../src/core/secret.ts'
import type { Person } from '../../src/core/session.ts'
import { type Answer, type Call, isPrefetch, notYet } from '../../src/http/call.ts'
import type { Write } from '../../src/store/db.ts'
import { handoffIn, spentHandoff } from '../../src/store/handoffs.ts'
import { places } from '../../src/store/keys.ts'
import { findByThumbprint, findByUserName, readPerson } from '../../src/store/people.ts'
import type { Notice } from '../../web/view.ts'
import { eventOf } from './event.ts'
import { type Journey, type JourneyWorld, nobody } from './journey.ts'
import { keepOr, onPage } from './post.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  if (isPrefetch(call)) return notYet
  const halves = splitHalves(new URLSearchParams(call.query).get('ticket') ?? undefined)
  const ticket = halves && places.handoff(halves.id)
  return onPage(
    world,
    call,
    ['certificate'],
    async (journey, _next, [item]) => {
      const now = world.now()
      const handoff = handoffIn(item)
      const examined = halves && examinedFor(handoff, { login: journey.login.id, ticket: halves.secret, now })
      if (halves === undefined || handoff === undefined || examined === undefined)
        return onward(journey.login, 'certificate-late')
      return judged(world, call, journey, examined, spentHandoff(handoff, halves.secret, now))
    },
    ticket === undefined ? [] : [ticket],
  )
}

async function judged(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  examined: Examined,
  spent: Write,
): Promise<Answer> {
  if (!examined.ok) return refused(world, call, journey, spent, examined)
  const { login } = journey
  const person = await holderOf(world, journey, examined.value)
  if (person === undefined) return refused(world, call, journey, spent, { reason: 'not-theirs' })
  const proof = {
    factor: 'certificate',
    at: world.now(),
    request: login.id,
    credential: certificateCredential(examined.value.thumbprint),
    smartCard: examined.value.smartCard,
  } as const
  return keepOr(
    world,
    call,
    { ...journey, person },
    { login: { ...login, user: person.user.id, proofs: [...login.proofs, proof] }, writes: [spent] },
  )
}

/** The person who signs in, if it is theirs; or whom it names, where nobody was named before. */
async function holderOf(
  world: JourneyWorld,
  { login, person }: Journey,
  shown: ShownCertificate,
): Promise<Person | undefined> {
  const suffix = world.stage.certificates?.suffix
  const isNamed = person !== undefined || login.typedName !== undefined || login.user !== undefined
  // For a name that nobody has, nobody is read: it takes as long.
  const holder = isNamed ? person : await readPerson(world.db, (await namedBy(world, shown, suffix)) ?? nobody)
  return holder?.user.enabled && isTheirs(holder.user, shown, suffix) ? holder : undefined
}

async function namedBy({ db }: JourneyWorld, { identity, thumbprint }: ShownCertificate, suffix: string | undefined) {
  if (identity.source === 'thumbprint') return findByThumbprint(db, thumbprint)
  const userName = userNameOf(identity, suffix)
  return userName === undefined ? undefined : findByUserName(db, userName)
}

/** The ticket is used up as well: what was refused once is not asked about again. */
async function refused(
  world: JourneyWorld,
  call: Call,
  journey: Journey,
  spent: Write,
  { reason, detail }: { reason: CertificateTrouble; detail?: string },
): Promise<Answer> {
  const told = {
    type: 'login.failed',
    reason: `certificate-${reason}`,
    ...(detail === undefined ? {} : { detail }),
  } as const
  const done = await world.db.transact([spent, eventOf(world, call, journey, told)])
  return onward(journey.login, done.ok ? noticeOf[reason] : 'certificate-late')
}

/** What the person hears: what they can do something about, and otherwise that it does not count here. */
const noticeOf: Record<CertificateTrouble, Notice> = {
  'none-presented': 'certificate-missing',
  expired: 'certificate-expired',
  'not-yet-valid': 'certificate-expired',
  revoked: 'certificate-revoked',
  'revocation-unknown': 'certificate-unchecked',
  'not-theirs': 'certificate-not-yours',
  'unknown-issuer': 'certificate-stranger',
  'self-signed': 'certificate-stranger',
  'issuer-expired': 'certificate-stranger',
  'not-an-authority': 'certificate-stranger',
  'path-too-long': 'certificate-stranger',
  'name-not-permitted': 'certificate-stranger',
  'policy-missing': 'certificate-unfit',
  'malformed-certificate': 'certificate-unfit',
  'weak-signature': 'certificate-unfit',
  'weak-key': 'certificate-unfit',
  'critical-extension': 'certificate-unfit',
  'wrong-purpose': 'certificate-unfit',
  'wrong-key-usage': 'certificate-unfit',
  'is-authority': 'certificate-unfit',
  'no-identity': 'certificate-unfit',
  'ambiguous-identity': 'certificate-unfit',
}
