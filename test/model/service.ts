/**
 * The service that the model is held against: the real handlers on a `Db`, and browsers that follow redirects, keep
 * cookies and read pages. What a Credential Management System and an administrator change is written as their routes
 * write it.
 */
import { handle as skip } from '../../lambdas/activation/skip.ts'
import { handle as cancel } from '../../lambdas/login/cancel.ts'
import { handle as consent } from '../../lambdas/login/consent.ts'
import { handle as method } from '../../lambdas/login/method.ts'
import { handle as otp } from '../../lambdas/login/otp.ts'
import { handle as page } from '../../lambdas/login/page.ts'
import { handle as password } from '../../lambdas/login/password.ts'
import { handle as restart } from '../../lambdas/login/restart.ts'
import { handle as username } from '../../lambdas/login/username.ts'
import { handle as webauthn } from '../../lambdas/login/webauthn.ts'
import { handle as authorize } from '../../lambdas/oidc/authorize.ts'
import { handle as logout } from '../../lambdas/oidc/logout.ts'
import type { Authenticator, Change } from '../../src/core/authenticator.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, type OtpChange, ownParameters } from '../../src/core/otp/one-time-password.ts'
import { hashPassword } from '../../src/core/password.ts'
import type { Realm } from '../../src/core/realm.ts'
import type { FactorKind } from '../../src/core/step-up/flow.ts'
import type { User } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import type { Sealer } from '../../src/services/sealer.ts'
import { newRealm } from '../../src/setup.ts'
import type { Db, Write } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { changedOneTimePassword, createdOneTimePassword } from '../../src/store/one-time-passwords.ts'
import {
  changedState,
  createdAuthenticator,
  deletedAuthenticator,
  loweredStanding,
  readAuthenticator,
  readUser,
} from '../../src/store/people.ts'
import { readRealm } from '../../src/store/realm.ts'
import { changedUser, createdUser } from '../../src/store/users.ts'
import type { World } from '../../src/world.ts'
import type { ClientFacts, KeyFacts, PersonFacts, RealmFacts, RequestFacts, Seen } from './facts.ts'
import { decoySecret, issuer, keyNames, ownerOf, rpId, securityKey, start } from './scenario.ts'

type Handle = (world: World, call: Call) => Promise<Answer>
// Each handler names the part of the world that it needs, and gets all of it.
const steps = {
  username,
  password,
  otp,
  webauthn,
  method,
  consent,
  restart,
  cancel,
  'activation/skip': skip,
} as Record<string, Handle>

const redirectUri = 'https://app.example.com/callback'
const codeChallenge = 'A'.repeat(43)

/** What an application reads in the description of an error. */
const reasons: Record<string, string> = {
  'The user is not signed in': 'no-session',
  'The user must sign in again': 'stale',
  'no-match-acr: No matching acr values': 'no-match-acr',
  'no-match-acr: No matching acr values (unknown-acr)': 'unknown-acr',
  'no-match-acr: No matching acr values (no-credential)': 'no-credential',
  'locked: The sign-in method is locked for now': 'locked',
}

export const clientOf = (clientId: string, { policy, flow }: ClientFacts): Client => ({
  clientId,
  clientName: clientId,
  redirectUris: [redirectUri],
  postLogoutRedirectUris: [],
  grantTypes: ['authorization_code'],
  tokenEndpointAuthMethod: 'none',
  secrets: [],
  scopes: ['openid'],
  idTokenSignedResponseAlg: 'ES256',
  enabled: true,
  createdAt: start,
  ...policy,
  ...(flow === undefined ? {} : { flow }),
})

const userOf = async ({ name, enabled, password: has }: PersonFacts): Promise<User> => ({
  id: name,
  userName: name,
  enabled,
  standing: 1,
  createdAt: start,
  updatedAt: start,
  ...(has === undefined ? {} : { passwordHash: await hashed(has.text), passwordVersion: has.version }),
})

const authenticatorOf = (owner: string, { name, state, attested, model }: KeyFacts): Authenticator => {
  const { credential } = securityKey(name)
  return {
    id: name,
    user: owner,
    type: 'fido',
    state,
    origin: 'imported',
    provenance: attested ? 'attested' : 'raw',
    createdAt: start,
    credential: { ...credential, signatureCounter: 0, aaguid: model },
    version: 0,
  }
}

