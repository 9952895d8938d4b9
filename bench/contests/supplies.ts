/**
 * What is asked of a provider, ours or the peer alike, with all that it takes: codes, tokens, sessions, assertions and
 * proofs, made before the clock runs.
 */
import {
  type Application,
  clientCredentialsRequest,
  codeRequest,
  got,
  introspectRequest,
  parRequest,
  peopleScope,
  proven,
  refreshRequest,
  revokeRequest,
} from '../applications.ts'
import type { Asked, Carrier, Reply } from '../carriers.ts'
import { aroundOf, expecting, makeMany, ok, type Prepared, type Supply, tokensIn, turn, withCode } from './contest.ts'

/** Who is asked. What is made beforehand is asked for by `carrier`. */
export type Party = {
  carrier: Carrier
  /** Codes that people's browsers could have brought. */
  codes(count: number, application: Application): Promise<string[]>
  /** Requests of browsers that have a session. */
  sessions(): Promise<Asked[]>
  /** What an application names that speaks for itself. */
  own?: Record<string, string>
  /** It writes nothing: codes and tokens are good over and over, and a handful will do. */
  forgets?: boolean
}

export type Supplies = ReturnType<typeof suppliesOf>

const handful = 50

export function suppliesOf({ carrier, codes, sessions, own = {}, forgets = false }: Party) {
  const ask = async (asked: Asked): Promise<Reply> => carrier.load(asked)()
  const tokensFor = async (asked: Asked) => {
    const reply = await ask(asked)
    ok(reply)
    return tokensIn(reply)
  }
  const exchanged = async (count: number, application: Application) =>
    makeMany(count, async () => {
      const [code = ''] = await codes(1, application)
      return tokensFor(codeRequest(code, application))
    })
  /** What is used up: made for each use, or by who forgets once for all. */
  const spent = <Made>(make: (count: number) => Promise<Made[]>) => (forgets ? shared(make) : make)

  const ownTokens = (count: number) =>
    makeMany(count, async () => (await tokensFor(clientCredentialsRequest(own))).access_token)
  const bearers = shared(async (count) => (await exchanged(count, 'app1')).map((each) => each.access_token))
  const boundTokens = shared(async (count) => {
    const nonce = await nonceOf(carrier)
    return makeMany(count, async () => {
      const [code = ''] = await codes(1, 'app1')
      return (await tokensFor(codeRequest(code, 'app1', await proven('POST', '/token', { nonce })))).access_token
    })
  })
  const codesOf = (application: Application) => spent((count) => codes(count, application))
  const revocable = spent(ownTokens)
  const browsers = shared(sessions)

  /** Each holder's chain goes on with the token that it was last given, or keeps the one that it has. */
  const refreshing = (application: Application): Supply => {
    const chains: { token: string }[] = []
    return async (count) => {
      const missing = (forgets ? Math.min(count, handful) : count) - chains.length
      for (const { refresh_token = '' } of await exchanged(Math.max(missing, 0), application))
        chains.push({ token: refresh_token })
      return Array.from({ length: count }, (_, at): Prepared => {
        const chain = turn(chains, at)
        const goOn = (reply: Reply) => {
          if (!forgets) chain.token = tokensIn(reply).refresh_token ?? chain.token
        }
        return { asked: refreshRequest(chain.token, application), take: expecting(200, goOn) }
      })
    }
  }

  return {
    code: each(codesOf('app1'), (code) => codeRequest(code)),
    signedCode: proved(codesOf('signs1'), 'POST', '/token', (code, proof) => codeRequest(code, 'signs1', proof)),
    keptRefresh: refreshing('app1'),
    rotatedRefresh: refreshing('public1'),
    clientCredentials: aroundOf([clientCredentialsRequest(own)], ok),
    par: aroundOf([parRequest(peopleScope)], expecting(201)),
    introspection: each(bearers, introspectRequest, active),
    revocation: each(revocable, revokeRequest),
    userinfo: each(bearers, (token) => got('/userinfo', { authorization: `Bearer ${token}` })),
    boundUserinfo: proved(boundTokens, 'GET', '/userinfo', (token, proof) =>
      got('/userinfo', { authorization: `DPoP ${token}`, ...proof }),
    ),
    authorize: each(browsers, (asked) => asked, withCode),
    jwks: aroundOf([got('/jwks')], ok),
    discovery: aroundOf([got('/.well-known/openid-configuration')], ok),
  } satisfies Record<string, Supply>

  /** With a proof of their own for each use, which names a nonce of now. */
  function proved(
    made: (count: number) => Promise<string[]>,
    method: Asked['method'],
    path: string,
    request: (each: string, proof: { dpop: string }) => Asked,
  ): Supply {
    return async (count) => {
      const [nonce, all] = [await nonceOf(carrier), await made(count)]
      const token = method === 'GET'
      return makeMany(count, async (at): Promise<Prepared> => {
        const one = turn(all, at)
        const proof = await proven(method, path, token ? { nonce, token: one } : { nonce })
        return { asked: request(one, proof), take: ok }
      })
    }
  }
}

const each =
  <Made>(
    made: (count: number) => Promise<Made[]>,
    request: (each: Made) => Asked,
    take: (reply: Reply) => void = ok,
  ): Supply =>
  async (count) =>
    (await made(count)).map((one) => ({ asked: request(one), take }))

const active = expecting(200, ({ body }) => {
  if (JSON.parse(body).active !== true) throw new Error('A token that is good was not active')
})

/** What it answers to a proof that names none. */
async function nonceOf(carrier: Carrier): Promise<string> {
  const { nonce } = await carrier.load(clientCredentialsRequest({}, await proven('POST', '/token')))()
  if (nonce === '') throw new Error('No nonce came back')
  return nonce
}

/** A handful, made once and handed around. */
function shared<Made>(make: (count: number) => Promise<Made[]>) {
  let made: Promise<Made[]> | undefined
  return async (count: number): Promise<Made[]> => {
    made ??= make(handful)
    const all = await made
    return Array.from({ length: count }, (_, at) => turn(all, at))
  }
}
