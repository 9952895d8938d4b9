/**
 * What wakes an operator, and where they look then. Each alarm says in its description what it means and what to do.
 *
 * It leaves out failed sign-ins: those are people's, and the audit has them.
 */
import { Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Operation, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { AuditStack } from './audit-stack.ts'
import { eventLambdas } from './bundle.ts'
import type { HouseFunction } from './function.ts'
import type { Settings } from './settings.ts'

type WatchStackProps = StackProps & {
  settings: Settings
  api: HttpApi
  functions: Readonly<Record<string, HouseFunction>>
  tables: Readonly<Record<string, TableV2>>
  configurationSetName: string
  deadLetters: Queue
  logoutDeadLetters: Queue
  unreadEnds: Queue
  rotationDeadLetters: Queue
  expiryDeadLetters: Queue
  webhookDeadLetters: Queue
  accountMailDeadLetters: Queue
  unpublished: Queue
  audit: Pick<AuditStack, 'unchained' | 'deadLetters' | 'tampered' | 'archived'>
  noticeKey: Key
}

/** `below`: where there is no figure, too. */
type Watched = { metric: IMetric; periods?: number; meaning: string } & ({ above: number } | { below: number })

const period = Duration.minutes(5)

/** What src/store/db.ts calls: a test compares. DynamoDB counts by the name of the call. */
const operations = [
  Operation.BATCH_GET_ITEM,
  Operation.QUERY,
  Operation.PUT_ITEM,
  Operation.UPDATE_ITEM,
  Operation.TRANSACT_WRITE_ITEMS,
]

export class WatchStack extends Stack {
  readonly topic: Topic

  constructor(scope: Construct, id: string, props: WatchStackProps) {
    super(scope, id, props)
    const { settings } = props
    this.topic = new Topic(this, 'Alarms', {
      displayName: `${settings.serviceName} ${settings.stage}`,
      masterKey: props.noticeKey,
      enforceSSL: true,
    })
    // A topic with a policy of its own, which enforceSSL makes, has lost the default one that let alarms publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    )
    if (settings.alarmEmail)
      Validations.of(this.topic.addSubscription(new EmailSubscription(settings.alarmEmail))).acknowledge({
        id: 'Serverless-SNSRedrivePolicy',
        reason:
          'SNS retries mail itself, and an alarm stays to be seen in CloudWatch while it lasts: a queue adds nothing.',
      })

    const action = new SnsAction(this.topic)
    for (const [name, { metric, periods = 1, meaning, ...threshold }] of Object.entries(watched(props)))
      new Alarm(this, name, {
        alarmName: `keystep-${settings.stage}-${name}`,
        alarmDescription: meaning,
        metric,
        ...limitOf(threshold),
        evaluationPeriods: periods,
      }).addAlarmAction(action)
    dashboard(this, props)
  }
}

const limitOf = (threshold: { above: number } | { below: number }) =>
  'above' in threshold
    ? {
        threshold: threshold.above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }
    : {
        threshold: threshold.below,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      }

const watched = (props: WatchStackProps): Record<string, Watched> => ({
  'api-5xx': {
    metric: props.api.metricServerError({ period, statistic: Stats.SUM }),
    above: 0,
    meaning:
      'The API answered with 5xx: a bug or an outage. The access log names the route, its Lambda\'s log has a line "failure".',
  },
  ...flat(props.functions, (name, { function: each }) => ({
    [`${name}-errors`]: {
      metric: each.metricErrors({ period, statistic: Stats.SUM }),
      above: 0,
      meaning:
        name in eventLambdas
          ? `The Lambda ${name} threw, timed out or could not be loaded; what it was to handle is tried again. See its log.`
          : `The Lambda ${name} timed out or could not be loaded; what a route threw is answered as a 500 and counted by api-5xx. See its log.`,
    },
    [`${name}-throttles`]: {
      metric: each.metricThrottles({ period, statistic: Stats.SUM }),
      above: 0,
      meaning: `The Lambda ${name} was refused an execution. Raise the account's concurrency, or lower its routes' throttles.`,
    },
    [`${name}-duration`]: {
      metric: each.metricDuration({ period, statistic: Stats.percentile(99) }),
      above: 0.5 * (each.timeout?.toMilliseconds() ?? 10_000),
      periods: 3,
      meaning: `For 15 minutes the slowest hundredth of ${name} took more than half of its time limit.`,
    },
  })),
  ...flat(props.tables, (name, table) => ({
    [`table-${name}-throttles`]: {
      metric: table.metricThrottledRequestsForOperations({ operations, period }),
      above: 0,
      meaning: `DynamoDB throttled requests to the table ${name}. On demand that is a hot key, or an account limit.`,
    },
    [`table-${name}-system-errors`]: {
      metric: table.metricSystemErrorsForOperations({ operations, period }),
      above: 0,
      periods: 2,
      meaning: `DynamoDB failed at the table ${name} for 10 minutes. See the AWS health dashboard.`,
    },
  })),
  'mail-bounces': {
    metric: reputation('BounceRate', props.configurationSetName),
    above: 0.03,
    meaning: 'More than 3 % of mails bounce; SES reviews an account at 5 %. Look at the addresses that were imported.',
  },
  'mail-complaints': {
    metric: reputation('ComplaintRate', props.configurationSetName),
    above: 0.0008,
    meaning: 'People mark our mail as spam; SES reviews an account at 0.1 %. Somebody may be signing others in.',
  },
  'rotate-keys-dead-letters': {
    metric: props.rotationDeadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'The signing keys were not looked after in one hour, three times over. Nothing is lost before their overlap is over; see rotate-keys.',
  },
  'expire-pending-dead-letters': {
    metric: props.expiryDeadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'Pending authenticators were not done away with in one hour, three times over. They are void all the same; see expire-pending.',
  },
  'audit-tampered': {
    metric: props.audit.tampered.with({ period, statistic: Stats.SUM }),
    above: 0,
    meaning:
      'Somebody changed or removed an audit record, or put one where none of ours does. Who, CloudTrail says; which, the log of audit-chain or audit-archive. Run audit verify.',
  },
  'audit-archive-lags': {
    metric: props.audit.archived.with({ period: Duration.hours(1), statistic: Stats.SUM }),
    below: 1,
    periods: 3,
    meaning:
      'For three hours nothing of the audit log was archived. Records end online after the days that are set, archived or not. See the log of audit-archive.',
  },
  'audit-archive-dead-letters': {
    metric: props.audit.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'The audit log was not archived in one hour, three times over. The next makes up for it; see audit-archive.',
  },
  'audit-chain-dead-letters': {
    metric: props.audit.unchained.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'Some audit records could not be put into a block, so that audit verify will call them inserted. The message says where in the stream they are; see the log of audit-chain.',
  },
  'mail-feedback-dead-letters': {
    metric: props.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'A bounce or complaint could not be handled; it waits 14 days in the dead-letter queue. See mail-feedback.',
  },
  // They answer with what failed and throw nothing, so that no other alarm rises before the last try.
  ...flat(props.functions, (name, { function: each }): Record<string, Watched> => {
    const meaning = behind[name]
    const metric = each.metric('IteratorAge', { period, statistic: Stats.MAXIMUM })
    return meaning === undefined ? {} : { [`${name}-behind`]: { metric, above: 10 * 60_000, meaning } }
  }),
  'audit-publish-dead-letters': {
    metric: props.unpublished.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'Some of what was recorded could not be published: no event, and no webhook tells of it. The message says where in the stream it is; see the log of audit-publish.',
  },
  'webhook-dead-letters': {
    metric: props.webhookDeadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'A webhook was not told of something, for half a day; the message waits 14 days. See webhook-deliver, and the console, which sends it again.',
  },
  'account-mail-dead-letters': {
    metric: props.accountMailDeadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'Somebody was not written to that what they sign in with has changed, for half a day; the letter waits 14 days. See account-mail.',
  },
  'session-ended-dead-letters': {
    metric: props.unreadEnds.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'The ends of some sessions could not be put into the queue, and are told nobody. The message says where in the stream they are; see the log of session-ended.',
  },
  'logout-dead-letters': {
    metric: props.logoutDeadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
    above: 0,
    meaning:
      'An application was not told of the end of a session, for half a day; the message waits 14 days. See backchannel-logout, and docs/operations.md for the redrive.',
  },
})

/** Of those that a stream calls. */
const behind: Readonly<Record<string, string>> = {
  'session-ended':
    'Sessions that ended ten minutes ago are not in the queue yet. The stream forgets after a day. See the log of session-ended.',
  'audit-publish':
    'What was recorded ten minutes ago is not on the event bus yet, nor told to webhooks. The stream forgets after a day. See the log of audit-publish.',
  'audit-chain':
    'Audit records of ten minutes ago are in no block yet. The stream forgets after a day. See the log of audit-chain.',
}

const flat = <Item>(
  items: Readonly<Record<string, Item>>,
  each: (name: string, item: Item) => Record<string, Watched>,
): Record<string, Watched> => Object.assign({}, ...Object.entries(items).map(([name, item]) => each(name, item)))

const reputation = (name: 'BounceRate' | 'ComplaintRate', configurationSet: string): Metric =>
  new Metric({
    namespace: 'AWS/SES',
    metricName: `Reputation.${name}`,
    dimensionsMap: { 'ses:configuration-set': configurationSet },
    period: Duration.hours(1),
    statistic: Stats.AVERAGE,
  })

function dashboard(
  scope: Construct,
  { settings, api, functions, tables, configurationSetName }: WatchStackProps,
): void {
  const each = Object.entries(functions)
  const graph = (title: string, left: IMetric[], right: IMetric[] = []): GraphWidget =>
    new GraphWidget({ title, left, right, width: 12 })
  new Dashboard(scope, 'Dashboard', { dashboardName: `keystep-${settings.stage}` }).addWidgets(
    graph(
      'Requests and refusals',
      [api.metricCount({ period }), api.metricClientError({ period, statistic: Stats.SUM })],
      [api.metricServerError({ period, statistic: Stats.SUM })],
    ),
    graph(
      'Milliseconds to an answer',
      [50, 90, 99].map((percent) =>
        api.metricLatency({ period, statistic: Stats.percentile(percent), label: `p${percent}` }),
      ),
    ),
    graph(
      'Errors by Lambda',
      each.map(([name, it]) => it.function.metricErrors({ period, label: name, statistic: Stats.SUM })),
    ),
    graph(
      'Milliseconds by Lambda, p99',
      each.map(([name, it]) => it.function.metricDuration({ period, label: name, statistic: Stats.percentile(99) })),
    ),
    graph(
      'Executions at once',
      each.map(([name, it]) =>
        it.function.metric('ConcurrentExecutions', { period, label: name, statistic: Stats.MAXIMUM }),
      ),
    ),
    graph(
      'Read and written units',
      Object.entries(tables).flatMap(([name, table]) => [
        table.metricConsumedReadCapacityUnits({ period, label: `${name} read` }),
        table.metricConsumedWriteCapacityUnits({ period, label: `${name} written` }),
      ]),
    ),
    graph(
      'Share of mails that bounce or are complained about',
      (['BounceRate', 'ComplaintRate'] as const).map((name) => reputation(name, configurationSetName)),
    ),
  )
}
