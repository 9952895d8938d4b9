/**
 * Decides whether a browser's answer to a WebAuthn ceremony proves anything. What it is asked is in `ceremony.ts`, how a
 * new key is attested in `attestation.ts`.
 *
 * @simplewebauthn/server is used for what it is good at: signatures and attestation statements. Every other condition
 * of WebAuthn §7.2 is checked here and by name, because the library leaves some to its caller and reports others in an
 * order that hides the truth (a counter, before the signature that vouches for it).
 *
 * Left out, because they need a store: that a challenge is used once and belongs to this login, that a credential id is
 * nobody else's, and the conditional write of the new counter.
 */
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { Credential } from '../authenticator.ts'
import { fromBase64url, toBase64url } from '../base64url.ts'
import { ok, type Refusal, type Result, refuse } from '../result.ts'
import { type CoseKey, readCoseKey } from './cose-key.ts'
import {
  isChallenge,
  isHashOf,
  isRecord,
  longest,
  notBytes,
  readAuthenticatorData,
  readBytes,
  readClientData,
} from './webauthn-data.ts'

export type Assertion = {
  credentialId: string
  /** Absent when the authenticator keeps none, as for a key that is not discoverable. */
  userHandle?: string
  clientDataJSON: Uint8Array<ArrayBuffer>
  authenticatorData: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

const malformed = (at: string, detail: string): Refusal<'malformed-response'> =>
  refuse('malformed-response', { at, detail })

/** Reads an AuthenticationResponseJSON (WebAuthn §5.1.8). Proves nothing: it is for looking the credential up. */
export function parseAssertion(response: unknown): Result<Assertion, 'malformed-response'> {
  if (!isRecord(response)) return malformed('', 'not an object')
  if (response.type !== 'public-key') return malformed('/type', 'not "public-key"')
  const inner = response.response
  if (!isRecord(inner)) return malformed('/response', 'not an object')

  const credentialId = readBytes(response.id, longest.credentialId)
  if (credentialId === undefined) return malformed('/id', notBytes(longest.credentialId))
  if (response.rawId !== response.id) return malformed('/rawId', 'not the same as id')
  const clientDataJSON = readBytes(inner.clientDataJSON, longest.clientDataJSON)
  if (clientDataJSON === undefined) return malformed('/response/clientDataJSON', notBytes(longest.clientDataJSON))
  const authenticatorData = readBytes(inner.authenticatorData, longest.authenticatorData)
  if (authenticatorData === undefined)
    return malformed('/response/authenticatorData', notBytes(longest.authenticatorData))
  const signature = readBytes(inner.signature, longest.signature)
  if (signature === undefined) return malformed('/response/signature', notBytes(longest.signature))

  const assertion = { credentialId: toBase64url(credentialId), clientDataJSON, authenticatorData, signature }
  // Some browsers say "none" with null, some with an empty text, most by leaving it out.
  const handle = inner.userHandle
  if (handle === undefined || handle === null || handle === '') return ok(assertion)
  const userHandle = readBytes(handle, longest.userHandle)
  if (userHandle === undefined) return malformed('/response/userHandle', notBytes(longest.userHandle))
  return ok({ ...assertion, userHandle: toBase64url(userHandle) })
}

/** Whether the answer is to this challenge at all. Says nothing of who gave it. */
export function answersChallenge(response: unknown, challenge: string): boolean {
  const parsed = parseAssertion(response)
  if (!parsed.ok) return true
  try {
    const clientData: unknown = JSON.parse(Buffer.from(parsed.value.clientDataJSON).toString('utf8'))
    return isRecord(clientData) && clientData.challenge === challenge
  } catch {
    return true
  }
}

export type AssertionRefusal =
  | 'malformed-response'
  | 'wrong-credential'
  | 'bad-public-key'
  | 'missing-user-handle'
  | 'wrong-user-handle'
  | 'wrong-type'
  | 'wrong-challenge'
  | 'wrong-origin'
  | 'cross-origin'
  | 'wrong-rp-id'
  | 'user-not-present'
  | 'user-not-verified'
  | 'bad-signature'
  | 'backup-eligibility-changed'
  | 'counter-did-not-advance'

export type AssertionQuestion = {
  /** The JSON that the browser posted, not looked at by anybody yet. */
  response: unknown
  credential: Credential
  user: {
    /** The user handles (base64url) that mean this user: the id here, and the one that the key was imported with. */
    handles: readonly string[]
    /** True when nobody typed a username, so that the handle is all that names the user (WebAuthn §7.2 step 6). */
    handleRequired: boolean
  }
  /** Base64url, as it was sent; of 16 bytes or more. */
  challenge: string
  /** The one origin that logs in here, compared as text. */
  origin: string
  rpId: string
  /** `required`: an answer without it proves nothing. `preferred`: whoever asks looks at what the answer says of it. */
  userVerification: 'required' | 'preferred'
}

export type ProvedAssertion = {
  /** To be stored on the condition that the stored one is still the one that was compared. */
  counter: number
  backupEligible: boolean
  backedUp: boolean
  userVerified: boolean
}

/**
 * Verifies an assertion (WebAuthn §7.2).
 *
 * `backup-eligibility-changed` and `counter-did-not-advance` are only said of an answer whose signature holds, so they
 * are evidence against the key, and a stranger cannot use them to have somebody's key locked.
 */
export async function verifyAssertion(question: AssertionQuestion): Promise<Result<ProvedAssertion, AssertionRefusal>> {
  const { response, credential, user, challenge, origin, rpId } = question
  const parsed = parseAssertion(response)
  if (!parsed.ok) return parsed
  const assertion = parsed.value
  if (assertion.credentialId !== credential.credentialId) return refuse('wrong-credential')

  const key = readCoseKey(fromBase64url(credential.publicKey) ?? new Uint8Array())
  if (!key.ok) return refuse('bad-public-key', key.detail === undefined ? {} : { detail: key.detail })
  if (key.value.algorithm !== credential.algorithm)
    return refuse('bad-public-key', { detail: 'the stored algorithm is not the algorithm of the key' })

  if (assertion.userHandle === undefined) {
    if (user.handleRequired) return refuse('missing-user-handle')
  } else if (!user.handles.includes(assertion.userHandle)) return refuse('wrong-user-handle')

  const client = readClientData(assertion.clientDataJSON)
  if (client === undefined) return malformed('/response/clientDataJSON', 'not client data as a browser writes it')
  if (client.type !== 'webauthn.get') return refuse('wrong-type')
  if (!isChallenge(challenge) || client.challenge !== challenge) return refuse('wrong-challenge')
  if (client.origin !== origin) return refuse('wrong-origin')
  if (client.isFramed) return refuse('cross-origin')

  const data = readAuthenticatorData(assertion.authenticatorData)
  // WebAuthn §6.1: an assertion has no attested credential data.
  if (data === undefined || data.attested !== undefined)
    return malformed('/response/authenticatorData', 'not the authenticator data of an assertion')
  if (credential.rpId !== rpId || !isHashOf(data.rpIdHash, rpId)) return refuse('wrong-rp-id')
  if (!data.userPresent) return refuse('user-not-present')
  if (question.userVerification === 'required' && !data.userVerified) return refuse('user-not-verified')

  if (!(await signatureHolds(assertion, key.value, question))) return refuse('bad-signature')

  if (credential.backupEligible !== undefined && credential.backupEligible !== data.backupEligible)
    return refuse('backup-eligibility-changed')
  // WebAuthn §7.2 step 22. Two zeros mean that the authenticator does not count.
  const { signatureCounter } = credential
  if ((data.counter !== 0 || signatureCounter !== 0) && data.counter <= signatureCounter)
    return refuse('counter-did-not-advance', { detail: `${data.counter} after ${signatureCounter}` })

  const { counter, backupEligible, backedUp, userVerified } = data
  return ok({ counter, backupEligible, backedUp, userVerified })
}

async function signatureHolds(assertion: Assertion, key: CoseKey, question: AssertionQuestion): Promise<boolean> {
  const { credentialId, clientDataJSON, authenticatorData, signature } = assertion
  if (isEcdsa(key) && !isStrictDer(signature)) return false
  try {
    const { verified } = await verifyAuthenticationResponse({
      // Written again from what was parsed, so that the library sees nothing that was not.
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON: toBase64url(clientDataJSON),
          authenticatorData: toBase64url(authenticatorData),
          signature: toBase64url(signature),
        },
        clientExtensionResults: {},
      },
      expectedChallenge: question.challenge,
      expectedOrigin: question.origin,
      expectedRPID: question.rpId,
      requireUserVerification: false,
      // The library compares counters before it looks at the signature. Less than any counter means: never.
      credential: { id: credentialId, publicKey: key.bytes, counter: -1 },
    })
    return verified
  } catch {
    // Whatever else it objects to was checked above, so what is left is a signature that cannot be decoded.
    return false
  }
}

const isEcdsa = ({ algorithm }: CoseKey): boolean => algorithm === -7 || algorithm === -35 || algorithm === -36

/**
 * An ECDSA signature (WebAuthn §6.5.5) in its one DER spelling. The library decodes some dozens of others of the same
 * two numbers (other tags, lengths that lie), so one answer would have many texts.
 */
function isStrictDer(signature: Uint8Array): boolean {
  const isLong = signature[1] === 0x81
  const start = isLong ? 3 : 2
  const length = signature[start - 1] ?? 0
  if (signature[0] !== 0x30 || isLong !== length >= 128 || start + length !== signature.length) return false
  const second = endOfInteger(signature, start)
  return second !== undefined && endOfInteger(signature, second) === signature.length
}

/** Where a positive INTEGER of the shortest form ends; 67 bytes hold the longest one, of P-521. */
function endOfInteger(bytes: Uint8Array, start: number): number | undefined {
  const length = bytes[start + 1] ?? 0
  const [first = 0x80, next = 0] = bytes.subarray(start + 2)
  if (bytes[start] !== 0x02 || length === 0 || length > 67 || first >= 0x80) return undefined
  return first === 0 && next < 0x80 ? undefined : start + 2 + length
}
