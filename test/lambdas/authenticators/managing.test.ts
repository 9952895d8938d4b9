import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Authenticator } from '../../../src/core/authenticator.ts'
import { hashSecret, newId, newSecret } from '../../../src/core/secret.ts'
import type { Session } from '../../../src/core/session.ts'
import type { User } from '../../../src/core/user.ts'
import { places } from '../../../src/store/keys.ts'
import { createdSession } from '../../../src/store/sessions.ts'
import { type Cms, newKey, openCms, rawImport } from './cms.ts'

let cms: Cms

beforeAll(async () => {
  cms = await openCms()
})

afterAll(() => cms.house.close())

const count = <Value>(values: Value[], value: Value): number => values.filter((each) => each === value).length

type Change = Partial<Authenticator>

/** A user with one key, and the address of it. */
async function withKey(change: Change = {}) {
  const anna = await cms.house.addUser()
  const softwareKey = newKey()
  const key = await cms.house.addAuthenticator(anna, softwareKey, change)
  const path = `${cms.keysOf(anna)}/${key.id}`
  return {
    anna,
    key,
    softwareKey,
    path,
    patch: (body: unknown, headers: Record<string, string> = {}) => cms.call('PATCH', path, { body, headers }),
    remove: (headers: Record<string, string> = {}) => cms.call('DELETE', path, { headers }),
    read: () => cms.call('GET', path),
    standing: async () => (await cms.house.db.get(places.user(anna.id)))?.standing,
    audited: async () => (await cms.house.audit()).filter((event) => event.user === anna.id).map((event) => event.type),
  }
}

async function signedIn(user: User, credential?: string): Promise<Session> {
  const { now } = cms.house
  const proof = {
    factor: 'webauthn',
    at: now,
    request: 'r',
    ...(credential === undefined ? {} : { credential }),
  } as const
  const session: Session = {
    sid: newId(),
    secretHash: hashSecret(newSecret()),
    user: user.id,
    proofs: [proof],
    standing: 0,
    createdAt: now,
    lastSeenAt: now,
    until: now + 3600,
    idleUntil: now + 3600,
  }
  await cms.house.seed(createdSession(session))
  return session
}

const isThere = async ({ sid }: Session): Promise<boolean> =>
  (await cms.house.db.get(places.session(sid))) !== undefined

describe('renaming', () => {
  it('changes the name and nothing else, in whatever state', async () => {
    for (const state of ['pending', 'active', 'suspended', 'locked'] as const) {
      const { patch, read, audited, standing } = await withKey({ state, friendlyName: 'Old' })
      const before = await read()
      const reply = await patch({ friendlyName: 'New' })
      expect([reply.status, reply.json]).toEqual([200, { ...before.json, friendlyName: 'New' }])
      expect((await read()).json).toEqual(reply.json)
      expect(await audited()).toEqual(['authenticator.renamed'])
      expect(await standing()).toBe(0)
    }
  })

  it('to a name that is blank, too long or unprintable is refused', async () => {
    const { patch } = await withKey()
    for (const friendlyName of ['', '  ', 'x'.repeat(65), 'a\nb', 'a\u202eb', null, 7])
      expect((await patch({ friendlyName })).json).toMatchObject({ status: 400, pointer: '/friendlyName' })
    expect((await patch({ friendlyName: '🔑'.repeat(64) })).status).toBe(200)
  })

  it('takes a merge patch by its own type', async () => {
    const { patch } = await withKey()
    const reply = await patch({ friendlyName: 'Merged' }, { 'content-type': 'application/merge-patch+json' })
    expect(reply.json).toMatchObject({ friendlyName: 'Merged' })
  })
})

