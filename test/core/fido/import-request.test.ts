import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  importLimits,
  parseBulk,
  parseChange,
  parseImport,
  readDateTime,
  readDuration,
} from '../../../src/core/fido/import-request.ts'

const now = 1_800_000_000
const bytes = (length: number): string => Buffer.alloc(length, 1).toString('base64url')
const attestation = { clientDataJSON: bytes(10), attestationObject: bytes(10), challengeId: 'A'.repeat(22) }

type Members = Record<string, unknown>

const body = (change: Members = {}, metadata: Members = {}): Members => ({
  type: 'fido',
  metadata: { rpId: 'example.org', credentialId: bytes(32), publicKey: bytes(77), ...metadata },
  ...change,
})

const parse = (change?: Members, metadata?: Members) => parseImport(body(change, metadata), now)
const refusedAt = (at: string) => ({ ok: false, reason: 'malformed-request', at, detail: expect.any(String) })

describe('an import request', () => {
  it('with no more than it needs is read', () => {
    expect(parse()).toEqual({
      ok: true,
      value: {
        rpId: 'example.org',
        credentialId: bytes(32),
        key: { kind: 'cose', publicKey: new Uint8Array(Buffer.alloc(77, 1)) },
      },
    })
  })

  it('with all that it can have is read', () => {
    const labels = { friendlyName: 'Ännas 🔑', externalId: 'x', serialNumber: '1' }
    const metadata = {
      aaguid: 'EE882879-721C-4913-9775-3DFCCE97072A',
      signatureCounter: 0,
      transports: ['usb'],
      userHandle: bytes(64),
      discoverable: true,
      backupEligible: false,
    }
    expect(parse({ ...labels, expiresAt: '2099-01-01t00:00:00z' }, metadata)).toMatchObject({
      ok: true,
      value: { ...labels, ...metadata, aaguid: metadata.aaguid.toLowerCase(), expiresAt: 4_070_908_800 },
    })
  })

  it.each<[string, unknown]>([
    ['', undefined],
    ['', null],
    ['', []],
    ['', 'text'],
    ['/type', { metadata: {} }],
    ['/type', body({ type: 'totp' })],
    ['/metadata', { type: 'fido' }],
    ['/surprise', body({ surprise: 1 })],
    ['/a~1b~0c', body({ 'a/b~c': 1 })],
    ['/__proto__', JSON.parse('{"type":"fido","__proto__":{},"metadata":{}}')],
  ])('is refused at %j', (at, value) => {
    expect(parseImport(value, now)).toEqual(refusedAt(at))
  })

  it.each<[string, unknown]>([
    ['friendlyName', ''],
    ['friendlyName', ' \u00a0'],
    ['friendlyName', 'x'.repeat(importLimits.friendlyName + 1)],
    ['friendlyName', '\u3164\u00ad\u0301'],
    ['friendlyName', '\u200b'],
    ['friendlyName', 'bell\u0007'],
    ['friendlyName', 'line\u2028'],
    ['friendlyName', 'left \u202e right'],
    ['friendlyName', 'half \ud83d'],
    ['friendlyName', null],
    ['externalId', 5],
    ['externalId', 'x'.repeat(importLimits.externalId + 1)],
    ['serialNumber', '\t'],
    ['expiresAt', now + 1],
    ['expiresAt', 'tomorrow'],
    ['expiresAt', '2099-01-01'],
    ['expiresAt', '2099-01-01T00:00:00'],
    ['expiresAt', '2099-02-30T00:00:00Z'],
    ['expiresAt', new Date(now * 1000).toISOString()],
  ])('with %s %j is refused there', (name, value) => {
    expect(parse({ [name]: value })).toEqual(refusedAt(`/${name}`))
  })

  it.each<[string, unknown]>([
    ['rpId', undefined],
    ['rpId', 'x'.repeat(254)],
    ['credentialId', undefined],
    ['credentialId', ''],
    ['credentialId', 'AA=='],
    ['credentialId', 'AB'],
    ['credentialId', 'a+b/'],
    ['credentialId', bytes(importLimits.credentialId + 1)],
    ['aaguid', 'ee882879721c491397753dfcce97072a'],
    ['signatureCounter', -1],
    ['signatureCounter', 1.5],
    ['signatureCounter', 2 ** 32],
    ['signatureCounter', '1'],
    ['transports', 'usb'],
    ['transports', ['usb', 'usb']],
    ['transports/0', ['carrier-pigeon']],
    ['userHandle', bytes(65)],
    ['discoverable', 'true'],
    ['backupEligible', null],
    ['publicKey', bytes(importLimits.publicKey + 1)],
    ['publicKey', {}],
    ['surprise', 1],
  ])('with metadata %s %j is refused there', (name, value) => {
    expect(parse({}, { [name.split('/')[0] ?? '']: value })).toEqual(refusedAt(`/metadata/${name}`))
  })

  it('has exactly one of a COSE key, a PEM and an attestation', () => {
    const none = { publicKey: undefined }
    expect(parse({}, none)).toEqual(refusedAt('/metadata'))
    expect(parse({}, { publicKeyPem: 'x' })).toEqual(refusedAt('/metadata'))
    expect(parse({}, { attestation })).toEqual(refusedAt('/metadata'))
    expect(parse({}, { ...none, publicKeyPem: 'x' })).toMatchObject({ value: { key: { kind: 'pem' } } })
    expect(parse({}, { ...none, attestation })).toMatchObject({ value: { key: { kind: 'attested', ...attestation } } })
    expect(parse({}, { ...none, publicKeyPem: 'x'.repeat(2049) })).toEqual(refusedAt('/metadata/publicKeyPem'))
  })

  it.each<[string, Members]>([
    ['/challengeId', { challengeId: 'short' }],
    ['/challengeId', { challengeId: null }],
    ['/clientDataJSON', { clientDataJSON: undefined }],
    ['/attestationObject', { attestationObject: bytes(importLimits.attestationObject + 1) }],
    ['/response', { response: {} }],
  ])('with an attestation is refused at its %s', (at, change) => {
    const metadata = { publicKey: undefined, attestation: { ...attestation, ...change } }
    expect(parse({}, metadata)).toEqual(refusedAt(`/metadata/attestation${at}`))
  })

  it('of any shape is read or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4, withNullPrototype: true }), (value) => {
        parseImport(value, now)
        parseImport(body({ metadata: value }), now)
        parseBulk(value, now)
        parseBulk({ items: [value] }, now)
        parseChange(value)
      }),
    )
  })
})

