/** Signing keys that KMS holds: the real client against the small KMS of the tests, and what it signs against jose. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { compactVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leastOverlap } from '../../src/core/oidc/key-rotation.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../../src/core/oidc/signing.ts'
import { isLiving } from '../../src/core/oidc/signing-key.ts'
import { revokeKey, rotateKeys } from '../../src/rotate-keys.ts'
import { openKeyMaker } from '../../src/services/key-maker.ts'
import { deleteKmsKey, kmsKeyTag, makeKmsKey } from '../../src/services/kms-keys.ts'
import { joseOf } from '../../src/services/kms-signature.ts'
import { openSigner } from '../../src/services/signer.ts'
import { openVault } from '../../src/services/vault.ts'
import { openVerifier } from '../../src/services/verifier.ts'
import { openRotation, type Rotation } from '../key-rotation-house.ts'
import { type Kms, startKms } from '../kms.ts'

const settings = { algorithms: signingAlgorithms, overlap: leastOverlap, period: 2 * leastOverlap }

let kms: Kms
let rotation: Rotation
beforeAll(async () => {
  kms = await startKms()
  rotation = await openRotation({ kmsTag: 'demo' })
  await rotation.rotate(settings)
})
afterAll(async () => {
  await rotation.close()
  await kms.close()
})

const signed = async (alg: SigningAlgorithm, claims: Record<string, unknown> = {}) => {
  const { stage, db, now } = { ...rotation, now: rotation.rotator.now }
  const token = await openSigner(stage, db, now).sign(alg, 'JWT', {
    iss: stage.issuer,
    sub: 'ada',
    exp: rotation.now + 600,
    ...claims,
  })
  return { token, read: await openVerifier(stage, db, now).verify(token, { typ: 'JWT' }) }
}

describe('keys that KMS holds', () => {
  it.each(signingAlgorithms)('%s: what KMS signs, our verifier and jose take', async (alg) => {
    const before = kms.calls.length
    const { token, read } = await signed(alg)
    expect(read).toMatchObject({ ok: true, value: { sub: 'ada' } })
    // One call a token, and no other.
    expect(kms.calls.slice(before)).toEqual(['Sign'])
    const active = (await rotation.keys()).find((key) => key.alg === alg && key.state === 'active')
    const key = createPublicKey({ key: active?.publicJwk ?? {}, format: 'jwk' })
    expect((await compactVerify(token, key, { algorithms: [alg] })).protectedHeader).toEqual({
      alg,
      typ: 'JWT',
      kid: active?.kid,
    })
    // Its least change is noticed.
    const [header, payload, signature = ''] = token.split('.')
    const other = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    await expect(compactVerify(`${header}.${payload}.${other}`, key, { algorithms: [alg] })).rejects.toThrow()
  })

  it('the record has the place of the key and nothing to sign with, and each key has its tag and its use', async () => {
    const keys = await rotation.keys()
    expect(keys).toHaveLength(8)
    for (const key of keys) {
      expect(key).not.toHaveProperty('wrappedPrivateKey')
      expect(Object.keys(key.publicJwk)).not.toContain('d')
      const held = kms.keys.get('kmsKeyArn' in key ? key.kmsKeyArn : '')
      expect(held).toMatchObject({ usage: 'SIGN_VERIFY', tags: [{ TagKey: kmsKeyTag, TagValue: 'demo' }] })
    }
    expect([...kms.keys.values()].map(({ spec }) => spec).sort()).toEqual(
      ['ECC_NIST_EDWARDS25519', 'ECC_NIST_P256', 'RSA_3072', 'RSA_3072'].flatMap((spec) => [spec, spec]),
    )
  })

  it('a token of any length, but for EdDSA, of which KMS takes 4096 bytes: that is said', async () => {
    const long = { note: 'x'.repeat(5000) }
    for (const alg of ['RS256', 'PS256', 'ES256'] as const) expect((await signed(alg, long)).read.ok).toBe(true)
    await expect(signed('EdDSA', long)).rejects.toThrow(
      /KMS signs 4096 bytes by Ed25519 at the most, and this token has/,
    )
  })

  it('a whole cycle: KMS deletes what is gone, and nothing else', async () => {
    rotation.now += settings.period
    await rotation.rotate(settings)
    expect([...kms.keys.values()].filter(({ state }) => state !== 'Enabled')).toEqual([])
    rotation.now += settings.overlap
    await rotation.rotate(settings)
    const gone = (await rotation.keys()).filter(({ state }) => state === 'gone')
    expect(gone).toHaveLength(4)
    expect(gone.every((key) => !('kmsKeyArn' in key))).toBe(true)
    expect([...kms.keys.values()].filter(({ state }) => state === 'PendingDeletion')).toHaveLength(4)
    expect(kms.keys.size).toBe(12)
    expect((await signed('ES256')).read.ok).toBe(true)
  })

  it('an emergency: KMS signs with it no more, and a warm signer goes on with another one at once', async () => {
    const signer = openSigner(rotation.stage, rotation.db, rotation.rotator.now)
    const claims = { iss: rotation.stage.issuer, sub: 'ada', exp: rotation.now + 600 }
    const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    const kid = kidOf(await signer.sign('ES256', 'JWT', claims))
    expect(await revokeKey(rotation.rotator, kid)).toMatchObject({ ok: true })
    const after = await signer.sign('ES256', 'JWT', claims)
    expect(kidOf(after)).not.toBe(kid)
    expect(
      (await openVerifier(rotation.stage, rotation.db, rotation.rotator.now).verify(after, { typ: 'JWT' })).ok,
    ).toBe(true)
  })

  it('one that KMS takes its time over, and then does not know yet, is made once', async () => {
    const [keys, calls] = [kms.keys.size, kms.calls.length]
    Object.assign(kms.trouble, { slow: 2000, unknown: 2 })
    const made = await makeKmsKey('ES256', 'demo')
    kms.trouble.slow = 0
    expect(kms.keys.size).toBe(keys + 1)
    expect(kms.calls.slice(calls)).toEqual(['CreateKey', 'GetPublicKey', 'GetPublicKey', 'GetPublicKey'])
    await deleteKmsKey('kmsKeyArn' in made ? made.kmsKeyArn : '')
  })

  it('a key that is to be deleted already, or is not there any more, is no failure', async () => {
    const [pending] = [...kms.keys.values()].filter(({ state }) => state === 'PendingDeletion')
    await deleteKmsKey(pending?.arn ?? '')
    await deleteKmsKey('arn:aws:kms:eu-central-1:111122223333:key/never')
  })

  it('a stage that leaves KMS makes wrapped keys, and does away with those of KMS as they end', async () => {
    const leaving = { ...rotation.rotator, keyMaker: openKeyMaker(openVault(rotation.stage)) }
    const enabled = () => [...kms.keys.values()].filter(({ state }) => state === 'Enabled').length
    // The next ones are KMS's still; those after them are not.
    for (let cycle = 0; cycle < 2; cycle++) {
      rotation.now += settings.period
      await rotateKeys(leaving, { settings })
    }
    rotation.now += settings.overlap
    await rotateKeys(leaving, { settings })
    expect(enabled()).toBe(0)
    expect((await rotation.keys()).filter(isLiving).every((key) => 'wrappedPrivateKey' in key)).toBe(true)
    for (const alg of signingAlgorithms) expect((await signed(alg)).read.ok).toBe(true)
  })
})

describe('wrapping by KMS', () => {
  it('what was wrapped for one purpose opens for no other', async () => {
    const { KeyMetadata } = await new KMSClient().send(new CreateKeyCommand({}))
    const vault = openVault({ wrappingKey: { kms: KeyMetadata?.Arn ?? '' } })
    const wrapped = await vault.wrap(Buffer.from('a private key'), 'keystep-signing-key')
    expect(Buffer.from(await vault.unwrap(wrapped, 'keystep-signing-key')).toString()).toBe('a private key')
    await expect(vault.unwrap(wrapped, 'keystep-seal-key')).rejects.toThrow('not in this context')
  })
})

describe('an ECDSA signature as JOSE has it', () => {
  it('is the one that node:crypto makes in that form, whatever zeros DER leaves out or puts in', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    // Some of them begin with a zero, and some with a bit that makes DER put one in.
    const lengths = new Set<number>()
    for (let count = 0; count < 600; count++) {
      const der = sign('sha256', Buffer.from(String(count)), privateKey)
      lengths.add(der.length)
      const jose = joseOf(der)
      expect(jose).toHaveLength(64)
      expect(verifies(publicKey, String(count), jose)).toBe(true)
    }
    expect(lengths.size).toBeGreaterThan(2)
  })

  it.each([
    ['nothing', ''],
    ['no sequence', '0206020101020101'],
    ['a length that is not its own', '3007020101020101'],
    ['one number', '3003020101'],
    ['more after them', '3009020101020101020101'],
    ['no number', '3006040101020101'],
    ['a number that is too long', `3026022101${'00'.repeat(32)}020101`],
  ])('refuses %s', (_name, hex) => {
    expect(() => joseOf(Buffer.from(hex, 'hex'))).toThrow('KMS answered with')
  })
})

const verifies = (key: KeyObject, message: string, signature: Uint8Array): boolean =>
  verify('sha256', Buffer.from(message), { key, dsaEncoding: 'ieee-p1363' }, signature)
