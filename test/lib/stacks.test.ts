/** What the stacks promise beside rights: that data outlives mistakes, that floods are held, that somebody is woken. */
import { readFileSync } from 'node:fs'
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes as allRoutes } from '../../lambdas/routes.ts'
import { eventLambdas } from '../../lib/bundle.ts'
import { addStacks } from '../../lib/stacks.ts'
import { deliveryTries } from '../../src/core/deliveries.ts'
import { readStage } from '../../src/stage.ts'
import {
  type Areas,
  openApp,
  type Properties,
  placeholder,
  resourcesOf,
  settingsFrom,
  synthesize,
  type Template,
} from './synthesized.ts'

/** On the issuer's host. The other one is in `client-certificates.test.ts`. */
const routes = allRoutes.filter(({ host }) => host === undefined)

let areas: Areas
beforeAll(() => {
  areas = synthesize()
})

const only = (template: Template, type: string): Properties => {
  const found = resourcesOf(template, type)
  expect(found).toHaveLength(1)
  return found[0]?.[1].Properties ?? {}
}

describe('the tables', () => {
  const usual = {
    BillingMode: 'PAY_PER_REQUEST',
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    Replicas: [
      { DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
    ],
  }
  const keys = (partition: string, sort?: string) => [
    { AttributeName: partition, KeyType: 'HASH' },
    ...(sort ? [{ AttributeName: sort, KeyType: 'RANGE' }] : []),
  ]
  const all = { ProjectionType: 'ALL' }
  const expected: Record<string, Properties> = {
    Config: { KeySchema: keys('pk', 'sk') },
    People: {
      KeySchema: keys('pk', 'sk'),
      GlobalSecondaryIndexes: [{ IndexName: 'listing', KeySchema: keys('listing', 'order'), Projection: all }],
      TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
    },
    Sessions: {
      KeySchema: keys('pk'),
      GlobalSecondaryIndexes: [{ IndexName: 'by-user', KeySchema: keys('user', 'order'), Projection: all }],
      StreamSpecification: { StreamViewType: 'OLD_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
    },
    Audit: {
      KeySchema: keys('pk', 'sk'),
      GlobalSecondaryIndexes: [
        { IndexName: 'by-user', KeySchema: keys('user', 'sk'), Projection: all },
        { IndexName: 'by-type', KeySchema: keys('kind', 'sk'), Projection: all },
      ],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
    },
  }

  it('are these four', () => {
    expect(resourcesOf(areas.data, 'AWS::DynamoDB::GlobalTable').map(([id]) => id.slice(0, -8))).toEqual(
      Object.keys(expected),
    )
  })

  it.each(Object.entries(expected))('%s is keyed, encrypted, protected, recoverable and retained', (id, properties) => {
    const [, table] = Object.entries(areas.data.Resources).find(([name]) => name.startsWith(id)) ?? []
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { ...usual, ...properties },
    })
    expect('TimeToLiveSpecification' in (table?.Properties ?? {})).toBe('TimeToLiveSpecification' in properties)
  })
})

describe('the keys', () => {
  it('rotate; the one that wraps signing keys is retained', () => {
    const keys = resourcesOf(areas.keys, 'AWS::KMS::Key')
    expect(keys.map(([, { Properties }]) => Properties.EnableKeyRotation)).toEqual([true, true])
    expect(keys.find(([id]) => id.startsWith('Wrapping'))?.[1]).toMatchObject({ DeletionPolicy: 'Retain' })
  })
})