describe('a bulk request', () => {
  it('reads each item by itself and points from the top', () => {
    const read = parseBulk({ items: [{ userId: 'anna', ...body() }, { userId: '', ...body() }, 1] }, now)
    expect(read).toMatchObject({
      ok: true,
      value: [
        { userId: 'anna', request: { ok: true } },
        { request: refusedAt('/items/1/userId') },
        { request: refusedAt('/items/2') },
      ],
    })
  })
})

describe('times', () => {
  it.each<[string, number | undefined]>([
    ['1970-01-01T00:00:00Z', 0],
    ['2027-01-15T09:00:00.999+01:00', 1_800_000_000],
    ['2028-02-29T00:00:00Z', 1_835_395_200],
    ['2027-02-29T00:00:00Z', undefined],
    ['2027-13-01T00:00:00Z', undefined],
    ['2027-00-10T00:00:00Z', undefined],
    ['2027-01-00T00:00:00Z', undefined],
    ['2027-01-01T24:00:00Z', undefined],
    ['2027-01-01T24:00:01Z', undefined],
    ['2027-01-01T00:00:00+24:00', undefined],
    ['2027-01-01T00:00:00-23:60', undefined],
    ['9999-12-31T23:59:59Z', 253_402_300_799],
    ['9999-12-31T23:59:59-00:01', undefined],
    ['9999-12-31T23:59:59+23:59', 253_402_214_459],
    ['2027-01-01T23:59:60Z', undefined],
    ['2027-01-01 00:00:00Z', undefined],
    ['Fri, 01 Jan 2027 00:00:00 GMT', undefined],
  ])('%s is %s', (text, time) => {
    expect(readDateTime(text)).toBe(time)
  })

  it.each<[string, number | undefined]>([
    ['P30D', 2_592_000],
    ['P2W', 1_209_600],
    ['PT1H', 3600],
    ['P1DT1H1M1S', 90_061],
    ['P0D', 0],
    ['P', undefined],
    ['PT', undefined],
    ['P1DT', undefined],
    ['P1Y', undefined],
    ['P1M', undefined],
    ['-P1D', undefined],
    ['30D', undefined],
  ])('a duration of %s is %s', (text, seconds) => {
    expect(readDuration(text)).toBe(seconds)
  })
})
