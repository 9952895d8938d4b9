/**
 * Codes, tokens, what is asked with them, sessions that answer silently, and the documents that anybody reads: ours
 * against the peer.
 */
import { hashSecret, joinHalves, newId, newSecret, splitHalves } from '../../src/core/secret.ts'
import type { Write } from '../../src/store/db.ts'
import { createdGrant, grantOf } from '../../src/store/grants.ts'
import { places } from '../../src/store/keys.ts'
import { peopleScope } from '../applications.ts'
import { authorizeTarget, codeIn, goToKey, headerOf, keepCookies } from '../browser.ts'
import type { Asked, Carrier } from '../carriers.ts'
import type { Ours } from '../ours.ts'
import { type Contest, type Contests, makeMany, type Setting, sideOf, turn } from './contest.ts'
import type { Rivals } from './peer.ts'
import { must } from './people.ts'
import { type Party, type Supplies, suppliesOf } from './supplies.ts'

/** A code each, as if their sessions had been asked for one: copies of a real grant, each with a code of its own. */
function codesOf({ db, members }: Ours, event: Carrier): Party['codes'] {
  const samples = new Map<string, NonNullable<ReturnType<typeof grantOf>>>()
  const sampleOf = async (at: number) => {
    const member = turn(members, at)
    const kept = samples.get(member.user.id)
    if (kept !== undefined) return kept
    const { answer } = await goToKey(event, member, true, peopleScope)
    const id = splitHalves(codeIn(await event.load(answer)()))?.id ?? ''
    const grant = grantOf(await db.get(places.grant(id)))
    if (grant === undefined) throw new Error('A grant is not there')
    samples.set(member.user.id, grant)
    return grant
  }
  return async (count, clientId) => {
    const codes: string[] = []
    const writes: Write[] = []
    const until = Math.floor(Date.now() / 1000) + 3600
    for (let at = 0; at < count; at++) {
      const { id, secret } = { id: newId(), secret: newSecret() }
      codes.push(joinHalves({ id, secret }))
      const code = { id, codeHash: hashSecret(secret), codeUntil: until, until }
      writes.push(createdGrant({ ...(await sampleOf(at)), ...code, clientId }))
    }
    await must(db, writes)
    return codes
  }
}

export async function sessionsOf({ members }: Ours, event: Carrier): Promise<Asked[]> {
  return makeMany(members.length, async (at) => {
    const { answer, cookies } = await goToKey(event, turn(members, at), true)
    const reply = await event.load(answer)()
    codeIn(reply)
    keepCookies(cookies, reply)
    return { method: 'GET', target: authorizeTarget(undefined, { acr_values: 'fido' }), headers: headerOf(cookies) }
  })
}

type Raced = { title: string; asked: keyof Supplies; jwt?: boolean; http?: boolean }

const raced: Record<string, Raced> = {
  code: { title: 'code → tokens (ID, access and refresh token)', asked: 'code', jwt: true, http: true },
  'signed-code': { title: 'code → tokens, private_key_jwt and DPoP', asked: 'signedCode' },
  refresh: { title: 'refresh, of a client that authenticates: its token stays', asked: 'keptRefresh' },
  'rotated-refresh': { title: 'refresh, of a public client: its token rotates', asked: 'rotatedRefresh' },
  'client-credentials': { title: 'client credentials', asked: 'clientCredentials', jwt: true },
  par: { title: 'a pushed request', asked: 'par' },
  introspection: { title: 'introspection of an access token', asked: 'introspection' },
  revocation: { title: "revocation of a client's own access token", asked: 'revocation' },
  userinfo: { title: 'userinfo, Bearer', asked: 'userinfo', http: true },
  'bound-userinfo': { title: 'userinfo, DPoP', asked: 'boundUserinfo' },
  authorize: { title: 'authorize with a session → code', asked: 'authorize' },
}

export function tokenContests({ ours, carriers: { event } }: Setting, { against, document }: Rivals): Contests {
  const party: Party = { carrier: event, codes: codesOf(ours, event), sessions: () => sessionsOf(ours, event) }
  const own = { mine: suppliesOf(party), remembered: suppliesOf({ ...party, forgets: true }) }
  const contests = Object.entries(raced).map(([name, { title, asked, ...extent }]) => {
    const contest = async (): Promise<Contest> => ({ name, title, atOnce: 8, sides: against(asked, own, extent) })
    return [name, contest] as const
  })
  const documents = async (): Promise<Contest> => {
    const of = (which: 'jwks' | 'discovery') => [sideOf(`keystep, ${which}`, event, own.mine[which]), document(which)]
    return { name: 'documents', title: 'JWKS, discovery', atOnce: 8, sides: [...of('jwks'), ...of('discovery')] }
  }
  return { ...Object.fromEntries(contests), documents }
}
