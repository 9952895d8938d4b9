/**
 * Decides whether a new key is what its attestation says: a registration that a Credential Management System relays
 * (WebAuthn §7.1).
 *
 * As in `fido.ts`, the library checks the statement's signature, and every other condition is checked here and by name.
 */
import { X509Certificate } from 'node:crypto'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import type { Credential } from '../authenticator.ts'
import { toBase64url } from '../base64url.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from '../result.ts'
import { type Cbor, type CborMap, readCbor } from './cbor.ts'
import { offeredAlgorithms, readCoseKey } from './cose-key.ts'
import {
  type AuthenticatorData,
  isChallenge,
  isHashOf,
  longest,
  notBytes,
  readAuthenticatorData,
  readBytes,
  readClientData,
} from './webauthn-data.ts'

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
  /**
   * Whether a statement of a format that is not verified here, or none at all, will do. Only where the person holds the key
   * at their own browser and answers a challenge of ours: then nothing is taken from it but the key.
   */
  unattested?: 'accepted' | 'refused'
}

export type AttestedCredential = Credential & {
  attestationFormat: string
  /**
   * `self`: signed by the new key, so its holder was there, but the AAGUID is only what it says of itself.
   * `unanchored`: signed with a certificate that no trusted maker stands for. Anybody can make one: no better than self.
   * `none`: nothing that was verified here stands for the key.
   * `certified`: signed with a certificate that leads to one of `roots`, and whose AAGUID, where it names one, is the
   * same.
   */
  attestationType: 'none' | 'self' | 'unanchored' | 'certified'
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
  const credentialId = toBase64url(attested.credentialId)
  const own = {
    rpId,
    credentialId,
    publicKey: toBase64url(key.value.bytes),
    algorithm: key.value.algorithm,
    signatureCounter: data.counter,
    backupEligible: data.backupEligible,
    aaguid: uuidOf(attested.aaguid),
    attestationFormat: format,
  }
  if (format !== 'packed' && question.unattested === 'accepted') return ok({ ...own, attestationType: 'none' })
  if (format === 'none') return invalid('format none signs nothing; import the public key without an attestation')
  if (format !== 'packed') return invalid(`format ${format.slice(0, 40)}; supported: packed`)
  // WebAuthn §8.2: a self attestation is made with the algorithm of the key. The library takes any.
  const isSelf = !statement.has('x5c')
  if (isSelf && statement.get('alg') !== key.value.algorithm)
    return invalid('the algorithm of the self attestation is not that of the key')

  const accepted = await attestationHolds(credentialId, origin, rpId, question)
  if (!accepted.ok) return accepted
  return ok({
    ...own,
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
