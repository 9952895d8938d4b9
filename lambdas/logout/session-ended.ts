/**
 * A session record is gone: each application that had a code in it, and wants to hear of its end, gets a message of its
 * own into the queue (OpenID Connect Back-Channel Logout §2.5).
 *
 * No route: the stream of the sessions' table invokes it, so that whoever ends a session, and however they fail after
 * that, the applications are told. What runs out by itself is told nobody: applications know how long a session lasts no
 * better than before, and were asked for nothing.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import type { LogoutNotice } from '../../src/core/oidc/logout-token.ts'
import type { Seconds } from '../../src/core/result.ts'
import type { Session } from '../../src/core/session.ts'
import { openQueue, type Queue } from '../../src/services/queue.ts'
import { readStage } from '../../src/stage.ts'
import { clientIn } from '../../src/store/clients.ts'
import { type Db, openDb, openDynamodb } from '../../src/store/db.ts'
import { places } from '../../src/store/keys.ts'
import { sessionIn } from '../../src/store/sessions.ts'
import type { Log } from '../../src/world.ts'

type Needs = { db: Pick<Db, 'batch'>; queue: Pick<Queue<LogoutNotice>, 'send'>; log: Log }

/** In the order of the stream; from the first one that fails on, all of them come again. */
export const makeHandler =
  ({ db, queue, log }: Needs) =>
  async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    for (const record of Records) {
      try {
        const ended = endedIn(record)
        const notices = ended === undefined ? [] : await noticesFor(db, ended)
        if (notices.length > 0) await queue.send(notices)
      } catch (failure) {
        log('fan-out-failed', { error: failure instanceof Error ? failure.message : 'unknown' })
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] }
      }
    }
    return { batchItemFailures: [] }
  }

type Ended = { session: Session; at: Seconds }

/** The session that somebody ended; `undefined` for every other change of the table. */
function endedIn({ eventName, userIdentity, dynamodb }: DynamoDBRecord): Ended | undefined {
  // DynamoDB itself removes what has run out, and says so.
  if (eventName !== 'REMOVE' || userIdentity !== undefined || dynamodb?.OldImage === undefined) return undefined
  const item = unmarshall(dynamodb.OldImage as Parameters<typeof unmarshall>[0])
  if (!String(item.pk).startsWith('session#')) return undefined
  const session = sessionIn(item)
  const at = dynamodb.ApproximateCreationDateTime ?? 0
  // On a laptop, who removes what has run out does not say so. One that was only idle is told of: elsewhere it may go on.
  return session === undefined || session.until <= at ? undefined : { session, at }
}

async function noticesFor(db: Needs['db'], { session, at }: Ended): Promise<LogoutNotice[]> {
  const { clients = [], sid, user } = session
  const notices: LogoutNotice[] = []
  // So many records are read at once.
  for (let from = 0; from < clients.length; from += 100) {
    const found = await db.batch(clients.slice(from, from + 100).map(places.client))
    for (const client of found.map(clientIn))
      if (client?.enabled && client.backchannelLogoutUri !== undefined)
        notices.push({ clientId: client.clientId, sid, user, endedAt: Math.floor(at) })
  }
  return notices
}

let opened: ReturnType<typeof makeHandler> | undefined

export const handler = (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  if (opened === undefined) {
    const stage = readStage(process.env)
    if (stage.logoutQueue === undefined) throw new Error('Settings missing from the environment: LOGOUT_QUEUE_URL')
    opened = makeHandler({
      db: openDb(openDynamodb(stage), stage.tableNames, stage),
      queue: openQueue(stage.logoutQueue),
      log: (message, facts) => console.log(JSON.stringify({ message, ...facts })),
    })
  }
  return opened(event)
}
