/** Applications: a record each. */
import type { Client } from '../core/client.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const readClient = async (db: Db, clientId: string): Promise<Client | undefined> =>
  clientIn(await db.get(places.client(clientId)))

export const clientIn = (item: Item | undefined): Client | undefined => item as Client | undefined

export const createdClient = (client: Client): Write => ({
  write: 'put',
  ...places.client(client.clientId),
  item: client,
  condition: 'attribute_not_exists(#pk)',
})
