/**
 * How others hear of what happens: the stream of the audit table → the Lambda audit-publish → the stage's event bus, and for
 * webhooks a queue → the Lambda webhook-deliver. What could not be delivered waits in a dead-letter queue, and where the
 * stream could not be read in another. On each there is an alarm.
 */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { FilterRule } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { eventSource } from '../src/services/event-bus.ts'
import { places } from '../src/store/keys.ts'
import type { EventLambda } from './bundle.ts'
import { environmentOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { acknowledgeMailing, anyIdentity } from './mailing.ts'
import { lastStop, mapQueue, mapStream, readsStream, sendsTo, takesFrom, tellingQueue } from './queues.ts'
import { type Needs, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import type { Table } from './tables.ts'

type EventsStackProps = StackProps & {
  settings: Settings
  codeOf: (lambda: EventLambda) => string
  tables: Record<Table, TableV2>
  wrappingKey: Key
  /** What a letter is sent by: see `rights.ts`. */
  mail: { configurationSetArn: string; configurationSetName: string }
}

type Publisher = Extract<EventLambda, 'audit-publish' | 'webhook-deliver' | 'account-mail'>

/** The Lambdas have no routes, so their needs are named here. */
const needs: Record<Publisher, Needs> = {
  'audit-publish': { tables: { config: ['query'] }, rights: [] },
  'webhook-deliver': { tables: { config: ['get', 'query'], audit: ['put'] }, rights: ['unseal', 'fetch'] },
  'account-mail': { tables: { people: ['get', 'query', 'update'] }, rights: ['mail'] },
}

const descriptions: Record<Publisher, string> = {
  'audit-publish': 'Puts what is recorded on the event bus, and a message for each webhook into the queue',
  'webhook-deliver': 'Tells a webhook of an event, by a signed message',
  'account-mail': 'Writes to a person that what they sign in with has changed',
}

const ids: Record<Publisher, string> = {
  'audit-publish': 'Publish',
  'webhook-deliver': 'Deliver',
  'account-mail': 'AccountMail',
}

/** Five receivers at once, each of which has five seconds. */
const seconds = 30
const batchSize = 5

export class EventsStack extends Stack {
  readonly bus: EventBus
  readonly queue: Queue
  readonly deadLetters: Queue
  readonly unpublished: Queue
  readonly letters: Queue
  readonly deadLettersOfMail: Queue
  readonly functions: Record<Publisher, HouseFunction>

  constructor(scope: Construct, id: string, props: EventsStackProps) {
    super(scope, id, props)
    const { settings, tables } = props
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: `keystep-${settings.stage}`,
      description: `What happens at ${settings.domain}: the source is ${eventSource}, the detail-type as the audit log has it`,
    })
    this.deadLetters = lastStop(this, 'DeadLetters', 'webhook-dead-letters')
    this.unpublished = lastStop(this, 'Unpublished', 'audit-publish-dead-letters')
    this.queue = tellingQueue(this, 'Messages', { seconds, deadLetters: this.deadLetters })
    this.deadLettersOfMail = lastStop(this, 'DeadLettersOfMail', 'account-mail-dead-letters')
    this.letters = tellingQueue(this, 'Letters', { seconds, deadLetters: this.deadLettersOfMail })
    const { tableStreamArn: arn = '' } = tables.audit
    this.functions = {
      'audit-publish': this.#function('audit-publish', props, [
        readsStream(arn),
        sendsTo(this.queue),
        sendsTo(this.letters),
        // Only as what it is: nobody else's events.
        new PolicyStatement({
          actions: ['events:PutEvents'],
          resources: [this.bus.eventBusArn],
          conditions: { StringEquals: { 'events:source': eventSource } },
        }),
      ]),
      'webhook-deliver': this.#function('webhook-deliver', props, [takesFrom(this.queue), this.#mayDisable(tables)]),
      'account-mail': this.#function('account-mail', props, [takesFrom(this.letters)]),
    }
    const { 'audit-publish': publish, 'webhook-deliver': deliver, 'account-mail': write } = this.functions
    // What is new, and no block of the chain: only records have a type.
    const filter = {
      eventName: FilterRule.isEqual('INSERT'),
      dynamodb: { NewImage: { type: { S: FilterRule.exists() } } },
    }
    mapStream(this, 'FromStream', { target: publish.function, arn, filter, unread: this.unpublished })
    mapQueue(this, 'FromQueue', { target: deliver.function, queue: this.queue, batchSize })
    mapQueue(this, 'FromLetters', { target: write.function, queue: this.letters, batchSize })
    new CfnOutput(this, 'EventBus', { value: this.bus.eventBusName, description: 'Where rules listen to what happens' })
  }

  /** A webhook whose receiver is gone. */
  #mayDisable(tables: EventsStackProps['tables']): PolicyStatement {
    return new PolicyStatement({
      actions: ['dynamodb:UpdateItem'],
      resources: [tables.config.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [places.webhook('').key.pk] } },
    })
  }

  #function(name: Publisher, props: EventsStackProps, more: PolicyStatement[]) {
    const { settings, codeOf, tables, wrappingKey, mail } = props
    const mails = needs[name].rights.includes('mail')
    const made = new HouseFunction(this, `${ids[name]}Lambda`, {
      name: `keystep-${settings.stage}-${name}`,
      description: descriptions[name],
      code: codeOf(name),
      memory: 512,
      seconds,
      environment: environmentOf(settings, {
        tableNames: mapTables((table) => tables[table].tableName),
        wrappingKeyArn: wrappingKey.keyArn,
        ...(mails ? { mailConfigurationSet: mail.configurationSetName } : { webhookQueueUrl: this.queue.queueUrl }),
        ...(name === 'webhook-deliver' ? {} : { mailQueueUrl: this.letters.queueUrl }),
        ...(name === 'audit-publish' ? { eventBus: this.bus.eventBusName } : {}),
      }),
      statements: [
        ...statementsFor(needs[name], {
          tableArns: mapTables((table) => tables[table].tableArn),
          wrappingKeyArn: wrappingKey.keyArn,
          mailArns: mails ? [anyIdentity, mail.configurationSetArn] : [],
          sender: settings.sender,
        }),
        ...more,
      ],
      logRetention: settings.logRetention,
      deadLetters: 'polled',
    })
    if (mails) acknowledgeMailing(made)
    return made
  }
}
