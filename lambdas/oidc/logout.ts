// GET, POST /logout — the end of the session, at an application's or the person's word (OpenID Connect RP-Initiated Logout).
import { readParameters } from '../../src/core/oidc/authorize-request.ts'
import { type Answer, asGet, type Call, seeOther } from '../../src/http/call.ts'
import { clearSession, sessionCookie } from '../../src/http/cookies.ts'
import { showPage } from '../../src/http/pages.ts'
import { clientIn } from '../../src/store/clients.ts'
import { places } from '../../src/store/keys.ts'
import { sessionOf } from '../../src/store/sessions.ts'
import type { World } from '../../src/world.ts'
import { endings } from '../login/ending.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export async function handle(world: Needs, call: Call): Promise<Answer> {
  const elsewhere = asGet(call)
  if (elsewhere !== undefined) return elsewhere
  const { values } = readParameters(call.method === 'POST' ? call.body : call.query)
  const hint = await readHint(world, values.get('id_token_hint'))
  const clientId = values.get('client_id') ?? hint?.clientId
  const cookie = sessionCookie(call)
  const [sessionItem, clientItem] = await world.db.batch([
    places.session(cookie?.id ?? ''),
    places.client(clientId ?? ''),
  ])
  const session = sessionOf(sessionItem, cookie, world.now())

  const asked = values.get('post_logout_redirect_uri')
  const client = clientIn(clientItem)
  // Back to an application only when its own ID token says which one it is, and the address is one of its own, as text.
  const agreed = hint !== undefined && hint.clientId === clientId && client?.enabled === true
  const target = agreed && asked !== undefined && client.postLogoutRedirectUris.includes(asked) ? asked : undefined

  // Anybody can send a browser here: without a hint that names this very person, they are asked.
  const meant = hint !== undefined && (session === undefined || hint.user === session.user)
  const confirmed = call.method === 'POST' && values.get('confirmed') === 'yes' && isOurs(call, world.stage.issuer)
  if (session !== undefined && !meant && !confirmed) return showPage(world.stage, call, question(values), {})

  if (session !== undefined) await world.db.transact(endings(world, call, session, 'logged-out'))
  // Only from a browser that showed it: whoever sends a browser here without its cookies takes none from it.
  const cleared = cookie === undefined ? [] : [clearSession()]
  const state = values.get('state')
  if (target !== undefined) {
    const url = new URL(target)
    if (state !== undefined) url.searchParams.append('state', state)
    return seeOther(url.href, cleared)
  }
  return showPage(world.stage, call, { page: 'logged-out' }, { cookies: cleared })
}

const question = (values: Map<string, string>) => ({
  page: 'log-out' as const,
  fields: { ...Object.fromEntries(values), confirmed: 'yes' },
})

/** Our own question's answer, and not a form on somebody's page. */
const isOurs = ({ headers }: Call, issuer: string): boolean =>
  headers['sec-fetch-site'] === undefined ? headers.origin === issuer : headers['sec-fetch-site'] === 'same-origin'

/** Whose ID token it is, and which application's. */
async function readHint({ verifier }: Needs, token: string | undefined) {
  const claims = token === undefined ? undefined : await verifier.readHint(token)
  if (claims?.sub === undefined || typeof claims.aud !== 'string') return undefined
  return { user: claims.sub, clientId: claims.aud }
}
