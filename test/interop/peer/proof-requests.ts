/** DPoP (RFC 9449): each proof with one thing wrong, at the token endpoint and at userinfo; and clients that must. */
import { calculateJwkThumbprint } from 'jose'
import { dpopKey } from '../../dpop.ts'
import { seenIn } from './answer.ts'
import { userinfo } from './bearer-requests.ts'
import {
  type AppName,
  type Case,
  type Cases,
  type Change,
  formOf,
  type How,
  newCode,
  newTokens,
  offline,
  proofKey,
  redeem,
  send,
} from './sending.ts'
import type { Side } from './side.ts'

type Proof = NonNullable<How['proof']>

/** The same key for every case, so that none waits for one. */
const another = await dpopKey()
const rsa = await dpopKey('RS256')

const proven =
  (proof: Proof | ((side: Side) => Proof), { asked = {}, app = 'web' }: { asked?: Change; app?: AppName } = {}): Case =>
  async (side) => {
    const its = typeof proof === 'function' ? proof(side) : proof
    return seenIn(await redeem(side, await newCode(side, asked, app), {}, { proof: its }, app))
  }

const atToken: Cases = {
  'proof: as usual': proven({}),
  'proof: of a public client, with offline_access': proven({}, { asked: offline, app: 'spa' }),
  'proof: by RS256': proven({ by: rsa }),
  'proof: without a nonce': proven({ withoutNonce: true }),
  'proof: another nonce': proven({ claims: { nonce: 'something' } }),
  'proof: is no JWT': proven({ text: 'something' }),
  'proof: two in one header': async (side) => {
    const url = side.metadata.token_endpoint
    const one = await proofKey.proof({ method: 'POST', url, at: side.now() })
    return proven({ text: `${one}, ${one}` })(side)
  },
  'proof: another typ': proven({ header: { typ: 'JWT' } }),
  'proof: no typ': proven({ header: { typ: undefined } }),
  'proof: alg=none': proven(() => ({
    text: `${Buffer.from('{"typ":"dpop+jwt","alg":"none"}').toString('base64url')}.e30.`,
  })),
  'proof: no jwk': proven({ header: { jwk: undefined } }),
  'proof: jwk of another key': proven({ header: { jwk: another.jwk } }),
  'proof: jwk with the private key': proven({ header: { jwk: { ...proofKey.jwk, d: 'AAAA' } } }),
  'proof: no jti': proven({ claims: { jti: undefined } }),
  'proof: another htm': proven({ claims: { htm: 'GET' } }),
  'proof: no htm': proven({ claims: { htm: undefined } }),
  'proof: another htu': proven({ claims: { htu: 'https://elsewhere.example/token' } }),
  'proof: htu of another endpoint': proven({ claims: { htu: 'https://id.example.org/userinfo' } }),
  'proof: htu with a query': proven({ claims: { htu: 'https://id.example.org/token?more=1' } }),
  'proof: htu in capitals': proven({ claims: { htu: 'HTTPS://ID.EXAMPLE.ORG/token' } }),
  'proof: no htu': proven({ claims: { htu: undefined } }),
  'proof: no iat': proven({ claims: { iat: undefined } }),
  'proof: iat an hour ago': proven((side) => ({ at: side.now() - 3600 })),
  'proof: iat an hour ahead': proven((side) => ({ at: side.now() + 3600 })),
  'proof: twice': async (side) => {
    await proven({ claims: { jti: 'the same' } })(side)
    return proven({ claims: { jti: 'the same' } })(side)
  },
  'proof: of the key of dpop_jkt': async (side) =>
    proven({}, { asked: { dpop_jkt: await calculateJwkThumbprint(proofKey.jwk) } })(side),
  'proof: of another key than dpop_jkt': async (side) =>
    proven({ by: another }, { asked: { dpop_jkt: await calculateJwkThumbprint(proofKey.jwk) } })(side),
  'proof: none, where dpop_jkt was asked for': async (side) => {
    const asked = { dpop_jkt: await calculateJwkThumbprint(proofKey.jwk) }
    return seenIn(await redeem(side, await newCode(side, asked)))
  },
  'proof: none, of a client that must': async (side) =>
    seenIn(await redeem(side, await newCode(side, {}, 'bound'), {}, {}, 'bound')),
  'proof: of a client that must': proven({}, { app: 'bound' }),
}

const refreshed =
  (proof: Proof | undefined, app: AppName): Case =>
  async (side) => {
    const { refresh_token } = await newTokens(side, offline, app, { proof: {} })
    const form = formOf({ grant_type: 'refresh_token', refresh_token })
    return seenIn(await send(side, 'token', app, form, proof === undefined ? {} : { proof }))
  }

const atRefresh: Cases = {
  'proof: of a public client, refreshing': refreshed({}, 'spa'),
  'proof: of another key, refreshing as a public client': refreshed({ by: another }, 'spa'),
  'proof: none, refreshing as a public client': refreshed(undefined, 'spa'),
  'proof: of another key, refreshing as a client that authenticates': refreshed({ by: another }, 'web'),
  'proof: client_credentials': async (side) =>
    seenIn(
      await send(
        side,
        'token',
        'web',
        formOf({ grant_type: 'client_credentials', scope: 'read', resource: 'https://api.example.org' }),
        { proof: {} },
      ),
    ),
}

/** A bound token, shown with a proof of its own. */
const shown =
  (proof: Proof | undefined, scheme = 'DPoP'): Case =>
  async (side) => {
    const { access_token } = await newTokens(side, {}, 'web', { proof: {} })
    return userinfo(side, { token: access_token, scheme, ...(proof === undefined ? {} : { proof }) })
  }

const atUserinfo: Cases = {
  'userinfo: DPoP, as usual': shown({}),
  'userinfo: DPoP, without a nonce': shown({ withoutNonce: true }),
  'userinfo: DPoP, no proof': shown(undefined),
  'userinfo: DPoP, no ath': shown({ claims: { ath: undefined } }),
  'userinfo: DPoP, another ath': shown({ claims: { ath: 'something' } }),
  'userinfo: DPoP, of another key': shown({ by: another }),
  'userinfo: DPoP, another htm': shown({ claims: { htm: 'POST' } }),
  'userinfo: DPoP, is no JWT': shown({ text: 'something' }),
  'userinfo: DPoP, a proof twice': async (side) => {
    await shown({ claims: { jti: 'the same at userinfo' } })(side)
    return shown({ claims: { jti: 'the same at userinfo' } })(side)
  },
  'userinfo: DPoP, the token as Bearer': shown(undefined, 'Bearer'),
  'userinfo: DPoP, the token as Bearer with a proof': shown({}, 'Bearer'),
  'userinfo: DPoP, a token that is bound to nothing': async (side) => {
    const { access_token } = await newTokens(side)
    return userinfo(side, { token: access_token, scheme: 'DPoP', proof: {} })
  },
}

export const proofRequests: Cases = { ...atToken, ...atRefresh, ...atUserinfo }
