/**
 * What is measured, and who against whom. Each contest is one thing that a provider does, done by ours and by the peer,
 * with the store and without; what it takes (a code, a session, an answer of a key) is made before the clock runs.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { verifyAssertion } from '../src/core/fido.ts'
import { challengeFor, type Login } from '../src/core/login.ts'
import { hashSecret, joinHalves, newId, newSecret, splitHalves } from '../src/core/secret.ts'
import type { Write } from '../src/store/db.ts'
import { createdGrant, grantOf } from '../src/store/grants.ts'
import { places } from '../src/store/keys.ts'
import { createdLogin, loginIn } from '../src/store/logins.ts'
import { createSecurityKey } from '../test/authenticator.ts'
import {
  authorizeTarget,
  type Cookies,
  codeIn,
  codeRequest,
  form,
  goToKey,
  headerOf,
  keepCookies,
  keyAnswer,
  signIn,
} from './browser.ts'
import { type Asked, byCallback, byEvent, byGateway, byServer, type Carrier, type Reply } from './carriers.ts'
import { again, runAll, type Side } from './measure.ts'
import { basic, issuer, type Ours } from './ours.ts'
import type { Peer } from './peer.ts'

export type Contest = { name: string; title: string; atOnce: number; sides: Side[] }

/** One request, and what is done with its answer. */
type Prepared = { asked: Asked; take(reply: Reply): void }
type Supply = (count: number) => Promise<Prepared[]>

const sideOf = (name: string, carrier: Carrier, supply: Supply): Side => ({
  name,
  async prepare(count) {
    const prepared = await supply(count)
    return prepared.map(({ asked, take }) => {
      const go = carrier.load(asked)
      return async () => take(await go())
    })
  },
})

const expecting =
  (status: number, what: (reply: Reply) => void = () => {}) =>
  (reply: Reply) => {
    if (reply.status !== status) throw new Error(`Answered ${reply.status}, not ${status}: ${reply.body.slice(0, 300)}`)
    what(reply)
  }

const tokensIn = (reply: Reply): { access_token: string; refresh_token?: string } => JSON.parse(reply.body)
const ok = expecting(200)
const withCode = expecting(303, (reply) => void codeIn(reply))

/** Calls `make` so many times, some at once, and hands back what it made. */
async function makeMany<Made>(count: number, make: (at: number) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  const uses = Array.from({ length: count }, (_, at) => async () => void made.push(await make(at)))
  await runAll(uses, 8)
  return made
}

/** Makes them once and hands out the same ones again. */
function pool<Made>(make: (at: number) => Promise<Made>) {
  const made: Made[] = []
  return async (count: number): Promise<Made[]> => {
    if (made.length < count) made.push(...(await makeMany(count - made.length, (at) => make(made.length + at))))
    return made.slice(0, count)
  }
}

/** A member of a list, around and around. */
const turn = <Each>(list: readonly Each[], at: number): Each => {
  const each = list[at % list.length]
  if (each === undefined) throw new Error('A list of nobody')
  return each
}

const offline = 'openid profile email offline_access'

// --- Ours ---------------------------------------------------------------------------------------------------------

type Carriers = { event: Carrier; http: Carrier; storeless: Carrier }

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

const refreshRequest = (token: string): Asked => ({
  method: 'POST',
  target: '/token',
  headers: { ...form, authorization: basic },
  body: String(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })),
})

const clientCredentialsRequest = (more: Record<string, string> = {}): Asked => ({
  method: 'POST',
  target: '/token',
  headers: { ...form, authorization: basic },
  body: String(new URLSearchParams({ grant_type: 'client_credentials', ...more })),
})

const bearer = (target: string, token: string): Asked => ({
  method: 'GET',
  target,
  headers: { authorization: `Bearer ${token}` },
})

/** Each holder's chain of refresh tokens goes on with the token it was last given. */
const refreshing = (first: (count: number) => Promise<string[]>): Supply => {
  const chains: { token: string }[] = []
  return async (count) => {
    if (chains.length < count) for (const token of await first(count - chains.length)) chains.push({ token })
    return chains.slice(0, count).map((chain) => ({
      asked: refreshRequest(chain.token),
      take: expecting(200, (reply) => {
        chain.token = tokensIn(reply).refresh_token ?? ''
      }),
    }))
  }
}

/** The same requests each time, for a store that writes nothing. */
const repeated = (supply: Supply, take: (reply: Reply) => void): Supply => {
  const kept: Prepared[] = []
  return async (count) => {
    if (kept.length === 0) kept.push(...(await supply(50)))
    return Array.from({ length: count }, (_, at) => ({ asked: turn(kept, at).asked, take }))
  }
}