const codeSecret = Buffer.from('twenty bytes of codes')

const codesOf = (person: string): OneTimePassword => ({
  ...ownParameters,
  id: `codes-${person}`,
  user: person,
  state: 'active',
  origin: 'imported',
  sealedSecret: codeSecret.toString('base64url'),
  createdAt: start,
  version: 0,
})

/** In the clear: what sealing is worth is tested elsewhere, and costs more than a whole sequence here. */
const sealer: Sealer = {
  seal: async (secret) => Buffer.from(secret).toString('base64url'),
  unseal: async (sealed) => Buffer.from(sealed, 'base64url'),
  hashes: async (text) => [text],
}

const hashes = new Map<string, Promise<string>>()
const hashed = (text: string): Promise<string> => {
  const hash = hashes.get(text) ?? hashPassword(text)
  hashes.set(text, hash)
  return hash
}

const realmOf = ({ sessionIdle, ...facts }: RealmFacts): Realm => {
  const realm = newRealm()
  return { ...realm, ...facts, decoySecret, settings: { ...realm.settings, sessionIdle } }
}

/** What there is at the beginning, as writes. */
export async function seeds(given: {
  realm: RealmFacts
  clients: Record<string, ClientFacts>
  people: Record<string, PersonFacts>
}): Promise<Write[][]> {
  const users = await Promise.all(Object.values(given.people).map(userOf))
  const keys = Object.values(given.people).flatMap(({ name, keys }) => keys.map((key) => authenticatorOf(name, key)))
  return [
    [{ write: 'put', ...places.realm(), item: realmOf(given.realm) }],
    ...Object.entries(given.clients).map(([id, facts]): Write[] => [
      { write: 'put', ...places.client(id), item: clientOf(id, facts) },
    ]),
    ...users.map(createdUser),
    ...keys.map(createdAuthenticator),
    ...Object.values(given.people).flatMap(({ name, codes }) =>
      codes === undefined ? [] : [[createdOneTimePassword(codesOf(name))]],
    ),
  ]
}

type Tab = { base: string; challenge?: string; shown?: string }

