/**
 * A security key in software: registers, signs, and lies where a test asks it to.
 *
 *     const key = createSecurityKey({ rpId: 'login.example.com', origin: 'https://login.example.com', algorithm: -7 })
 *     key.credential                                   // what an import would store
 *     key.sign({ challenge })                          // what a browser would post
 *     key.sign({ challenge, crossOrigin: true })       // the same, with one thing wrong, and a signature that holds
 *     key.register({ challenge })                      // what a Credential Management System would relay
 *
 * Everything signed is signed truly: an override changes the member first and is signed after, so what a test sees
 * refused is the member and not the signature. `tamper` is for the opposite.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign as signBytes } from 'node:crypto'
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { Credential } from '../src/core/authenticator.ts'
import { toBase64url } from '../src/core/base64url.ts'
import { type Cbor, writeCbor } from '../src/core/fido/cbor.ts'
import { type CoseAlgorithm, coseKeyFromPem } from '../src/core/fido/cose-key.ts'

export type SecurityKeyOptions = {
  rpId: string
  origin: string
  /** COSE algorithm; -7 (ES256) unless said. */
  algorithm?: CoseAlgorithm
  /** A synced passkey rather than a hardware key: sets BE, and BS with it. */
  backupEligible?: boolean
  /** Base64url. A discoverable key sends it with each answer, as CTAP has it; another key never does. */
  userHandle?: string
  discoverable?: boolean
  /** Where the counter starts; `'none'` for an authenticator that always says 0. */
  counter?: number | 'none'
  /** As a UUID. */
  aaguid?: string
  /** How `register` attests; `packed-self` unless said. */
  /** `packed-x5c-forged`: with a certificate that somebody made themselves. */
  attestation?: 'packed-self' | 'packed-x5c' | 'packed-x5c-forged' | 'none'
}

/** Flags of the authenticator data (WebAuthn §6.1); what is left out stays as an honest key would set it. */
type Flags = {
  userPresent?: boolean
  userVerified?: boolean
  backupEligible?: boolean
  backedUp?: boolean
  attestedData?: boolean
  extensionData?: boolean
}

/** What may be wrong with a ceremony. Everything but `challenge` is optional and honest when left out. */
type Ceremony = {
  challenge: string
  origin?: string
  rpId?: string
  type?: string
  /** Whatever the member should hold; a test may want the text "true". */
  crossOrigin?: unknown
  topOrigin?: string
  /** More members of the client data. */
  clientData?: Record<string, unknown>
  flags?: Flags
  counter?: number
}

export type SigningOverrides = Ceremony & {
  /** null leaves it out. */
  userHandle?: string | null
  id?: string
  rawId?: string
  /** Bytes after the 37 of the authenticator data: extension outputs, or rubbish. Does not set a flag by itself. */
  trailing?: Uint8Array
}

export type RegistrationOverrides = Ceremony & {
  /** COSE_Key bytes to register instead of the key's own. The attestation is still signed with the own key. */
  publicKey?: Uint8Array
  /** The `alg` of the attestation statement. */
  statementAlgorithm?: number
  format?: string
  credentialId?: Uint8Array
  /** The AAGUID that the attestation certificate names. */
  certifiedAaguid?: string
}

export type SecurityKey = ReturnType<typeof createSecurityKey>

