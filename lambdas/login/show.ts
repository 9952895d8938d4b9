/** The page of a login, as the browser gets it. */
import { isDecoy } from '../../src/core/enrolment.ts'
import { type Descriptor, decoyCredentialIds, requestOptions } from '../../src/core/fido/ceremony.ts'
import { type CeremonyPurpose, challengeFor } from '../../src/core/login.ts'
import type { Next } from '../../src/core/next-page.ts'
import { codesLeft } from '../../src/core/otp/recovery-code.ts'
import type { FactorKind } from '../../src/core/step-up/flow.ts'
import { nameKey } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { showPage } from '../../src/http/pages.ts'
import type { World } from '../../src/world.ts'
import { type Notice, noticeOf, type RequestOptionsJson, type View } from '../../web/view.ts'
import { baseOf, type Journey, keyOf, type LoginOver, overtaken } from './journey.ts'
import { asksValidator, stepOf, viewOfStep } from './token-view.ts'

type Needs = Pick<World, 'stage' | 'now'>

/** What is left to show of a login that is over: nothing of whose it was. */
export function showOver(world: Needs, call: Call, { over, login }: LoginOver): Answer {
  // Not to the callback, which would wait for an answer: to where the application is.
  const view: View = {
    page: 'login-over',
    reason: over,
    ...(login === undefined ? {} : { returnTo: new URL(login.request.redirectUri).origin }),
  }
  return showPage(world.stage, call, view, {
    status: over === 'done' || over === 'given-up' ? 200 : 404,
    uiLocales: login?.request.uiLocales,
  })
}

export const showNext = (world: Needs, call: Call, journey: Journey): Answer =>
  showView(world, call, journey, viewOf(world, call, journey))

export function showView({ stage }: Needs, call: Call, { login }: Journey, view: View): Answer {
  // A form leads over every address that it is redirected to, and Chromium asks for each of them.
  const over = view.page === 'certificate' && stage.certificates !== undefined ? [stage.certificates.origin] : []
  const formTargets = [...over, login.request.redirectUri]
  return showPage(stage, call, view, { uiLocales: login.request.uiLocales, formTargets })
}

/** What is on every page of a login, and on those that know who it is. */
export function aroundOf(world: Needs, call: Call, journey: Journey) {
  const { login } = journey
  const query = new URLSearchParams(call.query)
  const notice = noticeOf(query.get('notice')) ?? meanwhile(journey)
  const until = Number(query.get('until'))
  const common = {
    base: baseOf(login),
    application: login.application,
    now: world.now(),
    ...(notice === undefined ? {} : { notice }),
    ...(Number.isSafeInteger(until) && until > world.now() ? { waitUntil: until } : {}),
  }
  const username = login.typedName ?? journey.person?.user.userName ?? ''
  return { common, person: { ...common, username, changeable: true } }
}

function viewOf(world: Needs, call: Call, journey: Journey): View {
  const { login, next, realm } = journey
  const { common, person } = aroundOf(world, call, journey)
  const ceremony = (purpose: CeremonyPurpose, allow: readonly Descriptor[], verify: boolean): RequestOptionsJson =>
    requestOptions({ challenge: challengeFor(login, purpose), rpId: world.stage.rpId, allow, verify })

  switch (next.page) {
    case 'username': {
      const username = login.request.loginHint
      return {
        ...common,
        page: 'username',
        ...(next.passkey === undefined ? {} : { passkey: ceremony('login', [], next.passkey.verify) }),
        ...(username === undefined ? {} : { username }),
      }
    }
    case 'password':
      return { ...person, page: 'password', others: next.others }
    case 'otp': {
      const step = asksValidator(world.stage, journey.person) ? stepOf(world, call, login) : undefined
      if (step !== undefined) return { ...person, ...viewOfStep(step), others: next.others }
      return { ...person, page: 'otp', others: next.others, recovery: mayRecover(journey) }
    }
    case 'certificate':
      return { ...person, page: 'certificate', others: next.others }
    case 'otp-enrolment':
    case 'recovery-codes':
      throw new Error(`The page ${next.page} has an address of its own`)
    case 'webauthn':
      return {
        ...person,
        page: 'webauthn',
        options: ceremony('login', descriptorsOf(journey, next.keys), next.verify),
        others: next.others,
      }
    case 'activate':
      return {
        ...person,
        page: 'activate',
        canSkip: next.canSkip,
        proof: realm.settings.activationProof,
        others: next.others,
      }
    case 'activation':
      return activationView(journey, next, person, (keys) => ceremony('activation', descriptorsOf(journey, keys), true))
    case 'unmet': {
      const { reason, helps } = next.decision
      if (reason !== 'locked') return { ...person, page: 'no-credential', helps }
      const notice = blockedOf(journey, helps)
      return { ...person, page: 'locked', ...(notice === undefined ? {} : { notice }) }
    }
    case 'consent':
      throw new Error('The page consent is made in consent-page.ts, which reads who asks')
    case 'finish':
      throw new Error('A login that is finished has no page')
  }
}

