// POST /api/v1/tenants/{tenantCode}/authenticators:import — imports up to a hundred, each with its own result.
import { type BulkItem, type ImportRequest, parseBulk } from '../../src/core/fido/import-request.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { remembered, rememberedFor } from '../../src/store/idempotency.ts'
import { badParameter, bodyLimits, isNameable, readBody, readQuery } from '../api/asked.ts'
import { type ApiCaller, forCaller } from '../api/caller.ts'
import { answerTo, documentOf, problems, type Refused } from '../api/problems.ts'
import { noteRefusal } from '../api/refused.ts'
import { fingerprintOf, type Repeatable, readRepeatable } from '../api/repeating.ts'
import { type Imagined, type Imported, type ImportNeeds, imagineNothing, importAuthenticator } from './importing.ts'
import { showAuthenticator } from './representation.ts'

/** How many are imported at once: enough to be quick, few enough to leave other requests their share. */
const atOnce = 8

/**
 * 200 whatever came of each: the request was carried out, and a client that reads one status would otherwise retry a
 * hundred for the sake of one. (207 is WebDAV's, with a body of its own in XML.)
 */
export const handle = forCaller(
  'authenticators:write',
  async (needs: ImportNeeds, call: Call, cms: ApiCaller): Promise<Answer> => {
    const batch = await readBatch(needs, call, cms)
    if (!batch.ok) {
      await noteRefusal(needs, { cms, call }, batch)
      return answerTo(batch)
    }
    return json(200, { dryRun: batch.value.imagined !== undefined, results: await importAll(needs, batch.value) })
  },
)

type Batch = {
  cms: ApiCaller
  call: Call
  items: BulkItem[]
  /** What each item that could be read is known by, as it was sent. */
  texts: string[]
  repeatable: Repeatable | undefined
  imagined: Imagined | undefined
}

async function readBatch(needs: ImportNeeds, call: Call, cms: ApiCaller): Promise<Result<Batch, Refused['reason']>> {
  const query = readQuery(call, ['dryRun'])
  if (!query.ok) return query
  const { dryRun = 'false' } = query.value
  if (dryRun !== 'true' && dryRun !== 'false') return badParameter('dryRun', 'must be true or false')
  const repeatable = readRepeatable(call, cms)
  if (!repeatable.ok) return repeatable
  const body = readBody(call, bodyLimits.bulk)
  if (!body.ok) return body
  const items = parseBulk(body.value, needs.now())
  if (!items.ok) return items
  const imagined = dryRun === 'true' ? imagineNothing() : undefined
  const claimed = imagined === undefined ? await claimKey(needs, repeatable.value) : ok(undefined)
  if (!claimed.ok) return claimed
  const sent = (body.value as { items: unknown[] }).items
  // Only what was read: that is of known depth, and anything else can be too deep to be written again.
  const texts = items.value.map(({ request }, index) => (request.ok ? JSON.stringify(sent[index]) : ''))
  return ok({ cms, call, items: items.value, texts, repeatable: claimed.value, imagined })
}

/**
 * Binds the Idempotency-Key to this request before any of it is done. A repeated request goes on: what each of its items
 * was answered is remembered by itself, so what was done is answered and what was refused is tried again.
 */
async function claimKey(
  { db, now }: ImportNeeds,
  repeatable: Repeatable | undefined,
): Promise<Result<Repeatable | undefined, 'idempotency-key-reused'>> {
  if (repeatable === undefined) return ok(undefined)
  const { caller, key, fingerprint } = repeatable
  const claim = { fingerprint, status: 200, body: '', until: now() + rememberedFor }
  const done = await db.transact([remembered(caller, key, claim, now())])
  const holder = done.ok ? undefined : done.conflicts[0]?.found
  return done.ok || holder?.fingerprint === fingerprint ? ok(repeatable) : refuse('idempotency-key-reused')
}

async function importAll(needs: ImportNeeds, batch: Batch): Promise<unknown[]> {
  const results: unknown[] = []
  const work = chainsOf(batch).values()
  const workers = Array.from({ length: atOnce }, async () => {
    for (const chain of work)
      for (const index of chain)
        results[index] = { index, ...resultOf(await importItem(needs, batch, index), batch.imagined !== undefined) }
  })
  await Promise.all(workers)
  return results
}

type Chain = { names: string[]; indexes: number[] }

/**
 * What must be done one after the other: items with one credential ID, so that the first of them is the one imported,
 * and items of one user, whose transactions would collide. In a run that changes nothing, all of them: what is imagined
 * of one is looked at by the next.
 */
function chainsOf({ items, imagined }: Batch): number[][] {
  if (imagined !== undefined) return [[...items.keys()]]
  const chains = new Map<string, Chain>()
  for (const [index, { userId, request }] of items.entries()) {
    const own = [`user ${userId}`, ...(request.ok ? [`credential ${request.value.credentialId}`] : [])]
    const met = [...new Set(own.flatMap((name) => chains.get(name) ?? []))]
    const chain = {
      names: [...own, ...met.flatMap(({ names }) => names)],
      indexes: [...met.flatMap(({ indexes }) => indexes), index].sort((a, b) => a - b),
    }
    for (const name of chain.names) chains.set(name, chain)
  }
  return [...new Set(chains.values())].map(({ indexes }) => indexes)
}

async function importItem(needs: ImportNeeds, batch: Batch, index: number): Promise<Imported> {
  const { items, cms, call, imagined } = batch
  const item = items[index]
  if (item === undefined) throw new Error(`There is no item ${index}`)
  const request = requestOf(item, index)
  if (!request.ok) {
    if (imagined === undefined) await noteRefusal(needs, { cms, call }, request)
    return { done: 'refused', refusal: request }
  }
  const repeatable = imagined === undefined ? repeatableOf(batch, index) : undefined
  return importAuthenticator(needs, {
    cms,
    call,
    userId: item.userId,
    request: request.value,
    at: `/items/${index}`,
    ...(repeatable === undefined ? {} : { repeatable }),
    ...(imagined === undefined ? {} : { imagined }),
  })
}

const requestOf = ({ userId, request }: BulkItem, index: number): Result<ImportRequest, Refused['reason']> =>
  request.ok && !isNameable(userId) ? refuse('user-not-found', { at: `/items/${index}/userId` }) : request

/** The item's own, under a caller that no single import has. */
function repeatableOf({ repeatable, texts }: Batch, index: number): Repeatable | undefined {
  if (repeatable === undefined) return undefined
  const { caller, key } = repeatable
  return { caller: `${caller}/item`, key: `${index} ${key}`, fingerprint: fingerprintOf(texts[index] ?? '') }
}

function resultOf(
  outcome: Imported,
  isImagined: boolean,
): { status: number; authenticator?: unknown; problem?: unknown } {
  switch (outcome.done) {
    case 'refused':
      return { status: problems[outcome.refusal.reason].status, problem: documentOf(outcome.refusal) }
    case 'remembered':
      return { status: outcome.status, authenticator: JSON.parse(outcome.body) }
    case 'existing':
    case 'created': {
      // One that would be made has no id yet.
      const isThere = !isImagined || outcome.status === 200
      return { status: outcome.status, ...(isThere ? { authenticator: showAuthenticator(outcome.authenticator) } : {}) }
    }
  }
}
