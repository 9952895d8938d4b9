/**
 * Pending authenticators expire: every hour a schedule calls the Lambda expire-pending, which does away with those that
 * nobody activated in time. An event that it could not handle waits in a dead-letter queue, on which there is an alarm; the
 * next hour makes up for it.
 */
import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { lastStop } from './queues.ts'
import { type Needs, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import type { Table } from './tables.ts'

type ExpiryStackProps = StackProps & {
  settings: Settings
  code: string
  tables: Record<Table, TableV2>
  wrappingKey: Key
}

/** The Lambda has no routes, so its needs are named here. */
const needs: Needs = { tables: { people: ['index', 'delete'], audit: ['put'] }, rights: [] }

export class ExpiryStack extends Stack {
  readonly deadLetters: Queue
  readonly expiry: HouseFunction

  constructor(scope: Construct, id: string, props: ExpiryStackProps) {
    super(scope, id, props)
    const { settings, tables, wrappingKey } = props
    this.deadLetters = lastStop(this, 'DeadLetters', 'expire-pending-dead-letters')
    this.expiry = new HouseFunction(this, 'ExpireLambda', {
      name: `keystep-${settings.stage}-expire-pending`,
      description: 'Does away with pending authenticators that were not activated in time',
      code: props.code,
      memory: 512,
      // Of a backlog, five thousand keys, a transaction each; an hour without one is done in a second.
      seconds: 300,
      environment: environmentOf(settings, {
        tableNames: mapTables((table) => tables[table].tableName),
        wrappingKeyArn: wrappingKey.keyArn,
      }),
      statements: statementsFor(needs, {
        tableArns: mapTables((table) => tables[table].tableArn),
        wrappingKeyArn: wrappingKey.keyArn,
        mailArns: [],
        sender: settings.sender,
      }),
      logRetention: settings.logRetention,
      deadLetters: this.deadLetters,
    })
    new Rule(this, 'Hourly', {
      description: 'Has pending authenticators expire',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaFunction(this.expiry.function, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 2,
        }),
      ],
    })
  }
}