export function createSecurityKey(options: SecurityKeyOptions) {
  const { rpId, origin, algorithm = -7, userHandle, attestation = 'packed-self' } = options
  const aaguid = options.aaguid ?? '5ca1ab1e-0000-4000-8000-00000000f1d0'
  const pair = generatePair(algorithm)
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const cose = coseKeyFromPem(pem)
  if (!cose.ok) throw new Error(`a new key was refused: ${cose.reason}`)
  const credentialIdBytes = randomBytes(32)
  const credentialId = toBase64url(credentialIdBytes)
  const discoverable = options.discoverable ?? userHandle !== undefined
  const backupEligible = options.backupEligible ?? false
  const counts = options.counter !== 'none'
  const start = options.counter === 'none' ? 0 : (options.counter ?? 0)
  let counter = start

  const next = () => (counts ? ++counter : 0)

  const clientDataOf = (defaultType: string, ceremony: Ceremony): Buffer => {
    const { challenge, type = defaultType, crossOrigin = false, topOrigin } = ceremony
    const members = { type, challenge, origin: ceremony.origin ?? origin, crossOrigin }
    return Buffer.from(
      JSON.stringify({ ...members, ...(topOrigin === undefined ? {} : { topOrigin }), ...ceremony.clientData }),
    )
  }

  const headOf = (ceremony: Ceremony, attestedData: boolean): Buffer => {
    const flags = { userPresent: true, userVerified: true, attestedData, extensionData: false, ...ceremony.flags }
    const eligible = flags.backupEligible ?? backupEligible
    const count = Buffer.alloc(4)
    count.writeUInt32BE(ceremony.counter ?? next())
    return Buffer.concat([
      sha256(Buffer.from(ceremony.rpId ?? rpId)),
      Uint8Array.of(
        (flags.userPresent ? 0x01 : 0) |
          (flags.userVerified ? 0x04 : 0) |
          (eligible ? 0x08 : 0) |
          ((flags.backedUp ?? eligible) ? 0x10 : 0) |
          (flags.attestedData ? 0x40 : 0) |
          (flags.extensionData ? 0x80 : 0),
      ),
      count,
    ])
  }

  /** What a browser posts after `navigator.credentials.get`. The counter goes up unless `counter` sets it. */
  const sign = (overrides: SigningOverrides): AuthenticationResponseJSON => {
    const clientData = clientDataOf('webauthn.get', overrides)
    const authenticatorData = Buffer.concat([headOf(overrides, false), overrides.trailing ?? new Uint8Array()])
    const signature = signWith(pair.privateKey, algorithm, Buffer.concat([authenticatorData, sha256(clientData)]))
    const own = discoverable ? userHandle : undefined
    const handle = overrides.userHandle === undefined ? own : (overrides.userHandle ?? undefined)
    const id = overrides.id ?? credentialId
    return {
      id,
      rawId: overrides.rawId ?? id,
      type: 'public-key',
      authenticatorAttachment: 'cross-platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: toBase64url(clientData),
        authenticatorData: toBase64url(authenticatorData),
        signature: toBase64url(signature),
        ...(handle === undefined ? {} : { userHandle: handle }),
      },
    }
  }

  /** What a Credential Management System relays after `navigator.credentials.create`. The counter stays. */
  const register = (overrides: RegistrationOverrides): { clientDataJSON: string; attestationObject: string } => {
    const clientData = clientDataOf('webauthn.create', overrides)
    const id = overrides.credentialId ?? credentialIdBytes
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const authData = Buffer.concat([
      headOf({ counter: start, ...overrides }, true),
      uuidBytes(aaguid),
      length,
      id,
      overrides.publicKey ?? cose.value,
    ])
    const signed = Buffer.concat([authData, sha256(clientData)])
    const statement = attest(signed, overrides)
    const object = new Map<string, Cbor>([
      ['fmt', overrides.format ?? (attestation === 'none' ? 'none' : 'packed')],
      ['attStmt', statement],
      ['authData', Uint8Array.from(authData)],
    ])
    return { clientDataJSON: toBase64url(clientData), attestationObject: toBase64url(writeCbor(object)) }
  }

  const attest = (signed: Buffer, overrides: RegistrationOverrides): Map<string, Cbor> => {
    if (attestation === 'none') return new Map()
    if (attestation === 'packed-self')
      return new Map<string, Cbor>([
        ['alg', overrides.statementAlgorithm ?? algorithm],
        ['sig', signWith(pair.privateKey, algorithm, signed)],
      ])
    const maker = generatePair(-7)
    return new Map<string, Cbor>([
      ['alg', overrides.statementAlgorithm ?? -7],
      ['sig', signWith(maker.privateKey, -7, signed)],
      [
        'x5c',
        [
          attestationCertificate(
            maker,
            overrides.certifiedAaguid ?? aaguid,
            attestation === 'packed-x5c-forged' ? generatePair(-7) : makersRoot(),
          ),
        ],
      ],
    ])
  }

  /** The key as an import stores it, in the form that rules take. */
  const credential: Credential = {
    rpId,
    credentialId,
    publicKey: toBase64url(cose.value),
    algorithm,
    signatureCounter: start,
    backupEligible,
    discoverable,
    aaguid,
    ...(userHandle === undefined ? {} : { userHandle }),
  }

  return {
    credential,
    credentialId,
    /** COSE_Key, base64url. */
    publicKey: credential.publicKey,
    /** SPKI. */
    pem,
    /** PKCS #8, base64 with padding, as the browser's WebAuthn.addCredential (CDP) takes it. */
    privateKeyPkcs8: pair.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    sign,
    register,
  }
}

