/**
 * A small KMS: the calls that we make, in KMS's own protocol over HTTP, with real keys. Where it is, the SDK learns from
 * `AWS_ENDPOINT_URL_KMS`, which is set while it runs.
 *
 *     const kms = await startKms()
 *     kms.calls                     // ['CreateKey', 'GetPublicKey', …]
 *     await kms.close()
 *
 * What KMS refuses, it refuses by the same name. Left out: rights, of which test/lib has a list, and who calls.
 */
import { execFile } from 'node:child_process'
import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

type Tag = { TagKey: string; TagValue: string }

/** As KMS keeps it; `publicKey` is absent from a symmetric one. */
type Kept = {
  arn: string
  spec: string
  usage: string
  tags: Tag[]
  state: 'Enabled' | 'PendingDeletion'
  privateKey?: KeyObject
  publicKey?: KeyObject
  secret?: Buffer
}

class Refused extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

type Input = Record<string, unknown> & { KeyId?: string }

/** Which algorithms a key of a spec signs by. RSA of 2048 bits, whatever is asked for: it is made anew each time. */
const specs: Record<string, { make: () => { publicKey: KeyObject; privateKey: KeyObject }; algorithms: string[] }> = {
  RSA_3072: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    algorithms: ['RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PSS_SHA_256'],
  },
  ECC_NIST_P256: { make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), algorithms: ['ECDSA_SHA_256'] },
  ECC_NIST_EDWARDS25519: { make: () => generateKeyPairSync('ed25519'), algorithms: ['ED25519_SHA_512'] },
}

/** Of openssl, which signs a hash as it is: node:crypto hashes what it is given. */
const ofDigest: Record<string, string[]> = {
  RSASSA_PKCS1_V1_5_SHA_256: ['digest:sha256'],
  RSASSA_PSS_SHA_256: ['digest:sha256', 'rsa_padding_mode:pss', 'rsa_pss_saltlen:digest'],
  ECDSA_SHA_256: [],
}

export type Kms = Awaited<ReturnType<typeof startKms>>