describe('the API', () => {
  it('is at one address, and lets no other origin in', () => {
    const api = only(areas.api, 'AWS::ApiGatewayV2::Api')
    expect(api).toMatchObject({ ProtocolType: 'HTTP', DisableExecuteApiEndpoint: true })
    expect(api).not.toHaveProperty('CorsConfiguration')
    expect(only(areas.api, 'AWS::ApiGatewayV2::DomainName')).toMatchObject({
      DomainName: 'id.example.org',
      DomainNameConfigurations: [{ EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' }],
    })
    expect(only(areas.api, 'AWS::ApiGatewayV2::ApiMapping')).toMatchObject({ Stage: '$default' })
    expect(only(areas.api, 'AWS::Route53::RecordSet')).toMatchObject({
      Name: 'id.example.org.',
      HostedZoneId: 'Z0123456789ABC',
    })
  })

  it('has each route of the table, at the Lambda that the table names', () => {
    const { Resources } = areas.api
    const nameOf = (integration: string): unknown => {
      const uri = JSON.stringify(Resources[integration]?.Properties.IntegrationUri)
      return Resources[uri.match(/\["(\w+)","Arn"\]/)?.[1] ?? '']?.Properties.FunctionName
    }
    const made = resourcesOf(areas.api, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
      Properties.RouteKey,
      nameOf(JSON.stringify(Properties.Target).match(/"Ref":"(\w+)"/)?.[1] ?? ''),
    ])
    expect(made.sort()).toEqual(
      routes.map(({ method, path, lambda }) => [`${method} ${path}`, `keystep-test-${lambda}`]).sort(),
    )
    expect(
      resourcesOf(areas.api, 'AWS::ApiGatewayV2::Integration').map(
        ([, { Properties }]) => Properties.PayloadFormatVersion,
      ),
    ).toEqual(Array(new Set(routes.map(({ lambda }) => lambda)).size).fill('2.0'))
  })

  it.each([
    ['POST /token', 200, 400],
    ['GET /jwks', 500, 1000],
    ['POST /login/{login}/password', 20, 40],
    ['POST /login/{login}/activation/code', 20, 40],
    ['GET /authorize', 50, 100],
    ['POST /api/v1/tenants/{tenantCode}/users/{userId}/authenticators', 25, 50],
  ])('holds a flood of %s at %d a second', (route, ThrottlingRateLimit, ThrottlingBurstLimit) => {
    const { RouteSettings } = only(areas.api, 'AWS::ApiGatewayV2::Stage') as { RouteSettings: Record<string, unknown> }
    expect(RouteSettings[route]).toEqual({ ThrottlingRateLimit, ThrottlingBurstLimit })
  })

  it('throttles every route, and a stranger’s guesses harder', () => {
    const stage = only(areas.api, 'AWS::ApiGatewayV2::Stage') as { RouteSettings: object; DefaultRouteSettings: object }
    expect(Object.keys(stage.RouteSettings).sort()).toEqual(
      routes.map(({ method, path }) => `${method} ${path}`).sort(),
    )
    expect(stage.DefaultRouteSettings).toMatchObject({ ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 })
  })

  it('makes its routes before the stage that throttles them', () => {
    const [, stage] = resourcesOf(areas.api, 'AWS::ApiGatewayV2::Stage')[0] ?? []
    expect(stage?.DependsOn).toEqual(
      expect.arrayContaining(resourcesOf(areas.api, 'AWS::ApiGatewayV2::Route').map(([id]) => id)),
    )
  })

  it('logs accesses as JSON, without a path or a query', () => {
    const { AccessLogSettings } = only(areas.api, 'AWS::ApiGatewayV2::Stage') as {
      AccessLogSettings: { Format: string }
    }
    const fields: Record<string, string> = JSON.parse(AccessLogSettings.Format)
    expect(fields).toMatchObject({
      route: '$context.routeKey',
      status: '$context.status',
      requestId: '$context.requestId',
    })
    expect(AccessLogSettings.Format).not.toMatch(/path|query|header|cookie|authorizer/i)
  })
})

describe('each Lambda', () => {
  const lambdas = () => Object.values(areas).flatMap((template) => resourcesOf(template, 'AWS::Lambda::Function'))

  it('runs Node 24 on arm64, with a size, a time limit and traces', () => {
    for (const [, { Properties }] of lambdas()) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
      })
      expect(Properties.MemorySize).toBeGreaterThanOrEqual(256)
      // Nobody waits for what a schedule or a stream calls.
      const isAsked = !/-(expire-pending|audit-chain|audit-archive)$/.test(String(Properties.FunctionName))
      expect(Properties.Timeout).toBeLessThanOrEqual(isAsked ? 30 : 900)
    }
  })

  it('is told its stage, and only names', () => {
    for (const [, { Properties }] of lambdas()) {
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> }
      const told = Object.fromEntries(
        Object.entries(Variables).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      )
      const isTelling = /-(session-ended|backchannel-logout)$/.test(String(Properties.FunctionName))
      const isPublishing = /-(audit|audit-publish|webhook-deliver)$/.test(String(Properties.FunctionName))
      const isArchiving = Properties.FunctionName === 'keystep-test-audit-archive'
      const isWriting = /-(audit-publish|account-mail)$/.test(String(Properties.FunctionName))
      const isMailing = /-(activation|settings|account-mail)$/.test(String(Properties.FunctionName))
      expect(Object.keys(told).sort()).toEqual(
        [
          'AUDIT_ONLINE_DAYS',
          ...(isArchiving ? ['AUDIT_ARCHIVE_BUCKET', 'AUDIT_KEY_ARN'] : []),
          'ISSUER',
          ...(isTelling ? ['LOGOUT_QUEUE_URL'] : []),
          ...(isMailing ? ['MAIL_CONFIGURATION_SET'] : []),
          ...(isWriting ? ['MAIL_QUEUE_URL'] : []),
          'MAIL_SENDER',
          'NODE_OPTIONS',
          'RP_ID',
          'SERVICE_NAME',
          'TABLE_AUDIT',
          'TABLE_CONFIG',
          'TABLE_PEOPLE',
          'TABLE_SESSIONS',
          'TENANT_CODE',
          ...(isPublishing ? ['WEBHOOK_QUEUE_URL'] : []),
          ...(String(Properties.FunctionName).endsWith('-audit-publish') ? ['EVENT_BUS'] : []),
          'WRAPPING_KEY_ARN',
        ].sort(),
      )
      expect(told.NODE_OPTIONS).toBe('--enable-source-maps')
      expect(readStage(told)).toMatchObject({
        issuer: 'https://id.example.org',
        rpId: 'id.example.org',
        tenantCode: 'example',
      })
    }
  })

  it('is told which RP IDs and origins imports may name', () => {
    const { api } = synthesize({ importRpIds: 'example.org,example.com', enrolmentOrigins: 'https://cms.example.org' })
    const [, made] =
      resourcesOf(api, 'AWS::Lambda::Function').find(([id]) => id.startsWith('AuthenticatorsLambda')) ?? []
    expect(made?.Properties.Environment).toMatchObject({
      Variables: { IMPORT_RP_IDS: 'example.org,example.com', ENROLMENT_ORIGINS: 'https://cms.example.org' },
    })
  })

  it('may be invoked by its own routes alone, or by its own topic', () => {
    for (const template of [areas.api, areas.mail])
      for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Permission')) {
        expect(Properties.Principal).toMatch(/^(apigateway|sns)\.amazonaws\.com$/)
        expect(JSON.stringify(Properties.SourceArn)).toMatch(/"\/\*\/\*\/[^*]*"\]\]\}$|\{"Ref":"Events\w+"\}/)
      }
  })
})

