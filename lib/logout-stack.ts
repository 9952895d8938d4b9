/**
 * How applications hear of the end of a session: the stream of the sessions' table → the Lambda session-ended → a queue,
 * a message for each application → the Lambda backchannel-logout. What could not be delivered waits in a dead-letter queue,
 * and where the stream could not be read in another: that has places in the stream, which cannot be sent back as notices
 * can. On each there is an alarm.
 */
import { Stack, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { FilterRule } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { EventLambda } from './bundle.ts'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { lastStop, mapQueue, mapStream, readsStream, sendsTo, takesFrom, tellingQueue } from './queues.ts'
import { type Needs, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import { acknowledgeKmsKeys, mayKmsSign } from './signing-rights.ts'
import type { Table } from './tables.ts'

type LogoutStackProps = StackProps & {
  settings: Settings
  codeOf: (lambda: EventLambda) => string
  tables: Record<Table, TableV2>
  wrappingKey: Key
}

type Teller = Extract<EventLambda, 'session-ended' | 'backchannel-logout'>

/** The Lambdas have no routes, so their needs are named here. */
const needs: Record<Teller, Needs> = {
  'session-ended': { tables: { config: ['get'] }, rights: [] },
  'backchannel-logout': { tables: { config: ['get', 'query'], audit: ['put'] }, rights: ['sign', 'fetch'] },
}

const descriptions: Record<Teller, string> = {
  'session-ended': 'Puts the end of a session into the queue, for each application that had a part in it',
  'backchannel-logout': 'Tells an application of the end of a session, by a signed token',
}

/** Five applications at once, each of which has five seconds. */
const seconds = 30
const batchSize = 5

export class LogoutStack extends Stack {
  readonly queue: Queue
  readonly deadLetters: Queue
  readonly unreadEnds: Queue
  readonly functions: Record<Teller, HouseFunction>

  constructor(scope: Construct, id: string, props: LogoutStackProps) {
    super(scope, id, props)
    this.deadLetters = lastStop(this, 'DeadLetters', 'logout-dead-letters')
    this.unreadEnds = lastStop(this, 'UnreadEnds', 'session-ended-dead-letters')
    this.queue = tellingQueue(this, 'Notices', { seconds, deadLetters: this.deadLetters })
    const { tableStreamArn: arn = '' } = props.tables.sessions
    this.functions = {
      'session-ended': this.#function('session-ended', props, [readsStream(arn), sendsTo(this.queue)]),
      'backchannel-logout': this.#function('backchannel-logout', props, [takesFrom(this.queue)]),
    }
    // The removals of sessions by somebody; what DynamoDB itself removes has its identity.
    const filter = {
      eventName: FilterRule.isEqual('REMOVE'),
      userIdentity: { type: FilterRule.notExists() },
      dynamodb: { Keys: { pk: { S: FilterRule.beginsWith('session#') } } },
    }
    const { 'session-ended': ended, 'backchannel-logout': delivery } = this.functions
    mapStream(this, 'FromStream', { target: ended.function, arn, filter, unread: this.unreadEnds })
    mapQueue(this, 'FromQueue', { target: delivery.function, queue: this.queue, batchSize })
  }

  #function(name: Teller, { settings, codeOf, tables, wrappingKey }: LogoutStackProps, more: PolicyStatement[]) {
    const signs = needs[name].rights.includes('sign')
    const made = new HouseFunction(this, `${name === 'session-ended' ? 'Ended' : 'Delivery'}Lambda`, {
      name: `keystep-${settings.stage}-${name}`,
      description: descriptions[name],
      code: codeOf(name),
      memory: 512,
      seconds,
      environment: environmentOf(settings, {
        tableNames: mapTables((table) => tables[table].tableName),
        wrappingKeyArn: wrappingKey.keyArn,
        logoutQueueUrl: this.queue.queueUrl,
      }),
      statements: [
        ...statementsFor(needs[name], {
          tableArns: mapTables((table) => tables[table].tableArn),
          wrappingKeyArn: wrappingKey.keyArn,
          mailArns: [],
          sender: settings.sender,
        }),
        ...(signs ? mayKmsSign(settings) : []),
        ...more,
      ],
      logRetention: settings.logRetention,
      deadLetters: 'polled',
    })
    if (signs) acknowledgeKmsKeys(made, settings)
    return made
  }
}
