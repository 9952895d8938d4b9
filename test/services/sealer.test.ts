import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSealer } from '../../src/services/sealer.ts'
import { openVault } from '../../src/services/vault.ts'
import { ensureSealKey } from '../../src/setup.ts'
import { createdSealKey, readSealKeys } from '../../src/store/seal-keys.ts'
import { type House, openHouse } from '../house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const ada = { user: 'ada', id: 'one' }
const secret = Buffer.from('12345678901234567890')
const open = () => openSealer(house.stage, house.db)
const addKey = async (createdAt: number) =>
  house.seed(
    createdSealKey({
      id: `key-${createdAt}`,
      wrappedKey: await openVault(house.stage).wrap(randomBytes(32), 'keystep-seal-key'),
      createdAt,
    }),
  )

describe('a sealed secret', () => {
  it('opens in another Lambda, for the same user and record', async () => {
    const sealed = await open().seal(secret, ada)
    expect(await open().unseal(sealed, ada)).toEqual(secret)
    expect(sealed).not.toContain(secret.toString('base64url'))
  })

  it('is another text each time', async () => {
    const sealer = open()
    expect(await sealer.seal(secret, ada)).not.toBe(await sealer.seal(secret, ada))
  })

  it.each([
    ['another user', { ...ada, user: 'bela' }],
    ['another record', { ...ada, id: 'two' }],
    ['names that run together', { user: 'ad', id: 'aone' }],
  ])('does not open for %s', async (_, about) => {
    const sealed = await open().seal(secret, ada)
    await expect(open().unseal(sealed, about)).rejects.toThrow()
  })

  it.each([0, 13, 30])('does not open once the byte %d was changed', async (at) => {
    const [id, content = ''] = (await open().seal(secret, ada)).split('.')
    const bytes = Buffer.from(content, 'base64url')
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await expect(open().unseal(`${id}.${bytes.toString('base64url')}`, ada)).rejects.toThrow()
  })

  it.each(['', '.', 'unknown.AAAA', 'x'])('that is %j does not open', async (text) => {
    await expect(open().unseal(text, ada)).rejects.toThrow()
  })

  it('of an older key opens, and a newer key seals, even where a Lambda read its keys before', async () => {
    const [warm, early] = [open(), open()]
    const sealed = await early.seal(secret, ada)
    const before = await warm.hashes('a code')
    await addKey(house.now + 10)
    const newer = await open().seal(secret, ada)
    expect(newer.split('.')[0]).toBe(`key-${house.now + 10}`)
    expect(await warm.unseal(newer, ada)).toEqual(secret)
    expect(await warm.unseal(sealed, ada)).toEqual(secret)
    const after = await open().hashes('a code')
    expect(after).toHaveLength(before.length + 1)
    expect(after).toContain(before[0])
  })
})

describe('the key', () => {
  it('is made once', async () => {
    const bench = {
      db: house.db,
      now: () => house.now,
      vault: openVault(house.stage),
      actor: { kind: 'operator', id: 'op' } as const,
    }
    const before = await readSealKeys(house.db)
    expect(await ensureSealKey(bench)).toBe(false)
    expect(await readSealKeys(house.db)).toEqual(before)
  })

  it('does not pass as a signing key', async () => {
    const vault = openVault(house.stage)
    const [key] = await readSealKeys(house.db)
    await expect(vault.unwrap(key?.wrappedKey ?? '', 'keystep-signing-key')).rejects.toThrow()
  })

  it('is asked for in words where there is none', async () => {
    const none = { ...house.db, query: async () => ({ items: [] }) }
    await expect(openSealer(house.stage, none).seal(secret, ada)).rejects.toThrow('npm run admin -- init')
  })
})