describe('every log', () => {
  it('forgets after the days that the stage says', () => {
    const groups = Object.values(areas).flatMap((template) => resourcesOf(template, 'AWS::Logs::LogGroup'))
    // One for each Lambda that routes lead to, for each that an event does, and the accesses.
    expect(groups).toHaveLength(new Set(routes.map(({ lambda }) => lambda)).size + Object.keys(eventLambdas).length + 1)
    expect(new Set(groups.map(([, { Properties }]) => Properties.RetentionInDays))).toEqual(new Set([90]))
  })
})

describe('mail', () => {
  it('demands TLS, counts bounces, and sends no more to who complained', () => {
    expect(only(areas.mail, 'AWS::SES::ConfigurationSet')).toMatchObject({
      DeliveryOptions: { TlsPolicy: 'REQUIRE' },
      ReputationOptions: { ReputationMetricsEnabled: true },
      SuppressionOptions: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
    })
    expect(only(areas.mail, 'AWS::SES::ConfigurationSetEventDestination')).toMatchObject({
      EventDestination: { MatchingEventTypes: ['bounce', 'complaint'] },
    })
  })

  it('keeps what could not be handled in a dead-letter queue, encrypted on the way and at rest', () => {
    expect(only(areas.mail, 'AWS::SNS::Subscription')).toHaveProperty('RedrivePolicy')
    expect(only(areas.mail, 'AWS::Lambda::EventInvokeConfig')).toHaveProperty('DestinationConfig.OnFailure')
    expect(only(areas.mail, 'AWS::SQS::Queue')).toMatchObject({ SqsManagedSseEnabled: true })
    expect(only(areas.mail, 'AWS::SNS::Topic')).toHaveProperty('KmsMasterKeyId')
  })

  it('proves the domain in its zone, or prints what to put there', () => {
    const { mail } = synthesize({
      certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/x',
      hostedZoneId: '',
      hostedZoneName: '',
    })
    expect(resourcesOf(areas.mail, 'AWS::Route53::RecordSet')).toHaveLength(3)
    expect(resourcesOf(mail, 'AWS::Route53::RecordSet')).toHaveLength(0)
    expect(mail.Outputs.DkimRecord3?.Description).toContain('Put this record into the DNS')
  })

  it('leaves an identity alone that exists already', () => {
    const { mail } = synthesize({ sesIdentityExists: 'true' })
    expect(resourcesOf(mail, 'AWS::SES::EmailIdentity')).toHaveLength(0)
  })
})

