/**
 * What the audit log grew by goes into the archive, with a signed checkpoint.
 *
 * No route: a schedule invokes it, every hour. One that failed is made up for by the next; one that keeps failing is in the
 * alarms, weeks before a record that it did not archive would end.
 */
import { archiveAudit } from '../../src/audit-archive.ts'
import { openArchive } from '../../src/services/archive.ts'
import { openCheckpointSigner } from '../../src/services/checkpoint-signer.ts'
import { readStage } from '../../src/stage.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'
import type { Log } from '../../src/world.ts'

const log: Log = (message, facts) => console.log(JSON.stringify({ message, ...facts }))

export async function handler(): Promise<void> {
  const stage = readStage(process.env)
  if (stage.auditArchive === undefined) throw new Error('Settings missing from the environment: the audit archive')
  const { place, key } = stage.auditArchive
  const made = await archiveAudit({
    db: openDb(openDynamodb(stage), stage.tableNames, stage),
    archive: openArchive(place),
    signer: openCheckpointSigner(key),
    now: () => Math.floor(Date.now() / 1000),
    log,
  })
  if (made === undefined) return
  const { sequence, files } = made
  const sum = (of: 'blocks' | 'records') => files.reduce((all, file) => all + file[of], 0)
  // By this line the alarm audit-archive-lags knows that there was one.
  log('audit-archived', { checkpoint: sequence, blocks: sum('blocks'), records: sum('records') })
}
