/** Keys: what checking an answer takes, the post that brings it, whole sign-ins, and the import of a key. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { verifyAssertion } from '../../src/core/fido/fido.ts'
import { challengeFor, type Login } from '../../src/core/login.ts'
import { newId, newSecret } from '../../src/core/secret.ts'
import type { Write } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { createdLogin, loginIn } from '../../src/store/logins.ts'
import { createSecurityKey } from '../../test/authenticator.ts'
import { issuer } from '../applications.ts'
import { type Cookies, goToKey, keyAnswer, signIn } from '../browser.ts'
import type { Carrier } from '../carriers.ts'
import { again, type Side } from '../measure.ts'
import type { Ours } from '../ours.ts'
import {
  type Contests,
  expecting,
  makeMany,
  type Prepared,
  repeated,
  type Setting,
  type Supply,
  sideOf,
  turn,
  withCode,
} from './contest.ts'

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

export function fidoContests({ ours, carriers }: Setting): Contests {
  const { event } = carriers
  return {
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
  }
}

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
