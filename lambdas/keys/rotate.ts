/**
 * What is due of the signing keys: made, followed, published no more.
 *
 * No route: a schedule invokes it, every hour. It does what is left to do, so that one that failed, or ran twice, is made
 * up for by the next; one that keeps failing is in the alarms, long before a key is missed.
 */
import { rotateKeys } from '../../src/rotate-keys.ts'
import { openKeyMaker } from '../../src/services/key-maker.ts'
import { openVault } from '../../src/services/vault.ts'
import { readStage } from '../../src/stage.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'

/** Each thing that was done is a line in the log. */
export async function handler(): Promise<void> {
  const stage = readStage(process.env)
  const done = await rotateKeys({
    db: openDb(openDynamodb(stage), stage.tableNames, stage),
    now: () => Math.floor(Date.now() / 1000),
    actor: { kind: 'service', id: 'rotate-keys' },
    keyMaker: openKeyMaker(openVault(stage), stage.kmsSigningKeys),
  })
  for (const { type, detail } of done) console.log(JSON.stringify({ message: type, detail }))
}
