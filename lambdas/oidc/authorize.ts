// GET, POST /authorize — what an application asks of the browser's person (OpenID Connect Core §3.1.2, RFC 6749 §4.1.1).
import { askerOf, flowOf } from '../../src/core/judge.ts'
import { newLogin } from '../../src/core/login.ts'
import {
  longestState,
  type Returnable,
  readAuthorizeRequest,
  readParameters,
  readReturn,
} from '../../src/core/oidc/authorize-request.ts'
import { subjectIn } from '../../src/core/oidc/subject.ts'
import { ok } from '../../src/core/result.ts'
import { hashSecret } from '../../src/core/secret.ts'
import { type Answer, asGet, type Call, seeOther } from '../../src/http/call.ts'
import { browserOf, sessionCookie, setBrowser } from '../../src/http/cookies.ts'
import { showPage } from '../../src/http/pages.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { pushedRequestIn } from '../../src/store/pushed-requests.ts'
import { realmIn } from '../../src/store/realm.ts'
import { sessionOf } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { fail, finish } from '../login/ending.ts'
import { type Journey, type JourneyWorld, judge, travel } from '../login/journey.ts'
import { begin } from '../login/step.ts'
import { answerTo } from './answer-to.ts'
import { pushedIn, readTold, type Told } from './authorize-parameters.ts'
import { showOverPushed } from './over-pushed.ts'

type Needs = JourneyWorld & Pick<World, 'verifier' | 'clientKeys'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const elsewhere = asGet(call)
  if (elsewhere !== undefined) return elsewhere
  const outside = readParameters(call.method === 'POST' ? call.body : call.query)
  const cookie = sessionCookie(call)
  const [clientItem, realmItem, sessionItem, pushedItem] = await world.db.batch([
    places.client(outside.values.get('client_id') ?? ''),
    places.realm(),
    places.session(cookie?.id ?? ''),
    places.pushedRequest(pushedIn(outside)?.id ?? ''),
  ])
  const client = clientIn(clientItem)
  const told = client?.enabled
    ? await readTold(world, outside, client, pushedRequestIn(pushedItem))
    : ok<Told>({ parameters: outside })
  if (!told.ok && told.reason === 'invalid_request_uri') return showOverPushed(world, call)
  const { parameters, pushed } = told.ok ? told.value : { parameters: outside }
  const back = readReturn(parameters, client)
  if (!back.ok)
    return told.ok
      ? showBadRequest(world, call, 'invalid_request', back.detail ?? words[back.reason])
      : showBadRequest(world, call, told.reason, told.detail ?? '')
  if (client === undefined) throw new Error('A request can be answered to a client that there is not')

  if (!told.ok) return refuseAt(world, call, back.value, told.reason, told.detail ?? '')
  const request = readAuthorizeRequest(parameters, client, back.value)
  if (!request.ok) return refuseAt(world, call, back.value, request.reason, request.detail ?? '')
  const { idTokenHint, ...given } = request.value

  const now = world.now()
  const browser = browserOf(call)
  const session = sessionOf(sessionItem, cookie, now)
  const hint = idTokenHint === undefined ? undefined : await world.verifier.readHint(idTokenHint)
  if (idTokenHint !== undefined && hint?.sub === undefined)
    return refuseAt(world, call, back.value, 'invalid_request', 'id_token_hint is no ID token of ours.')
  const subject = hint?.sub ?? given.subject
  const asked = {
    ...given,
    ...(subject === undefined ? {} : { subject }),
    ...(pushed === undefined ? {} : { pushed }),
  }
  const [realm, asker] = [realmIn(realmItem), askerOf(client)]
  const known = session === undefined ? undefined : subjectIn(asker.sector, session.user, realm)
  const other = (subject !== undefined && subject !== known) || asked.prompts.includes('select_account')
  const login = newLogin(
    {
      request: asked,
      ...asker,
      browserHash: hashSecret(browser.secret),
      ...(other ? { leftSession: true } : {}),
    },
    now,
  )
  const cookies = browser.isNew ? [setBrowser(browser.secret)] : []
  return decideNow(world, call, { login, kept: false, realm, session }, cookies)
}

type Known = Pick<Journey, 'login' | 'kept' | 'realm' | 'session'>

async function decideNow(world: Needs, call: Call, known: Known, cookies: string[]): Promise<Answer> {
  const silent = await issueFromSession(world, call, known)
  if (silent !== undefined) return silent

  const journey = await travel(world, known)
  const { next } = journey
  if (next.page === 'finish')
    return (await finish(world, call, journey, next.decision)) ?? again(world, call, known, cookies)
  if (next.page === 'unmet' && !next.told)
    return (await fail(world, call, journey, next.decision)) ?? again(world, call, known, cookies)
  return begin(world, call, journey, cookies)
}

/**
 * The usual case: the session has all that is asked for. Then nobody's keys need to be read, for one condition says that
 * everything the session rests on still stands; when it does not hold, the long way finds out what fell.
 */
async function issueFromSession(world: Needs, call: Call, known: Known): Promise<Answer | undefined> {
  const { session, login } = known
  if (session === undefined || login.leftSession) return undefined
  // What a user must show because they have it cannot be judged without looking at what they have.
  const { levels } = flowOf(known.realm, login.flow)
  if (levels.some(({ steps }) => steps.some(({ requirement }) => requirement === 'conditional'))) return undefined
  const assumed = judge(world, { ...known, session, leftover: undefined, person: undefined }, session.proofs)
  const { next } = assumed
  if (next.page !== 'finish' || next.decision.report.reason !== 'reached') return undefined
  return finish(world, call, assumed, next.decision, [], session.standing)
}

/** Something changed between reading and writing: the browser asks again, and is judged by what is there now. */
const again = (world: Pick<World, 'stage'>, call: Call, { login }: Known, cookies: string[]): Answer =>
  call.method === 'GET'
    ? seeOther(`/authorize?${call.query}`, cookies)
    : refuseAt(world, call, login.request, 'temporarily_unavailable', 'Something changed meanwhile; try again.')

const refuseAt = (
  world: Pick<World, 'stage'>,
  call: Call,
  back: Returnable,
  error: string,
  description: string,
): Answer => answerTo(world, call, back, { error, error_description: description })

const words = {
  'unknown-client': 'No application is registered under this client_id.',
  'unregistered-redirect-uri': 'The redirect_uri is not one that is registered for this application.',
  'ambiguous-request': 'A parameter is given more than once.',
  'overlong-state': `The state is longer than ${longestState} characters.`,
  'unprintable-state': 'The state has characters that cannot be sent back as they are.',
} as const

/** Nothing is known that could be sent back to: the person is told, and nobody else. */
const showBadRequest = (world: Pick<World, 'stage'>, call: Call, error: string, description: string): Answer =>
  showPage(world.stage, call, { page: 'bad-request', error, description, requestId: call.id }, { status: 400 })
