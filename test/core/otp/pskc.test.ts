/** The figures of RFC 6030, as far as they are read here, and as they are refused where they are not. */
import { createCipheriv, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type PskcItem, parsePskc } from '../../../src/core/otp/pskc.ts'

const rfcSecret = Buffer.from('12345678901234567890')
const preSharedKey = Buffer.from('12345678901234567890123456789012', 'hex')
/** While the keys of figure 10 are good. */
const may2006 = Date.parse('2006-05-15T00:00:00Z') / 1000
const now = 1_800_000_000

const container = (content: string, attributes = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc" ${attributes}>${content}</KeyContainer>`

const plain = '<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>'
type Change = { data?: string; key?: string; device?: string; algorithm?: string; format?: string }
const keyPackage = ({
  data = `${plain}<Counter><PlainValue>0</PlainValue></Counter>`,
  key = '',
  ...change
}: Change = {}) =>
  `<KeyPackage>
  <DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>987654321</SerialNo>${change.device ?? ''}</DeviceInfo>
  <CryptoModuleInfo><Id>CM_ID_001</Id></CryptoModuleInfo>
  <Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:${change.algorithm ?? 'hotp'}">
    <Issuer>Issuer</Issuer>
    <AlgorithmParameters>${change.format ?? '<ResponseFormat Length="8" Encoding="DECIMAL"/>'}</AlgorithmParameters>
    <Data>${data}</Data>${key}
  </Key></KeyPackage>`

const items = (text: string, context = {}): PskcItem[] => {
  const parsed = parsePskc(text, { now, ...context })
  if (!parsed.ok) throw new Error(`${parsed.at}: ${parsed.detail}`)
  return parsed.value
}
const one = (text: string, context = {}) => items(text, context)[0]?.key
const refusedAs = (text: string, context = {}) => {
  const parsed = parsePskc(text, { now, ...context })
  const refused = parsed.ok ? parsed.value.find(({ key }) => !key.ok)?.key : parsed
  return refused === undefined || refused.ok ? 'taken' : `${refused.at} ${refused.detail}`
}

const hotp = { type: 'hotp', algorithm: 'SHA1', digits: 8, counter: 0 }

describe('the figures of RFC 6030', () => {
  it('figure 2: a secret of 32 bits is well-formed, and refused', () => {
    const figure = container(
      `<KeyPackage><Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp"><Issuer>Issuer-A</Issuer>
      <Data><Secret><PlainValue>MTIzNA==
      </PlainValue></Secret></Data></Key></KeyPackage>`,
      'Id="exampleID1"',
    )
    expect(refusedAs(figure)).toBe('/KeyContainer/KeyPackage/Key/Data/Secret must have 16 to 64 bytes')
  })

  it('figure 3: supplementary data, and whose it is', () => {
    const figure = container(
      keyPackage({
        device: '<UserId>DC=example-bank,DC=net</UserId>',
        key: '<UserId>UID=jsmith,DC=example-bank,DC=net</UserId>',
      }),
    )
    expect(items(figure)).toEqual([
      {
        at: '/KeyContainer/KeyPackage',
        userId: 'jsmith',
        key: {
          ok: true,
          value: {
            parameters: hotp,
            secret: rfcSecret,
            userId: 'jsmith',
            externalId: '12345678',
            serialNumber: '987654321',
          },
        },
      },
    ])
  })

  it('figure 4: a PIN policy is not understood, so that no use of the key is permitted', () => {
    const figure = container(
      keyPackage({
        key: `<Policy><PINPolicy MinLength="4" MaxLength="4" PINKeyId="123456781" PINUsageMode="Local"/>
        <KeyUsage>OTP</KeyUsage></Policy>`,
      }),
    )
    expect(refusedAs(figure)).toBe('/KeyContainer/KeyPackage/Key/Policy/PINPolicy is not understood here')
  })

  const encrypted = (value = 'AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv', mac?: string) => `
    <Secret><EncryptedValue><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
    <xenc:CipherData><xenc:CipherValue>
        ${value}
    </xenc:CipherValue></xenc:CipherData></EncryptedValue>
    <ValueMAC>${mac ?? 'Su+NvtQfmvfJzF6bmQiJqoLRExc='}</ValueMAC></Secret>
    <Counter><PlainValue>0</PlainValue></Counter>`
  const encryptedContainer = (content: string) =>
    container(
      `<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>
      <MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><MACKey>
      <xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
      <xenc:CipherData><xenc:CipherValue>
        ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX
      </xenc:CipherValue></xenc:CipherData></MACKey></MACMethod>${content}`,
      'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"',
    )

  it('figure 6: a secret encrypted with a pre-shared key', () => {
    const figure = encryptedContainer(keyPackage({ data: encrypted() }))
    expect(one(figure, { preSharedKey })).toMatchObject({ ok: true, value: { parameters: hotp, secret: rfcSecret } })
  })

  it('figure 6 without the key, with another one, and changed on its way', () => {
    const figure = encryptedContainer(keyPackage({ data: encrypted() }))
    expect(refusedAs(figure)).toBe('/KeyContainer/MACMethod/MACKey is encrypted, and no pre-shared key came with it')
    expect(refusedAs(figure, { preSharedKey: Buffer.alloc(16) })).toContain('does not decrypt with this pre-shared key')
    const changed = 'AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGw'
    expect(refusedAs(encryptedContainer(keyPackage({ data: encrypted(changed) })), { preSharedKey })).toContain(
      'Secret/ValueMAC does not hold',
    )
  })

  it('refuses an encrypted value that nothing authenticates', () => {
    const bare = encrypted().replace(/<ValueMAC>.*<\/ValueMAC>/, '')
    const text = encryptedContainer(keyPackage({ data: bare }))
    expect(refusedAs(text, { preSharedKey })).toContain('Secret must have a ValueMAC')
  })

  it('refuses a value whose MAC holds and whose padding does not', () => {
    const vector = Buffer.alloc(16, 7)
    const cipher = createCipheriv('aes-128-cbc', preSharedKey, vector).setAutoPadding(false)
    const value = Buffer.concat([vector, cipher.update(Buffer.alloc(16)), cipher.final()])
    const macKey = Buffer.from('1122334455667788990011223344556677889900', 'hex')
    const mac = createHmac('sha1', macKey).update(value).digest('base64')
    const text = encryptedContainer(keyPackage({ data: encrypted(value.toString('base64'), mac) }))
    expect(refusedAs(text, { preSharedKey })).toContain('does not decrypt')
  })

  it('figure 7: a key from a password is named as what is not understood', () => {
    const figure = container(
      `<EncryptionKey><xenc11:DerivedKey xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"/></EncryptionKey>${keyPackage()}`,
    )
    expect(refusedAs(figure)).toBe('/KeyContainer/EncryptionKey/DerivedKey is not understood here')
  })

  it('figure 10: several keys at once, each with its own answer', () => {
    const dated = (month: string, last: number) =>
      `<Policy><StartDate>2006-${month}-01T00:00:00Z</StartDate><ExpiryDate>2006-${month}-${last}T00:00:00Z</ExpiryDate></Policy>`
    const figure = container(
      [dated('05', 31), dated('05', 31), dated('03', 31), dated('04', 30)].map((key) => keyPackage({ key })).join(''),
    )
    const read = items(figure, { now: may2006 })
    expect(read.map(({ key }) => key.ok)).toEqual([true, true, false, false])
    expect(read.map(({ at }) => at)).toEqual([1, 2, 3, 4].map((number) => `/KeyContainer/KeyPackage[${number}]`))
    expect(read[2]?.key).toMatchObject({ detail: 'has expired: 2006-03-31T00:00:00Z' })
    expect(refusedAs(figure, { now: may2006 - 86_400 * 100 })).toContain('is not to be used before')
  })
})

describe('a container', () => {
  it.each([
    ['SHA-256', 'SHA256'],
    ['HMAC-SHA1', 'SHA1'],
    ['HMAC-SHA512', 'SHA512'],
  ])('of TOTP says its hash as %s, its digits and its interval', (suite, algorithm) => {
    const text = container(
      keyPackage({
        algorithm: 'totp',
        format: `<Suite>${suite}</Suite><ResponseFormat Length="6" Encoding="DECIMAL"/>`,
        data: `${plain}<Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval>`,
      }),
    )
    expect(one(text)).toMatchObject({
      ok: true,
      value: { parameters: { type: 'totp', algorithm, digits: 6, period: 60 } },
    })
  })

  it('may use a prefix of its own for everything', () => {
    const text = container(keyPackage())
      .replaceAll(/<(\/?)([A-Z])/g, '<$1p:$2')
      .replace('xmlns=', 'xmlns:p=')
    expect(one(text)).toMatchObject({ ok: true })
  })

  it.each([
    ['jsmith', 'jsmith'],
    ['CN=Ada Lindqvist, DC=org', 'Ada Lindqvist'],
    ['OU=people,uid=ada,DC=org', 'ada'],
    ['DC=org', ''],
  ])('names the user %s: %s', (name, user) => {
    expect(items(container(keyPackage({ key: `<UserId>${name}</UserId>` })))[0]?.userId).toBe(user)
  })

  it('reads the five entities of XML and no other', () => {
    const named = (name: string) => container(keyPackage({ key: `<FriendlyName>${name}</FriendlyName>` }))
    expect(one(named('Tom &amp; Ada&apos;s'))).toMatchObject({ value: { friendlyName: "Tom & Ada's" } })
    expect(refusedAs(named('&#65;'))).toContain('entity')
    expect(refusedAs(named('&xxe;'))).toContain('entity')
  })

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${container(keyPackage()).slice(39)}`, 'document type'],
    ['half a document', '<KeyContainer', 'is not XML'],
    ['two documents', `${container('')}<a/>`, ''],
    ['nothing', '', ''],
    ['something else', '<a/>', 'must be a KeyContainer'],
    ['a container of another namespace', '<KeyContainer Version="1.0" xmlns="urn:x"/>', 'must be a KeyContainer'],
    ['a container of another version', container(keyPackage()).replace('Version="1.0"', 'Version="2.0"'), 'Version'],
    ['an empty container', container(''), 'has no KeyPackage'],
    ['a prefix from nowhere', container('<x:KeyPackage/>'), 'prefix x'],
    ['great depth', container('<a>'.repeat(50) + '</a>'.repeat(50)), 'too deeply'],
    [
      'a signature',
      container(`${keyPackage()}<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>`),
      '/KeyContainer/Signature is not understood here',
    ],
  ])('with %s is refused as a whole', (_, text, why) => {
    const parsed = parsePskc(text, { now })
    expect(parsed).toMatchObject({ ok: false, reason: 'bad-pskc' })
    expect(refusedAs(text)).toContain(why)
  })

  it.each([
    [{ algorithm: 'pin' }, 'Key must have the Algorithm'],
    [{ key: '<KeyProfileId>x</KeyProfileId>' }, 'Key/KeyProfileId is not understood here'],
    [{ key: '<Extensions/>' }, 'Key/Extensions is not understood here'],
    [{ key: '<Policy><KeyUsage>Encrypt</KeyUsage></Policy>' }, 'Policy permits Encrypt only'],
    [{ key: '<Policy><NumberOfTransactions>5</NumberOfTransactions></Policy>' }, 'Policy/NumberOfTransactions'],
    [{ key: '<Policy><ExpiryDate>tomorrow</ExpiryDate></Policy>' }, 'has a date that is none'],
    [{ device: '<ExpiryDate>2020-01-01T00:00:00Z</ExpiryDate>' }, 'has expired'],
    [{ format: '<Suite>MD5</Suite>' }, 'Suite names no hash'],
    [{ format: '<ResponseFormat Length="7" Encoding="DECIMAL"/>' }, 'digits must be'],
    [{ format: '<ResponseFormat Length="6" Encoding="HEXADECIMAL"/>' }, 'Encoding DECIMAL'],
    [{ format: '<ResponseFormat Length="6" Encoding="DECIMAL" CheckDigits="true"/>' }, 'CheckDigits'],
    [{ format: '<ChallengeFormat/>' }, 'ChallengeFormat is not understood here'],
    [{ data: `${plain}${plain}` }, 'Secret[2] is there twice'],
    [{ data: '' }, 'Data has no Secret'],
    [{ data: '<Secret/>' }, 'either a PlainValue'],
    [{ data: '<Secret><PlainValue>****</PlainValue></Secret>' }, 'is not base64'],
    [{ data: `${plain}<Counter><PlainValue>-1</PlainValue></Counter>` }, 'counter must be'],
    [{ data: `${plain}<Counter><EncryptedValue/></Counter>` }, 'Counter has no PlainValue'],
    [
      { algorithm: 'totp', data: `${plain}<TimeInterval><PlainValue>45</PlainValue></TimeInterval>` },
      'period must be 30 or 60',
    ],
  ])('refuses a key with %j, by name and place', (change, why) => {
    const read = items(container(keyPackage(change)))
    expect(read[0]?.key.ok).toBe(false)
    expect(refusedAs(container(keyPackage(change)))).toContain(why)
  })
})
