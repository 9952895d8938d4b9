// POST /login/{login}/activation — `Activate Authenticator`: mails a code, or asks for the password instead.
import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type Activation, activationLifetime, type Login, newCode, spacedCode } from '../../src/core/login.ts'
import { newSecret } from '../../src/core/secret.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { browserOf } from '../../src/http/cookies.ts'
import { fieldOf } from '../../src/http/form.ts'
import { localeOf } from '../../src/http/pages.ts'
import type { Write } from '../../src/store/db.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { countedMail, mailsSentTo, uncountedMail } from '../../src/store/mails.ts'
import type { World } from '../../src/world.ts'
import { activationMail } from '../../web/mails.ts'
import type { Notice } from '../../web/view.ts'
import { eventOf } from '../login/event.ts'
import { type Journey, type JourneyWorld, keyOf } from '../login/journey.ts'
import { onPage } from '../login/post.ts'
import { onward } from '../login/step.ts'
import { keepFailure } from '../login/try-password.ts'
import { codeHash } from './code-hash.ts'
import { aboutKeys } from './identity.ts'

type Needs = JourneyWorld & Pick<World, 'mail'>

/** How long an answer takes at least, so that a name to which a mail goes takes no longer than one to which none does. */
const leastTime = 400

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const [answer] = await Promise.all([begin(world, call), setTimeout(leastTime)])
  return answer
}

const begin = (world: Needs, call: Call): Promise<Answer> =>
  onPage(world, call, ['activate', 'activation'], async (journey, next) => {
    const authenticators = next.page === 'activate' ? next.keys : next.activation.authenticators
    const setting = journey.realm.settings.activationProof
    const byPassword = setting === 'password' || (setting === 'either' && fieldOf(call, 'proof') === 'password')
    return byPassword
      ? askPassword(world, call, journey, authenticators)
      : mailCode(world, call, journey, authenticators)
  })

/** The login with the activation that begins, and its person named: what follows reads this record alone. */
const withActivation = ({ login, person }: Journey, activation: Activation): Login => ({
  ...login,
  activation,
  ...(person === undefined ? {} : { user: person.user.id }),
})

async function askPassword(world: Needs, call: Call, journey: Journey, authenticators: string[]): Promise<Answer> {
  const until = world.now() + activationLifetime
  const waiting: Activation = { state: 'waiting', by: 'password', authenticators, until }
  const done = await world.db.transact([
    changedLogin(withActivation(journey, waiting)),
    eventOf(world, call, journey, {
      type: 'authenticator.activation-started',
      ...aboutKeys(authenticators),
      detail: 'password',
    }),
  ])
  return onward(journey.login, done.ok ? undefined : 'step-over')
}

async function mailCode(world: Needs, call: Call, journey: Journey, authenticators: string[]): Promise<Answer> {
  const { login, person, realm } = journey
  const { codeSends, codeSendWindow, codeTries, codeLifetime } = realm.settings
  const now = world.now()
  const sent = await mailsSentTo(world.db, person?.user, login.typedName ?? '', realm.settings, now)
  // The one after whose end there is room again, where fewer are sent by now than were allowed before.
  const oldest = sent.times.at(-codeSends)
  if (oldest !== undefined) return onward(login, 'too-many-mails', { until: oldest + codeSendWindow })

  const code = newCode(randomInt, realm.settings)
  const waiting: Activation = {
    state: 'waiting',
    by: 'email',
    authenticators,
    // For nobody, a hash that no code has.
    codeHash: person === undefined ? newSecret() : codeHash(browserOf(call).secret, login.id, authenticators, code),
    triesLeft: codeTries,
    until: now + codeLifetime,
  }
  // An address at which mail bounced, or whose owner complained, is written to no more until an operator says so.
  const address = person?.user.mailTrouble === undefined ? person?.user.email : undefined
  const told: Write[] =
    address === undefined
      ? []
      : [eventOf(world, call, journey, { type: 'code.sent', ...aboutKeys(authenticators), detail: 'email' })]
  const done = await world.db.transact([
    changedLogin(withActivation(journey, waiting)),
    countedMail(sent, now),
    ...told,
  ])
  if (!done.ok) return onward(login, 'step-over')
  if (person === undefined) return onward(login, noticeOfSending(login))
  if (address === undefined) return onward(login, 'mail-failed')
  const letter = letterFor(world, call, journey, authenticators, code)
  const mailed = await world.mail.send({ to: address, user: person.user.id, ...letter })
  if (mailed.ok) return onward(login, noticeOfSending(login))
  world.log('mail failed', { request: call.id, reason: mailed.detail })
  const reason = mailed.detail ?? mailed.reason
  const failed = eventOf(world, call, journey, { type: 'code.failed', ...aboutKeys(authenticators), reason })
  await keepFailure(world, [uncountedMail(sent, now)], failed)
  return onward(login, 'mail-failed')
}

/** The first code needs no word beside the page that asks for it; another one makes the earlier ones void. */
const noticeOfSending = ({ activation }: Login): Notice | undefined =>
  activation?.state === 'waiting' && activation.by === 'email' ? 'code-sent' : undefined

function letterFor(world: Needs, call: Call, journey: Journey, authenticators: string[], code: string) {
  const { application, request } = journey.login
  const [key, ...others] = authenticators
  return activationMail({
    code: spacedCode(code),
    serviceName: world.stage.serviceName,
    application,
    minutes: Math.floor(journey.realm.settings.codeLifetime / 60),
    keyName: key === undefined || others.length > 0 ? '' : (keyOf(journey, key)?.friendlyName ?? ''),
    locale: localeOf(call, request.uiLocales),
  })
}
