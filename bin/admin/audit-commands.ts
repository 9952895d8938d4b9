/** Whether the audit log is what was written, and by which key the checkpoints are signed that say how long it was. */
import { existsSync, readFileSync } from 'node:fs'
import type { JWK } from 'jose'
import { type AuditChecked, checkAudit } from '../../src/audit-verify.ts'
import { type Finding, findingKinds } from '../../src/core/audit-verification.ts'
import { type ArchivePlace, openArchive } from '../../src/services/archive.ts'
import { openCheckpointSigner } from '../../src/services/checkpoint-signer.ts'
import { auditDay, auditShards } from '../../src/store/audit.ts'
import { auditReader, firstDayOf } from '../../src/store/audit-chain.ts'
import { type Bench, Cannot, type Command, cannot, type Given, jsonIn, needed } from './typed.ts'

export const auditUsage = `
  audit verify [--since DAY] [--until DAY] [--archive DIR|s3://BUCKET] [--key FILE] [--patience MINUTES]
                                        whether each record is as it was written, and all are there; with --archive, what
                                        is archived, too; with --key, by a public key that you kept yourself
  audit key                             the public half of the key that signs checkpoints, to be kept elsewhere
`

export const auditCommands: Record<string, Command> = {
  'audit verify': async ({ db, now, audit }, _words, given) => {
    const place = placeOf(given.archive) ?? audit.archive
    const key = place === undefined ? undefined : await keyFor(audit, given.key)
    const since = given.since === undefined ? undefined : dayIn(given.since)
    const until = given.until === undefined ? auditDay(now()) : dayIn(given.until)
    // Or nothing would be read, and so nothing be wrong.
    if (since !== undefined && since > until) cannot(`There is no day from ${since} to ${until}.`)
    const counts = new Map<Finding['kind'], number>()
    const firsts = await Promise.all(Array.from({ length: auditShards }, (_, shard) => firstDayOf(db, shard)))
    const checked = await checkAudit({
      reader: auditReader(db),
      firstDay: firsts.filter((day) => day !== undefined).sort()[0],
      ...(since === undefined ? {} : { since }),
      until,
      now: now(),
      patience: minutesIn(given.patience ?? '15') * 60,
      ...(place === undefined || key === undefined
        ? {}
        : { archive: { archive: openArchive(place), key, contents: given.archive !== undefined } }),
      found: (finding) => {
        counts.set(finding.kind, (counts.get(finding.kind) ?? 0) + 1)
        console.log(line(finding))
      },
    })
    const told = [...heads(checked), ...summary(checked, place === undefined)].join('\n')
    if (counts.size === 0) return `${told}\nThe audit log is as it was written.`
    console.log(told)
    const kinds = findingKinds.filter((kind) => counts.has(kind)).map((kind) => `${counts.get(kind)} ${kind}`)
    throw new Cannot(`The audit log is not as it was written: ${kinds.join(', ')}.`)
  },

  'audit key': async ({ audit }) => JSON.stringify(await keyFor(audit, undefined), undefined, 2),
}

function placeOf(text: string | undefined): ArchivePlace | undefined {
  if (text === undefined) return undefined
  const [, bucket] = /^s3:\/\/([^/]+)\/?$/.exec(text) ?? []
  if (bucket !== undefined) return { bucket }
  return existsSync(text) ? { directory: text } : cannot(`There is no folder ${text}, and it is no s3://BUCKET.`)
}

async function keyFor({ key }: Bench['audit'], file: string | undefined): Promise<JWK> {
  if (file !== undefined) {
    if (!existsSync(file)) throw new Cannot(`There is no file ${file}.`)
    return jsonIn(readFileSync(file, 'utf8'), file) as JWK
  }
  return openCheckpointSigner(needed(key, 'The output AuditKeyArn')).publicKey()
}

const dayIn = (text: Given['since']): string =>
  /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''))
    ? (text ?? '')
    : cannot(`${text} is no day, such as 2026-11-22.`)

const minutesIn = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : cannot(`${text} are no minutes.`))

const line = ({ kind, key, at, detail }: Finding): string =>
  [kind, key, ...(at === undefined ? [] : [when(at)]), ...(detail === undefined ? [] : [detail])].join('  ')

/** The last block of each day and shard, to be compared with what was printed another time. */
const heads = ({ heads: its }: AuditChecked): string[] =>
  Object.entries(its).map(([name, { sequence, hash }]) => `head  ${name}  ${sequence}  ${hash}`)

function summary(
  { since, until, records, blocks, waiting, ended, checkpoints, archived }: AuditChecked,
  alone: boolean,
) {
  return [
    ...(checkpoints ? [`checkpoint  ${checkpoints.count}  ${checkpoints.last}  ${when(checkpoints.at)}`] : []),
    `From ${since} to ${until}: ${records} records in ${blocks} blocks; ${waiting} too young to be in one, ${ended} ended online.`,
    ...(archived
      ? [`In the archive: ${archived.records} records and ${archived.blocks} blocks in ${archived.files} files.`]
      : []),
    ...(alone ? ['No archive is known here: whether the end of a chain was cut off, this does not say.'] : []),
  ]
}

const when = (at: number): string => new Date(at * 1000).toISOString()