describe('a change of state', () => {
  it('suspends an active key and resumes it', async () => {
    const { patch, audited, standing } = await withKey()
    expect((await patch({ state: 'suspended' })).json).toMatchObject({ state: 'suspended' })
    expect(await standing()).toBe(1)
    cms.house.now += 1
    expect((await patch({ state: 'active' })).json).toMatchObject({ state: 'active' })
    expect(await standing()).toBe(1)
    expect(await audited()).toEqual(['authenticator.suspended', 'authenticator.resumed'])
  })

  it('can come with a name, in one write', async () => {
    const { patch, read, audited } = await withKey()
    const reply = await patch({ state: 'suspended', friendlyName: 'Lost' })
    expect(reply.json).toMatchObject({ state: 'suspended', friendlyName: 'Lost' })
    expect((await read()).json).toEqual(reply.json)
    expect((await read()).headers.etag).toBe(reply.headers.etag)
    expect((await audited()).sort()).toEqual(['authenticator.renamed', 'authenticator.suspended'])
    expect(reply.commands.filter(({ name }) => name === 'TransactWriteItems')).toHaveLength(1)
  })

  it('to what it is already changes nothing: the answer to the first request may have been lost', async () => {
    const { patch, audited } = await withKey({ friendlyName: 'Same' })
    const reply = await patch({ state: 'active', friendlyName: 'Same' })
    expect([reply.status, reply.headers.etag]).toEqual([200, '"0"'])
    expect(await audited()).toEqual([])
  })

  it('never makes a pending key active: only its user does', async () => {
    const { patch, read } = await withKey({ state: 'pending' })
    expect((await patch({ state: 'active' })).json).toMatchObject({ status: 409, code: 'only-the-user-activates' })
    expect((await patch({ state: 'suspended' })).json).toMatchObject({ status: 409, code: 'wrong-state' })
    expect((await read()).json.state).toBe('pending')
  })

  it('does not free a locked key', async () => {
    const { patch } = await withKey({ state: 'locked' })
    expect((await patch({ state: 'active' })).json).toMatchObject({ status: 409, code: 'wrong-state' })
    expect((await patch({ state: 'suspended' })).json).toMatchObject({ status: 409, code: 'wrong-state' })
  })

  it('is not asked for by anything but its members', async () => {
    const { patch } = await withKey()
    expect((await patch({})).json).toMatchObject({ status: 400, pointer: '' })
    expect((await patch({ state: 'locked' })).json).toMatchObject({ status: 400, pointer: '/state' })
    expect((await patch({ origin: 'local' })).json).toMatchObject({ status: 400, pointer: '/origin' })
    expect((await patch('nonsense', { 'content-type': 'application/json' })).json).toMatchObject({ code: 'not-json' })
    expect((await patch('{}', { 'content-type': 'text/plain' })).json).toMatchObject({ status: 415 })
    expect((await patch(`"${'x'.repeat(70_000)}"`, { 'content-type': 'application/json' })).json).toMatchObject({
      status: 413,
    })
  })

  it('ends the sessions that the key proved, and no others', async () => {
    const { anna, key, patch } = await withKey()
    const other = await cms.house.addAuthenticator(anna, newKey())
    const [proved, otherwise, password] = [
      await signedIn(anna, key.id),
      await signedIn(anna, other.id),
      await signedIn(anna),
    ]
    await patch({ state: 'suspended' })
    expect(await Promise.all([proved, otherwise, password].map(isThere))).toEqual([false, true, true])
    expect((await cms.house.audit('session.ended')).filter((event) => event.user === anna.id)).toEqual([
      expect.objectContaining({
        session: proved.sid,
        authenticator: key.id,
        actor: { kind: 'api-key', id: cms.apiKey.id },
      }),
    ])
  })
})

describe('deleting', () => {
  it('makes it gone at once, in whatever state, and frees its credential ID', async () => {
    for (const state of ['pending', 'active', 'suspended', 'locked'] as const) {
      const { remove, read, audited, softwareKey, standing } = await withKey({ state })
      const reply = await remove()
      expect([reply.status, reply.body]).toEqual([204, ''])
      expect((await read()).status).toBe(404)
      expect((await remove()).json).toMatchObject({ status: 404, code: 'authenticator-not-found' })
      expect(await audited()).toEqual(['authenticator.deleted'])
      expect(await standing()).toBe(state === 'pending' ? 0 : 1)
      const bert = await cms.house.addUser()
      expect((await cms.importKey(bert, rawImport(softwareKey))).status).toBe(201)
    }
  })

  it('ends the sessions that the key proved', async () => {
    const { anna, key, remove } = await withKey()
    const session = await signedIn(anna, key.id)
    await remove()
    expect(await isThere(session)).toBe(false)
    expect((await cms.house.audit('session.ended')).some((event) => event.session === session.sid)).toBe(true)
  })

  it('works for a user who is disabled', async () => {
    const { anna, remove } = await withKey()
    await cms.house.changeUser(anna, { enabled: false })
    expect((await remove()).status).toBe(204)
  })

  it('is not done to another user’s key', async () => {
    const { key, read } = await withKey()
    const bert = await cms.house.addUser()
    expect((await cms.call('DELETE', `${cms.keysOf(bert)}/${key.id}`)).json).toMatchObject({
      code: 'authenticator-not-found',
    })
    expect((await cms.call('DELETE', `/users/nobody/authenticators/${key.id}`)).json).toMatchObject({
      code: 'user-not-found',
    })
    expect((await read()).status).toBe(200)
  })
})

