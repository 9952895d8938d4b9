/** Loads the names and pictures of models: each few in one transaction with the record that tells of them. */
import type { FidoModel } from './core/fido/models.ts'
import type { Workbench } from './setup.ts'
import { recorded } from './store/audit.ts'
import { keptFidoModel } from './store/fido-models.ts'

/** DynamoDB takes a hundred writes and 4 MB in a transaction; a picture may have 64 kB. */
const atOnce = 25

/** Done again, it changes nothing: what was loaded before is replaced by the same. */
export async function loadFidoModels({ db, now, actor }: Workbench, models: readonly FidoModel[]): Promise<void> {
  for (let at = 0; at < models.length; at += atOnce) {
    const some = models.slice(at, at + atOnce)
    const detail = `models of security keys: ${some.map(({ aaguid }) => aaguid).join(', ')}`
    const done = await db.transact([
      ...some.map(keptFidoModel),
      recorded({ type: 'settings.changed', at: now(), actor, detail }),
    ])
    if (!done.ok) throw new Error('Writes without a condition were refused')
  }
}
