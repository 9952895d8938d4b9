/** The service that `npm start` runs, for the tests of its examples, with what only its user and its administrator do. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepWrappingKey } from '../../local/files.ts'
import type { Person } from '../../local/seed.ts'
import { startService } from '../../local/service.ts'
import { localClient } from '../../local/tables.ts'
import { openVault } from '../../src/services/vault.ts'
import { changeSettings } from '../../src/settings-admin.ts'
import { createClient, createUser, type NewClient, type ShownClient, type Workbench } from '../../src/setup.ts'
import { openDb } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { changedState, readAuthenticator } from '../../src/store/people.ts'
import { sessionsOfUser } from '../../src/store/sessions.ts'

export type Service = Awaited<ReturnType<typeof openService>>

/** App1, App2 and the CMS run, too, at the addresses that are registered for them. */
export async function openService() {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-examples-'))
  const service = await startService({ port: 0, directory, quiet: true, watch: false })
  const client = localClient(service.dynamodb.endpoint)
  const db = openDb(client, service.dynamodb.tableNames)
  const now = () => Math.floor(Date.now() / 1000)
  const vault = openVault({ wrappingKey: { file: keepWrappingKey(directory) } })
  const bench: Workbench = { db, now, vault, actor: { kind: 'operator', id: 'a test' } }

  return {
    demo: service.demo,

    /** Somebody whom nobody has met, with a password and nothing else. */
    async newPerson(userName: string): Promise<Person> {
      const person = { id: `test-${userName}`, userName, email: `${userName}@example.org`, password: 'likes horses' }
      const made = await createUser(bench, person)
      if (!made.ok) throw new Error(`There is a ${userName} already`)
      return person
    },

    /** As `npm run admin -- client add` does. */
    async registers(client: NewClient): Promise<ShownClient> {
      const made = await createClient(bench, client)
      if (!made.ok) throw new Error(`The client was not made: ${made.reason}`)
      return made.value
    },

    /** Time passes for what the person has proved in their sessions. */
    async letPass(person: Person, seconds: number): Promise<void> {
      for (const session of await sessionsOfUser(db, person.id)) {
        const proofs = session.proofs.map((proof) => ({ ...proof, at: proof.at - seconds }))
        await db.update(places.session(session.sid), { update: 'SET #proofs = :proofs', values: { proofs } })
      }
    },

    /** One of those who are there from the start. */
    person(userName: string): Person {
      const found = service.demo.people.find((person) => person.userName === userName)
      if (found === undefined) throw new Error(`Nobody of the demo is called ${userName}`)
      return found
    },

    /** Leaves the key as the last step of its user's activation does: the API has no call for it. */
    async activate(person: Person, id: string): Promise<void> {
      const key = await readAuthenticator(db, person.id, id)
      if (key === undefined) throw new Error(`${person.userName} has no key ${id}`)
      const done = await db.transact([changedState(key, 'activate', { activatedAt: now() })])
      if (!done.ok) throw new Error(`The key is ${key.state} and cannot be activated`)
    },

    /** The setting “Authenticator import via API”. */
    async allowImport(authenticatorImport: boolean): Promise<void> {
      const done = await changeSettings(bench, { authenticatorImport })
      if (!done.ok) throw new Error(`The settings were not changed: ${done.reason}`)
    },

    async close(): Promise<void> {
      client.destroy()
      await service.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