export async function startKms() {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-kms-'))
  const keys = new Map<string, Kept>()
  const calls: string[] = []
  const trouble = { unknown: 0, slow: 0 }

  const kept = (id = ''): Kept => {
    const key = keys.get(id)
    if (key === undefined) throw new Refused('NotFoundException', `Key '${id}' does not exist`)
    return key
  }

  const usable = (id: string | undefined): Kept => {
    const key = kept(id)
    if (key.state !== 'Enabled') throw new Refused('KMSInvalidStateException', `${key.arn} is pending deletion.`)
    return key
  }

  const operations: Record<string, (input: Input) => unknown> = {
    async CreateKey({ KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT', Tags = [] }) {
      const spec = String(KeySpec)
      await new Promise((resolve) => setTimeout(resolve, trouble.slow))
      const arn = `arn:aws:kms:eu-central-1:111122223333:key/${randomUUID()}`
      const made = specs[spec]?.make() ?? { secret: randomBytes(32) }
      keys.set(arn, { arn, spec, usage: String(KeyUsage), tags: Tags as Tag[], state: 'Enabled', ...made })
      return { KeyMetadata: { KeyId: arn.split('/')[1], Arn: arn, KeySpec: spec, KeyState: 'Enabled' } }
    },

    GetPublicKey({ KeyId }) {
      if (trouble.unknown-- > 0) throw new Refused('NotFoundException', `Key '${KeyId}' does not exist`)
      const { arn, spec, usage, publicKey } = usable(KeyId)
      if (publicKey === undefined) throw new Refused('UnsupportedOperationException', 'Not an asymmetric key')
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      return { KeyId: arn, KeySpec: spec, KeyUsage: usage, PublicKey: spki.toString('base64') }
    },

    async Sign({ KeyId, Message, MessageType = 'RAW', SigningAlgorithm }) {
      const { arn, spec, privateKey } = usable(KeyId)
      const [algorithm, message] = [String(SigningAlgorithm), Buffer.from(String(Message), 'base64')]
      if (privateKey === undefined || !specs[spec]?.algorithms.includes(algorithm))
        throw new Refused('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${spec}.`)
      if (message.length === 0 || message.length > 4096)
        throw new Refused('ValidationException', "Value at 'message' failed to satisfy constraint: length 1 to 4096")
      if ((MessageType === 'RAW') !== (algorithm === 'ED25519_SHA_512'))
        throw new Refused(
          'ValidationException',
          `MessageType ${MessageType} is not what this KMS takes for ${algorithm}`,
        )
      if (MessageType === 'DIGEST' && message.length !== 32)
        throw new Refused('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`)
      const signature =
        MessageType === 'RAW' ? sign(null, message, privateKey) : await signedDigest(privateKey, algorithm, message)
      return { KeyId: arn, Signature: signature.toString('base64'), SigningAlgorithm: algorithm }
    },

    ScheduleKeyDeletion({ KeyId, PendingWindowInDays = 30 }) {
      const key = usable(KeyId)
      if (Number(PendingWindowInDays) < 7) throw new Refused('ValidationException', 'pendingWindowInDays is 7 to 30')
      key.state = 'PendingDeletion'
      return { KeyId: key.arn, KeyState: key.state, PendingWindowInDays }
    },

    Encrypt({ KeyId, Plaintext, EncryptionContext = {} }) {
      const { arn, secret = Buffer.alloc(0) } = usable(KeyId)
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(JSON.stringify(EncryptionContext)))
      const sealed = Buffer.concat([cipher.update(Buffer.from(String(Plaintext), 'base64')), cipher.final()])
      return { KeyId: arn, CiphertextBlob: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64') }
    },

    Decrypt({ KeyId, CiphertextBlob, EncryptionContext = {} }) {
      const { arn, secret = Buffer.alloc(0) } = usable(KeyId)
      const blob = Buffer.from(String(CiphertextBlob), 'base64')
      const cipher = createDecipheriv('aes-256-gcm', secret, blob.subarray(0, 12))
      cipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext))).setAuthTag(blob.subarray(12, 28))
      try {
        const plain = Buffer.concat([cipher.update(blob.subarray(28)), cipher.final()])
        return { KeyId: arn, Plaintext: plain.toString('base64') }
      } catch {
        throw new Refused('InvalidCiphertextException', 'Nothing that this key encrypted, or not in this context')
      }
    },
  }

  async function signedDigest(key: KeyObject, algorithm: string, digest: Buffer): Promise<Buffer> {
    const [keyFile, digestFile] = [join(directory, `${randomUUID()}.pem`), join(directory, randomUUID())]
    await writeFile(keyFile, key.export({ format: 'pem', type: 'pkcs8' }))
    await writeFile(digestFile, digest)
    const options = (ofDigest[algorithm] ?? []).flatMap((option) => ['-pkeyopt', option])
    return new Promise((resolve, reject) => {
      const words = ['pkeyutl', '-sign', '-inkey', keyFile, '-in', digestFile, ...options]
      execFile('openssl', words, { encoding: 'buffer' }, (error, out) =>
        error === null ? resolve(out) : reject(error),
      )
    })
  }

  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^TrentService\./, '')
    calls.push(operation)
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    try {
      if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 '))
        throw new Refused('MissingAuthenticationTokenException', 'Missing Authentication Token')
      const run = operations[operation]
      if (run === undefined) throw new Refused('UnknownOperationException', operation)
      answer(200, await run(JSON.parse(await text(request))))
    } catch (failure) {
      const { name, message } = failure as Error
      answer(failure instanceof Refused ? 400 : 500, { __type: name, message })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const before = process.env.AWS_ENDPOINT_URL_KMS
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  })

  return {
    endpoint,
    keys,
    calls,
    /** So often it does not know yet what it made; so many milliseconds it takes to make it. */
    trouble,
    async close(): Promise<void> {
      if (before === undefined) delete process.env.AWS_ENDPOINT_URL_KMS
      else process.env.AWS_ENDPOINT_URL_KMS = before
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
