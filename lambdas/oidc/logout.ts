// GET, POST /logout — the end of the session, at an application's or the person's word (OpenID Connect RP-Initiated Logout).

import { longestState, type Parameters, readParameters } from '../../src/core/oidc/authorize-request.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { sectorOf, sidIn, subjectIn } from '../../src/core/oidc/subject.ts'
import type { Realm } from '../../src/core/realm.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import type { Session } from '../../src/core/session.ts'
import { nameKey } from '../../src/core/user.ts'
import { type Answer, asGet, type Call, seeOther } from '../../src/http/call.ts'
import { clearSession, sessionCookie } from '../../src/http/cookies.ts'
import { showPage } from '../../src/http/pages.ts'
import { endAllSessions } from '../../src/session-ends.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { readUser } from '../../src/store/people.ts'
import { realmIn } from '../../src/store/realm.ts'
import { sessionOf } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { endings } from '../login/ending.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>
type Values = Parameters['values']

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const elsewhere = asGet(call)
  if (elsewhere !== undefined) return elsewhere
  const read = readLogout(call.method === 'POST' ? call.body : call.query)
  if (!read.ok) return showBadRequest(world, call, read.detail ?? '')
  const values = read.value
  const hint = await readHint(world, values)
  const cookie = sessionCookie(call)
  const [sessionItem, clientItem, realmItem] = await world.db.batch([
    places.session(cookie?.id ?? ''),
    places.client(hint?.clientId ?? ''),
    places.realm(),
  ])
  const session = sessionOf(sessionItem, cookie, world.now())
  const client = clientIn(clientItem)
  const target = targetOf(values, client)

  const wanted = wantedIn(world, call, values)
  if (
    session !== undefined &&
    wanted === undefined &&
    !(await isMeant(world, values, hint, session, namesAt(client, session, realmIn(realmItem))))
  )
    return showPage(world.stage, call, question(values), {
      uiLocales: values.get('ui_locales'),
      // The answer to the question leads on to the application, and browsers hold that redirect to the page's policy.
      formTargets: target === undefined ? [] : [target],
    })

  if (session !== undefined) await end(world, call, session, wanted === 'everywhere')
  // Only from a browser that showed it: whoever sends a browser here without its cookies takes none from it.
  const cleared = cookie === undefined ? [] : [clearSession()]
  if (target !== undefined) return seeOther(backTo(target, values.get('state')), cleared)
  const view = { page: 'logged-out', everywhere: session !== undefined && wanted === 'everywhere' } as const
  return showPage(world.stage, call, view, { uiLocales: values.get('ui_locales'), cookies: cleared })
}

function readLogout(query: string): Result<Values, 'malformed'> {
  const { values, repeated } = readParameters(query)
  const [twice] = repeated
  if (twice !== undefined) return refuse('malformed', { detail: 'A parameter is given more than once.' })
  if ((values.get('state')?.length ?? 0) > longestState)
    return refuse('malformed', { detail: `The state is longer than ${longestState} characters.` })
  return ok(values)
}

type Hint = { clientId: string; sid: string | undefined }

/**
 * Which application sends the person, and in which session they were then. Its ID token says so, also one that has run
 * out; one that we did not sign, or that another application has (§2: `client_id` must agree), says nothing.
 */
async function readHint({ verifier }: Needs, values: Values): Promise<Hint | undefined> {
  const token = values.get('id_token_hint')
  const claims = token === undefined ? undefined : await verifier.readHint(token)
  if (claims?.sub === undefined || typeof claims.aud !== 'string') return undefined
  if ((values.get('client_id') ?? claims.aud) !== claims.aud) return undefined
  return { clientId: claims.aud, sid: typeof claims.sid === 'string' ? claims.sid : undefined }
}

/** Back to an application only when its own ID token says which one it is, and the address is one of its own, as text. */
function targetOf(values: Values, client: Client | undefined): string | undefined {
  const asked = values.get('post_logout_redirect_uri')
  return asked !== undefined && client?.enabled && client.postLogoutRedirectUris.includes(asked) ? asked : undefined
}

function backTo(target: string, state: string | undefined): string {
  const url = new URL(target)
  if (state !== undefined) url.searchParams.append('state', state)
  return url.href
}

/** What the application knows the session and its person as. */
type Names = { sid: string; sub: string; pairwise: boolean }

function namesAt(client: Client | undefined, { sid, user }: Session, realm: Realm): Names {
  const sector = client === undefined ? undefined : sectorOf(client)
  return { sid: sidIn(sector, sid, realm), sub: subjectIn(sector, user, realm), pairwise: sector !== undefined }
}

/**
 * Anybody can send a browser here: without a hint that names this very session, the person is asked. By `sid`, as the
 * session is what ends.
 */
async function isMeant(
  world: Needs,
  values: Values,
  hint: Hint | undefined,
  session: Session,
  names: Names,
): Promise<boolean> {
  if (hint?.sid !== names.sid) return false
  const named = values.get('logout_hint')
  if (named === undefined || [names.sid, names.sub].includes(named)) return true
  // Whether there was a question tells whose session it is: nothing for who knows them by a name of its own.
  return !names.pairwise && isNameOf(world, named, session)
}

/** Whether the `logout_hint` is one of the names that an application may know the person by. */
async function isNameOf({ db }: Needs, named: string, { user: id }: Session): Promise<boolean> {
  const user = await readUser(db, id)
  return (
    user !== undefined && [user.id, user.userName, user.email ?? ''].some((name) => nameKey(name) === nameKey(named))
  )
}

/** What the person answered to our question, and to no form on somebody else's page. */
function wantedIn({ stage }: Needs, { method, headers }: Call, values: Values): 'here' | 'everywhere' | undefined {
  const isOurs =
    headers['sec-fetch-site'] === undefined
      ? headers.origin === stage.issuer
      : headers['sec-fetch-site'] === 'same-origin'
  if (method !== 'POST' || !isOurs) return undefined
  const confirmed = values.get('confirmed')
  return confirmed === 'everywhere' ? 'everywhere' : confirmed === 'yes' ? 'here' : undefined
}

async function end(world: Needs, call: Call, session: Session, everywhere: boolean): Promise<void> {
  const { db, now } = world
  if (!everywhere) return void (await db.transact(endings(world, call, session, 'logged-out')))
  const actor = { kind: 'user', id: session.user } as const
  await endAllSessions({ db, now, actor, about: { ip: call.ip, request: call.id } }, session.user, session)
}

const question = (values: Values) => {
  const { confirmed: _, ...fields } = Object.fromEntries(values)
  return { page: 'log-out' as const, fields }
}

const showBadRequest = ({ stage }: Needs, call: Call, description: string): Answer =>
  showPage(
    stage,
    call,
    { page: 'bad-request', error: 'invalid_request', description, requestId: call.id },
    { status: 400 },
  )
