/**
 * What each role may do, read from the synthesized templates and compared with this list, which was written by hand: a
 * right that appears here by a change of the route table has to be wanted twice.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Areas,
  clientCertificates,
  type Properties,
  resourcesOf,
  synthesize,
  type Template,
} from './synthesized.ts'

const trace = { '*': ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'] }
const log = { 'own log': ['logs:CreateLogStream', 'logs:PutLogEvents'] }
const batch = 'dynamodb:BatchGetItem'
const query = 'dynamodb:Query'
const check = 'dynamodb:ConditionCheckItem'
const put = 'dynamodb:PutItem'
const update = 'dynamodb:UpdateItem'
const remove = 'dynamodb:DeleteItem'
/** That a DPoP proof was shown, and nothing else among the sessions. */
const proof = `${put} where dynamodb:LeadingKeys is dpop#*`
const mail = 'ses:SendEmail where ses:FromAddress is no-reply@example.org'

/** A step of a login, which may be its last. */
const step = {
  config: [batch],
  people: [batch, check, query, update],
  sessions: [batch, remove, put, update],
  audit: [put],
}

/** Whom a directory knows becomes a user, and may go by another name later. */
const password = { ...step, people: [batch, check, remove, put, query, update], ...log, ...trace }

const rights: Record<string, Record<string, string[]>> = {
  metadata: { config: [batch, query], ...log, ...trace },
  description: { ...log, ...trace },
  authorize: {
    config: [batch, query],
    people: [check, query],
    sessions: [batch, remove, put, update],
    audit: [put],
    ...log,
    ...trace,
  },
  login: { ...step, people: [batch, check, put, query, update], ...log, ...trace },
  password,
  otp: {
    ...step,
    config: [batch, query],
    people: [batch, check, put, query, update],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-seal-key'],
    ...log,
    ...trace,
  },
  webauthn: { ...step, ...log, ...trace },
  certificate: { sessions: [batch, update], ...log, ...trace },
  activation: { ...step, 'any identity of SES': [mail], 'configuration set': [mail], ...log, ...trace },
  token: {
    config: [batch, query],
    people: [batch, check, query],
    sessions: [batch, check, put, update],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-signing-key'],
    ...log,
    ...trace,
  },
  resource: {
    config: [batch, query],
    people: [batch, query],
    sessions: [batch, proof],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-signing-key'],
    ...log,
    ...trace,
  },
  logout: {
    config: [batch, query],
    people: [batch, update],
    sessions: [batch, remove],
    'sessions/index/by-user': [query],
    audit: [put],
    ...log,
    ...trace,
  },
  authenticators: {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, check, remove, put, query, update],
    'people/index/listing': [query],
    sessions: [batch, remove, put, proof],
    'sessions/index/by-user': [query],
    audit: [put],
    ...log,
    ...trace,
  },
  management: {
    config: [
      batch,
      `${remove} where dynamodb:LeadingKeys is client`,
      `${put} where dynamodb:LeadingKeys is realm or client`,
      query,
      `${update} where dynamodb:LeadingKeys is api-key`,
      `${update} where dynamodb:LeadingKeys is realm or client`,
    ],
    people: [batch, remove, query, update],
    sessions: [batch, remove, proof],
    'sessions/index/by-user': [query],
    audit: [put],
    ...log,
    ...trace,
  },
  settings: {
    config: [
      batch,
      `${remove} where dynamodb:LeadingKeys is webhook`,
      `${put} where dynamodb:LeadingKeys is realm or api-key`,
      `${put} where dynamodb:LeadingKeys is webhook`,
      query,
      `${update} where dynamodb:LeadingKeys is api-key`,
    ],
    people: [batch, query, update],
    sessions: [batch, proof],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-seal-key'],
    'any identity of SES': [mail],
    'configuration set': [mail],
    ...log,
    ...trace,
  },
  users: {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, check, remove, put, query, update],
    'people/index/listing': [query],
    sessions: [batch, remove, proof],
    'sessions/index/by-user': [query],
    audit: [put],
    ...log,
    ...trace,
  },
  scim: {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, check, remove, put, query, update],
    'people/index/listing': [query],
    sessions: [batch, remove, proof],
    'sessions/index/by-user': [query],
    audit: [put],
    ...log,
    ...trace,
  },
  'one-time-passwords': {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, check, remove, put, query, update],
    sessions: [batch, remove, put, proof],
    'sessions/index/by-user': [query],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-seal-key'],
    ...log,
    ...trace,
  },
  account: {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, check, remove, put, query, update],
    sessions: [batch, remove, put, proof, update],
    'sessions/index/by-user': [query],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-seal-key'],
    ...log,
    ...trace,
  },
  audit: {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is api-key`],
    people: [batch, query],
    sessions: [batch, proof],
    audit: [batch, put, query],
    'audit/index/by-user': [query],
    'audit/index/by-type': [query],
    messages: ['sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'audit-chain': {
    config: [`${update} where dynamodb:LeadingKeys is statistics`],
    audit: [put, query],
    'stream of audit': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    unchained: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'audit-archive': {
    audit: [batch, query],
    archive: ['s3:ListBucketVersions'],
    'archive/checkpoints/*': ['s3:GetObjectVersion', 's3:PutObject'],
    'archive/records/*': ['s3:PutObject'],
    'checkpoint key': ['kms:GetPublicKey', 'kms:Sign'],
    'dead letters': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'audit-publish': {
    config: [query],
    'stream of audit': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    bus: ['events:PutEvents where events:source is keystep'],
    letters: ['sqs:SendMessage'],
    messages: ['sqs:SendMessage'],
    unpublished: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'webhook-deliver': {
    config: [batch, query, `${update} where dynamodb:LeadingKeys is webhook`],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-seal-key'],
    messages: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    ...log,
    ...trace,
  },
  'account-mail': {
    people: [batch, query, update],
    'any identity of SES': [mail],
    'configuration set': [mail],
    letters: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    ...log,
    ...trace,
  },
  'session-ended': {
    config: [batch],
    'stream of sessions': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    notices: ['sqs:SendMessage'],
    'unread ends': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'backchannel-logout': {
    config: [batch, query],
    audit: [put],
    'wrapping key': ['kms:Decrypt where kms:EncryptionContext:purpose is keystep-signing-key'],
    notices: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    ...log,
    ...trace,
  },
  'rotate-keys': {
    config: [
      `${batch} where dynamodb:LeadingKeys is realm or signing-key-changes`,
      `${remove} where dynamodb:LeadingKeys is signing-key`,
      `${put} where dynamodb:LeadingKeys is signing-key`,
      `${query} where dynamodb:LeadingKeys is signing-key`,
      `${update} where dynamodb:LeadingKeys is signing-key or signing-key-changes`,
    ],
    audit: [put],
    'wrapping key': ['kms:Encrypt where kms:EncryptionContext:purpose is keystep-signing-key'],
    'dead letters': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'expire-pending': {
    people: [remove],
    'people/index/listing': [query],
    audit: [put],
    'dead letters': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
  'mail-feedback': {
    people: [batch, update],
    audit: [put],
    'dead letters': ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
    ...log,
    ...trace,
  },
}

/** CloudFormation's ways to name a thing, in ours. Anything else stays as it is, and so in nobody's rights. */
const things: [RegExp, string][] = [
  [
    /^\{"Fn::ImportValue":"keystep-test-data:ExportsOutputFnGetAtt(Config|People|Sessions|Audit)\w{8}Arn\w{8}"\}$/,
    '$1',
  ],
  [
    /^\{"Fn::Join":\["",\[\{"Fn::ImportValue":"keystep-test-data:ExportsOutputFnGetAtt(People|Sessions|Audit)\w{8}Arn\w{8}"\},"(\/index\/[a-z-]+)"\]\]\}$/,
    '$1$2',
  ],
  [/^\{"Fn::ImportValue":"keystep-test-keys:ExportsOutputFnGetAttWrapping\w{8}Arn\w{8}"\}$/, 'wrapping key'],
  [
    /^\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},":ses:",\{"Ref":"AWS::Region"\},":",\{"Ref":"AWS::AccountId"\},":identity\/\*"\]\]\}$/,
    'any identity of SES',
  ],
  [
    /^\{"Fn::Join":\["",\["arn:",.*":ses:",.*":configuration-set\/",\{[^*]*"keystep-test-mail".*ConfigurationSet\w+"[^*]*\]\]\}$/,
    'configuration set',
  ],
  [/^\{"Fn::(ImportValue|GetStackOutput)":.*"?keystep-test-keys.*Secret.*\}$/, 'secret'],
  [/^\{"Fn::ImportValue":"keystep-test-archive:ExportsOutputFnGetAttAuditLog\w{8}Arn\w{8}"\}$/, 'archive'],
  [
    /^\{"Fn::Join":\["",\[\{"Fn::ImportValue":"keystep-test-archive:ExportsOutputFnGetAttAuditLog\w{8}Arn\w{8}"\},"(\/\w+\/\*)"\]\]\}$/,
    'archive$1',
  ],
  [/^\{"Fn::ImportValue":"keystep-test-archive:ExportsOutputFnGetAttCheckpoints\w{8}Arn\w{8}"\}$/, 'checkpoint key'],
  [/^\{"Fn::GetAtt":\["Bus\w{8}","Arn"\]\}$/, 'bus'],
  [/^\{"Fn::GetAtt":\["Unpublished\w{8}","Arn"\]\}$/, 'unpublished'],
  [/^\{"Fn::GetAtt":\["Messages\w{8}","Arn"\]\}$/, 'messages'],
  [/^\{"Fn::GetAtt":\["Letters\w{8}","Arn"\]\}$/, 'letters'],
  [/^\{"Fn::(ImportValue|GetStackOutput)":.*keystep-test-events.*Messages.*\}$/, 'messages'],
  [/^\{"Fn::GetAtt":\["Unchained\w{8}","Arn"\]\}$/, 'unchained'],
  [/^\{"Fn::GetAtt":\["DeadLetters\w{8}","Arn"\]\}$/, 'dead letters'],
  [/^\{"Fn::GetAtt":\["UnreadEnds\w{8}","Arn"\]\}$/, 'unread ends'],
  [/^\{"Fn::GetAtt":\["Notices\w{8}","Arn"\]\}$/, 'notices'],
  [
    /^\{"Fn::ImportValue":"keystep-test-data:ExportsOutputFnGetAtt(Sessions|Audit)\w{8}StreamArn\w{8}"\}$/,
    'stream of $1',
  ],
]

function thingOf(resource: unknown, ownLogs: string): string {
  if (typeof resource === 'string') return resource
  const text = JSON.stringify(resource)
  if (text === JSON.stringify({ 'Fn::GetAtt': [ownLogs, 'Arn'] })) return 'own log'
  const known = things.find(([pattern]) => pattern.test(text))
  return known
    ? text
        .replace(known[0], known[1])
        .replace(/^(stream of )?(Config|People|Sessions|Audit)/, (name) => name.toLowerCase())
    : text
}

type Statement = {
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: Record<string, Record<string, string | string[]>>
}

const list = <Item>(one: Item | Item[]): Item[] => (Array.isArray(one) ? one : [one])

/** All that the role of a function may do, by thing. */
function rightsOf({ Resources }: Template, properties: Properties): Record<string, string[]> {
  const role = JSON.stringify(properties.Role).match(/\["(\w+)","Arn"\]/)?.[1] ?? ''
  const logs = JSON.stringify(properties.LoggingConfig).match(/"Ref":"(\w+)"/)?.[1] ?? ''
  expect(Object.keys(Resources[role]?.Properties ?? {})).not.toContain('ManagedPolicyArns')
  expect(Object.keys(Resources[role]?.Properties ?? {})).not.toContain('Policies')
  const may: Record<string, Set<string>> = {}
  for (const { Type, Properties: policy } of Object.values(Resources)) {
    if (Type !== 'AWS::IAM::Policy' || !JSON.stringify(policy.Roles).includes(`"${role}"`)) continue
    for (const { Effect, Action, Resource, Condition } of (policy.PolicyDocument as { Statement: Statement[] })
      .Statement) {
      const where = Object.values(Condition ?? {})
        .flatMap((its) => Object.entries(its))
        .map(([key, values]) => ` where ${key} is ${list(values).join(' or ')}`)
      expect(Effect).toBe('Allow')
      // What holds for all values holds for none too: good only for a key that each such request has.
      const [operator = ''] = Object.keys(Condition ?? {})
      expect(['', 'StringEquals', 'ForAllValues:StringEquals', 'ForAllValues:StringLike']).toContain(operator)
      expect(operator.startsWith('ForAllValues') ? Object.keys(Condition?.[operator] ?? {}) : []).toEqual(
        list(Action).every((action) => [batch, query, put, update, remove].includes(action)) && Condition
          ? ['dynamodb:LeadingKeys']
          : [],
      )
      for (const resource of list(Resource)) {
        const thing = thingOf(resource, logs)
        may[thing] ??= new Set()
        for (const action of list(Action)) may[thing].add(`${action}${where.join('')}`)
      }
    }
  }
  return Object.fromEntries(Object.entries(may).map(([thing, actions]) => [thing, [...actions].sort()]))
}

let areas: Areas
let functions: Map<string, { template: Template; properties: Properties }>
beforeAll(async () => {
  const certificates = await clientCertificates()
  areas = synthesize(certificates.settings)
  certificates.remove()
  functions = new Map(
    Object.values(areas).flatMap((template) =>
      resourcesOf(template, 'AWS::Lambda::Function').map(({ 1: { Properties: properties } }) => [
        String(properties.FunctionName).replace('keystep-test-', ''),
        { template, properties },
      ]),
    ),
  )
})

describe('the role of each Lambda', () => {
  it('is in this list, and none beside', () => {
    expect([...functions.keys()].sort()).toEqual(Object.keys(rights).sort())
  })

  it.each(Object.keys(rights))('%s holds exactly its rights', (name) => {
    const made = functions.get(name)
    expect(made && rightsOf(made.template, made.properties)).toEqual(rights[name])
  })

  it('is its own: no two Lambdas share one', () => {
    const roles = [...functions.values()].map(({ properties }) => JSON.stringify(properties.Role))
    expect(new Set(roles).size).toBe(roles.length)
  })
})

describe('the stacks', () => {
  /** In SES's sandbox the recipient's identity is asked for too, whoever that is; the condition says who sends. */
  const isMail = ({ Action, Condition }: Statement): boolean =>
    list(Action).join() === 'ses:SendEmail' && 'ses:FromAddress' in (Condition?.StringEquals ?? {})

  const isArchive = ({ Action }: Statement): boolean => list(Action).every((each) => each.startsWith('s3:'))

  it('have no other roles, and no policy with a wildcard beside traces and whom to mail', () => {
    const templates = Object.values(areas)
    expect(templates.flatMap((it) => resourcesOf(it, 'AWS::IAM::Role'))).toHaveLength(functions.size)
    const wild = templates
      .flatMap((it) => resourcesOf(it, 'AWS::IAM::Policy'))
      .flatMap(([, { Properties: policy }]) => (policy.PolicyDocument as { Statement: Statement[] }).Statement)
      .filter(({ Action, Resource }) => JSON.stringify([Action, Resource]).includes('*'))
    // Those of activation, of settings and of account-mail.
    expect(wild.filter(isMail)).toHaveLength(3)
    // What is archived has names that time gives, below two prefixes of one bucket: the list above has them.
    expect(wild.filter(isArchive)).toHaveLength(2)
    const others = wild.filter((it) => !isMail(it) && !isArchive(it))
    expect(new Set(others.flatMap(({ Action }) => list(Action)))).toEqual(new Set(trace['*']))
  })
})

describe('a directory', () => {
  const directory = {
    directoryKind: 'active-directory',
    directoryUrl: 'ldaps://dc1.corp.example.org:3269',
    directoryBaseDns: 'OU=Staff,DC=corp,DC=example,DC=org',
    directoryBindDn: 'keystep@corp.example.org',
  }
  const network = {
    vpcId: 'vpc-0123456789abcdef0',
    subnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
    availabilityZones: 'eu-central-1a,eu-central-1b',
  }
  const secretArn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:keystep-AbCdEf'
  const reading = ['secretsmanager:GetSecretValue']
  const functionsOf = ({ api }: Areas) =>
    new Map(
      resourcesOf(api, 'AWS::Lambda::Function').map(([, { Properties }]) => [
        String(Properties.FunctionName).replace('keystep-test-', ''),
        Properties,
      ]),
    )

  it('has a secret, made empty and kept, which the Lambda that checks passwords may read and no other', () => {
    const made = synthesize(directory)
    expect(resourcesOf(made.keys, 'AWS::SecretsManager::Secret')).toMatchObject([
      [expect.anything(), { DeletionPolicy: 'Retain', Properties: { Name: 'keystep-test', SecretString: '{}' } }],
    ])
    for (const [name, properties] of functionsOf(made)) {
      const may = Object.entries(rightsOf(made.api, properties)).filter(([, its]) => its.join() === reading.join())
      expect(may.map(([thing]) => thing)).toEqual(name === 'password' ? ['secret'] : [])
      const told = (properties.Environment as { Variables: Properties }).Variables
      expect(Object.keys(told).filter((each) => /DIRECTORY|SECRETS/.test(each))).toHaveLength(
        name === 'password' ? 5 : 0,
      )
    }
  })

  it('may have a secret that is there already', () => {
    const made = synthesize({ ...directory, secretArn })
    expect(resourcesOf(made.keys, 'AWS::SecretsManager::Secret')).toEqual([])
    const properties = functionsOf(made).get('password')
    expect(properties && rightsOf(made.api, properties)).toEqual({ ...password, [secretArn]: reading })
    expect(properties?.Environment).toMatchObject({
      Variables: { SECRETS_ARN: secretArn, DIRECTORY_URL: directory.directoryUrl, DIRECTORY_KIND: 'active-directory' },
    })
  })

  it('is reached by the Lambda that checks passwords alone, in its network and at its port', () => {
    const { api } = synthesize({ ...directory, ...network })
    const joined = resourcesOf(api, 'AWS::Lambda::Function').filter(([, { Properties }]) => 'VpcConfig' in Properties)
    expect(joined.map(([, { Properties }]) => Properties.FunctionName)).toEqual(['keystep-test-password'])
    const [, made] = joined[0] ?? []
    expect(made?.Properties.VpcConfig).toMatchObject({
      SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    })
    expect(made && rightsOf(api, made.Properties)['*']).toEqual([
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ])
    const groups = resourcesOf(api, 'AWS::EC2::SecurityGroup')
    expect(groups.flatMap(([, { Properties }]) => Properties.SecurityGroupIngress ?? [])).toEqual([])
    expect(groups.map(([, { Properties }]) => Properties.SecurityGroupEgress)).toMatchObject([
      [{ FromPort: 3269 }, { FromPort: 443 }],
    ])
  })
})

describe('signing keys in KMS', () => {
  const everyKey =
    '{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":kms:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":key/*"]]}'
  const tagged = 'where aws:ResourceTag/keystep-signing-key is test'
  const signing = 'RSASSA_PKCS1_V1_5_SHA_256 or RSASSA_PSS_SHA_256 or ECDSA_SHA_256 or ED25519_SHA_512'
  const allOf = (made: Areas) =>
    [made.api, made.logout, made.rotation, made.expiry, made.mail].flatMap((template) =>
      resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]): [string, Record<string, string[]>] => [
        String(Properties.FunctionName).replace('keystep-test-', ''),
        rightsOf(template, Properties),
      ]),
    )
  const signers = ['backchannel-logout', 'resource', 'token']

  it('may be used by those who sign, by the tag of the stage; made and deleted by the rotation alone', () => {
    for (const [name, may] of allOf(synthesize({ signingKeys: 'kms' }))) {
      const inKms = may[everyKey] ?? []
      if (signers.includes(name)) expect(inKms).toEqual([`kms:Sign ${tagged} where kms:SigningAlgorithm is ${signing}`])
      else if (name === 'rotate-keys') {
        expect(inKms).toEqual([
          'kms:GetPublicKey where kms:KeyUsage is SIGN_VERIFY',
          `kms:ScheduleKeyDeletion ${tagged}`,
        ])
        const made = 'where aws:RequestTag/keystep-signing-key is test where kms:KeyUsage is SIGN_VERIFY'
        expect(may['*']).toEqual([`kms:CreateKey ${made}`, `kms:TagResource ${made}`, ...trace['*']])
        expect(may['wrapping key']).toBeUndefined()
      } else expect(inKms).toEqual([])
    }
  })

  it('sign to their end where a stage leaves KMS: none is made, those there are signed with and deleted', () => {
    const rights = new Map(allOf(synthesize({ signingKeys: 'leaving-kms' })))
    for (const name of signers) expect(rights.get(name)?.[everyKey]).toHaveLength(1)
    expect(rights.get('rotate-keys')).toMatchObject({
      [everyKey]: [`kms:ScheduleKeyDeletion ${tagged}`],
      '*': trace['*'],
      'wrapping key': ['kms:Encrypt where kms:EncryptionContext:purpose is keystep-signing-key'],
    })
  })

  it('are nobody’s where the stage has none', () => {
    // The one of the audit log's checkpoints is another, whatever becomes of those that sign tokens.
    const { audit: _, ...others } = areas
    expect(JSON.stringify(others)).not.toContain('kms:Sign')
    expect(JSON.stringify(areas)).not.toContain('kms:CreateKey')
  })
})
