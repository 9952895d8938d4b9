/**
 * Lists users anew where they are looked for: those whom a version made that knew no search, and no count of
 * administrators. Does no harm when it is repeated.
 */
import type { Db, Item } from './store/db.ts'
import { listedAnew, listUsers } from './store/users.ts'

/** @returns how many users there are */
export async function listAllAnew(db: Db): Promise<number> {
  let count = 0
  let after: Item | undefined
  do {
    const page = await listUsers(db, { prefix: '', limit: 100, ...(after === undefined ? {} : { after }) })
    for (const user of page.items) await db.transact(listedAnew(user))
    count += page.items.length
    after = page.next
  } while (after !== undefined)
  return count
}