/** `db` holds the seeds already. */
export function openService(db: Db) {
  const clock = { now: start }
  let calls = 0
  const unused = new Proxy(
    {},
    { get: () => () => Promise.reject(new Error('Nothing here signs, mails or asks others')) },
  )
  const world = {
    now: () => clock.now,
    db,
    stage: { issuer, rpId, serviceName: 'Example Sign-in' },
    verifier: unused,
    proofNonces: unused,
    directory: unused,
    sealer,
    tokenValidator: unused,
    log: () => undefined,
    // The sequences reach no more of the world than this; what reached further would throw.
  } as unknown as World
  const browsers = Array.from({ length: 2 }, () => ({ cookies: new Map<string, string>(), tabs: [] as Tab[] }))
  const browserOf = (at: number) => {
    const browser = browsers[at]
    if (browser === undefined) throw new Error(`There is no browser ${at}`)
    return browser
  }

  async function send(at: number, handle: Handle, about: Partial<Call>): Promise<Answer> {
    const { cookies } = browserOf(at)
    const answer = await handle(world, {
      id: `call-${++calls}`,
      method: 'GET',
      path: '',
      params: {},
      query: '',
      headers: { origin: issuer },
      cookies: Object.fromEntries(cookies),
      body: '',
      ip: '192.0.2.1',
      ...about,
    })
    for (const cookie of answer.cookies ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (/Max-Age=0/.test(cookie)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }

  /** Follows redirects to a page of the login, or to the application. */
  async function follow(at: number, tab: Tab, first: Answer): Promise<Seen> {
    let answer = first
    let notice: string | undefined
    for (let hops = 0; answer.status === 303; hops++) {
      const location = new URL(answer.headers.location ?? '', issuer)
      if (location.origin !== issuer) return landed(db, location)
      if (hops > 3) throw new Error(`Redirected in circles, last to ${location}`)
      tab.base = location.pathname
      notice = location.searchParams.get('notice') ?? undefined
      answer = await send(at, page as Handle, {
        params: { login: tab.base.replace('/login/', '') },
        query: location.search.slice(1),
      })
    }
    const { seen, options } = readPage(answer.body ?? '', notice)
    delete tab.challenge
    delete tab.shown
    const [, shown] = /name="shown" value="([^"]+)"/.exec(answer.body ?? '') ?? []
    if (shown !== undefined) tab.shown = shown
    if (options !== undefined) tab.challenge = options.challenge
    return seen
  }

  async function post(at: number, index: number, step: string, fields: Record<string, string> = {}): Promise<Seen> {
    const tab = browserOf(at).tabs[index]
    const handle = steps[step]
    if (tab === undefined || handle === undefined) throw new Error(`Nothing to post ${step} to`)
    const params = { login: tab.base.replace('/login/', '') }
    const about = { method: 'POST', path: `${tab.base}/${step}`, params, body: `${new URLSearchParams(fields)}` }
    return follow(at, tab, await send(at, handle, about))
  }

  const commands = {
    async authorize(at: number, clientId: string, request: RequestFacts): Promise<Seen> {
      const tab: Tab = { base: '' }
      const seen = await follow(
        at,
        tab,
        await send(at, authorize as Handle, { path: '/authorize', query: `${queryOf(clientId, request)}` }),
      )
      if (tab.base !== '') browserOf(at).tabs.push(tab)
      return seen
    },
    username: (at: number, tab: number, name: string) => post(at, tab, 'username', { username: name }),
    password: (at: number, tab: number, text: string) => post(at, tab, 'password', { password: text }),
    async otp(at: number, tab: number, code: 'now' | 'next' | 'wrong'): Promise<Seen> {
      const step = timeStepAt(30, clock.now) + (code === 'next' ? 1 : 0)
      return post(at, tab, 'otp', { code: code === 'wrong' ? 'wrong' : await codeOf(ownParameters, codeSecret, step) })
    },
    webauthn(at: number, index: number, keyName: string, how: { verified: boolean; stale: boolean }): Promise<Seen> {
      const shown = browserOf(at).tabs[index]?.challenge
      const challenge = how.stale || shown === undefined ? 'B'.repeat(43) : shown
      const response = securityKey(keyName).sign({ challenge, flags: { userVerified: how.verified } })
      return post(at, index, 'webauthn', { response: JSON.stringify(response) })
    },
    method: (at: number, tab: number, factor: FactorKind) => post(at, tab, 'method', { method: factor }),
    skip: (at: number, tab: number) => post(at, tab, 'activation/skip'),
    allow: (at: number, tab: number) =>
      post(at, tab, 'consent', { answer: 'allow', shown: browserOf(at).tabs[tab]?.shown ?? '' }),
    restart: (at: number, tab: number) => post(at, tab, 'restart'),
    cancel: (at: number, tab: number) => post(at, tab, 'cancel'),
    async reload(at: number, index: number): Promise<Seen> {
      const tab = browserOf(at).tabs[index]
      if (tab === undefined) throw new Error(`There is no tab ${index}`)
      return follow(at, tab, { status: 303, headers: { location: tab.base } })
    },
    async logout(at: number): Promise<Seen> {
      const form = { path: '/logout', body: 'confirmed=yes' }
      const posted = await send(at, logout as Handle, { ...form, method: 'POST' })
      // A browser without any of our cookies is asked to come by GET.
      const answer = posted.status === 303 ? await send(at, logout as Handle, { path: '/logout' }) : posted
      return readPage(answer.body ?? '', undefined).seen
    },
    wait(seconds: number): void {
      clock.now += seconds
    },
  }

  return { ...commands, ...changesOn(db, () => clock.now) }
}

