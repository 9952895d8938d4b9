import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Session } from '../../src/core/session.ts'
import { findPerson } from '../../src/store/people.ts'
import { createdSession, sessionsOfUser } from '../../src/store/sessions.ts'
import { openShell } from './shell.ts'

let shell: Awaited<ReturnType<typeof openShell>>
let ada: string
beforeAll(async () => {
  shell = await openShell()
  await shell.admin(['init'])
  await shell.admin(['user', 'add', 'ada'])
  ada = (await findPerson(shell.db, 'ada'))?.user.id ?? ''
})
afterAll(() => shell.close())

async function begins(sid: string, change: Partial<Session> = {}): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  const usual = { secretHash: 'a-hash', proofs: [], standing: 0, createdAt: now, lastSeenAt: now }
  const session = { ...usual, sid, user: ada, until: now + 3600, idleUntil: now + 600, ...change }
  expect(await shell.db.transact([createdSession(session)])).toEqual({ ok: true })
}

it('npm run admin session: lists them without a secret, ends one, and ends all', async () => {
  const { admin, db } = shell
  expect(await admin(['session', 'list', 'ada'])).toMatchObject({ code: 0, out: 'ada is signed in nowhere.\n' })
  await begins('one', { clients: ['app1', 'app2'], ip: '192.0.2.7', userAgent: 'Firefox' })
  await begins('two')
  await begins('three')
  const { out } = await admin(['session', 'list', 'ada'])
  expect(out).toMatch(/one {2}since 20.* {2}last seen 20.* {2}from 192\.0\.2\.7 {2}app1 app2 {2}Firefox/)
  expect(out.trim().split('\n')).toHaveLength(3)
  expect(out).not.toContain('a-hash')

  expect(await admin(['session', 'end', 'ada', 'two'])).toMatchObject({ code: 0, out: 'The session two has ended.\n' })
  expect((await sessionsOfUser(db, ada)).map(({ sid }) => sid).sort()).toEqual(['one', 'three'])
  expect(await admin(['session', 'end', 'ada', 'two'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('ada has no session two.'),
  })
  const standing = (await findPerson(db, 'ada'))?.user.standing ?? 0
  expect(await admin(['session', 'end-all', 'ada'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('2 sessions'),
  })
  expect(await sessionsOfUser(db, ada)).toEqual([])
  expect((await findPerson(db, 'ada'))?.user).toMatchObject({ epoch: 1, standing: standing + 1 })
  expect(await admin(['session', 'end-all', 'ada'])).toMatchObject({ code: 0 })
})

it('says whom it does not know, and what is missing', async () => {
  const { admin } = shell
  for (const words of [
    ['list', 'nobody'],
    ['end', 'nobody', 'x'],
    ['end-all', 'nobody'],
  ])
    expect(await admin(['session', ...words])).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no user nobody.'),
    })
  expect(await admin(['session', 'list'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('a user name is missing'),
  })
  expect(await admin(['session', 'end', 'ada'])).toMatchObject({ code: 1, err: expect.stringContaining('is missing') })
})
