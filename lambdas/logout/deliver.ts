/**
 * Tells one application that a session has ended: signs a logout token and posts it to the address that the application
 * registered (OpenID Connect Back-Channel Logout §2.5, §2.8).
 *
 * No route: the queue invokes it. Each try has a token of its own, so that none is too old by the time it arrives. What
 * an application refuses (400) was heard; everything else is tried again, later each time, and after the last try it is
 * an operator's: the message goes to the dead-letter queue. SQS delivers at least once, so an application may hear the
 * same thing twice.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { AuditEvent } from '../../src/core/audit-event.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { type LogoutNotice, logoutClaims, logoutTokenType, readNotice } from '../../src/core/oidc/logout-token.ts'
import { sectorOf, sidIn, subjectIn } from '../../src/core/oidc/subject.ts'
import type { Realm } from '../../src/core/realm.ts'
import { ok, type Result, refuse } from '../../src/core/result.ts'
import { newId } from '../../src/core/secret.ts'
import { openClientFetch, type PublicFetch } from '../../src/services/public-fetch.ts'
import { openQueue, type Queue } from '../../src/services/queue.ts'
import { openSigner } from '../../src/services/signer.ts'
import { readStage } from '../../src/stage.ts'
import { recorded } from '../../src/store/audit.ts'
import { clientIn } from '../../src/store/clients.ts'
import { openDb, openDynamodb } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { realmIn } from '../../src/store/realm.ts'
import type { World } from '../../src/world.ts'
import { fromQueue } from '../events/from-queue.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'signer' | 'log'> & {
  fetch: PublicFetch
  queue: Pick<Queue<LogoutNotice>, 'pause'>
  /** Milliseconds that an application has to answer. */
  patience?: number
}

export const makeHandler = (needs: Needs) =>
  fromQueue<LogoutNotice>(needs, {
    read: readNotice,
    tell: (notice) => tell(needs, notice),
    gaveUp: (notice, detail) => note(needs, notice, { type: 'logout.failed', reason: 'gave-up', detail }),
    failure: 'logout-failed',
    about: ({ clientId }) => ({ client: clientId }),
  })

/** Refused: it is to be tried again. */
async function tell(needs: Needs, notice: LogoutNotice): Promise<Result<undefined, 'not-delivered'>> {
  const [clientItem, realmItem] = await needs.db.batch([places.client(notice.clientId), places.realm()])
  const client = clientIn(clientItem)
  // It was changed or deleted meanwhile: there is nobody to tell.
  if (!client?.enabled || client.backchannelLogoutUri === undefined) return ok(undefined)
  const token = await signed(needs, notice, client, realmIn(realmItem))
  const answer = await needs.fetch(client.backchannelLogoutUri, {
    post: {
      type: 'application/x-www-form-urlencoded',
      body: Buffer.from(new URLSearchParams({ logout_token: token }).toString()),
    },
    longest: 10_000,
    signal: AbortSignal.timeout(needs.patience ?? 5000),
    // Some frameworks make a 204 of a 200 without a body (§2.8).
    statuses: [200, 204],
  })
  // However long what it says after its 200 is.
  if (answer.ok || answer.reason === 'too-long') await note(needs, notice, { type: 'logout.delivered' })
  else if (answer.reason === 'bad-request') await note(needs, notice, { type: 'logout.failed', reason: 'refused' })
  else return refuse('not-delivered', { detail: answer.detail ?? answer.reason })
  return ok(undefined)
}

/** As the application knows the person and the session, by the algorithm that it has its ID tokens signed with. */
function signed({ signer, stage, now }: Needs, notice: LogoutNotice, client: Client, realm: Realm): Promise<string> {
  const sector = sectorOf(client)
  const known = { clientId: notice.clientId, sid: sidIn(sector, notice.sid, realm) }
  const subject = subjectIn(sector, notice.user, realm)
  const claims = logoutClaims(known, { issuer: stage.issuer, subject, jti: newId(), now: now() })
  return signer.sign(client.idTokenSignedResponseAlg, logoutTokenType, claims)
}

async function note(
  { db, now }: Needs,
  { clientId, sid, user }: LogoutNotice,
  event: Pick<AuditEvent, 'type' | 'reason' | 'detail'>,
): Promise<void> {
  const actor = { kind: 'service', id: 'backchannel-logout' } as const
  await db.transact([recorded({ ...event, at: now(), actor, user, client: clientId, session: sid })])
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: SQSEvent): Promise<SQSBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    if (stage.logoutQueue === undefined) throw new Error('Settings missing from the environment: LOGOUT_QUEUE_URL')
    const now = () => Math.floor(Date.now() / 1000)
    const db = openDb(openDynamodb(stage), stage.tableNames, stage)
    opened = makeHandler({
      now,
      stage,
      db,
      signer: openSigner(stage, db, now),
      fetch: openClientFetch(stage),
      queue: openQueue(stage.logoutQueue),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