describe('the audit log', () => {
  const mapping = () => only(areas.audit, 'AWS::Lambda::EventSourceMapping')

  it('is chained from the stream from its beginning: what is new, and what somebody did to it, and no block', () => {
    expect(mapping()).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^Unchained/), 'Arn'] } },
      },
    })
    // One at a time of each shard of the stream, and tried for as long as the stream keeps it.
    expect(mapping()).not.toHaveProperty('ParallelizationFactor')
    expect(mapping().MaximumRetryAttempts ?? -1).toBe(-1)
    const { Filters } = mapping().FilterCriteria as { Filters: { Pattern: string }[] }
    expect(Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: [{ exists: true }] } } } },
      { eventName: ['MODIFY', 'REMOVE'], userIdentity: { type: [{ exists: false }] } },
    ])
  })

  it('is archived every hour, under a lock, encrypted, by TLS alone, seen by nobody, and kept when the stack goes', () => {
    expect(only(areas.audit, 'AWS::Events::Rule')).toMatchObject({ ScheduleExpression: 'rate(1 hour)' })
    const [[, bucket] = [undefined, undefined]] = resourcesOf(areas.archive, 'AWS::S3::Bucket')
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 3653 } } },
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: expect.anything(),
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    })
    expect(JSON.stringify(only(areas.archive, 'AWS::S3::BucketPolicy'))).toContain('"aws:SecureTransport":"false"')
    const { archive } = synthesize({ auditArchiveLock: 'compliance', auditArchiveDays: '800' })
    expect(only(archive, 'AWS::S3::Bucket')).toMatchObject({
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 800 } } },
    })
  })

  it('has its checkpoints signed by a key that KMS keeps, and that can do nothing else', () => {
    expect(only(areas.archive, 'AWS::KMS::Key')).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  })

  it('wakes somebody when nothing was archived for three hours, whether it failed or was not even called', () => {
    const [, lags] =
      resourcesOf(areas.watch, 'AWS::CloudWatch::Alarm').find(
        ([, { Properties }]) => Properties.AlarmName === 'keystep-test-audit-archive-lags',
      ) ?? []
    expect(lags?.Properties).toMatchObject({
      Namespace: 'keystep-test',
      MetricName: 'audit-archived',
      Period: 3600,
      EvaluationPeriods: 3,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    })
    const filters = resourcesOf(areas.audit, 'AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties)
    expect(filters.map(({ FilterPattern }) => FilterPattern).sort()).toEqual([
      '"audit-archived"',
      '"audit-tampered"',
      '"audit-tampered"',
    ])
  })
})

