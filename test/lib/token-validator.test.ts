import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../lib/settings.ts'
import { readStage } from '../../src/stage.ts'
import { type Areas, resourcesOf, settingsFrom, synthesize } from './synthesized.ts'

const radius = { protocol: 'radius', servers: ['10.0.0.5:1812', '10.0.1.5:1645'] }
const https = { protocol: 'https', url: 'https://tokens.example.org/validate', keyId: 'agent-7' }
const network = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: 'subnet-0123456789abcdef0',
  availabilityZones: 'eu-central-1a',
}
const secretArn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:keystep-AbCdEf'

const functionsOf = ({ api }: Areas) =>
  resourcesOf(api, 'AWS::Lambda::Function').map(([, { Properties }]) => ({
    name: String(Properties.FunctionName).replace('keystep-test-', ''),
    variables: (Properties.Environment as { Variables: Record<string, unknown> }).Variables,
    joins: 'VpcConfig' in Properties,
  }))

describe('a token validator', () => {
  it('by RADIUS is reached by the Lambda of one-time codes alone, in its network and at its ports', () => {
    const made = synthesize({ tokenValidator: JSON.stringify(radius), ...network })
    const functions = functionsOf(made)
    expect(functions.filter(({ joins }) => joins).map(({ name }) => name)).toEqual(['otp'])
    const [[, group] = []] = resourcesOf(made.api, 'AWS::EC2::SecurityGroup')
    expect(group?.Properties.SecurityGroupIngress).toBeUndefined()
    expect(group?.Properties.SecurityGroupEgress).toMatchObject([
      { IpProtocol: 'udp', FromPort: 1812, ToPort: 1812 },
      { IpProtocol: 'udp', FromPort: 1645, ToPort: 1645 },
      { IpProtocol: 'tcp', FromPort: 443 },
    ])
    expect(made.api.Outputs.TokenValidatorAskedBy?.Value).toBe('userName')
    // Each page looks at what a person has, and codes are among it.
    expect(new Set(functions.map(({ variables }) => variables.TOKEN_VALIDATOR))).toEqual(
      new Set([JSON.stringify(radius)]),
    )
  })

  it('has a secret, made empty and kept, which that Lambda may read and no other', () => {
    const made = synthesize({ tokenValidator: JSON.stringify(https) })
    expect(resourcesOf(made.keys, 'AWS::SecretsManager::Secret')).toMatchObject([
      [expect.any(String), { DeletionPolicy: 'Retain' }],
    ])
    const told = functionsOf(made).filter(({ variables }) => 'SECRETS_ARN' in variables)
    expect(told.map(({ name, joins }) => [name, joins])).toEqual([['otp', false]])
    const readers = resourcesOf(made.api, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      JSON.stringify(Properties).includes('secretsmanager:GetSecretValue'),
    )
    expect(readers.map(([id]) => id)).toEqual([expect.stringMatching(/^OtpLambda/)])
  })

  it('may have a secret that is there already', () => {
    const made = synthesize({ tokenValidator: JSON.stringify(https), secretArn })
    expect(resourcesOf(made.keys, 'AWS::SecretsManager::Secret')).toEqual([])
    expect(functionsOf(made).find(({ name }) => name === 'otp')?.variables).toMatchObject({ SECRETS_ARN: secretArn })
  })

  it('with a private address is in the network too', () => {
    const inside = { ...https, url: 'https://10.0.0.6:8443/validate', privateAddresses: true }
    const settings = settingsFrom({ tokenValidator: JSON.stringify(inside), ...network })
    expect(settings.tokenValidator?.inside).toMatchObject([{ protocol: 'tcp', port: 8443 }])
  })

  const problemsOf = (tokenValidator: unknown): readonly string[] => {
    const context: Record<string, unknown> = {
      stage: 'test',
      stages: {
        test: {
          domain: 'id.example.org',
          hostedZoneId: 'Z0123456789ABC',
          hostedZoneName: 'example.org',
          serviceName: 'Keystep',
          tenantCode: 'example',
          sender: 'no-reply@example.org',
          tokenValidator,
        },
      },
    }
    const parsed = parseSettings((name) => context[name])
    return parsed.ok ? [] : parsed.problems
  }

  it('is an object in cdk.json, or its text', () => {
    expect(problemsOf(https)).toEqual([])
    expect(problemsOf(JSON.stringify(https))).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['RADIUS without a network', radius, 'Expected: vpcId'],
    ['text that is no JSON', 'radius', 'must be JSON'],
    ['another protocol', { protocol: 'tacacs' }, '/protocol'],
    ['an address in the clear', { ...https, url: 'http://tokens.example.org/' }, '/url must begin with https://'],
    ['a secret', { ...https, secret: 'x' }, '/secret is not known here'],
  ])('is refused: %s', (_, given, problem) => {
    expect(problemsOf(given)).toEqual([expect.stringMatching(/^tokenValidator: /)])
    expect(problemsOf(given)[0]).toContain(problem)
  })
})

it('a Lambda does not start with a token validator that it does not understand', () => {
  const names = ['ISSUER', 'RP_ID', 'SERVICE_NAME', 'TENANT_CODE', 'MAIL_SENDER', 'WRAPPING_KEY_ARN']
  const tables = ['TABLE_CONFIG', 'TABLE_PEOPLE', 'TABLE_SESSIONS', 'TABLE_AUDIT']
  const environment = Object.fromEntries([...names, ...tables].map((name) => [name, 'x']))
  expect(readStage({ ...environment, TOKEN_VALIDATOR: JSON.stringify(https) }).tokenValidator).toMatchObject({
    protocol: 'https',
    askedBy: 'userName',
  })
  expect(() => readStage({ ...environment, TOKEN_VALIDATOR: '{}' })).toThrow('TOKEN_VALIDATOR: /protocol')
})
