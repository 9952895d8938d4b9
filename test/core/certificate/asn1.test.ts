import { AsnProp, AsnPropTypes, OctetString } from '@peculiar/asn1-schema'
import { AttributeValue, BasicConstraints, CertificatePolicies, Extension, Time } from '@peculiar/asn1-x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { MalformedDer, parsed } from '../../../src/core/certificate/x509/asn1.ts'
import { readCertificate } from '../../../src/core/certificate/x509/certificate.ts'
import { readList } from '../../../src/core/certificate/x509/revocation-list.ts'
import { type Authority, createAuthority, der, extension } from '../../pki.ts'

// What the library would take, and we do not. Each value is well formed but for the one thing that its test says.

const refuses = (bytes: Buffer, type: new () => unknown): void =>
  expect(() => parsed(bytes, type), bytes.toString('hex')).toThrow(MalformedDer)
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

describe('a value', () => {
  it('is read as it is written in DER', () => {
    expect(parsed(hex('30 06 0101ff 020102'), BasicConstraints)).toMatchObject({ cA: true, pathLenConstraint: 2 })
    expect(parsed(hex('17 0d 323631313232303631353139 5a'), Time).getTime()).toEqual(new Date('2026-11-22T06:15:19Z'))
    expect(parsed(hex('0c 02 c3a9'), AttributeValue).utf8String).toBe('é')
  })

  it('has its length in the shortest form, and nothing after it', () => {
    for (const bytes of [
      '30 80 0101ff 0000',
      '30 81 03 0101ff',
      '30 82 0003 0101ff',
      '30 03 0101ff 00',
      '30 04 0101ff',
      '',
    ])
      refuses(hex(bytes), BasicConstraints)
  })

  it('is no longer than what it is in', () => {
    refuses(hex('30 05 06 03 550403 04 02 0500'), Extension)
    refuses(hex('30 03 0101ff 020102'), BasicConstraints)
  })

  it('has no member that nobody expects, and none that is written out for nothing', () => {
    refuses(hex('30 06 0101ff 0c0141'), BasicConstraints)
    refuses(hex('30 06 010100 020102'), BasicConstraints)
    refuses(hex('30 09 0101ff 020102 020103'), BasicConstraints)
  })

  it('is in one part, of its own type’s form', () => {
    refuses(hex('24 05 04 03 616263'), OctetString)
    refuses(hex('30 03 010101'), BasicConstraints)
    refuses(hex('30 07 0101ff 02020002'), BasicConstraints)
    for (const text of ['0c 02 c328', '0c 02 c080', '13 01 e9', '16 01 e9', '1e 03 004100'])
      refuses(hex(text), AttributeValue)
    for (const oid of ['06 00', '06 04 55 80 04 03', '06 02 55 84'])
      refuses(der(0x30, der(0x30, hex(oid))), CertificatePolicies)
  })

  it('is a time that there is, to the second, in UTC', () => {
    for (const text of ['260230061519Z', '261322061519Z', '2611220615Z', '261122061519+0100', '261122061519.5Z'])
      refuses(der(0x17, text), Time)
    refuses(der(0x18, '20261122061519.5Z'), Time)
  })

  it('is neither deep nor made of too many', () => {
    class Many {
      values: ArrayBuffer[] = []
    }
    AsnProp({ type: AsnPropTypes.Any, repeated: 'sequence' })(Many.prototype, 'values')
    refuses(der(0x30, der(0x30, Buffer.alloc(24_000, hex('0500')))), Many)
    refuses(
      Array.from({ length: 40 }).reduce<Buffer>((inner) => der(0x30, inner), der(0x05)),
      Many,
    )
  })
})

describe('what the library would pass over, and we do not', () => {
  let authority: Authority
  beforeAll(async () => {
    authority = await createAuthority('CN=Root')
  })
  const malformed = { ok: false, reason: 'crl-malformed' }

  /** The list with one octet changed: the first one behind `before`, from `from` to `to`. */
  function changed(list: Buffer, before: Buffer | string, from: number, to: number): Buffer {
    const at = list.indexOf(before) + before.length
    expect(list[at]).toBe(from)
    return Buffer.concat([list.subarray(0, at), Buffer.from([to]), list.subarray(at + 1)])
  }

  it('an extension twice', async () => {
    const twice = [extension('1.2.3.5', false, der(5)), extension('1.2.3.5', false, der(5))]
    const { der: bytes } = await authority.issue({ extensions: twice })
    expect(readCertificate(bytes)).toMatchObject({ ok: false, detail: 'an extension twice' })
    expect(readList(await authority.list({ extensions: twice }))).toMatchObject(malformed)
  })

  it('all of a list behind a date of another type: its entries among it', async () => {
    const list = await authority.list({ revoked: ['77'] })
    expect(readList(list)).toMatchObject({ ok: true, value: { revoked: new Set(['77']) } })
    const [thisUpdate] = /\d{12}Z/.exec(list.toString('latin1')) ?? ['']
    expect(readList(changed(list, thisUpdate, 0x17, 0x80))).toMatchObject(malformed)
  })

  it('the critical extension of an entry, if a member is before it', async () => {
    const list = await authority.list({
      revoked: ['77'],
      entryExtensions: [extension('2.5.29.29', true, der(0x30))],
    })
    const [, , date = ''] = list.toString('latin1').match(/\d{12}Z/g) ?? []
    expect(readList(changed(list, date, 0x30, 0xa1))).toMatchObject(malformed)
  })

  it('what a list is about, if that is in no form that it knows', async () => {
    const point = der(0x30, der(0xa0, der(0x80, 'http://a.example')))
    const list = await authority.list({ extensions: [extension('2.5.29.28', true, point)] })
    expect(readList(list)).toMatchObject(malformed)
  })

  it('nothing of a list that would fill the memory: it is refused', () => {
    const head = (length: number) => Buffer.from([0x30, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff])
    const entries = Buffer.alloc(620_000, hex('0500'))
    expect(readList(Buffer.concat([head(entries.length), entries]))).toMatchObject({
      ...malformed,
      detail: expect.stringContaining('node count'),
    })
  })

  it('the sign of a serial number', async () => {
    const list = await authority.list({ revoked: ['77'] })
    const at = list.indexOf(hex('020177'))
    expect(readList(Buffer.concat([list.subarray(0, at), hex('0201f7'), list.subarray(at + 3)]))).toMatchObject({
      value: { revoked: new Set(['f7']) },
    })
  })
})
