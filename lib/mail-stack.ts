/**
 * SES: who we send as, how it is counted, and what becomes of a bounce: SES → SNS → the Lambda mail-feedback, which
 * marks the address; what it cannot handle waits in a dead-letter queue, on which there is an alarm.
 */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53'
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { lastStop } from './queues.ts'
import { type Needs, type Resources, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import type { Table } from './tables.ts'

type MailStackProps = StackProps & {
  settings: Settings
  code: string
  tables: Record<Table, TableV2>
  wrappingKey: Key
  noticeKey: Key
}

/** The Lambda has no route, so its needs are named here. */
const feedbackNeeds: Needs = {
  tables: { people: ['get', 'update'], audit: ['put'] },
  rights: [],
}

export class MailStack extends Stack {
  readonly configurationSet: ConfigurationSet
  readonly configurationSetArn: string
  readonly deadLetters: Queue
  readonly feedback: HouseFunction

  constructor(scope: Construct, id: string, props: MailStackProps) {
    super(scope, id, props)
    const { settings } = props
    this.configurationSet = new ConfigurationSet(this, 'ConfigurationSet', {
      configurationSetName: `keystep-${settings.stage}`,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
      // A verification code is not worth sending in the clear.
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
    })
    this.configurationSetArn = this.formatArn({
      service: 'ses',
      resource: 'configuration-set',
      resourceName: this.configurationSet.configurationSetName,
    })
    this.#identity(settings)

    const events = new Topic(this, 'Events', {
      displayName: 'Bounced mails',
      masterKey: props.noticeKey,
      enforceSSL: true,
    })
    this.configurationSet.addEventDestination('Feedback', {
      destination: EventDestination.snsTopic(events),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
    })
    this.deadLetters = lastStop(this, 'DeadLetters', 'mail-feedback-dead-letters')
    this.feedback = this.#feedback(props)
    events.addSubscription(new LambdaSubscription(this.feedback.function, { deadLetterQueue: this.deadLetters }))
  }

  /** None where SES knows it already. No right names it: see rights.ts. */
  #identity({ mailIdentity, zone }: Settings): void {
    if (mailIdentity.exists) return
    if (mailIdentity.name.includes('@')) {
      new EmailIdentity(this, 'Identity', { identity: Identity.email(mailIdentity.name) })
      return
    }
    const identity = new EmailIdentity(this, 'Identity', { identity: Identity.domain(mailIdentity.name) })
    const inZone = zone && (mailIdentity.name === zone.name || mailIdentity.name.endsWith(`.${zone.name}`))
    for (const [at, { name, value }] of identity.dkimRecords.entries()) {
      if (inZone)
        new CfnRecordSet(this, `Dkim${at + 1}`, {
          hostedZoneId: zone.id,
          name,
          type: 'CNAME',
          ttl: '1800',
          resourceRecords: [value],
        })
      new CfnOutput(this, `DkimRecord${at + 1}`, {
        value: `${name} CNAME ${value}`,
        description: inZone
          ? 'Put into the hosted zone already; SES verifies the domain by it'
          : 'Put this record into the DNS of the domain; SES verifies the domain by it',
      })
    }
  }

  #feedback(props: MailStackProps): HouseFunction {
    const name = `keystep-${props.settings.stage}-mail-feedback`
    const resources: Resources = {
      tableArns: mapTables((table) => props.tables[table].tableArn),
      wrappingKeyArn: props.wrappingKey.keyArn,
      mailArns: [],
      sender: props.settings.sender,
    }
    return new HouseFunction(this, 'FeedbackLambda', {
      name,
      description: 'Marks the addresses at which mail bounced or was complained about',
      code: props.code,
      memory: 256,
      seconds: 30,
      environment: environmentOf(props.settings, {
        tableNames: mapTables((table) => props.tables[table].tableName),
        wrappingKeyArn: props.wrappingKey.keyArn,
      }),
      statements: statementsFor(feedbackNeeds, resources),
      logRetention: props.settings.logRetention,
      deadLetters: this.deadLetters,
    })
  }
}
