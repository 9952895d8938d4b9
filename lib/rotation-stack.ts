/**
 * Signing keys take turns: every hour a schedule calls the Lambda rotate-keys, which does what is due, most hours nothing.
 * An event that it could not handle waits in a dead-letter queue, on which there is an alarm; the next hour makes up for it.
 */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { lastStop } from './queues.ts'
import type { Settings } from './settings.ts'
import { acknowledgeKmsKeys, rotationStatements } from './signing-rights.ts'
import type { Table } from './tables.ts'

type RotationStackProps = StackProps & {
  settings: Settings
  code: string
  tables: Record<Table, TableV2>
  wrappingKey: Key
}

export class RotationStack extends Stack {
  readonly deadLetters: Queue
  readonly rotation: HouseFunction

  constructor(scope: Construct, id: string, props: RotationStackProps) {
    super(scope, id, props)
    const { settings, tables, wrappingKey } = props
    this.deadLetters = lastStop(this, 'DeadLetters', 'rotate-keys-dead-letters')
    this.rotation = new HouseFunction(this, 'RotateLambda', {
      name: `keystep-${settings.stage}-rotate-keys`,
      description: 'Makes signing keys, has them follow each other, and does away with them',
      code: props.code,
      // A pair of RSA keys of 3072 bits wants a processor, and sometimes several seconds of it.
      memory: 1769,
      seconds: 30,
      environment: {
        ...environmentOf(settings, {
          tableNames: mapTables((table) => tables[table].tableName),
          wrappingKeyArn: wrappingKey.keyArn,
        }),
        ...(settings.signingKeys === 'kms' ? { KMS_SIGNING_KEYS: settings.stage } : {}),
      },
      statements: rotationStatements(settings, {
        configArn: tables.config.tableArn,
        auditArn: tables.audit.tableArn,
        wrappingKeyArn: wrappingKey.keyArn,
      }),
      logRetention: settings.logRetention,
      deadLetters: this.deadLetters,
    })
    acknowledgeKmsKeys(this.rotation, settings)
    new Rule(this, 'Hourly', {
      description: 'Has the signing keys looked after',
      schedule: Schedule.rate(Duration.hours(1)),
      // What could not even be handed to the Lambda, too.
      targets: [
        new LambdaFunction(this.rotation.function, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 2,
        }),
      ],
    })
    if (settings.signingKeys === 'kms')
      new CfnOutput(this, 'KmsSigningKeys', {
        value: settings.stage,
        description:
          'The tag of the signing keys in KMS; whoever runs `npm run admin -- keys` needs the rights of rotate-keys',
      })
  }
}
