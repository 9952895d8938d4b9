/**
 * Pending authenticators whose time is over go.
 *
 * No route: a schedule invokes it, every hour. What one run leaves over, or fails at, is the next one's.
 */
import { expirePending } from '../../src/expire-pending.ts'
import { readStage } from '../../src/stage.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'

/** How many went is a line in the log. */
export async function handler(): Promise<void> {
  const stage = readStage(process.env)
  const gone = await expirePending({
    db: openDb(openDynamodb(stage), stage.tableNames, stage),
    now: () => Math.floor(Date.now() / 1000),
    actor: { kind: 'service', id: 'expire-pending' },
  })
  if (gone > 0) console.log(JSON.stringify({ message: 'authenticator.expired', gone }))
}