/** What others change meanwhile. */
function changesOn(db: Db, now: () => number) {
  const commit = async (...writes: Write[]): Promise<void> => {
    const done = await db.transact(writes)
    if (!done.ok) throw new Error(`A change was refused: ${JSON.stringify(done.conflicts)}`)
  }
  return {
    async changeKey(name: string, change: Change | 'delete'): Promise<void> {
      const key = await readAuthenticator(db, ownerOf(name), name)
      if (key === undefined) throw new Error(`Nobody has the key ${name}`)
      const writes = change === 'delete' ? deletedAuthenticator(key) : [changedState(key, change)]
      await commit(...writes, loweredStanding(key.user))
    },
    giveKey: (key: KeyFacts) => commit(...createdAuthenticator(authenticatorOf(ownerOf(key.name), key))),
    async changeCodes(person: string, change: OtpChange): Promise<void> {
      const item = await db.get(places.oneTimePassword(person, `codes-${person}`))
      if (item === undefined) throw new Error(`${person} has no one-time codes`)
      await commit(changedOneTimePassword(item as OneTimePassword, change), loweredStanding(person))
    },
    async changePassword(person: string, text: string): Promise<void> {
      const user = await readUser(db, person)
      if (user !== undefined)
        await commit(
          ...changedUser(
            user,
            { ...user, passwordHash: await hashed(text), passwordVersion: (user.passwordVersion ?? 0) + 1 },
            now(),
          ),
        )
    },
    enable: (person: string, enabled: boolean) =>
      commit({
        write: 'update',
        ...places.user(person),
        update: 'SET #enabled = :enabled, #standing = #standing + :one',
        values: { enabled, one: 1 },
      }),
    async changeRealm(facts: RealmFacts): Promise<void> {
      const { version } = await readRealm(db)
      await commit({ write: 'put', ...places.realm(), item: { ...realmOf(facts), version: version + 1 } })
    },
    changeClient: (clientId: string, facts: ClientFacts) =>
      commit({ write: 'put', ...places.client(clientId), item: clientOf(clientId, facts) }),
  }
}

function queryOf(clientId: string, { acrValues, claims, maxAge, prompt }: RequestFacts): URLSearchParams {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
  })
  if (acrValues !== undefined) query.set('acr_values', acrValues.join(' '))
  if (claims === 'malformed') query.set('claims', '{')
  else if (claims !== undefined) query.set('claims', JSON.stringify({ id_token: { acr: claims } }))
  if (maxAge !== undefined) query.set('max_age', `${maxAge}`)
  if (prompt !== undefined) query.set('prompt', prompt)
  return query
}

/** What the application is told: the error, or what the code stands for. */
async function landed(db: Db, { searchParams }: URL): Promise<Seen> {
  const error = searchParams.get('error')
  if (error !== null) {
    const why = reasons[searchParams.get('error_description') ?? '']
    return { at: 'application', error, ...(why === undefined ? {} : { why }) }
  }
  const grant = await db.get(places.grant((searchParams.get('code') ?? '').split('.')[0] ?? ''))
  if (grant === undefined) throw new Error('A code without a grant')
  const { acr, amr, authTime } = grant as { acr?: string; amr: string[]; authTime: number }
  return { at: 'application', ...(acr === undefined ? {} : { acr }), amr: [...amr].sort(), authTime }
}

/** Pages that have no other ways on. */
const bare = ['login-over', 'logged-out', 'no-credential', 'locked', 'log-out']

type Options = { challenge: string; userVerification: 'required' | 'preferred'; allowCredentials: { id: string }[] }

/** What a page shows, and what its ceremony asks of the browser. */
function readPage(html: string, notice: string | undefined): { seen: Seen; options?: Options } {
  const page = /<body id="page-([^"]+)"/.exec(html)?.[1] ?? 'no page'
  const told = notice === undefined || page === 'login-over' ? {} : { notice }
  if (bare.includes(page)) return { seen: { at: 'page', page, ...told } }
  const others = [...html.matchAll(/name="method" value="([^"]+)"/g)].map(([, value = '']) => value).sort()
  const encoded = /data-options="([^"]*)"/.exec(html)?.[1]
  if (encoded === undefined) return { seen: { at: 'page', page, ...told, others } }
  const options: Options = JSON.parse(
    encoded.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&amp;', '&'),
  )
  const keys = options.allowCredentials.map(({ id }) => nameOf(id)).sort()
  return { seen: { at: 'page', page, ...told, others, keys, verification: options.userVerification }, options }
}

const nameOf = (credentialId: string): string =>
  keyNames.find((name) => securityKey(name).credentialId === credentialId) ?? 'a stranger’s'
