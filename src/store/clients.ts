/** Applications: a record each. */
import type { Client } from '../core/oidc/client.ts'
import { type ClientStepUp, clientStepUpMembers } from '../core/step-up/policy.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const readClient = async (db: Db, clientId: string): Promise<Client | undefined> =>
  clientIn(await db.get(places.client(clientId)))

export function clientIn(item: Item | undefined): Client | undefined {
  if (item === undefined) return undefined
  const client = item as Client & { secretHashes?: string[] }
  // Version 0.1 kept hashes alone.
  const { secretHashes, ...rest } = client
  return secretHashes === undefined
    ? client
    : { ...rest, secrets: secretHashes.map((hash) => ({ hash, createdAt: client.createdAt })) }
}

/** All of them, by id. A deployment has some hundred at most. */
export async function listClients(db: Db): Promise<Client[]> {
  const clients: Client[] = []
  let after: Item | undefined
  do {
    const page = await db.query({
      table: 'config',
      where: '#pk = :pk',
      values: { pk: places.client('').key.pk },
      ...(after === undefined ? {} : { after }),
    })
    clients.push(...page.items.flatMap((item) => clientIn(item) ?? []))
    after = page.next
  } while (after !== undefined)
  return clients
}

/** Another policy, and nothing else of the client. What the policy leaves out is taken away. */
export function changedClientStepUp(clientId: string, policy: ClientStepUp): Write {
  const given = clientStepUpMembers.filter((name) => policy[name] !== undefined)
  const gone = clientStepUpMembers.filter((name) => policy[name] === undefined)
  return {
    write: 'update',
    ...places.client(clientId),
    update: [
      `SET ${given.map((name) => `#${name} = :${name}`).join(', ')}`,
      ...(gone.length === 0 ? [] : [`REMOVE ${gone.map((name) => `#${name}`).join(', ')}`]),
    ].join(' '),
    condition: 'attribute_exists(#pk)',
    values: Object.fromEntries(given.map((name) => [name, policy[name]])),
  }
}

export const createdClient = (client: Client): Write => ({
  write: 'put',
  ...places.client(client.clientId),
  item: client,
  condition: 'attribute_not_exists(#pk)',
})

/** Whole, in place of the one that is there. What it was decided by is held by the realm's version: see `touchedRealm`. */
export const replacedClient = (client: Client): Write => ({
  write: 'put',
  ...places.client(client.clientId),
  item: client,
  condition: 'attribute_exists(#pk)',
})

export const deletedClient = (clientId: string): Write => ({
  write: 'delete',
  ...places.client(clientId),
  condition: 'attribute_exists(#pk)',
})

/** A page of them by id, from the one after `after`. */
export async function pageOfClients(
  db: Db,
  { limit, after }: { limit: number; after?: string },
): Promise<{ items: Client[]; next?: Item }> {
  const page = await db.query({
    table: 'config',
    where: '#pk = :pk',
    values: { pk: places.client('').key.pk },
    limit,
    ...(after === undefined ? {} : { after: places.client(after).key }),
  })
  return { ...page, items: page.items.flatMap((item) => clientIn(item) ?? []) }
}
