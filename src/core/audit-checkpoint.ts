/**
 * A checkpoint: how far each day and shard of the chain went when it was made, and what was archived since the one before.
 * Each names the hash of the one before and is signed, so that nobody who can write the table can make one, and none can be
 * left out. Left out: who signs (`src/services/checkpoint-signer.ts`) and where they are kept (`src/services/archive.ts`).
 */
import { createHash } from 'node:crypto'
import { compactVerify, type JWK } from 'jose'
import * as z from 'zod'
import { ok, type Result, refuse } from './result.ts'

const head = z.strictObject({ sequence: z.int().positive(), hash: z.string(), until: z.number().optional() })

const checkpoint = z.strictObject({
  /** From 1. */
  sequence: z.int().positive(),
  /** Seconds. */
  at: z.int(),
  /** SHA-256, in base64url, of the one before as it is kept. None: the first. */
  previous: z.string().optional(),
  /** The day that it got to. */
  day: z.iso.date(),
  /** The last block that is archived, by `2026-11-22#3`: of the days that may still grow, and those before have theirs in earlier ones. */
  heads: z.record(z.string(), head),
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string(), blocks: z.int(), records: z.int() })),
})

export type Checkpoint = z.infer<typeof checkpoint>
export type Head = z.infer<typeof head>
export type ArchivedFile = Checkpoint['files'][number]

export const checkpointType = 'audit-checkpoint+jws'

export const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('base64url')

/** `checkpoints/2026-11/0000000042.jws`: by month, so that the last one is found in two lists however old the log is. */
export const checkpointName = ({ sequence, day }: Pick<Checkpoint, 'sequence' | 'day'>): string =>
  `checkpoints/${day.slice(0, 7)}/${String(sequence).padStart(10, '0')}.jws`

/** What a checkpoint says, once its signature is that of the key. */
export async function readCheckpoint(
  jws: string,
  key: JWK,
): Promise<Result<Checkpoint, 'bad-signature' | 'no-checkpoint'>> {
  const verified = await compactVerify(jws, key, { algorithms: ['ES256'] }).catch(() => undefined)
  if (verified?.protectedHeader.typ !== checkpointType) return refuse('bad-signature')
  return parseCheckpoint(new TextDecoder().decode(verified.payload))
}

/** For whoever goes on from it, and made it: what it says, without a look at the signature. */
export function claimedCheckpoint(jws: string): Result<Checkpoint, 'no-checkpoint'> {
  return parseCheckpoint(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString())
}

function parseCheckpoint(text: string): Result<Checkpoint, 'no-checkpoint'> {
  try {
    const read = checkpoint.safeParse(JSON.parse(text))
    return read.success ? ok(read.data) : refuse('no-checkpoint', { detail: z.prettifyError(read.error) })
  } catch {
    return refuse('no-checkpoint', { detail: 'no JSON' })
  }
}
