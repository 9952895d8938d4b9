/**
 * What stands between what happened and those outside who hear of it: a stream that calls a Lambda, a queue that calls
 * another, and where that waits which neither could hand over. Each Lambda has the rights that its mapping asks for.
 */
import { Duration, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { EventSourceMapping, FilterCriteria, type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { deliveryTries } from '../src/core/deliveries.ts'

const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) }

/** Where that waits which could not be handed over. `alarm` watches it. */
export function lastStop(scope: Construct, id: string, alarm: string): Queue {
  const made = new Queue(scope, id, common)
  const reason = `It is the dead-letter queue itself; the alarm ${alarm} watches it.`
  Validations.of(made).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason })
  return made
}

/** What somebody outside is to hear waits here. `seconds`: the time limit of the Lambda that takes from it. */
export const tellingQueue = (
  scope: Construct,
  id: string,
  { seconds, deadLetters }: { seconds: number; deadLetters: Queue },
): Queue =>
  new Queue(scope, id, {
    ...common,
    // Six times the time limit of who takes from it, as Lambda's guide has it.
    visibilityTimeout: Duration.seconds(6 * seconds),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: deliveryTries },
  })

/** All that DynamoDB's guide has for a Lambda that a stream calls; the mapping is refused to who lacks one. */
export const readsStream = (arn: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    resources: [arn],
  })

export const takesFrom = ({ queueArn }: Queue): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
    resources: [queueArn],
  })

export const sendsTo = ({ queueArn }: Queue): PolicyStatement =>
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] })

type Filter = Record<string, unknown>

/** The mapping gives the Lambda the leave to send to the queue of what it could not read. */
export const mapStream = (
  scope: Construct,
  id: string,
  {
    target,
    arn,
    filter,
    unread,
    lasting = false,
  }: { target: IFunction; arn: string; filter: Filter | Filter[]; unread: Queue; lasting?: boolean },
): EventSourceMapping =>
  new EventSourceMapping(scope, id, {
    target,
    eventSourceArn: arn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    filters: [filter].flat().map((each) => FilterCriteria.filter(each)),
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    // A stream keeps its records for a day; one that cannot be read must not hold up the rest for that long. `lasting`: none
    // may be left out, and whoever reads them sets apart by itself what cannot be read.
    ...(lasting ? {} : { retryAttempts: 50 }),
    onFailure: new SqsDlq(unread),
  })

export function mapQueue(
  scope: Construct,
  id: string,
  { target, queue, batchSize }: { target: IFunction; queue: Queue; batchSize: number },
): void {
  const mapping = new EventSourceMapping(scope, id, {
    target,
    eventSourceArn: queue.queueArn,
    batchSize,
    reportBatchItemFailures: true,
    // A thousand messages at once leave executions for those who sign in.
    maxConcurrency: 5,
  })
  Validations.of(mapping).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason:
      'SQS takes no destination: what failed stays in the queue, whose redrive policy sends it to the dead letters.',
  })
}
