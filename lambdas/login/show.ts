/** The page of a login, as the browser gets it. */
import { returnTo } from '../../src/core/authorize-request.ts'
import { type Descriptor, decoyCredentialIds, requestOptions } from '../../src/core/ceremony.ts'
import { isDecoy } from '../../src/core/enrolment.ts'
import { type CeremonyPurpose, challengeFor, type Login } from '../../src/core/login.ts'
import type { Next } from '../../src/core/next-page.ts'
import { nameKey } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { showPage } from '../../src/http/pages.ts'
import type { World } from '../../src/world.ts'
import { type Notice, noticeOf, type RequestOptionsJson, type View } from '../../web/view.ts'
import { baseOf, type Journey, keyOf, type LoginOver, overtaken } from './journey.ts'

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

export function showNext(world: Needs, call: Call, journey: Journey): Answer {
  const { login } = journey
  return showPage(world.stage, call, viewOf(world, call, journey), {
    uiLocales: login.request.uiLocales,
    formTargets: [login.request.redirectUri],
  })
}

function viewOf(world: Needs, call: Call, journey: Journey): View {
  const { login, next, realm } = journey
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
  const person = {
    ...common,
    username: login.typedName ?? journey.person?.user.userName ?? '',
    changeable: true,
  }
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
    case 'otp':
    case 'certificate':
      return { ...person, page: next.page, others: next.others }
    case 'otp-enrolment':
      throw new Error('One-time codes cannot be set up here yet')
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
      return { ...person, page: 'locked', ...(helps.includes('webauthn') ? { notice: blockedKeyOf(journey) } : {}) }
    }
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

/** Which misfortune the person's keys met, where that is why there is nothing to ask for. */
function blockedKeyOf({ person }: Journey): Notice {
  return person?.authenticators.some((key) => key.state === 'suspended') ? 'key-suspended' : 'key-locked'
}

/** The address a person goes back to when they give up. */
export const cancelled = (world: Needs, login: Login): string =>
  returnTo(world.stage.issuer, login.request, {
    error: 'access_denied',
    error_description: 'The user cancelled the sign-in.',
  })
