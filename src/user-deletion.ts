/**
 * How a user is deleted, with all that is theirs, so that it comes to its end wherever it broke off.
 *
 * The first transaction makes the user unusable for good: disabled, signed in nowhere, marked as being deleted. Then
 * everything of theirs goes, piece by piece, each with its audit record; their name and their record go last, in one
 * transaction. Whoever breaks off between leaves a user who can do nothing and who is listed as being deleted; to delete
 * them again goes on from there. That applications hear of it is nobody's business here: the end of each session tells
 * them.
 *
 * Left out: what ends by itself (grants, tokens, logins under way), which is good for nothing without its user; and the
 * audit log, which is kept as long as it is kept.
 */
import type { Expects } from './administration.ts'
import type { AuditEvent } from './core/audit-event.ts'
import { toldKey, type UserId } from './core/authenticator.ts'
import { ok, type Result, refuse } from './core/result.ts'
import type { User } from './core/user.ts'
import { endLeftSessions } from './session-ends.ts'
import { belongingsOf, removedBelonging } from './store/belongings.ts'
import type { Write } from './store/db.ts'
import { deletedAuthenticator, readUser } from './store/people.ts'
import { certificatesHeld, goneUser, releasedCertificate } from './store/users.ts'
import { editUser, isSelf, told, type UserDesk, type UserRefusal } from './user-admin.ts'

/** DynamoDB takes a hundred writes at once. */
const mostWrites = 100

/** Each time something may have changed under way, and never for long: nothing new is made for a user who is disabled. */
const rounds = 10

export async function deleteUser(
  desk: UserDesk,
  id: UserId,
  expects: Expects = () => true,
): Promise<Result<undefined, UserRefusal>> {
  const marked = await mark(desk, id, expects)
  if (!marked.ok) return marked
  await endLeftSessions(desk, marked.value, 'user-deleted')
  for (let round = 0; round < rounds; round++) {
    const pieces = await piecesOf(desk, marked.value)
    if (pieces.length > 0) {
      for (const batch of batchesOf(pieces)) await desk.db.transact(batch)
      continue
    }
    // Whoever else deletes them at the same time may have come first.
    const gone = await desk.db.transact([...goneUser(marked.value), told(desk, id, { type: 'user.deleted' })])
    if (gone.ok || (await readUser(desk.db, id)) === undefined) return ok(undefined)
  }
  return refuse('changed-meanwhile')
}

/** Unless they are marked already, whichever version was meant then. */
async function mark(desk: UserDesk, id: UserId, expects: Expects): Promise<Result<User, UserRefusal>> {
  if (isSelf(desk, id)) return refuse('not-yourself')
  const marked = await editUser(desk, id, expects, (before) => {
    const { passwordHash, ...rest } = before
    return ok({
      after: { ...rest, enabled: false, deleting: desk.now() },
      events: [{ type: 'user.deletion-started' }],
    })
  })
  if (marked.ok || (marked.reason !== 'user-deleting' && marked.reason !== 'changed-since')) return marked
  const user = await readUser(desk.db, id)
  const isManaged = user !== undefined && (desk.mayManage === undefined || desk.mayManage(user))
  return user?.deleting !== undefined && isManaged ? ok(user) : marked
}

/** What goes together: a record, its guard, and what the audit log hears of it. */
async function piecesOf(desk: UserDesk, user: User): Promise<Write[][]> {
  const { authenticators, otps, consents, others } = await belongingsOf(desk.db, user.id)
  const said = (event: Pick<AuditEvent, 'type'> & Partial<AuditEvent>) => told(desk, user.id, event)
  return [
    ...authenticators.map((key) => [
      ...deletedAuthenticator(key),
      said({ type: 'authenticator.deleted', ...toldKey(key) }),
    ]),
    ...otps.map((otp) => [removedBelonging(otp), said({ type: 'otp.deleted', authenticator: otp.id })]),
    ...consents.map((consent) => [
      removedBelonging(consent),
      said({ type: 'consent.withdrawn', client: consent.clientId }),
    ]),
    ...others.map((item) => [removedBelonging(item)]),
    ...(await certificatesHeld(desk.db, user)).map((thumbprint) => [releasedCertificate(user.id, thumbprint)]),
  ]
}

/** As many pieces as fit into one transaction each time; none of them is taken apart. */
function batchesOf(pieces: readonly Write[][]): Write[][] {
  const batches: Write[][] = [[]]
  for (const piece of pieces) {
    const last = batches.at(-1) ?? []
    if (last.length + piece.length <= mostWrites) last.push(...piece)
    else batches.push([...piece])
  }
  return batches
}
