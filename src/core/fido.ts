/**
 * Decides whether a browser's answer to a WebAuthn ceremony proves anything. What it is asked is in `ceremony.ts`.
 *
 * @simplewebauthn/server is used for what it is good at: signatures and attestation statements. Every other condition
 * of WebAuthn §7.1 and §7.2 is checked here and by name, because the library leaves some to its caller and reports
 * others in an order that hides the truth (a counter, before the signature that vouches for it).
 *
 * Left out, because they need a store: that a challenge is used once and belongs to this login, that a credential id is
 * nobody else's, and the conditional write of the new counter.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import type { Credential } from './authenticator.ts'
import { fromBase64url, toBase64url } from './base64url.ts'
import { type Cbor, type CborMap, readCbor, readFirstCbor } from './cbor.ts'
import { type CoseKey, offeredAlgorithms, readCoseKey } from './cose-key.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from './result.ts'

// --- What the browser sent ----------------------------------------------------------------------------------------

/** Bytes at most, by member. A credential id is at most 1023 bytes and a user handle 64 (WebAuthn §4, §5.4.3). */
const longest = {
  credentialId: 1023,
  userHandle: 64,
  clientDataJSON: 4096,
  authenticatorData: 2048,
  signature: 1024,
  attestationObject: 32_768,
} as const

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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const notBytes = (most: number): string => `not base64url of 1 to ${most} bytes`

function readBytes(value: unknown, most: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== 'string' || value.length > Math.ceil((most * 4) / 3)) return undefined
  const bytes = fromBase64url(value)
  return bytes === undefined || bytes.length === 0 ? undefined : bytes
}

/** The members of CollectedClientData (WebAuthn §5.8.1) that a decision rests on, as the browser wrote them. */
type ClientData = { type: unknown; challenge: unknown; origin: unknown; isFramed: boolean }

/** Parsed from the very bytes whose hash is signed; undefined when they are no JSON object in UTF-8. */
function readClientData(bytes: Uint8Array): ClientData | undefined {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  // Token binding was taken out of WebAuthn before anybody shipped it. An answer that claims it is not a browser's.
  if (Object.hasOwn(json, 'tokenBinding')) return undefined
  const { type, challenge, origin, crossOrigin } = json
  // Only false and absence mean "not in somebody else's frame". Any other value fails closed.
  const isFramed = (crossOrigin !== undefined && crossOrigin !== false) || Object.hasOwn(json, 'topOrigin')
  return { type, challenge, origin, isFramed }
}

type AuthenticatorData = {
  rpIdHash: Uint8Array
  userPresent: boolean
  userVerified: boolean
  backupEligible: boolean
  backedUp: boolean
  counter: number
  attested?: { aaguid: Uint8Array; credentialId: Uint8Array<ArrayBuffer>; publicKey: Uint8Array<ArrayBuffer> }
}

/** Authenticator data (WebAuthn §6.1), to its last byte; undefined when a length or a flag does not add up. */
function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | undefined {
  const flags = bytes[32]
  if (flags === undefined || bytes.length < 37) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data: AuthenticatorData = {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: (flags & 0x01) !== 0,
    userVerified: (flags & 0x04) !== 0,
    backupEligible: (flags & 0x08) !== 0,
    backedUp: (flags & 0x10) !== 0,
    counter: view.getUint32(33),
  }
  // WebAuthn §6.1.3: what may not be backed up cannot be backed up.
  if (data.backedUp && !data.backupEligible) return undefined

  let end = 37
  if ((flags & 0x40) !== 0) {
    if (bytes.length < 55) return undefined
    const keyStart = 55 + view.getUint16(53)
    const key = readFirstCbor(bytes, keyStart, 'any-order')
    if (!key.ok) return undefined
    end = key.value.end
    data.attested = {
      aaguid: bytes.subarray(37, 53),
      credentialId: Uint8Array.from(bytes.subarray(55, keyStart)),
      publicKey: Uint8Array.from(bytes.subarray(keyStart, end)),
    }
  }
  if ((flags & 0x80) !== 0) {
    const extensions = readFirstCbor(bytes, end, 'any-order')
    if (!extensions.ok || !(extensions.value.value instanceof Map)) return undefined
    end = extensions.value.end
  }
  return end === bytes.length ? data : undefined
}

const isHashOf = (hash: Uint8Array, rpId: string): boolean => createHash('sha256').update(rpId).digest().equals(hash)

