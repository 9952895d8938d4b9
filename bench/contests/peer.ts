/** The peer's side of each contest: the same requests as ours, with codes, tokens and sessions that it made itself. */
import { issuer } from '../applications.ts'
import { authorizeTarget, type Cookies, codeIn, headerOf, keepCookies } from '../browser.ts'
import { type Asked, byCallback, byServer, type Carrier, type Reply } from '../carriers.ts'
import type { Side } from '../measure.ts'
import type { Peer } from '../peer.ts'
import { type Carriers, makeMany, sideOf, turn } from './contest.ts'
import { type Supplies, suppliesOf } from './supplies.ts'

/** As from behind a proxy that ended TLS, which is how the peer knows its own addresses. */
const proxied = ({ load, close }: Carrier): Carrier => ({
  load: (asked) => load({ ...asked, headers: { 'x-forwarded-proto': 'https', ...asked.headers } }),
  close,
})

/** Signs each account in through the peer's own authorization endpoint, and hands back the request that needs no page. */
async function peerSessionsOf({ accounts }: Peer, carrier: Carrier): Promise<Asked[]> {
  return makeMany(accounts.length, async (at) => {
    const cookies: Cookies = new Map()
    const signingIn = { 'x-account': turn(accounts, at) }
    const ask = async (target: string): Promise<Reply> => {
      const reply = await carrier.load({ method: 'GET', target, headers: { ...signingIn, ...headerOf(cookies) } })()
      keepCookies(cookies, reply)
      return reply
    }
    let reply = await ask(authorizeTarget())
    for (let hops = 0; hops < 4 && !reply.location.startsWith('https://app1'); hops++) {
      const { pathname } = new URL(reply.location, issuer)
      reply = await ask(pathname)
    }
    codeIn(reply)
    return { method: 'GET', target: authorizeTarget(), headers: { ...signingIn, ...headerOf(cookies) } }
  })
}

const peerSupplies = (peer: Peer, carrier: Carrier, isJwt: boolean): Supplies =>
  suppliesOf({
    carrier,
    codes: (count, application) => makeMany(count, (at) => peer.newCode(turn(peer.accounts, at), application)),
    sessions: () => peerSessionsOf(peer, carrier),
    own: isJwt ? { scope: 'api' } : {},
  })

export type Peers = { memory: Peer; dynamodb: Peer; memoryJwt: Peer; dynamodbJwt: Peer }

/** Which of the peer's ways to do it there are beside the usual ones. */
type Extent = { jwt?: boolean; http?: boolean }

export type Rivals = Awaited<ReturnType<typeof openRivals>>

/** Ways to the peers, and our sides set against theirs. */
export async function openRivals(peers: Peers, carriers: Carriers) {
  const opened = {
    memory: proxied(byCallback(peers.memory.callback)),
    memoryHttp: proxied(await byServer(peers.memory.callback)),
    dynamodb: proxied(byCallback(peers.dynamodb.callback)),
    dynamodbHttp: proxied(await byServer(peers.dynamodb.callback)),
    memoryJwt: proxied(byCallback(peers.memoryJwt.callback)),
    dynamodbJwt: proxied(byCallback(peers.dynamodbJwt.callback)),
  }
  /** @param remembered what ours is asked where the store is left out. */
  const against = (
    which: keyof Supplies,
    { mine, remembered }: { mine: Supplies; remembered: Supplies },
    { jwt, http }: Extent = {},
  ): Side[] => {
    const theirs = (name: string, peer: Peer, carrier: Carrier, isJwt = false) =>
      sideOf(`oidc-provider ${name}`, carrier, peerSupplies(peer, carrier, isJwt)[which])
    return [
      sideOf('keystep, handler', carriers.event, mine[which]),
      theirs('on DynamoDB', peers.dynamodb, opened.dynamodb),
      ...(jwt ? [theirs('on DynamoDB, JWT', peers.dynamodbJwt, opened.dynamodbJwt, true)] : []),
      sideOf('keystep, store left out', carriers.storeless, remembered[which]),
      theirs('in memory', peers.memory, opened.memory),
      ...(jwt ? [theirs('in memory, JWT', peers.memoryJwt, opened.memoryJwt, true)] : []),
      ...(http
        ? [
            sideOf('keystep, over HTTP', carriers.http, mine[which]),
            theirs('on DynamoDB, over HTTP', peers.dynamodb, opened.dynamodbHttp),
            theirs('in memory, over HTTP', peers.memory, opened.memoryHttp),
          ]
        : []),
    ]
  }

  return {
    against,
    /** What it answers from its memory, whatever its store is. */
    document: (which: 'jwks' | 'discovery'): Side => {
      const supplies = peerSupplies(peers.memory, opened.memory, false)
      return sideOf(`oidc-provider, ${which}`, opened.memory, supplies[which])
    },
    close: async () => {
      for (const carrier of Object.values(opened)) await carrier.close()
    },
  }
}
