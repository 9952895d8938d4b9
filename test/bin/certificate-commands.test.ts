import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findPerson } from '../../src/store/people.ts'
import { createAuthority } from '../pki.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
let file: string
let thumbprint: string
beforeAll(async () => {
  shell = await openShell()
  const { pem, certificate } = await (await createAuthority('CN=Root')).issue({ upn: 'ada@corp.example' })
  file = join(shell.directory, 'ada.pem')
  writeFileSync(file, pem)
  thumbprint = Buffer.from(await certificate.getThumbprint('SHA-256')).toString('base64url')
  await shell.admin(['init'])
  for (const name of ['ada', 'bela']) await shell.admin(['user', 'add', name])
})
afterAll(() => shell.close())

it('npm run admin certificate: one is added for one user, listed, and taken back with what rests on it', async () => {
  const { admin } = shell
  expect((await admin(['certificate', 'list', 'ada'])).out).toContain('any certificate that names them counts')
  expect(await admin(['certificate', 'add', 'ada', file])).toMatchObject({
    code: 0,
    out: expect.stringContaining(thumbprint),
  })
  expect((await admin(['certificate', 'list', 'ada'])).out).toContain(thumbprint)
  for (const name of ['ada', 'bela'])
    expect(await admin(['certificate', 'add', name, file])).toMatchObject({
      code: 1,
      err: expect.stringContaining('registered already'),
    })
  const standing = (await findPerson(shell.db, 'ada'))?.user.standing ?? 0
  expect(await admin(['certificate', 'remove', 'ada', '--', thumbprint])).toMatchObject({ code: 0 })
  expect((await findPerson(shell.db, 'ada'))?.user).toMatchObject({
    certificateThumbprints: [],
    standing: standing + 1,
  })
  expect((await admin(['certificate', 'list', 'ada'])).out).toContain('none counts')
  expect(await admin(['certificate', 'remove', 'ada', '--', thumbprint])).toMatchObject({ code: 1 })
  expect(await admin(['certificate', 'add', 'bela', file])).toMatchObject({ code: 0 })
})

it('refuses what is no certificate, and whom it does not know, in a sentence', async () => {
  const { admin } = shell
  const none = join(shell.directory, 'none.pem')
  writeFileSync(none, 'hello')
  expect(await admin(['certificate', 'add', 'ada', none])).toMatchObject({
    code: 1,
    err: expect.stringContaining('not one certificate'),
  })
  expect(await admin(['certificate', 'add', 'ada', '/nowhere'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no /nowhere'),
  })
  expect(await admin(['certificate', 'add', 'nobody', file])).toMatchObject({
    code: 1,
    err: expect.stringContaining('no user nobody'),
  })
})