/** A key that was being activated is so no more, and not by this person here: they read why the page is another. */
function meanwhile(journey: Journey): Notice | undefined {
  const { login, next } = journey
  if (login.activation === undefined || next.page === 'activation' || next.page === 'activate') return undefined
  const what = overtaken(journey)
  return what === 'step-over' ? undefined : what
}

type OfPerson = Omit<Extract<View, { page: 'locked' }>, 'page'>

function activationView(
  journey: Journey,
  { activation, canSkip }: Extract<Next, { page: 'activation' }>,
  person: OfPerson,
  options: (keys: readonly string[]) => RequestOptionsJson,
): View {
  const { realm } = journey
  const either = realm.settings.activationProof === 'either'
  switch (activation.state) {
    case 'waiting':
      if (activation.by === 'password')
        return {
          ...person,
          page: 'activation-password',
          codeInstead: either,
          canSkip,
        }
      return {
        ...person,
        page: 'verification-code',
        passwordInstead: either,
        canSkip,
        ...triesIn(activation.triesLeft, person.notice),
      }
    case 'proved':
      return { ...person, page: 'activation-ceremony', options: options(activation.authenticators), canSkip }
    case 'touched': {
      const name = keyOf(journey, activation.authenticators[0])?.friendlyName
      return { ...person, page: 'nickname', ...(name === undefined ? {} : { suggested: name }) }
    }
  }
}

const triesIn = (triesLeft: number, notice: Notice | undefined) => (notice === 'wrong-code' ? { triesLeft } : {})

/** What to ask the browser for. Without transports: a decoy has none to name. */
function descriptorsOf(journey: Journey, ids: readonly string[]): Descriptor[] {
  return ids.flatMap((id) => {
    if (isDecoy(id)) {
      const name = `${nameKey(journey.login.typedName ?? '')} ${id}`
      return decoyCredentialIds(Buffer.from(journey.realm.decoySecret), name).map((credentialId) => ({ credentialId }))
    }
    const key = keyOf(journey, id)
    return key === undefined ? [] : [{ credentialId: key.credential.credentialId }]
  })
}

/** Which misfortune met what would help, where that is why there is nothing to ask for. */
function blockedOf({ person }: Journey, helps: readonly FactorKind[]): Notice | undefined {
  const suspended = (list: readonly { state: string }[] = []) => list.some(({ state }) => state === 'suspended')
  if (helps.includes('webauthn')) return suspended(person?.authenticators) ? 'key-suspended' : 'key-locked'
  if (helps.includes('otp')) return suspended(person?.otps) ? 'codes-suspended' : 'codes-locked'
  return undefined
}

/** To a stranger everybody seems to have recovery codes, as everybody seems to have one-time codes. */
const mayRecover = ({ person, proved }: Journey): boolean => !proved || codesLeft(person?.recoveryCodes) > 0