/** 16 bytes are the least that WebAuthn §13.4.3 allows. A shorter one is a caller's mistake, and fails closed. */
const isChallenge = (challenge: string): boolean => (fromBase64url(challenge)?.length ?? 0) >= 16

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

// --- Logging in ---------------------------------------------------------------------------------------------------

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
}

export type ProvedAssertion = {
  /** To be stored on the condition that the stored one is still the one that was compared. */
  counter: number
  backupEligible: boolean
  backedUp: boolean
  userVerified: true
}

/**
 * Verifies an assertion (WebAuthn §7.2). User verification is always required.
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
  if (!data.userVerified) return refuse('user-not-verified')

  if (!(await signatureHolds(assertion, key.value, question))) return refuse('bad-signature')

  if (credential.backupEligible !== undefined && credential.backupEligible !== data.backupEligible)
    return refuse('backup-eligibility-changed')
  // WebAuthn §7.2 step 22. Two zeros mean that the authenticator does not count.
  const { signatureCounter } = credential
  if ((data.counter !== 0 || signatureCounter !== 0) && data.counter <= signatureCounter)
    return refuse('counter-did-not-advance', { detail: `${data.counter} after ${signatureCounter}` })

  const { counter, backupEligible, backedUp } = data
  return ok({ counter, backupEligible, backedUp, userVerified: true })
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
      requireUserVerification: true,
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

// --- Registering --------------------------------------------------------------------------------------------------

export type RegistrationRefusal =
  | 'malformed'
  | 'attestation-invalid'
  | 'rp-id-mismatch'
  | 'unsupported-algorithm'
  | 'bad-public-key'

export type RegistrationQuestion = {
  attestation: { clientDataJSON: string; attestationObject: string }
  /** Base64url, as it was handed out; of 16 bytes or more. */
  challenge: string
  /** The origins at which a Credential Management System may enrol keys, compared as text. */
  origins: readonly string[]
  rpIds: readonly string[]
  /** Certificates (PEM) of makers whose word on a model counts. */
  roots: readonly string[]
  now: Seconds
}

export type AttestedCredential = Credential & {
  attestationFormat: string
  /**
   * `self`: signed by the new key, so its holder was there, but the AAGUID is only what it says of itself.
   * `unanchored`: signed with a certificate that no trusted maker stands for. Anybody can make one: no better than self.
   * `certified`: signed with a certificate that leads to one of `roots`, and whose AAGUID, where it names one, is the
   * same.
   */
  attestationType: 'self' | 'unanchored' | 'certified'
}

/** Makers have a root, and one or two authorities below it. */
const longestChain = 5

const invalid = (detail: string): Refusal<'attestation-invalid'> => refuse('attestation-invalid', { detail })

/**
 * Verifies a registration that a Credential Management System relays (WebAuthn §7.1), in full.
 *
 * Only the format `packed` is verified: it is what roaming authenticators speak. `none` signs nothing, so neither the
 * challenge nor the key is vouched for and the import would be `attested` by nobody. `fido-u2f` has no user
 * verification. The platforms' formats (`tpm`, `android-key`, `apple`) make the library fetch revocation lists from
 * addresses in the certificates, and a rule here reaches no network.
 */
export async function verifyRegistration(
  question: RegistrationQuestion,
): Promise<Result<AttestedCredential, RegistrationRefusal>> {
  const { attestation, challenge, origins, rpIds } = question
  const clientDataJSON = readBytes(attestation.clientDataJSON, longest.clientDataJSON)
  if (clientDataJSON === undefined)
    return refuse('malformed', { at: '/clientDataJSON', detail: notBytes(longest.clientDataJSON) })
  const attestationObject = readBytes(attestation.attestationObject, longest.attestationObject)
  if (attestationObject === undefined)
    return refuse('malformed', { at: '/attestationObject', detail: notBytes(longest.attestationObject) })

  const client = readClientData(clientDataJSON)
  if (client === undefined)
    return refuse('malformed', { at: '/clientDataJSON', detail: 'not client data as a browser writes it' })
  if (client.type !== 'webauthn.create') return invalid('type is not webauthn.create')
  if (!isChallenge(challenge) || client.challenge !== challenge)
    return invalid('the challenge is not the one handed out')
  const origin = origins.find((allowed) => allowed === client.origin)
  if (origin === undefined) return invalid('the origin is not one that may enrol keys')
  if (client.isFramed) return invalid('the ceremony ran inside a frame of another origin')

  const object = readAttestationObject(attestationObject)
  if (!object.ok) return object
  const { format, statement, data, attested } = object.value
  const rpId = rpIds.find((allowed) => isHashOf(data.rpIdHash, allowed))
  if (rpId === undefined) return refuse('rp-id-mismatch', { detail: 'the RP ID hash is that of no allowed RP ID' })
  if (!data.userPresent || !data.userVerified) return invalid('the user was not present and verified')

  const key = readCoseKey(attested.publicKey)
  if (!key.ok) return key
  if (format === 'none') return invalid('format none signs nothing; import the public key without an attestation')
  if (format !== 'packed') return invalid(`format ${format.slice(0, 40)}; supported: packed`)
  // WebAuthn §8.2: a self attestation is made with the algorithm of the key. The library takes any.
  const isSelf = !statement.has('x5c')
  if (isSelf && statement.get('alg') !== key.value.algorithm)
    return invalid('the algorithm of the self attestation is not that of the key')

  const credentialId = toBase64url(attested.credentialId)
  const accepted = await attestationHolds(credentialId, origin, rpId, question)
  if (!accepted.ok) return accepted
  return ok({
    rpId,
    credentialId,
    publicKey: toBase64url(key.value.bytes),
    algorithm: key.value.algorithm,
    signatureCounter: data.counter,
    backupEligible: data.backupEligible,
    aaguid: uuidOf(attested.aaguid),
    attestationFormat: format,
    attestationType: isSelf ? 'self' : isAnchored(statement.get('x5c'), question) ? 'certified' : 'unanchored',
  })
}

