/**
 * Does what `key-rotation.ts` plans: a Lambda on a schedule, `npm run admin -- keys rotate`, and `npm start`.
 *
 * Each step is one transaction with its audit record, on the condition that nobody changed the keys since the plan was
 * made. Whoever comes second plans anew, and so does the next run after one that broke off: what is there says what is
 * left to do. Left out: who may call it.
 */
import type { Actor, AuditType } from './core/audit-event.ts'
import { planRevocation, planRotation, type RotationSettings, rotationOf, type Step } from './core/oidc/key-rotation.ts'
import { isLiving, type LivingKey, type SigningKey } from './core/oidc/signing-key.ts'
import { ok, type Result, refuse, type Seconds } from './core/result.ts'
import type { KeyMaker, MadeKey } from './services/key-maker.ts'
import { recorded } from './store/audit.ts'
import type { Db, Write } from './store/db.ts'
import { readRealm } from './store/realm.ts'
import {
  changedKeys,
  createdSigningKey,
  deletedSigningKey,
  movedSigningKey,
  readKeyChanges,
  readSigningKeys,
} from './store/signing-keys.ts'

export type Rotator = { db: Db; now(): Seconds; actor: Actor; keyMaker: KeyMaker }

/** What was done, as the audit log has it: `RS256 kid`. */
export type Done = { type: AuditType; detail: string }

type Options = {
  /** Whatever is published long enough takes over, before its time. */
  early?: boolean
  /** Nothing but what signing waits for: a start need not wait for the keys of next quarter. */
  urgent?: boolean
  /** As the realm has them, if left out. */
  settings?: RotationSettings
}

/** More than there is ever to do, and than others can do meanwhile. */
const mostRounds = 100

/** Until nothing is left to do. Run twice at once, each step is done by one of them. */
export async function rotateKeys(rotator: Rotator, { early, urgent, settings }: Options = {}): Promise<Done[]> {
  const decided = settings ?? rotationOf((await readRealm(rotator.db)).settings)
  const done: Done[] = []
  for (let round = 0; round < mostRounds; round++) {
    const { changes, keys } = await readAll(rotator.db)
    const plan = planRotation(keys, rotator.now(), decided, { early: early ?? false })
    const step = plan.find((each) => !urgent || isUrgent(each))
    if (step === undefined) return done
    done.push(...(await take(rotator, step, changes)))
  }
  throw new Error(`The signing keys are not as they should be after ${mostRounds} steps`)
}

/**
 * Takes a key back that somebody else may have. It is published no more from now on, what it signed is refused as soon as
 * nobody has it in a cache, and if it was the one that signed, another one does at once.
 */
export async function revokeKey(rotator: Rotator, kid: string): Promise<Result<Done[], 'no-signing-key'>> {
  for (let round = 0; round < mostRounds; round++) {
    const { changes, keys } = await readAll(rotator.db)
    const plan = planRevocation(keys, kid)
    if (plan === undefined) return refuse('no-signing-key')
    const { key, next } = plan
    const made = plan.create ? await rotator.keyMaker.make(key.alg) : undefined
    const successor = made === undefined ? next : bornAt(made, 'active', rotator.now())
    const told = [
      { type: 'signing-key.revoked', detail: nameOf(key) } as const,
      ...(successor === undefined ? [] : [{ type: 'signing-key.activated', detail: nameOf(successor) } as const]),
    ]
    const writes = [
      deletedSigningKey(key),
      ...(made !== undefined && successor !== undefined ? [createdSigningKey(successor)] : []),
      ...(next === undefined ? [] : [movedSigningKey(next, 'active', rotator.now())]),
    ]
    if (await commit(rotator, changes, writes, told)) {
      // Unpublished first: what cannot be destroyed now is at least believed by nobody.
      if (isLiving(key)) await rotator.keyMaker.destroy(key)
      return ok(told)
    }
    if (made !== undefined && successor !== undefined) await rotator.keyMaker.destroy(successor)
  }
  throw new Error(`${kid} could not be taken back: somebody changes the signing keys all the time`)
}

/** The count first: what changes while the keys are read is then noticed. */
async function readAll(db: Db): Promise<{ changes: number; keys: SigningKey[] }> {
  const changes = await readKeyChanges(db)
  return { changes, keys: await readSigningKeys(db) }
}

const isUrgent = (step: Step): boolean =>
  (step.do === 'create' && step.state === 'active') || (step.do === 'activate' && step.before.length === 0)

/** Answers with nothing where somebody else changed the keys meanwhile. */
async function take(rotator: Rotator, step: Step, changes: number): Promise<Done[]> {
  const now = rotator.now()
  const end = async (writes: Write[], ...told: Done[]) => ((await commit(rotator, changes, writes, told)) ? told : [])
  switch (step.do) {
    case 'create':
      return create(rotator, step, changes)
    case 'activate':
      return end(
        [movedSigningKey(step.next, 'active', now), ...step.before.map((key) => movedSigningKey(key, 'retiring', now))],
        { type: 'signing-key.activated', detail: nameOf(step.next) },
        ...step.before.map((key): Done => ({ type: 'signing-key.retired', detail: nameOf(key) })),
      )
    case 'retire':
      return end([movedSigningKey(step.key, 'retiring', now)], {
        type: 'signing-key.retired',
        detail: nameOf(step.key),
      })
    case 'remove':
      // Destroyed first, as nothing is signed with it any more: broken off here, it is done again.
      await rotator.keyMaker.destroy(step.key)
      return end([movedSigningKey(step.key, 'gone', now)], { type: 'signing-key.removed', detail: nameOf(step.key) })
    case 'forget':
      if (isLiving(step.key)) await rotator.keyMaker.destroy(step.key)
      return end([deletedSigningKey(step.key)], { type: 'signing-key.removed', detail: nameOf(step.key) })
  }
}

async function create(
  rotator: Rotator,
  { alg, state }: Extract<Step, { do: 'create' }>,
  changes: number,
): Promise<Done[]> {
  const key = bornAt(await rotator.keyMaker.make(alg), state, rotator.now())
  const told: Done = { type: 'signing-key.created', detail: `${nameOf(key)}, ${state}` }
  if (await commit(rotator, changes, [createdSigningKey(key)], [told])) return [told]
  await rotator.keyMaker.destroy(key)
  return []
}

const bornAt = (made: MadeKey, state: 'next' | 'active', now: Seconds): LivingKey => ({
  ...made,
  state,
  createdAt: now,
  since: now,
})

async function commit({ db, now, actor }: Rotator, changes: number, writes: Write[], told: Done[]): Promise<boolean> {
  const records = told.map((each) => recorded({ ...each, at: now(), actor }))
  return (await db.transact([changedKeys(changes), ...writes, ...records])).ok
}

/** With the place in KMS, where it is held there: who looks for one that was left behind finds it by that. */
const nameOf = (key: SigningKey): string => [key.alg, key.kid, ...('kmsKeyArn' in key ? [key.kmsKeyArn] : [])].join(' ')
