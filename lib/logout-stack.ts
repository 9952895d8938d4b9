/**
 * How applications hear of the end of a session: the stream of the sessions' table → the Lambda session-ended → a queue,
 * a message for each application → the Lambda backchannel-logout. What could not be delivered waits in a dead-letter queue,
 * and where the stream could not be read in another: that has places in the stream, which cannot be sent back as notices
 * can. On each there is an alarm.
 */
import { Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { EventSourceMapping, FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { deliveryTries } from '../src/core/deliveries.ts'
import type { EventLambda } from './bundle.ts'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
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
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) }
    const lastStop = (id: string, alarm: string): Queue => {
      const made = new Queue(this, id, common)
      const reason = `It is the dead-letter queue itself; the alarm ${alarm} watches it.`
      Validations.of(made).acknowledge(
        { id: 'AwsSolutions-SQS3', reason },
        { id: 'Serverless-SQSRedrivePolicy', reason },
      )
      return made
    }
    this.deadLetters = lastStop('DeadLetters', 'logout-dead-letters')
    this.unreadEnds = lastStop('UnreadEnds', 'session-ended-dead-letters')
    this.queue = new Queue(this, 'Notices', {
      ...common,
      // Six times the time limit of who takes from it, as Lambda's guide has it.
      visibilityTimeout: Duration.seconds(6 * seconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: deliveryTries },
    })
    const { tableStreamArn = '' } = props.tables.sessions
    this.functions = {
      'session-ended': this.#function('session-ended', props, [
        // All that DynamoDB's guide has for a Lambda that a stream calls; the mapping is refused to who lacks one.
        new PolicyStatement({
          actions: [
            'dynamodb:DescribeStream',
            'dynamodb:GetRecords',
            'dynamodb:GetShardIterator',
            'dynamodb:ListStreams',
          ],
          resources: [tableStreamArn],
        }),
        // The mapping gives it the leave to send to the queue of what it could not read.
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
      ]),
      'backchannel-logout': this.#function('backchannel-logout', props, [
        new PolicyStatement({
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
          resources: [this.queue.queueArn],
        }),
      ]),
    }
    this.#fanOut(tableStreamArn)
    this.#deliver()
  }

  /** The removals of sessions by somebody; what DynamoDB itself removes has its identity. */
  #fanOut(eventSourceArn: string): void {
    const removal = {
      eventName: FilterRule.isEqual('REMOVE'),
      userIdentity: { type: FilterRule.notExists() },
      dynamodb: { Keys: { pk: { S: FilterRule.beginsWith('session#') } } },
    }
    new EventSourceMapping(this, 'FromStream', {
      target: this.functions['session-ended'].function,
      eventSourceArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      filters: [FilterCriteria.filter(removal)],
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      // A stream keeps its records for a day; one that cannot be read must not hold up the rest for that long.
      retryAttempts: 50,
      onFailure: new SqsDlq(this.unreadEnds),
    })
  }

  #deliver(): void {
    const mapping = new EventSourceMapping(this, 'FromQueue', {
      target: this.functions['backchannel-logout'].function,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      reportBatchItemFailures: true,
      // A thousand sessions that end at once leave executions for those who sign in.
      maxConcurrency: 5,
    })
    Validations.of(mapping).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason:
        'SQS takes no destination: what failed stays in the queue, whose redrive policy sends it to the dead letters.',
    })
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
