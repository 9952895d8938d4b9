/**
 * What is done behind the audit log: the stream of its table → the Lambda audit-chain, which puts each record into a block of
 * the chain; and every hour a schedule → the Lambda audit-archive, which writes what is new into the archive, with a
 * checkpoint. What neither could do waits in a dead-letter queue each. On both, on the chain's delay, on an archive that
 * lags, and on whatever looks as if somebody had been at the table, there is an alarm.
 */
import { Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { FilterRule } from 'aws-cdk-lib/aws-lambda'
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { statisticsPartition } from '../src/store/statistics.ts'
import type { EventLambda } from './bundle.ts'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction, type HouseFunctionProps } from './function.ts'
import { lastStop, mapStream, readsStream } from './queues.ts'
import { type Needs, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import type { Table } from './tables.ts'

type AuditStackProps = StackProps & {
  settings: Settings
  codeOf: (lambda: EventLambda) => string
  tables: Record<Table, TableV2>
  wrappingKey: Key
  bucket: Bucket
  checkpointKey: Key
}

type Keeper = Extract<EventLambda, 'audit-chain' | 'audit-archive'>

/** The Lambdas have no routes, so their needs are named here. Neither can change or remove anything of the audit log. */
const needs: Record<Keeper, Needs> = {
  'audit-chain': { tables: { audit: ['put', 'query'] }, rights: [] },
  'audit-archive': { tables: { audit: ['get', 'query'] }, rights: [] },
}

type Shape = Pick<HouseFunctionProps, 'description' | 'memory' | 'seconds' | 'deadLetters'>

export class AuditStack extends Stack {
  readonly unchained: Queue
  readonly deadLetters: Queue
  readonly functions: Record<Keeper, HouseFunction>
  /** Records and blocks that are not what they were, or where none of ours puts any. */
  readonly tampered: Metric
  /** Checkpoints that were made. */
  readonly archived: Metric

  constructor(scope: Construct, id: string, props: AuditStackProps) {
    super(scope, id, props)
    this.unchained = lastStop(this, 'Unchained', 'audit-chain-dead-letters')
    this.deadLetters = lastStop(this, 'DeadLetters', 'audit-archive-dead-letters')
    const { tableStreamArn: arn = '' } = props.tables.audit
    const chaining: Shape = {
      description: 'Puts each audit record into a block of the chain, and counts it',
      memory: 512,
      seconds: 60,
      deadLetters: 'polled',
    }
    const archiving: Shape = {
      description: 'Archives what the audit log grew by, with a signed checkpoint',
      memory: 1024,
      // A first run over a log of years goes on where it was broken off only from its last checkpoint.
      seconds: 900,
      deadLetters: this.deadLetters,
    }
    this.functions = {
      'audit-chain': this.#function('audit-chain', props, chaining, [readsStream(arn), this.#mayCount(props)]),
      'audit-archive': this.#function('audit-archive', props, archiving, this.#mayArchive(props)),
    }
    mapStream(this, 'FromStream', {
      target: this.functions['audit-chain'].function,
      arn,
      // What is new, and no block of the chain; and what somebody did to any of it that nobody may.
      filter: [
        { eventName: FilterRule.isEqual('INSERT'), dynamodb: { NewImage: { kind: { S: FilterRule.exists() } } } },
        { eventName: FilterRule.or('MODIFY', 'REMOVE'), userIdentity: { type: FilterRule.notExists() } },
      ],
      unread: this.unchained,
      lasting: true,
    })
    new Rule(this, 'Hourly', {
      description: 'Has the audit log archived',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaFunction(this.functions['audit-archive'].function, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 2,
        }),
      ],
    })
    const { 'audit-chain': chain, 'audit-archive': archive } = this.functions
    this.tampered = this.#counted(props.settings, 'audit-tampered', [chain.logs, archive.logs])
    this.archived = this.#counted(props.settings, 'audit-archived', [archive.logs])
  }

  /** How often a line with this message is in the logs. */
  #counted({ stage }: Settings, message: string, logs: readonly ILogGroup[]): Metric {
    const named = { metricNamespace: `keystep-${stage}`, metricName: message }
    for (const [at, logGroup] of logs.entries())
      new MetricFilter(this, `${message}-${at}`, {
        ...named,
        logGroup,
        filterPattern: FilterPattern.literal(`"${message}"`),
        metricValue: '1',
      })
    return new Metric({ namespace: named.metricNamespace, metricName: named.metricName, statistic: Stats.SUM })
  }

  /** What a block comes to. */
  #mayCount({ tables }: AuditStackProps): PolicyStatement {
    return new PolicyStatement({
      actions: ['dynamodb:UpdateItem'],
      resources: [tables.config.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [statisticsPartition] } },
    })
  }

  /** To put, and to read what it put: which checkpoint was the last. Not how long it is kept, and nothing else's. */
  #mayArchive({ bucket, checkpointKey }: AuditStackProps): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('records/*'), bucket.arnForObjects('checkpoints/*')],
      }),
      new PolicyStatement({ actions: ['s3:GetObjectVersion'], resources: [bucket.arnForObjects('checkpoints/*')] }),
      new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] }),
      new PolicyStatement({ actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [checkpointKey.keyArn] }),
    ]
  }

  #function(name: Keeper, props: AuditStackProps, shape: Shape, more: PolicyStatement[]): HouseFunction {
    const { settings, codeOf, tables, wrappingKey, bucket, checkpointKey } = props
    const archives = name === 'audit-archive'
    const made = new HouseFunction(this, archives ? 'ArchiveLambda' : 'ChainLambda', {
      name: `keystep-${settings.stage}-${name}`,
      code: codeOf(name),
      ...shape,
      environment: environmentOf(settings, {
        tableNames: mapTables((table) => tables[table].tableName),
        wrappingKeyArn: wrappingKey.keyArn,
        ...(archives ? { auditArchive: { bucket: bucket.bucketName, keyArn: checkpointKey.keyArn } } : {}),
      }),
      statements: [
        ...statementsFor(needs[name], {
          tableArns: mapTables((table) => tables[table].tableArn),
          wrappingKeyArn: wrappingKey.keyArn,
          mailArns: [],
          sender: settings.sender,
        }),
        ...more,
      ],
      logRetention: settings.logRetention,
    })
    if (archives)
      for (const prefix of ['records', 'checkpoints'])
        Validations.of(made).acknowledge({
          id: `AwsSolutions-IAM5[Resource::${exportOf(bucket)}/${prefix}/*]`,
          reason: 'What it puts has names that time gives; the bucket keeps each as it was put.',
        })
    return made
  }
}

/** By which name cdk-nag knows it: that of the export by which one stack knows of the other's. */
const exportOf = (bucket: Bucket): string =>
  Object.values(Stack.of(bucket).resolve(Stack.of(bucket).exportValue(bucket.bucketArn))).join('')
