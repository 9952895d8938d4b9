// GET, POST /login/{login}/recovery-codes — the codes for the day that the app is gone, shown until they are put away.
import { fromBase64url } from '../../src/core/base64url.ts'
import type { Login } from '../../src/core/login.ts'
import { recoveryCodesFrom, recoveryText, spacedRecoveryCode } from '../../src/core/otp/recovery-code.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import type { World } from '../../src/world.ts'
import { type Journey, type JourneyWorld, openJourney } from './journey.ts'
import { keepOr, onPage } from './post.ts'
import { aroundOf, showOver, showView } from './show.ts'
import { onward } from './step.ts'

type Needs = JourneyWorld & Pick<World, 'sealer'>

export const handle = (world: Needs, call: Call): Promise<Answer> =>
  call.method === 'GET' ? show(world, call) : putAway(world, call)

async function show(world: Needs, call: Call): Promise<Answer> {
  const opened = await openJourney(world, call)
  if (!opened.ok) return showOver(world, call, opened.over)
  const { journey } = opened
  if (journey.next.page !== 'recovery-codes') return onward(journey.login)
  const codes = await codesOf(world, journey)
  return showView(world, call, journey, {
    ...aroundOf(world, call, journey).person,
    page: 'recovery-codes',
    codes: codes.map(spacedRecoveryCode),
  })
}

/** They follow from the login and the set, so that they need not be kept to be shown again; none once they are gone. */
async function codesOf(world: Needs, { login, person }: Journey): Promise<string[]> {
  const set = person?.recoveryCodes
  if (person === undefined || set === undefined || set.id !== login.codesToKeep?.set) return []
  const kept = new Set(Object.values(set.codes))
  const isKept = async (code: string): Promise<boolean> =>
    (await world.sealer.hashes(recoveryText(person.user.id, set.id, code))).some((hash) => kept.has(hash))
  for (const codes of await recoveryCodeChoices(world, login, set.id)) {
    const standing = await Promise.all(codes.map(isKept))
    if (standing.includes(true)) return codes.filter((_, at) => standing[at])
  }
  return []
}

/** By the newest key; the others are what older keys made of it, for codes from before there was a newer one. */
export async function recoveryCodeChoices(
  { sealer }: Pick<World, 'sealer'>,
  login: Pick<Login, 'id'>,
  set: string,
): Promise<[string[], ...string[][]]> {
  const [first, ...others] = await sealer.hashes(JSON.stringify(['recovery-codes', login.id, set]))
  const codesFrom = (hash: string) => recoveryCodesFrom(fromBase64url(hash) ?? new Uint8Array())
  return [codesFrom(first), ...others.map(codesFrom)]
}

/** Now what was proved by setting them up counts, and the login goes on. */
const putAway = (world: Needs, call: Call): Promise<Answer> =>
  onPage(world, call, ['recovery-codes'], (journey) => {
    const { codesToKeep, ...login } = journey.login
    const proofs = codesToKeep === undefined ? login.proofs : [...login.proofs, codesToKeep.proof]
    return keepOr(world, call, journey, { login: { ...login, proofs }, writes: [] })
  })
