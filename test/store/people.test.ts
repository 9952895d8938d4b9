import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUser, setEmail, setPassword, type Workbench } from '../../src/setup.ts'
import { places } from '../../src/store/keys.ts'
import { findByUserName, readUser } from '../../src/store/people.ts'
import { type House, openHouse } from '../house.ts'

let house: House
let bench: Workbench
beforeAll(async () => {
  house = await openHouse()
  const none = () => Promise.reject(new Error('No key is needed here'))
  bench = {
    db: house.db,
    now: () => house.now,
    vault: { wrap: none, unwrap: none },
    actor: { kind: 'operator', id: 'test' },
  }
})
afterAll(() => house.close())

const exists = { ok: false, reason: 'user-exists' }

describe('a new user', () => {
  it('has no name that is the id of another', async () => {
    await house.addUser({ id: 'someid', userName: 'anna' })
    for (const userName of ['someid', 'SomeID', ' someid '])
      expect(await createUser(bench, { id: 'other', userName })).toMatchObject(exists)
    expect(await readUser(house.db, 'other')).toBeUndefined()
    expect(await findByUserName(house.db, 'someid')).toBeUndefined()
  })

  it('has no id that is the name of another', async () => {
    await house.addUser({ userName: 'Bert' })
    for (const id of ['bert', 'Bert', 'BERT'])
      expect(await createUser(bench, { id, userName: 'other' })).toMatchObject(exists)
    expect(await findByUserName(house.db, 'other')).toBeUndefined()
  })

  it('may have a name that is their own id, in whatever case', async () => {
    expect(await createUser(bench, { id: 'carl', userName: 'carl' })).toMatchObject({ ok: true })
    expect(await createUser(bench, { id: 'dora', userName: 'Dora' })).toMatchObject({ ok: true })
    expect(await createUser(bench, { id: 'Emil', userName: 'emil' })).toMatchObject({ ok: true })
    expect(await createUser(bench, { id: 'carl', userName: 'another' })).toMatchObject(exists)
    expect(await createUser(bench, { id: 'another', userName: 'Carl' })).toMatchObject(exists)
  })
})

describe('an operator', () => {
  it('changes the user with the name, never the one with the id', async () => {
    const [frida, gerd] = [await house.addUser({ userName: 'frida' }), await house.addUser({ userName: 'gerd' })]
    // As it could be before names were held against ids.
    await house.seed({ write: 'put', ...places.userName(frida.id), item: { owner: gerd.id } })
    expect(await setEmail(bench, frida.id, 'new@example.org')).toMatchObject({ ok: true, value: { id: gerd.id } })
    expect(await setPassword(bench, frida.id, 'correct horse')).toMatchObject({ ok: true, value: { id: gerd.id } })
    expect((await readUser(house.db, frida.id))?.email).toBe(frida.email)
    expect((await readUser(house.db, gerd.id))?.email).toBe('new@example.org')
    expect(await setPassword(bench, gerd.id, 'correct horse')).toMatchObject({ ok: false, reason: 'no-user' })
    expect(await setEmail(bench, gerd.id, 'x@example.org')).toMatchObject({ ok: false, reason: 'no-user' })
  })
})
