// DELETE /api/v1/tenants/{tenantCode}/me/authenticators/{authenticatorId} — one of one's own is gone at once.
//
// Never what somebody else manages, and never what one could not sign in without where one has to. After a fresh proof at
// its own level (Keycloak CVE-2026-3429). With it end the sessions that it proved, as when a CMS takes it.
import { enrolmentOf } from '../../src/core/enrolment.ts'
import { refuse } from '../../src/core/result.ts'
import { type Lost, lostWithout } from '../../src/core/self-service.ts'
import type { Person } from '../../src/core/session.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { elsewhereOf } from '../../src/stage.ts'
import { listClients } from '../../src/store/clients.ts'
import { deletedOneTimePassword, deletedRecoveryCodes } from '../../src/store/one-time-passwords.ts'
import { deletedAuthenticator, loweredStandingOf } from '../../src/store/people.ts'
import { readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { type Change, changeOwn, type Decided, instead, type Own } from './changing.ts'
import { mayOf } from './representation.ts'
import { forSelf, noContent, type Self, type SelfNeeds, unproved } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  return query.ok ? changeOwn(world, call, self, (own, present) => decide(world, call, own, present)) : answerTo(query)
})

async function decide(world: SelfNeeds, call: Call, own: Own, self: Self): Promise<Decided> {
  // Said first: nobody is asked to prove anything for what would be refused all the same.
  if (!mayOf(own.its).includes('remove'))
    return instead(
      answerTo(
        refuse('managed-elsewhere', { detail: 'Ask whoever manages the keys of your organisation to take it back.' }),
      ),
    )
  const lost = await lostBy(world, own, self)
  if (lost !== undefined) return instead(answerTo(refuse('still-needed', { detail: sentenceOf(lost) })))
  const asked = unproved(world, call, self, own.kind === 'fido' ? 'webauthn' : 'otp')
  return asked === undefined ? { change: removal(own, self) } : instead(asked)
}

async function lostBy({ db, stage, now }: SelfNeeds, { its }: Own, { realm, person }: Self): Promise<Lost | undefined> {
  const { certificates, tokens } = elsewhereOf(stage)
  const enrolled = (of: Person) => enrolmentOf(of, now(), certificates, tokens)
  const others = <Each extends { id: string }>(list: readonly Each[]) => list.filter(({ id }) => id !== its.id)
  const after = { ...person, authenticators: others(person.authenticators), otps: others(person.otps) }
  return lostWithout(realm, await listClients(db), person.user, [enrolled(person), enrolled(after)], now())
}

const sentenceOf = ({ acr, application }: Lost): string =>
  acr === undefined
    ? `It is the last thing that you could sign in${application === undefined ? '' : ` to ${application}`} with.`
    : `${application ?? 'Your role'} asks for the level ${acr}, which you would not reach any more.`

function removal({ kind, its }: Own, { person }: Self): Change {
  const lowered = loweredStandingOf(person.user)
  if (kind === 'fido') {
    const { aaguid } = its.credential
    const model = its.provenance === 'attested' && aaguid !== undefined ? { aaguid } : {}
    const told = [{ type: 'authenticator.deleted' as const, ...model }]
    return { writes: [...deletedAuthenticator(its), lowered], told, answer: noContent, ends: true }
  }
  // Recovery codes stand in for one-time codes; where there are none any more, they stand for nothing.
  const isLast = person.otps.length === 1 && person.recoveryCodes !== undefined
  const writes = [deletedOneTimePassword(its), ...(isLast ? [deletedRecoveryCodes(its.user)] : []), lowered]
  return { writes, told: [{ type: 'otp.deleted' }], answer: noContent, ends: true }
}
