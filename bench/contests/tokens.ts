/** Codes, tokens, userinfo, sessions that answer silently, and the documents that anybody reads: ours against the peer. */
import { hashSecret, joinHalves, newId, newSecret, splitHalves } from '../../src/core/secret.ts'
import type { Write } from '../../src/store/db.ts'
import { createdGrant, grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { authorizeTarget, codeIn, codeRequest, goToKey, headerOf, keepCookies } from '../browser.ts'
import type { Asked, Carrier } from '../carriers.ts'
import type { Ours } from '../ours.ts'
import {
  aroundOf,
  type Contests,
  makeMany,
  ok,
  repeated,
  type Setting,
  type Supply,
  sideOf,
  tokensIn,
  turn,
  withCode,
} from './contest.ts'
import type { Rivals } from './peer.ts'
import { bearer, clientCredentialsRequest, refreshing, refreshRequest } from './token-requests.ts'

const offline = 'openid profile email offline_access'
const discovery = '/.well-known/openid-configuration'

/** A code each, as if their sessions had been asked for one: copies of a real grant, each with a code of its own. */
function codesOf({ db, members }: Ours, event: Carrier) {
  const samples = new Map<string, NonNullable<ReturnType<typeof grantOf>>>()
  const sampleOf = async (at: number) => {
    const member = turn(members, at)
    const kept = samples.get(member.user.id)
    if (kept !== undefined) return kept
    const { answer } = await goToKey(event, member, true, offline)
    const id = splitHalves(codeIn(await event.load(answer)()))?.id ?? ''
    const grant = grantOf(await db.get(places.grant(id)))
    if (grant === undefined) throw new Error('A grant is not there')
    samples.set(member.user.id, grant)
    return grant
  }
  return async (count: number): Promise<string[]> => {
    const codes: string[] = []
    const writes: Write[] = []
    const until = Math.floor(Date.now() / 1000) + 3600
    for (let at = 0; at < count; at++) {
      const code = { id: newId(), secret: newSecret() }
      codes.push(joinHalves(code))
      writes.push(
        createdGrant({
          ...(await sampleOf(at)),
          id: code.id,
          codeHash: hashSecret(code.secret),
          codeUntil: until,
          until,
        }),
      )
    }
    for (let at = 0; at < writes.length; at += 50) await db.transact(writes.slice(at, at + 50))
    return codes
  }
}

export async function sessionsOf({ members }: Ours, event: Carrier): Promise<Asked[]> {
  return makeMany(members.length, async (at) => {
    const { answer, cookies } = await goToKey(event, turn(members, at), true)
    const reply = await event.load(answer)()
    codeIn(reply)
    keepCookies(cookies, reply)
    return {
      method: 'GET',
      target: authorizeTarget('/authorize', undefined, { acr_values: 'fido' }),
      headers: headerOf(cookies),
    }
  })
}

export function tokenContests({ ours, carriers: { event } }: Setting, { against, inMemory }: Rivals): Contests {
  const codes = codesOf(ours, event)
  const exchanged = async (count: number) =>
    makeMany(count, async () => {
      const [code = ''] = await codes(1)
      const reply = await event.load(codeRequest(code))()
      ok(reply)
      return tokensIn(reply)
    })
  const codeSupply: Supply = async (count) =>
    (await codes(count)).map((code) => ({ asked: codeRequest(code), take: ok }))
  const refreshSupply = refreshing(async (count) => (await exchanged(count)).map((each) => each.refresh_token ?? ''))
  const storelessRefresh: Supply = async (count) =>
    (await exchanged(count)).map(({ refresh_token }) => ({ asked: refreshRequest(refresh_token ?? ''), take: ok }))
  const clientCredentials = aroundOf([clientCredentialsRequest()], ok)

  return {
    code: async () => ({
      name: 'code',
      title: 'code → tokens (ID, access and refresh token)',
      atOnce: 8,
      sides: against(codeSupply, repeated(codeSupply, ok), 'code', { jwt: true, http: true }),
    }),
    refresh: async () => ({
      name: 'refresh',
      title: 'refresh (rotated)',
      atOnce: 8,
      sides: against(refreshSupply, repeated(storelessRefresh, ok), 'refresh'),
    }),
    'client-credentials': async () => ({
      name: 'client-credentials',
      title: 'client credentials',
      atOnce: 8,
      sides: against(clientCredentials, clientCredentials, 'clientCredentials', { jwt: true }),
    }),
    userinfo: async () => {
      const tokens = (await exchanged(50)).map(({ access_token }) => bearer('/userinfo', access_token))
      return {
        name: 'userinfo',
        title: 'userinfo',
        atOnce: 8,
        sides: against(aroundOf(tokens, ok), aroundOf(tokens, ok), 'userinfo', { http: true }),
      }
    },
    authorize: async () => {
      const sessions = await sessionsOf(ours, event)
      return {
        name: 'authorize',
        title: 'authorize with a session → code',
        atOnce: 8,
        sides: against(aroundOf(sessions, withCode), aroundOf(sessions, withCode), 'authorize'),
      }
    },
    documents: async () => ({
      name: 'documents',
      title: 'JWKS, discovery',
      atOnce: 8,
      sides: [
        sideOf('keystep, JWKS', event, aroundOf([{ method: 'GET', target: '/jwks', headers: {} }], ok)),
        sideOf('oidc-provider, JWKS', inMemory, aroundOf([{ method: 'GET', target: '/jwks', headers: {} }], ok)),
        sideOf('keystep, discovery', event, aroundOf([{ method: 'GET', target: discovery, headers: {} }], ok)),
        sideOf('oidc-provider, discovery', inMemory, aroundOf([{ method: 'GET', target: discovery, headers: {} }], ok)),
      ],
    }),
  }
}