/** Logins that wait for a key, copied from a real one: the answer of the key is another each time. */
function keyAnswersOf({ db, members }: Ours, event: Carrier): Supply {
  type Waiting = { login: Login; cookies: Cookies }
  const samples = new Map<string, Waiting>()
  return async (count) => {
    const writes: Write[] = []
    const answers: Prepared[] = []
    for (let at = 0; at < count; at++) {
      const member = turn(members, at)
      let sample = samples.get(member.user.id)
      if (sample === undefined) {
        const { cookies, base } = await goToKey(event, member, true)
        const login = loginIn(await db.get(places.login(base.replace('/login/', ''))))
        if (login === undefined) throw new Error('A login is not there')
        sample = { login, cookies }
        samples.set(member.user.id, sample)
      }
      const until = Math.floor(Date.now() / 1000) + 1800
      const login = { ...sample.login, id: newId(), challengeUntil: until, until }
      writes.push(createdLogin(login))
      const response = JSON.stringify(member.key.sign({ challenge: challengeFor(login, 'login') }))
      answers.push({ asked: keyAnswer(`/login/${login.id}`, sample.cookies, response), take: withCode })
    }
    for (let at = 0; at < writes.length; at += 50) await db.transact(writes.slice(at, at + 50))
    return answers
  }
}

async function importsOf(ours: Ours): Promise<Supply> {
  const users = await makeMany(16, () => ours.newUser())
  return async (count) =>
    Array.from({ length: count }, (_, at) => {
      const { credential } = createSecurityKey({ rpId: 'example.org', origin: issuer })
      const { rpId, credentialId, publicKey } = credential
      return {
        asked: {
          method: 'POST',
          target: `/api/v1/tenants/demo/users/${turn(users, at).id}/authenticators`,
          headers: { apikey: ours.apiKey, 'content-type': 'application/json' },
          body: JSON.stringify({ type: 'fido', friendlyName: 'Blue', metadata: { rpId, credentialId, publicKey } }),
        },
        take: expecting(201),
      }
    })
}