/** Whether each certificate is signed by the next one and the last by a root, all of them in their time. */
function isAnchored(x5c: Cbor | undefined, { roots, now }: RegistrationQuestion): boolean {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > longestChain || roots.length === 0) return false
  try {
    const chain = x5c.map((bytes) => new X509Certificate(bytes instanceof Uint8Array ? bytes : ''))
    const anchors = roots.map((pem) => new X509Certificate(pem))
    const isIssued = (by: X509Certificate | undefined, it: X509Certificate | undefined): boolean =>
      by !== undefined && it !== undefined && by.ca && it.checkIssued(by) && it.verify(by.publicKey)
    const last = chain.at(-1)
    const anchor = anchors.find((root) => root.fingerprint256 === last?.fingerprint256 || isIssued(root, last))
    const links = chain.slice(1).every((issuer, at) => isIssued(issuer, chain[at]))
    const inTime = [...chain, ...(anchor === undefined ? [] : [anchor])].every(
      ({ validFromDate, validToDate }) => validFromDate.getTime() <= now * 1000 && now * 1000 <= validToDate.getTime(),
    )
    return anchor !== undefined && links && inTime
  } catch {
    // Not certificates at all.
    return false
  }
}

type AttestationObject = {
  format: string
  statement: CborMap
  data: AuthenticatorData
  attested: NonNullable<AuthenticatorData['attested']>
}

/** WebAuthn §6.5.4: exactly fmt, attStmt and authData. */
function readAttestationObject(bytes: Uint8Array): Result<AttestationObject, 'malformed'> {
  const reject = (detail: string) => refuse('malformed', { at: '/attestationObject', detail })
  const cbor = readCbor(bytes, 'any-order')
  if (!cbor.ok) return reject(`not CBOR as CTAP writes it: ${cbor.detail}`)
  if (!(cbor.value instanceof Map) || cbor.value.size !== 3) return reject('not a map of fmt, attStmt and authData')
  const format = cbor.value.get('fmt')
  const statement = cbor.value.get('attStmt')
  const authData = cbor.value.get('authData')
  if (typeof format !== 'string' || !(statement instanceof Map) || !(authData instanceof Uint8Array))
    return reject('not a map of fmt, attStmt and authData')
  const data = readAuthenticatorData(authData)
  const attested = data?.attested
  if (data === undefined || attested === undefined) return reject('authData is not that of a registration')
  const { length } = attested.credentialId
  if (length === 0 || length > longest.credentialId) return reject('a credential id of no bytes, or of more than 1023')
  return ok({ format, statement, data, attested })
}

async function attestationHolds(
  id: string,
  origin: string,
  rpId: string,
  { attestation, challenge }: RegistrationQuestion,
): Promise<Result<true, 'attestation-invalid'>> {
  const { clientDataJSON, attestationObject } = attestation
  try {
    const { verified } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserPresence: true,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...offeredAlgorithms],
    })
    return verified ? ok(true) : invalid('the attestation signature does not hold')
  } catch (error) {
    return invalid(`the attestation statement was refused: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}

const uuidOf = (aaguid: Uint8Array): string =>
  Buffer.from(aaguid)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
