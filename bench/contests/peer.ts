/** The peer's side of each contest: the same requests as ours, with codes, tokens and sessions that it made itself. */
import { authorizeTarget, type Cookies, codeIn, codeRequest, headerOf, keepCookies } from '../browser.ts'
import { type Asked, byCallback, byServer, type Carrier, type Reply } from '../carriers.ts'
import type { Side } from '../measure.ts'
import { issuer } from '../ours.ts'
import type { Peer } from '../peer.ts'
import {
  aroundOf,
  type Carriers,
  makeMany,
  ok,
  pool,
  type Supply,
  sideOf,
  tokensIn,
  turn,
  withCode,
} from './contest.ts'
import { bearer, clientCredentialsRequest, refreshing } from './token-requests.ts'

/** Signs each account in through the peer's own authorization endpoint, and hands back the request that needs no page. */
async function peerSessionsOf({ accounts }: Peer, carrier: Carrier): Promise<Asked[]> {
  return makeMany(accounts.length, async (at) => {
    const cookies: Cookies = new Map()
    const proxied = { 'x-forwarded-proto': 'https', 'x-account': turn(accounts, at) }
    const ask = async (target: string): Promise<Reply> => {
      const reply = await carrier.load({ method: 'GET', target, headers: { ...proxied, ...headerOf(cookies) } })()
      keepCookies(cookies, reply)
      return reply
    }
    let reply = await ask(authorizeTarget('/auth'))
    for (let hops = 0; hops < 4 && !reply.location.startsWith('https://app1'); hops++) {
      const { pathname } = new URL(reply.location, issuer)
      reply = await ask(pathname)
    }
    codeIn(reply)
    return { method: 'GET', target: authorizeTarget('/auth'), headers: { ...proxied, ...headerOf(cookies) } }
  })
}

type PeerSupplies = { code: Supply; refresh: Supply; clientCredentials: Supply; userinfo: Supply; authorize: Supply }

function peerSupplies(peer: Peer, carrier: Carrier, jwt: boolean): PeerSupplies {
  const proxied = (asked: Asked): Asked => ({ ...asked, headers: { 'x-forwarded-proto': 'https', ...asked.headers } })
  const codes = (count: number) => makeMany(count, (at) => peer.newCode(turn(peer.accounts, at)))
  const exchanged = async (count: number) =>
    makeMany(count, async (at) => {
      const reply = await carrier.load(proxied(codeRequest(await peer.newCode(turn(peer.accounts, at)))))()
      ok(reply)
      return tokensIn(reply)
    })
  const bearers = pool(async (at) => turn(await exchanged(1), at).access_token)
  let sessions: Promise<Asked[]> | undefined
  return {
    code: async (count) => (await codes(count)).map((code) => ({ asked: proxied(codeRequest(code)), take: ok })),
    refresh: (() => {
      const supply = refreshing(async (count) => (await exchanged(count)).map((each) => each.refresh_token ?? ''))
      return async (count) => (await supply(count)).map(({ asked, take }) => ({ asked: proxied(asked), take }))
    })(),
    clientCredentials: aroundOf([proxied(clientCredentialsRequest(jwt ? { scope: 'api' } : {}))], ok),
    userinfo: async (count) =>
      aroundOf(
        (await bearers(50)).map((token) => proxied(bearer('/me', token))),
        ok,
      )(count),
    async authorize(count) {
      sessions ??= peerSessionsOf(peer, carrier)
      return aroundOf(await sessions, withCode)(count)
    },
  }
}

export type Peers = { memory: Peer; dynamodb: Peer; memoryJwt: Peer; dynamodbJwt: Peer }

type Extent = { jwt?: boolean; http?: boolean }

export type Rivals = Awaited<ReturnType<typeof openRivals>>

/** Ways to the peers, and our sides set against theirs. */
export async function openRivals(peers: Peers, carriers: Carriers) {
  const opened = {
    memory: byCallback(peers.memory.callback),
    memoryHttp: await byServer(peers.memory.callback),
    dynamodb: byCallback(peers.dynamodb.callback),
    dynamodbHttp: await byServer(peers.dynamodb.callback),
    memoryJwt: byCallback(peers.memoryJwt.callback),
    dynamodbJwt: byCallback(peers.dynamodbJwt.callback),
  }
  const against = (mine: Supply, remembered: Supply, which: keyof PeerSupplies, { jwt, http }: Extent = {}): Side[] => {
    const theirs = (name: string, peer: Peer, carrier: Carrier, isJwt = false) =>
      sideOf(`oidc-provider ${name}`, carrier, peerSupplies(peer, carrier, isJwt)[which])
    return [
      sideOf('keystep, handler', carriers.event, mine),
      theirs('on DynamoDB', peers.dynamodb, opened.dynamodb),
      ...(jwt ? [theirs('on DynamoDB, JWT', peers.dynamodbJwt, opened.dynamodbJwt, true)] : []),
      sideOf('keystep, store left out', carriers.storeless, remembered),
      theirs('in memory', peers.memory, opened.memory),
      ...(jwt ? [theirs('in memory, JWT', peers.memoryJwt, opened.memoryJwt, true)] : []),
      ...(http
        ? [
            sideOf('keystep, over HTTP', carriers.http, mine),
            theirs('on DynamoDB, over HTTP', peers.dynamodb, opened.dynamodbHttp),
            theirs('in memory, over HTTP', peers.memory, opened.memoryHttp),
          ]
        : []),
    ]
  }

  return {
    against,
    inMemory: opened.memory,
    close: async () => {
      for (const carrier of Object.values(opened)) await carrier.close()
    },
  }
}