describe('what the user made here', () => {
  it('a CMS reads, and neither changes nor deletes', async () => {
    const { patch, remove, read } = await withKey({ origin: 'local' })
    expect((await read()).json).toMatchObject({ origin: 'local' })
    for (const reply of [await patch({ state: 'suspended' }), await patch({ friendlyName: 'Ours' }), await remove()])
      expect(reply.json).toMatchObject({ status: 403, code: 'not-imported' })
    expect((await read()).json).toMatchObject({ state: 'active' })
  })
})

describe('If-Match', () => {
  it('lets a change through to the version it names, and to no other', async () => {
    const { patch, remove, read } = await withKey()
    const { etag = '' } = (await read()).headers
    expect((await patch({ friendlyName: 'One' }, { 'if-match': `"other", ${etag}` })).status).toBe(200)
    for (const reply of [
      await patch({ friendlyName: 'Two' }, { 'if-match': etag }),
      await remove({ 'if-match': etag }),
      await remove({ 'if-match': `W/${(await read()).headers.etag}` }),
    ])
      expect(reply.json).toMatchObject({ status: 412, code: 'precondition-failed' })
    expect((await patch({ friendlyName: 'Three' }, { 'if-match': '*' })).status).toBe(200)
    expect((await remove({ 'if-match': (await read()).headers.etag ?? '' })).status).toBe(204)
  })
})

describe('at once', () => {
  it('of twenty renames with one If-Match, one is done', async () => {
    const { patch, read } = await withKey()
    const { etag = '' } = (await read()).headers
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => patch({ friendlyName: `Name ${index}` }, { 'if-match': etag })),
    )
    const statuses = replies.map(({ status }) => status)
    expect([count(statuses, 200), count(statuses, 412)]).toEqual([1, 19])
  })

  it('of twenty deletes, one is done', async () => {
    const { remove, audited, anna, key } = await withKey()
    const session = await signedIn(anna, key.id)
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => remove()))).map(({ status }) => status)
    expect([count(statuses, 204), count(statuses, 404)]).toEqual([1, 19])
    expect((await audited()).sort()).toEqual(['authenticator.deleted', 'session.ended'])
    expect(await isThere(session)).toBe(false)
  })

  it('suspending and deleting leaves it deleted, whichever was first', async () => {
    for (let round = 0; round < 10; round++) {
      const { patch, remove, read, standing, audited, anna, key } = await withKey()
      const session = await signedIn(anna, key.id)
      const [suspended, deleted] = await Promise.all([patch({ state: 'suspended' }), remove()])
      expect(deleted.status).toBe(204)
      expect([200, 404]).toContain(suspended.status)
      expect((await read()).status).toBe(404)
      expect(await standing()).toBe(suspended.status === 200 ? 2 : 1)
      expect(count(await audited(), 'session.ended')).toBe(1)
      expect(await isThere(session)).toBe(false)
    }
  })

  it('suspending twenty times lowers the standing once', async () => {
    const { patch, standing, audited } = await withKey()
    const replies = await Promise.all(Array.from({ length: 20 }, () => patch({ state: 'suspended' })))
    expect(replies.every(({ status, json }) => status === 200 && json.state === 'suspended')).toBe(true)
    expect(await standing()).toBe(1)
    expect(await audited()).toEqual(['authenticator.suspended'])
  })
})
