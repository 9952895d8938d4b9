import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPerson } from '../../src/store/people.ts'
import { openShell } from './shell.ts'

type Shell = Awaited<ReturnType<typeof openShell>>

let shell: Shell
beforeAll(async () => {
  shell = await openShell()
  await shell.admin(['init'])
  await shell.admin(['user', 'add', 'grace', '--role', 'administrator', '--given-name', 'Grace'])
  await shell.admin(['user', 'add', 'anna', '--email', 'anna@example.org'])
})
afterAll(() => shell?.close())

const userCalled = async (name: string) => (await findPerson(shell.db, name))?.user

describe('npm run admin -- user', () => {
  it('lists and shows, and never a password', async () => {
    await shell.admin(['user', 'password', 'anna', '--password-stdin'], 'correct horse battery')
    const listed = await shell.admin(['user', 'list'])
    expect(listed.out.trim().split('\n')).toHaveLength(2)
    expect(listed.out).toMatch(/grace {2}Grace {2}administrator/)
    expect((await shell.admin(['user', 'list', 'an'])).out).not.toContain('grace')
    expect((await shell.admin(['user', 'list', 'zz'])).out).toBe('There is none.\n')
    const { out } = await shell.admin(['user', 'show', 'ANNA'])
    expect(JSON.parse(out)).toMatchObject({ userName: 'anna', password: true, enabled: true })
    expect(out).not.toContain('argon2')
  })

  it('disables and enables', async () => {
    expect(await shell.admin(['user', 'disable', 'anna'])).toMatchObject({ code: 0 })
    expect(await userCalled('anna')).toMatchObject({ enabled: false, epoch: 1 })
    expect((await shell.admin(['user', 'list', 'an'])).out).toContain('disabled')
    await shell.admin(['user', 'enable', 'anna'])
    expect(await userCalled('anna')).toMatchObject({ enabled: true })
    expect(await shell.admin(['user', 'unlock', 'anna'])).toMatchObject({ code: 0, out: 'anna may try again.\n' })
  })

  it('gives and takes roles, but the last administrator’s', async () => {
    expect((await shell.admin(['user', 'roles', 'anna', 'operator', 'auditor'])).out).toBe('anna: operator, auditor.\n')
    expect((await shell.admin(['user', 'roles', 'anna'])).out).toBe('anna has no role.\n')
    expect(await shell.admin(['user', 'roles', 'anna', 'root'])).toMatchObject({
      code: 1,
      err: 'root is no role: administrator, operator, auditor.\n',
    })
    for (const words of [
      ['roles', 'grace'],
      ['disable', 'grace'],
      ['delete', 'grace'],
    ])
      expect(await shell.admin(['user', ...words])).toMatchObject({
        code: 1,
        err: 'There would be no administrator any more\n',
      })
    expect(await userCalled('grace')).toMatchObject({ enabled: true, roles: ['administrator'] })
  })

  it('deletes, and lists anew', async () => {
    expect(await shell.admin(['user', 'delete', 'anna'])).toMatchObject({ code: 0 })
    expect(await userCalled('anna')).toBeUndefined()
    expect(await shell.admin(['user', 'delete', 'anna'])).toMatchObject({ code: 1, err: 'There is no user anna.\n' })
    expect((await shell.admin(['user', 'list-anew'])).out).toContain('1 users are listed')
  })
})