describe('the ends of sessions', () => {
  const mappings = () =>
    resourcesOf(areas.logout, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties)

  it('come from the stream from its beginning, and only those that somebody caused', () => {
    const [stream] = mappings().filter((each) => 'StartingPosition' in each)
    expect(stream).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 50,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/^UnreadEnds/), 'Arn'] } },
      },
    })
    const criteria = stream?.FilterCriteria as { Filters: { Pattern: string }[] } | undefined
    expect(criteria?.Filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      {
        eventName: ['REMOVE'],
        userIdentity: { type: [{ exists: false }] },
        dynamodb: { Keys: { pk: { S: [{ prefix: 'session#' }] } } },
      },
    ])
  })

  it('are told one by one, as often as the code counts, and then kept for somebody to look at', () => {
    const [queue] = mappings().filter((each) => !('StartingPosition' in each))
    expect(queue).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 5 })
    const queues = resourcesOf(areas.logout, 'AWS::SQS::Queue').map(([, { Properties }]) => Properties)
    expect(queues).toHaveLength(3)
    for (const each of queues)
      expect(each).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 })
    const [notices] = queues.filter((each) => 'RedrivePolicy' in each)
    expect(notices).toMatchObject({
      RedrivePolicy: {
        maxReceiveCount: deliveryTries,
        deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^DeadLetters/), 'Arn'] },
      },
      VisibilityTimeout: 180,
    })
    const policies = resourcesOf(areas.logout, 'AWS::SQS::QueuePolicy')
    expect(policies).toHaveLength(3)
    for (const [, { Properties }] of policies) expect(JSON.stringify(Properties)).toContain('aws:SecureTransport')
  })
})

describe('the rotation of signing keys', () => {
  it('is called every hour by its own rule, and by nothing else', () => {
    expect(only(areas.rotation, 'AWS::Events::Rule')).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      State: 'ENABLED',
      Targets: [{ Arn: { 'Fn::GetAtt': [expect.stringMatching(/^RotateLambda/), 'Arn'] } }],
    })
    expect(only(areas.rotation, 'AWS::Lambda::Permission')).toMatchObject({
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^Hourly/), 'Arn'] },
    })
  })

  it('keeps what could not be handled in a dead-letter queue', () => {
    expect(only(areas.rotation, 'AWS::Lambda::EventInvokeConfig')).toHaveProperty('DestinationConfig.OnFailure')
    expect(only(areas.rotation, 'AWS::SQS::Queue')).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    })
  })

  it('is told to have KMS hold the keys, and so is the command, where the stage wants it so', () => {
    const rotation = (signingKeys: string) => {
      const made = synthesize({ signingKeys }).rotation
      const { Variables } = only(made, 'AWS::Lambda::Function').Environment as { Variables: Properties }
      return [Variables.KMS_SIGNING_KEYS, made.Outputs.KmsSigningKeys?.Value]
    }
    expect(rotation('kms')).toEqual(['test', 'test'])
    expect(rotation('leaving-kms')).toEqual([undefined, undefined])
    expect(rotation('wrapped')).toEqual([undefined, undefined])
  })
})