async function sessionsOf({ members }: Ours, event: Carrier): Promise<Asked[]> {
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

const aroundOf =
  (asked: readonly Asked[], take: (reply: Reply) => void): Supply =>
  async (count) =>
    Array.from({ length: count }, (_, at) => ({ asked: turn(asked, at), take }))

// --- The peer -----------------------------------------------------------------------------------------------------

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

// --- The contests -------------------------------------------------------------------------------------------------

export async function openContests(ours: Ours, peers: Peers) {
  const carriers: Carriers = {
    event: byEvent(ours.bundled),
    http: await byGateway(ours.bundled),
    storeless: byEvent(ours.storeless),
  }
  const { event } = carriers
  const opened = {
    memory: byCallback(peers.memory.callback),
    memoryHttp: await byServer(peers.memory.callback),
    dynamodb: byCallback(peers.dynamodb.callback),
    dynamodbHttp: await byServer(peers.dynamodb.callback),
    memoryJwt: byCallback(peers.memoryJwt.callback),
    dynamodbJwt: byCallback(peers.dynamodbJwt.callback),
  }

  type Extent = { jwt?: boolean; http?: boolean }
  const against = (mine: Supply, storeless: Supply, which: keyof PeerSupplies, { jwt, http }: Extent = {}): Side[] => {
    const theirs = (name: string, peer: Peer, carrier: Carrier, isJwt = false) =>
      sideOf(`oidc-provider ${name}`, carrier, peerSupplies(peer, carrier, isJwt)[which])
    return [
      sideOf('keystep, handler', event, mine),
      theirs('on DynamoDB', peers.dynamodb, opened.dynamodb),
      ...(jwt ? [theirs('on DynamoDB, JWT', peers.dynamodbJwt, opened.dynamodbJwt, true)] : []),
      sideOf('keystep, store left out', carriers.storeless, storeless),
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

  const contests: Record<string, () => Promise<Contest>> = {
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
    'webauthn-core': async () => ({
      name: 'webauthn-core',
      title: 'WebAuthn assertion (ES256), checked',
      atOnce: 1,
      sides: assertionSides(),
    }),
    webauthn: async () => {
      const supply = keyAnswersOf(ours, event)
      return {
        name: 'webauthn',
        title: "the key's answer posted → session and code",
        atOnce: 8,
        sides: [
          sideOf('keystep, handler', event, supply),
          sideOf('keystep, store left out', carriers.storeless, repeated(supply, withCode)),
        ],
      }
    },
    import: async () => {
      const supply = await importsOf(ours)
      return {
        name: 'import',
        title: 'import of a raw key by API key',
        atOnce: 8,
        sides: [
          sideOf('keystep, handler', event, supply),
          sideOf('keystep, store left out', carriers.storeless, repeated(supply, expecting(201))),
        ],
      }
    },
    documents: async () => ({
      name: 'documents',
      title: 'JWKS, discovery',
      atOnce: 8,
      sides: [
        sideOf('keystep, JWKS', event, aroundOf([{ method: 'GET', target: '/jwks', headers: {} }], ok)),
        sideOf('oidc-provider, JWKS', opened.memory, aroundOf([{ method: 'GET', target: '/jwks', headers: {} }], ok)),
        sideOf('keystep, discovery', event, aroundOf([{ method: 'GET', target: discovery, headers: {} }], ok)),
        sideOf(
          'oidc-provider, discovery',
          opened.memory,
          aroundOf([{ method: 'GET', target: discovery, headers: {} }], ok),
        ),
      ],
    }),
    'sign-in': async () => {
      let at = 0
      const whole = (name: string, carrier: Carrier, named: boolean): Side =>
        again(name, () => signIn(carrier, turn(ours.members, at++), named))
      return {
        name: 'sign-in',
        title: 'whole FIDO sign-in, request to tokens, one after another',
        atOnce: 1,
        sides: [
          whole('keystep, no user name', event, false),
          whole('keystep, user name first', event, true),
          whole('keystep, no user name, over HTTP', carriers.http, false),
        ],
      }
    },
    floor: async () => ({ name: 'floor', title: 'floor: the AWS SDK alone', atOnce: 8, sides: sdkSides(ours) }),
    crypto: async () => ({ name: 'crypto', title: 'floor: node:crypto alone', atOnce: 1, sides: cryptoSides() }),
  }

  return {
    contests,
    close: async () => {
      for (const carrier of [...Object.values(carriers), ...Object.values(opened)]) await carrier.close()
    },
  }
}

const discovery = '/.well-known/openid-configuration'

// --- Floors -------------------------------------------------------------------------------------------------------

function assertionSides(): Side[] {
  const key = createSecurityKey({ rpId: 'example.org', origin: issuer, counter: 'none' })
  const challenge = newSecret()
  const response = key.sign({ challenge })
  const { authenticatorData, clientDataJSON, signature } = response.response
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  const publicKey = Uint8Array.from(bytes(key.publicKey))
  const spki = createPublicKey(key.pem)
  const must = (holds: boolean) => {
    if (!holds) throw new Error('An assertion was refused')
  }
  return [
    again('keystep, core/fido', async () => {
      const { ok: holds } = await verifyAssertion({
        response,
        credential: key.credential,
        user: { handles: ['somebody'], handleRequired: false },
        challenge,
        origin: issuer,
        rpId: 'example.org',
        userVerification: 'required',
      })
      must(holds)
    }),
    again('@simplewebauthn/server', async () => {
      const { verified } = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: issuer,
        expectedRPID: 'example.org',
        requireUserVerification: true,
        credential: { id: key.credentialId, publicKey, counter: -1 },
      })
      must(verified)
    }),
    again('node:crypto, the signature alone', async () => {
      const hash = createHash('sha256').update(bytes(clientDataJSON)).digest()
      must(verify('sha256', Buffer.concat([bytes(authenticatorData), hash]), spki, bytes(signature)))
    }),
  ]
}

function cryptoSides(): Side[] {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
  const text = Buffer.alloc(400, 'a')
  const signed = sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
  const jwk = ec.privateKey.export({ format: 'jwk' })
  return [
    again('ES256 sign', async () => void sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })),
    again('ES256 verify', async () => {
      verify('sha256', text, { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, signed)
    }),
    again('RS256 sign, 3072 bits', async () => void sign('sha256', text, rsa.privateKey)),
    again('a P-256 key read from its JWK', async () => void createPrivateKey({ key: jwk, format: 'jwk' })),
  ]
}

/** Each command as our steps send it: records of our sizes, and the conditions and tables of a code's exchange. */
function sdkSides({ client, tableNames: { config, people, sessions, audit }, members }: Ours): Side[] {
  const user = turn(members, 0).user.id
  const record = (id: string) => ({ pk: { S: id }, until: { N: '2000000000' }, body: { S: 'a'.repeat(600) } })
  const clientKey = marshall(places.client('app1').key)
  const userKey = marshall(places.user(user).key)
  const put = (table: string, id: string, sk = false) => ({
    Put: {
      TableName: table,
      Item: { ...record(id), ...(sk ? { sk: { S: id } } : {}) },
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    },
  })
  return [
    again('GetItem', async () => {
      await client.send(new GetItemCommand({ TableName: config, Key: clientKey, ConsistentRead: true }))
    }),
    again('BatchGetItem, 2 tables', async () => {
      const wanted = {
        [config]: { Keys: [clientKey], ConsistentRead: true },
        [people]: { Keys: [userKey], ConsistentRead: true },
      }
      await client.send(new BatchGetItemCommand({ RequestItems: wanted }))
    }),
    again('PutItem', async () => {
      await client.send(new PutItemCommand({ TableName: sessions, Item: record(newId()) }))
    }),
    again('TransactWriteItems, 4 of 3 tables', async () => {
      const check = {
        ConditionCheck: {
          TableName: people,
          Key: userKey,
          ConditionExpression: 'attribute_exists(#pk)',
          ExpressionAttributeNames: { '#pk': 'pk' },
        },
      }
      const items = [check, put(sessions, newId()), put(sessions, newId()), put(audit, newId(), true)]
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }))
    }),
  ]
}