/** One byte of one member of an answer changed after it was signed. `index` counts from the start, around the end. */
export function tamper(
  answer: AuthenticationResponseJSON,
  member: 'clientDataJSON' | 'authenticatorData' | 'signature',
  { index, xor }: { index: number; xor: number },
): AuthenticationResponseJSON {
  const bytes = Buffer.from(answer.response[member], 'base64url')
  const at = index % bytes.length
  bytes.writeUInt8(bytes.readUInt8(at) ^ xor, at)
  return { ...answer, response: { ...answer.response, [member]: toBase64url(bytes) } }
}

type Pair = { publicKey: KeyObject; privateKey: KeyObject }

function generatePair(algorithm: CoseAlgorithm): Pair {
  switch (algorithm) {
    case -7:
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case -35:
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case -36:
      return generateKeyPairSync('ec', { namedCurve: 'P-521' })
    case -8:
      return generateKeyPairSync('ed25519')
    case -257:
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
  }
}

const hashOf: Record<CoseAlgorithm, string | null> = {
  [-7]: 'sha256',
  [-35]: 'sha384',
  [-36]: 'sha512',
  [-8]: null,
  [-257]: 'sha256',
}

const signWith = (key: KeyObject, algorithm: CoseAlgorithm, bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(signBytes(hashOf[algorithm], bytes, key))

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')

// --- A maker's certificate (WebAuthn §8.2.1), signed by itself ----------------------------------------------------

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Uint8Array.of(tag, ...length), content])
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents)
const oid = (encoded: string): Buffer => der(0x06, hex(encoded))

const nameOf = (parts: readonly (readonly [type: string, value: string])[]): Buffer =>
  sequence(...parts.map(([type, value]) => der(0x31, sequence(oid(type), der(0x0c, Buffer.from(value))))))

const makerName = nameOf([
  ['550406', 'SE'],
  ['55040a', 'Keystep tests'],
  ['550403', 'The maker of security keys in software'],
])

type Issued = { name: Buffer; publicKey: KeyObject; isAuthority: boolean; extensions: Buffer[] }

/** An X.509 certificate that the maker's root signs. */
function certificate({ name, publicKey, isAuthority, extensions }: Issued, root: Pair): Uint8Array<ArrayBuffer> {
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
  const time = (text: string): Buffer => der(0x17, Buffer.from(text))
  const authority = isAuthority ? sequence(der(0x01, hex('ff'))) : sequence()
  const basicConstraints = sequence(oid('551d13'), der(0x01, hex('ff')), der(0x04, authority))
  const body = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, hex('01')),
    ecdsaWithSha256,
    makerName,
    sequence(time('200101000000Z'), time('491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(basicConstraints, ...extensions)),
  )
  const signature = der(0x03, hex('00'), signBytes('sha256', body, root.privateKey))
  return Uint8Array.from(sequence(body, ecdsaWithSha256, signature))
}

let maker: Pair | undefined
const makersRoot = (): Pair => {
  maker ??= generatePair(-7)
  return maker
}

/** The maker's root certificate (PEM): who trusts it trusts the models that its keys are certified to be. */
export function attestationRoot(): string {
  const root = makersRoot()
  const issued = { name: makerName, publicKey: root.publicKey, isAuthority: true, extensions: [] }
  const base64 = Buffer.from(certificate(issued, root)).toString('base64')
  // In whole lines: an empty one, where the last is full, is no PEM.
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`
}

function attestationCertificate({ publicKey }: Pair, aaguid: string, root: Pair): Uint8Array<ArrayBuffer> {
  const name = nameOf([
    ['550406', 'SE'],
    ['55040a', 'Keystep tests'],
    ['55040b', 'Authenticator Attestation'],
    ['550403', 'A security key in software'],
  ])
  const model = sequence(oid('2b0601040182e51c010104'), der(0x04, der(0x04, uuidBytes(aaguid))))
  return certificate({ name, publicKey, isAuthority: false, extensions: [model] }, root)
}