describe('the watch', () => {
  const alarms = () =>
    resourcesOf(areas.watch, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties.AlarmName).replace('keystep-test-', ''),
    )

  it('has as many alarms as the README counts the cost of', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(` ${alarms().length} alarms at `)
  })

  it('has an alarm for each Lambda, each table, the API, the mails and the dead letters', () => {
    const lambdas = [...new Set(routes.map(({ lambda }) => lambda)), ...Object.keys(eventLambdas)]
    expect(alarms().sort()).toEqual(
      [
        'api-5xx',
        ...lambdas.flatMap((name) => [`${name}-errors`, `${name}-throttles`, `${name}-duration`]),
        ...['config', 'people', 'sessions', 'audit'].flatMap((name) => [
          `table-${name}-throttles`,
          `table-${name}-system-errors`,
        ]),
        'mail-bounces',
        'mail-complaints',
        'mail-feedback-dead-letters',
        'logout-dead-letters',
        'session-ended-behind',
        'audit-chain-behind',
        'audit-publish-behind',
        'audit-publish-dead-letters',
        'webhook-dead-letters',
        'account-mail-dead-letters',
        'audit-chain-dead-letters',
        'audit-archive-dead-letters',
        'audit-archive-lags',
        'audit-tampered',
        'session-ended-dead-letters',
        'rotate-keys-dead-letters',
        'expire-pending-dead-letters',
      ].sort(),
    )
  })

  const alarm = (name: string): Properties =>
    resourcesOf(areas.watch, 'AWS::CloudWatch::Alarm').find(
      ([, { Properties }]) => Properties.AlarmName === `keystep-test-${name}`,
    )?.[1].Properties ?? {}

  it('wakes somebody at the first 5xx: what a route threw shows there alone', () => {
    expect(alarm('api-5xx')).toMatchObject({
      MetricName: '5xx',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    })
    expect(alarm('token-errors').AlarmDescription).toContain('answered as a 500 and counted by api-5xx')
    expect(alarm('mail-feedback-errors').AlarmDescription).not.toContain('route')
  })

  it('counts what the store calls at a table, and no other call', () => {
    const source = readFileSync(new URL('../../src/store/db.ts', import.meta.url), 'utf8')
    const called = [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name)
    expect(called.length).toBeGreaterThan(3)
    for (const name of ['table-people-throttles', 'table-people-system-errors']) {
      const counted = [...JSON.stringify(alarm(name)).matchAll(/"Name":"Operation","Value":"(\w+)"/g)]
      expect(counted.map(([, operation]) => operation).sort()).toEqual([...new Set(called)].sort())
    }
  })

  it('tells one topic of every alarm, which may be told by CloudWatch, and mails it on', () => {
    for (const [, { Properties }] of resourcesOf(areas.watch, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringMatching(/^Alarms/) }])
      expect(String(Properties.AlarmDescription).length).toBeGreaterThan(40)
    }
    expect(only(areas.watch, 'AWS::SNS::Subscription')).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.org',
    })
    expect(JSON.stringify(only(areas.watch, 'AWS::SNS::TopicPolicy'))).toContain('cloudwatch.amazonaws.com')
    expect(JSON.stringify(areas.keys)).toContain('cloudwatch.amazonaws.com')
  })
})

describe('the outputs', () => {
  it.each([
    ['data', ['ConfigTable', 'PeopleTable', 'SessionsTable', 'AuditTable']],
    ['keys', ['WrappingKeyArn']],
    ['mail', ['DkimRecord1', 'DkimRecord2', 'DkimRecord3']],
    [
      'api',
      ['ApiDomainTarget', 'ApiDomainHostedZone', 'Issuer', 'RpId', 'TenantCode', 'ServiceName', 'MailSender', 'Region'],
    ],
  ] as const)('of %s tell an operator and a command what they need', (area, names) => {
    for (const name of names) expect(areas[area].Outputs[name]?.Description).toMatch(/\w{2}/)
    expect(Object.keys(areas[area].Outputs)).toEqual(expect.arrayContaining([...names]))
  })

  it('say what to run next, in the words of the command', () => {
    const next = [1, 2, 3, 4].map((step) => String(areas.api.Outputs[`Next${step}`]?.Value))
    expect(next.map((line) => line.replace('npm run admin -- --outputs cdk-outputs.json ', ''))).toEqual([
      'init',
      'user add NAME --email ADDRESS --role administrator --password-stdin',
      'api-key add NAME',
      'client add ID --redirect-uri ADDRESS',
    ])
  })

  it('say the settings as they are', () => {
    const values = Object.fromEntries(Object.entries(areas.api.Outputs).map(([name, { Value }]) => [name, Value]))
    expect(values).toMatchObject({
      Issuer: 'https://id.example.org',
      RpId: 'id.example.org',
      TenantCode: 'example',
      ServiceName: 'Keystep',
      MailSender: 'no-reply@example.org',
    })
  })
})

describe('an account and a region', () => {
  it('may be given: the rules hold there too', () => {
    expect(() => synthesize({ account: '111122223333', region: 'eu-central-1' })).not.toThrow()
  })
})

describe('cdk-nag', () => {
  it('stops a synthesis that breaks a rule without evidence', () => {
    const app = openApp()
    const code = placeholder()
    addStacks(app, settingsFrom(), () => code)
    const careless = new Stack(app, 'careless')
    const role = new Role(careless, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
    })
    new CfnOutput(careless, 'Arn', { value: role.roleArn })
    expect(() => app.synth()).toThrow(/managed policies/)
  })
})
