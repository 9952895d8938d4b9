/** Files of authenticators become rows, and rows requests: by form alone, for the API has the say on the rest. */
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../../web/console/import/batches.ts'
import { readRows } from '../../web/console/import/rows.ts'

const key = { credentialId: 'AAAA', publicKey: 'BBBB' }
const metadata = { rpId: 'example.org', ...key }

describe('CSV', () => {
  const read = (text: string) => readRows(text, 'example.org')

  it('gives each row its place, names outside and inside, and what is no text as what it is', () => {
    const csv =
      'userId;credentialId;publicKey;signatureCounter;transports;friendlyName;discoverable\nann;AAAA;BBBB;7;usb nfc;Blue;yes'
    expect(read(`\uFEFF${csv}\n\n`)).toEqual({
      ok: true,
      rows: [
        {
          number: 2,
          userId: 'ann',
          key: 'Blue',
          item: {
            ...{ userId: 'ann', type: 'fido', friendlyName: 'Blue' },
            metadata: { ...metadata, signatureCounter: 7, transports: ['usb', 'nfc'], discoverable: true },
          },
        },
      ],
    })
  })

  it('keeps the lines of a PEM, and an RP ID of the row’s own', () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'
    const csv = `userId,credentialId,publicKeyPem,rpId\nann,AAAA,"${pem}",other.example\nbob,AAAA,${pem.replaceAll('\n', '\\n')},`
    const rows = read(csv)
    expect(rows).toMatchObject({
      rows: [
        { item: { metadata: { publicKeyPem: pem, rpId: 'other.example' } } },
        { item: { metadata: { publicKeyPem: pem, rpId: 'example.org' } } },
      ],
    })
  })

  it.each([
    ['userId,credentialId,publicKey\n,AAAA,BBBB', { kind: 'missing', names: ['userId'] }],
    ['userId,credentialId\nann,', { kind: 'missing', names: ['credentialId', 'publicKey'] }],
    ['userId,credentialId,publicKey,signatureCounter\nann,A,B,-1', { kind: 'not-number' }],
    ['userId,credentialId,publicKey,frendlyName\nann,A,B,C', { kind: 'unknown', names: ['frendlyName'] }],
  ])('says of %j what is wrong', (csv, fault) => {
    expect(read(csv)).toMatchObject({ ok: true, rows: [{ number: 2, fault }] })
  })

  it('without an RP ID anywhere has none', () => {
    const rows = readRows('userId,credentialId,publicKey\nann,A,B', '')
    expect(rows).toMatchObject({ rows: [{ fault: { kind: 'missing', names: ['rpId'] } }] })
  })
})

describe('JSON', () => {
  it.each([
    ['as the API has it', { items: [{ userId: 'ann', type: 'fido', metadata }] }],
    ['as a list', [{ userId: 'ann', type: 'fido', metadata: key }]],
    ['flat', [{ userId: 'ann', ...key }]],
  ])('is read %s', (_, document) => {
    const rows = readRows(` ${JSON.stringify(document)}`, 'example.org')
    expect(rows).toMatchObject({ ok: true, rows: [{ number: 1, item: { userId: 'ann', type: 'fido', metadata } }] })
  })

  it('leaves to the API what it does not know', () => {
    const rows = readRows('[{"userId":"ann","frendlyName":"x"}]', 'example.org')
    expect(rows).toMatchObject({ rows: [{ item: { frendlyName: 'x' } }] })
  })

  it.each([
    ['{"items":', 'not-json'],
    ['{"keys":[]}', 'not-items'],
    ['[]', 'empty'],
    ['', 'empty'],
  ])('refuses %j', (text, refused) => {
    expect(readRows(text, 'example.org')).toEqual({ ok: false, refused })
  })
})

describe('batches', () => {
  const rows = (count: number, padding = '') =>
    Array.from({ length: count }, (_, at) => ({
      ...{ number: at + 1, userId: 'ann', key: '' },
      item: { userId: 'ann', type: 'fido' as const, metadata: { padding } },
    }))

  it('have a hundred items at most, in their order', () => {
    const batches = batchesOf(rows(250))
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(batches.flat().map(({ number }) => number)).toEqual(rows(250).map(({ number }) => number))
  })

  it('have a body that the API takes, however long the items are', () => {
    const batches = batchesOf(rows(60, 'ü'.repeat(20_000)))
    expect(batches.flat()).toHaveLength(60)
    for (const batch of batches)
      expect(Buffer.byteLength(JSON.stringify({ items: batch.map(({ item }) => item) }))).toBeLessThanOrEqual(1_048_576)
  })

  it('are none of nothing', () => {
    expect(batchesOf([])).toEqual([])
  })
})
