import { describe, expect, it } from 'vitest'
import { explain, parseSettings, problemsOfNames } from '../../lib/settings.ts'

const usual = {
  domain: 'id.example.org',
  certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666',
  serviceName: 'Example sign-in',
  tenantCode: 'example',
  sender: 'no-reply@example.org',
}
type Given = Record<string, unknown>

/** As `cdk -c name=value` over cdk.json gives it. */
const parse = (written: Given = {}, line: Given = {}) => {
  const context: Given = { stage: 'prod', stages: { prod: { ...usual, ...written }, demo: {} }, ...line }
  return parseSettings((name) => context[name])
}
const settingsOf = (written: Given = {}, line: Given = {}) => {
  const read = parse(written, line)
  if (!read.ok) throw new Error(explain(read.problems))
  return read.value
}
const problemsOf = (written: Given = {}, line: Given = {}) => {
  const read = parse(written, line)
  return read.ok ? [] : read.problems
}

describe('the settings of a stage', () => {
  it('need five, and derive the rest', () => {
    expect(settingsOf()).toEqual({
      stage: 'prod',
      domain: 'id.example.org',
      certificate: { arn: usual.certificateArn },
      rpId: 'id.example.org',
      serviceName: 'Example sign-in',
      signingKeys: 'wrapped',
      tenantCode: 'example',
      sender: 'no-reply@example.org',
      mailIdentity: { name: 'example.org', exists: false },
      logRetention: 30,
      audit: { onlineDays: 400, archiveDays: 3653, lock: 'governance' },
      importRpIds: [],
      enrolmentOrigins: [],
      env: {},
    })
  })

  it('take what the command line says over what cdk.json says', () => {
    expect(settingsOf({ rpId: 'id.example.org' }, { rpId: 'example.org', logRetentionDays: '400' })).toMatchObject({
      rpId: 'example.org',
      logRetention: 400,
    })
  })

  it('may come from the command line alone, when the domain is among them', () => {
    const context: Given = { stage: 'other', ...usual }
    expect(parseSettings((name) => context[name])).toMatchObject({ ok: true, value: { stage: 'other' } })
  })

  it.each([
    [
      'lists between commas',
      { importRpIds: 'example.org, example.com' },
      { importRpIds: ['example.org', 'example.com'] },
    ],
    [
      'lists as arrays',
      { enrolmentOrigins: ['https://cms.example.org'] },
      { enrolmentOrigins: ['https://cms.example.org'] },
    ],
    ['a number', { logRetentionDays: 7 }, { logRetention: 7 }],
    ['a boolean', { sesIdentityExists: true }, { mailIdentity: { name: 'example.org', exists: true } }],
    [
      'a mail address as identity',
      { sesIdentity: 'no-reply@example.org' },
      { mailIdentity: { name: 'no-reply@example.org', exists: false } },
    ],
    [
      'an account and a region',
      { account: '111122223333', region: 'eu-central-1' },
      { env: { account: '111122223333', region: 'eu-central-1' } },
    ],
    [
      'a zone to prove the domain in',
      { certificateArn: '', hostedZoneId: 'Z0123456789ABC', hostedZoneName: 'example.org' },
      { certificate: { zone: { id: 'Z0123456789ABC', name: 'example.org' } } },
    ],
    [
      'a network',
      { vpcId: 'vpc-0123456789abcdef0', subnetIds: 'subnet-0123456789abcdef0', availabilityZones: 'eu-central-1a' },
      {
        network: {
          vpcId: 'vpc-0123456789abcdef0',
          subnetIds: ['subnet-0123456789abcdef0'],
          availabilityZones: ['eu-central-1a'],
        },
      },
    ],
    [
      'a directory, as its Lambda is told of it',
      {
        directoryKind: 'openldap',
        directoryUrl: 'ldap://directory.example.org',
        directoryStartTls: true,
        directoryBaseDns: 'ou=people,dc=example,dc=org; o=partners',
        directoryBindDn: 'cn=keystep,dc=example,dc=org',
      },
      {
        directory: {
          port: 389,
          variables: {
            DIRECTORY_KIND: 'openldap',
            DIRECTORY_URL: 'ldap://directory.example.org',
            DIRECTORY_START_TLS: 'true',
            DIRECTORY_BASE_DNS: 'ou=people,dc=example,dc=org; o=partners',
            DIRECTORY_BIND_DN: 'cn=keystep,dc=example,dc=org',
          },
        },
      },
    ],
    ['where alarms go', { alarmEmail: 'ops@example.org' }, { alarmEmail: 'ops@example.org' }],
  ])('take %s', (_, written, expected) => {
    expect(settingsOf(written)).toMatchObject(expected)
  })

  it.each([
    ['domain', { domain: undefined }, 'nothing given'],
    ['domain', { domain: 'localhost' }, 'given "localhost"'],
    ['domain', { domain: 'https://id.example.org' }, 'given "https://id.example.org"'],
    ['domain', { domain: 'ID.example.org' }, 'given "ID.example.org"'],
    ['domain', { domain: ['id.example.org'] }, 'given ["id.example.org"]'],
    ['certificateArn', { certificateArn: undefined }, 'nothing given'],
    ['certificateArn', { certificateArn: 'arn:aws:iam::111122223333:role/x' }, 'given "arn:aws:iam'],
    ['certificateArn', { region: 'eu-west-1' }, 'in the region of the API, eu-west-1'],
    ['hostedZoneName', { hostedZoneId: 'Z0123456789ABC' }, 'both'],
    ['hostedZoneId', { hostedZoneName: 'example.org' }, 'both'],
    [
      'hostedZoneName',
      { hostedZoneId: 'Z0123456789ABC', hostedZoneName: 'example.com' },
      'a zone that holds id.example.org',
    ],
    ['rpId', { rpId: 'example.com' }, 'given "example.com"'],
    ['rpId', { rpId: 'ample.org' }, 'given "ample.org"'],
    ['rpId', { rpId: 'www.id.example.org' }, 'the domain or one above it'],
    ['rpId', { rpId: 'org' }, 'given "org"'],
    ['rpId', { domain: 'id.example.co.uk', rpId: 'co.uk' }, 'not a public suffix'],
    ['rpId', { domain: 'keystep.github.io', rpId: 'github.io' }, 'not a public suffix'],
    ['serviceName', { serviceName: '<b>' }, 'given "<b>"'],
    ['tenantCode', { tenantCode: 'a/b' }, 'given "a/b"'],
    ['sender', { sender: 'Keystep <no-reply@example.org>' }, 'a plain mail address'],
    ['sesIdentity', { sesIdentity: 'example.com' }, 'no-reply@example.org, its domain'],
    ['sesIdentity', { sesIdentity: 'other@example.org' }, 'given "other@example.org"'],
    ['sesIdentityExists', { sesIdentityExists: 'yes' }, 'true if SES knows'],
    ['auditOnlineDays', { auditOnlineDays: 29 }, '30 days or more'],
    ['auditArchiveDays', { auditOnlineDays: 400, auditArchiveDays: 365 }, 'as many days as auditOnlineDays'],
    ['auditArchiveLock', { auditArchiveLock: 'none' }, 'governance or compliance'],
    ['logRetentionDays', { logRetentionDays: 8 }, '1, 3, 5, 7, 14, 30'],
    ['logRetentionDays', { logRetentionDays: 9999 }, 'given 9999'],
    ['importRpIds', { importRpIds: 'com' }, 'none a public suffix'],
    ['importRpIds', { importRpIds: 'example.org,' }, 'given "example.org,"'],
    ['enrolmentOrigins', { enrolmentOrigins: 'http://cms.example.org' }, 'origins such as https'],
    ['enrolmentOrigins', { enrolmentOrigins: 'https://cms.example.org/' }, 'without a path'],
    ['vpcId', { vpcId: 'vpc-0123456789abcdef0' }, '0 subnetIds'],
    [
      'vpcId',
      { subnetIds: 'subnet-0123456789abcdef0', availabilityZones: 'eu-central-1a,eu-central-1b' },
      'vpcId none, 1 subnetIds, 2 availabilityZones',
    ],
    ['subnetIds', { subnetIds: 'private' }, 'ids of private subnets'],
    ['directoryKind', { directoryUrl: 'ldaps://directory.example.org' }, 'active-directory or openldap'],
    ['directoryUrl', { directoryKind: 'openldap', directoryUrl: 'ldap://directory.example.org' }, 'in clear'],
    [
      'directoryBaseDns',
      { directoryKind: 'openldap', directoryUrl: 'ldaps://directory.example.org', directoryBaseDns: 'people' },
      '"people"',
    ],
    ['secretArn', { secretArn: 'keystep' }, "a secret's whole ARN"],
    ['alarmEmail', { alarmEmail: 'ops' }, 'a mail address'],
    ['account', { account: '1234' }, '12 digits'],
    ['region', { region: 'frankfurt' }, 'eu-central-1'],
    ['logRetention', { logRetention: 30 }, 'is no setting'],
  ])('refuse a wrong %s: %j', (name, written, words) => {
    const problems = problemsOf(written)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`${name}: `)
    expect(problems[0]).toContain(words)
  })

  it.each([
    ['prod ', /given "prod ".*lower-case/],
    ['live', /given "live".*describes under "stages" \(prod, demo\)/],
  ])('refuse the stage %j', (stage, words) => {
    expect(problemsOf({}, { stage })[0]).toMatch(words)
  })

  it('refuse a mistyped name on the command line, and no name of CDK', () => {
    const ofCdk = ['@aws-cdk/core:x', 'aws:cdk:bundling-stacks', 'cli-x', 'ami:account=1', 'acknowledged-issue-numbers']
    expect(problemsOfNames([...ofCdk, 'stage', 'stages', 'domain', 'logRetentionDays'])).toEqual([])
    expect(problemsOfNames(['logRetentionDay'])).toEqual([expect.stringMatching(/^logRetentionDay: is no setting/)])
  })

  it('tell of all that is wrong at once', () => {
    const problems = problemsOf({ domain: 'x', sender: 'y', logRetentionDays: 8 })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['domain', 'sender', 'logRetentionDays'])
    expect(explain(problems)).toMatch(/cannot be synthesized.*\n {2}- domain: given "x"/)
  })
})
