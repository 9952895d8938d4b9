// POST /api/v1/tenants/{tenantCode}/one-time-passwords:import — up to a hundred, as JSON or as a container of RFC 6030.
import { importLimits } from '../../src/core/fido/import-request.ts'
import type { OneTimePassword } from '../../src/core/otp/one-time-password.ts'
import { itemOfPskc, type OtpItem, parseOtpBulk } from '../../src/core/otp/otp-import.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { badParameter, bodyLimits, isNameable, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo, documentOf, problems, type Refused } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { containerType, preSharedKeyPattern } from './container.ts'
import { type Imported, type ImportNeeds, importOneTimePassword } from './importing.ts'
import { showOneTimePassword } from './representation.ts'

/**
 * 200 whatever came of each, as for authenticators. Needs no Idempotency-Key: what is there is found again by its secret,
 * so that sending the same file twice makes nothing twice.
 */
export const handle = forCaller(
  'otp:write',
  async (needs: ImportNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const query = readQuery(call, ['dryRun'])
    const batch = query.ok ? await readBatch(needs, call, query.value.dryRun) : query
    if (!batch.ok) {
      await noteRefusal(needs, { cms, call }, batch)
      return answerTo(batch)
    }
    const { items, imagined } = batch.value
    const results: unknown[] = []
    // One after the other: of two of one secret the first is imported, and the transactions of one user would collide.
    for (const [index, item] of items.entries()) {
      const outcome = await importItem(needs, { cms, call, ...(imagined === undefined ? {} : { imagined }) }, item)
      results.push({ index, ...resultOf(outcome, imagined !== undefined) })
    }
    return json(200, { dryRun: imagined !== undefined, results })
  },
)

type Batch = { items: OtpItem[]; imagined: OneTimePassword[] | undefined }

async function readBatch(
  { now }: ImportNeeds,
  call: Call,
  dryRun = 'false',
): Promise<Result<Batch, Refused['reason']>> {
  if (dryRun !== 'true' && dryRun !== 'false') return badParameter('dryRun', 'must be true or false')
  const type = (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  const items = type === containerType ? await readContainer(call, now()) : readList(call)
  return items.ok ? ok({ items: items.value, imagined: dryRun === 'true' ? [] : undefined }) : items
}

function readList(call: Call): Result<OtpItem[], Refused['reason']> {
  const body = readBody(call, bodyLimits.bulk)
  return body.ok ? parseOtpBulk(body.value) : body
}

async function readContainer(call: Call, now: number): Promise<Result<OtpItem[], Refused['reason']>> {
  if (Buffer.byteLength(call.body) > bodyLimits.bulk)
    return refuse('too-large', { detail: `At most ${bodyLimits.bulk} bytes.` })
  const key = call.headers['pre-shared-key']
  if (key !== undefined && !new RegExp(preSharedKeyPattern).test(key))
    return refuse('malformed-request', { detail: 'Pre-Shared-Key must have 32 hexadecimal digits.' })
  // Loaded where it is used: most imports are JSON.
  const { parsePskc } = await import('../../src/core/otp/pskc.ts')
  const context = key === undefined ? { now } : { now, preSharedKey: Buffer.from(key, 'hex') }
  const read = parsePskc(call.body, context)
  if (!read.ok) return read
  if (read.value.length > importLimits.items)
    return refuse('malformed-request', { detail: `At most ${importLimits.items} keys at once.` })
  return ok(read.value.map(itemOfPskc))
}

type Circumstances = { cms: ApiCaller; call: Call; imagined?: OneTimePassword[] }

async function importItem(needs: ImportNeeds, about: Circumstances, item: OtpItem): Promise<Imported> {
  const { request } = item
  const readable = request.ok && !isNameable(item.userId) ? refuse('user-not-found', { at: item.at }) : request
  if (readable.ok)
    return importOneTimePassword(needs, { ...about, userId: item.userId, at: item.at, request: readable.value })
  if (about.imagined === undefined) await noteRefusal(needs, about, readable)
  return { done: 'refused', refusal: readable }
}

function resultOf(outcome: Imported, isImagined: boolean) {
  switch (outcome.done) {
    case 'refused':
      return { status: problems[outcome.refusal.reason].status, problem: documentOf(outcome.refusal) }
    case 'remembered':
      throw new Error('Nothing is remembered of an item')
    case 'existing':
    case 'created': {
      // One that would be made is nowhere yet.
      const isThere = !isImagined || outcome.status === 200
      return { status: outcome.status, ...(isThere ? { oneTimePassword: showOneTimePassword(outcome.otp) } : {}) }
    }
  }
}
