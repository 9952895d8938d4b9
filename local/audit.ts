/**
 * What is done behind the audit log on a laptop: the table's stream calls audit-chain, and a timer audit-archive, as
 * `lib/audit-stack.ts` has it in AWS. The archive is a folder, and its checkpoints are signed by a key in a file.
 */
import { join } from 'node:path'
import type { DynamoDBBatchResponse } from 'aws-lambda'
import { isForChain } from '../lambdas/audit/chain.ts'
import type { EventLambda } from '../lib/bundle.ts'
import { keepCheckpointKey } from '../src/services/checkpoint-signer.ts'
import { everyHour } from './hourly.ts'
import { followStream } from './stream.ts'

export const keepers = ['audit-chain', 'audit-archive'] as const satisfies EventLambda[]
export type Keeper = (typeof keepers)[number]

/** Where the archive is, and the key of its checkpoints. */
export type LocalArchive = { folder: string; keyFile: string }

export const localArchive = (directory: string): LocalArchive => ({
  folder: join(directory, 'audit-archive'),
  keyFile: keepCheckpointKey(join(directory, 'audit-key')),
})

export const archiveFor = (name: string, archive: LocalArchive | undefined): Record<string, string> =>
  name === 'audit-archive' && archive !== undefined
    ? { AUDIT_ARCHIVE_FOLDER: archive.folder, AUDIT_KEY_FILE: archive.keyFile }
    : {}

export type KeepingSettings = {
  /** Holds how far the stream was followed. */
  directory: string
  endpoint: string
  /** The audit table's deployed name. */
  table: string
  invoke(name: Keeper, event: unknown): Promise<unknown>
  tell(line: string): void
}

/** From when the Lambdas can be called. */
export async function keepAudit({ directory, endpoint, table, invoke, tell }: KeepingSettings) {
  const following = await followStream({
    endpoint,
    table,
    wants: isForChain,
    purpose: 'the audit log is not chained',
    file: join(directory, 'audit-chain-stream.json'),
    tell,
    deliver: async (event) => (await invoke('audit-chain', event)) as DynamoDBBatchResponse,
  })
  const archiving = everyHour('The archive of the audit log', () => invoke('audit-archive', {}), tell)
  return {
    async close(): Promise<void> {
      await Promise.all([following.close(), archiving.close()])
    },
  }
}
