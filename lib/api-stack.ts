/**
 * The HTTP API: a Lambda for each rights boundary, a route for each row of the route table, and the domain they are at. A
 * second API, on a domain that demands a certificate, where a stage takes certificates.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { DomainName, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { Asset } from 'aws-cdk-lib/aws-s3-assets'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { type Lambda, lambdas, routes, routesOf } from '../lambdas/routes.ts'
import { type ClientCertificates, truststoreOf } from './client-certificates.ts'
import { environmentOf, issuerOf, mapTables } from './environment.ts'
import { HouseFunction, type Reach } from './function.ts'
import { addHttpApi, pascal } from './http-api.ts'
import { acknowledgeMailing, anyIdentity } from './mailing.ts'
import { needsOf, type Resources, statementsFor } from './rights.ts'
import type { Settings } from './settings.ts'
import { acknowledgeKmsKeys, mayKmsSign } from './signing-rights.ts'
import type { Table } from './tables.ts'

type ApiStackProps = StackProps & {
  settings: Settings
  codeOf: (lambda: Lambda) => string
  tables: Record<Table, TableV2>
  wrappingKey: Key
  /** What others gave us to reach them with, where the stage asks others. */
  secretArn: string | undefined
  mail: { configurationSetArn: string; configurationSetName: string }
  /** Of messages for webhooks. */
  webhookQueue: Queue
}

/** MB and seconds. argon2id and attestations want a processor; a bulk import of a hundred keys wants time. */
const sizes: Record<Lambda, { memory: number; seconds: number }> = {
  authorize: { memory: 1024, seconds: 10 },
  login: { memory: 1769, seconds: 15 },
  // A directory may take nine seconds to be found missing.
  password: { memory: 1769, seconds: 20 },
  // Token servers may take twenty seconds to be found missing.
  otp: { memory: 1024, seconds: 25 },
  webauthn: { memory: 1769, seconds: 10 },
  // Its processor reads revocation lists; eight seconds are for those who have them.
  certificate: { memory: 1769, seconds: 20 },
  activation: { memory: 1769, seconds: 15 },
  token: { memory: 1024, seconds: 10 },
  resource: { memory: 1024, seconds: 10 },
  logout: { memory: 512, seconds: 10 },
  metadata: { memory: 512, seconds: 10 },
  description: { memory: 512, seconds: 10 },
  users: { memory: 1024, seconds: 29 },
  authenticators: { memory: 1024, seconds: 29 },
  management: { memory: 1024, seconds: 29 },
  'one-time-passwords': { memory: 1024, seconds: 29 },
  account: { memory: 1024, seconds: 29 },
  settings: { memory: 1024, seconds: 29 },
  audit: { memory: 1024, seconds: 29 },
  scim: { memory: 1024, seconds: 29 },
}

/** Those that are behind the host that asks for certificates, and nowhere else. */
const behindMtls = new Set(lambdas.filter((lambda) => routesOf(lambda).every(({ host }) => host === 'mtls')))

export class ApiStack extends Stack {
  readonly api: HttpApi
  readonly functions: Readonly<Record<string, HouseFunction>>

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props)
    const { settings } = props
    const { clientCertificates } = settings
    const wanted = lambdas.filter((lambda) => clientCertificates !== undefined || !behindMtls.has(lambda))
    this.functions = Object.fromEntries(wanted.map((lambda) => [lambda, this.#function(lambda, props)]))
    const { domain: name, certificate, zone, logRetention } = settings
    const { api, domain } = addHttpApi(this, {
      name: `keystep-${settings.stage}`,
      description: `Keystep at ${issuerOf(settings)}`,
      routes: routes.filter(({ host }) => host === undefined),
      functionOf: (lambda) => this.#functionOf(lambda),
      logRetention,
      domain: { name, certificate, zone },
    })
    this.api = api
    this.#outputs(settings, domain)
    if (clientCertificates) this.#mtls(settings, clientCertificates)
  }

  /** The truststore is an asset: in the versioned bucket of CDK, by the hash of what is in it, so a change is another one. */
  #mtls({ stage, certificate, zone, logRetention }: Settings, clientCertificates: ClientCertificates): void {
    const { domain, arn } = clientCertificates
    const scope = new Construct(this, 'Mtls')
    // Staged when it is made: the file itself is not needed after.
    const folder = mkdtempSync(join(tmpdir(), 'keystep-truststore-'))
    const path = join(folder, 'truststore.pem')
    writeFileSync(path, truststoreOf(clientCertificates))
    const truststore = new Asset(scope, 'Truststore', { path })
    rmSync(folder, { recursive: true })
    const made = addHttpApi(scope, {
      name: `keystep-${stage}-mtls`,
      description: `Keystep, where it asks for certificates: ${domain}`,
      routes: routes.filter(({ host }) => host === 'mtls'),
      functionOf: (lambda) => this.#functionOf(lambda),
      logRetention,
      domain: {
        name: domain,
        certificate: arn === undefined ? certificate : { arn },
        zone,
        mtls: { bucket: truststore.bucket, key: truststore.s3ObjectKey },
      },
    })
    new CfnOutput(this, 'MtlsDomainTarget', {
      value: made.domain.regionalDomainName,
      description: zone
        ? `${domain} points here already, by the hosted zone`
        : `Next: point ${domain} here by a CNAME record`,
    })
  }

  #function(lambda: Lambda, props: ApiStackProps): HouseFunction {
    const { settings, codeOf, tables, wrappingKey, secretArn, mail, webhookQueue } = props
    const needs = needsOf(lambda)
    const signs = needs.rights.includes('sign')
    const asksDirectory = needs.rights.includes('directory') && settings.directory !== undefined
    const asksValidator = needs.rights.includes('validate') && settings.tokenValidator !== undefined
    const reaches: Reach[] = [
      ...(asksDirectory
        ? [{ protocol: 'tcp' as const, port: settings.directory?.port ?? 636, what: 'the directory' }]
        : []),
      ...(asksValidator ? (settings.tokenValidator?.inside ?? []) : []),
    ]
    // Only where somebody is asked whom it is for: a right alone opens nothing.
    const secret = secretArn !== undefined && (asksDirectory || asksValidator) ? { secretArn } : {}
    const resources: Resources = {
      tableArns: mapTables((table) => tables[table].tableArn),
      wrappingKeyArn: wrappingKey.keyArn,
      mailArns: [anyIdentity, mail.configurationSetArn],
      sender: settings.sender,
      webhookQueueArn: webhookQueue.queueArn,
      ...secret,
    }
    const made = new HouseFunction(this, `${pascal(lambda)}Lambda`, {
      name: `keystep-${settings.stage}-${lambda}`,
      description: `Keystep: ${[...new Set(routesOf(lambda).map(({ name }) => name))].join(', ')}`.slice(0, 256),
      code: codeOf(lambda),
      ...sizes[lambda],
      environment: environmentOf(settings, {
        tableNames: mapTables((table) => tables[table].tableName),
        wrappingKeyArn: wrappingKey.keyArn,
        ...(needs.rights.includes('mail') ? { mailConfigurationSet: mail.configurationSetName } : {}),
        ...(needs.rights.includes('enqueue') ? { webhookQueueUrl: webhookQueue.queueUrl } : {}),
        ...(asksDirectory ? { directory: settings.directory } : {}),
        ...secret,
      }),
      statements: [...statementsFor(needs, resources), ...(signs ? mayKmsSign(settings) : [])],
      logRetention: settings.logRetention,
      ...(settings.network && reaches.length > 0 ? { network: { ...settings.network, reaches } } : {}),
    })
    if (signs) acknowledgeKmsKeys(made, settings)
    if (needs.rights.includes('mail')) acknowledgeMailing(made)
    return made
  }

  #functionOf(lambda: Lambda): HouseFunction {
    const made = this.functions[lambda]
    if (!made) throw new Error(`No function was made for ${lambda}`)
    return made
  }

  #outputs(settings: Settings, domain: DomainName): void {
    const output = (id: string, value: string, description: string): CfnOutput =>
      new CfnOutput(this, id, { value, description })
    output(
      'ApiDomainTarget',
      domain.regionalDomainName,
      settings.zone
        ? `${settings.domain} points here already, by the hosted zone`
        : `Next: point ${settings.domain} here by a CNAME record`,
    )
    output('ApiDomainHostedZone', domain.regionalHostedZoneId, 'The hosted zone of that target, for an alias record')
    output(
      'Issuer',
      issuerOf(settings),
      'The address of the service; its documents are below /.well-known/openid-configuration',
    )
    output('RpId', settings.rpId, 'The RP ID of WebAuthn; a key enrolled for another one does not work here')
    output(
      'TenantCode',
      settings.tenantCode,
      `The import API is at ${issuerOf(settings)}/api/v1/tenants/${settings.tenantCode}`,
    )
    output('ServiceName', settings.serviceName, 'What people call the service')
    output(
      'MailSender',
      settings.sender,
      'Next: have SES take the account out of its sandbox, or only verified people get mail',
    )
    // What `explain` has to know of people, as the Lambdas do.
    const { clientCertificates, tokenValidator } = settings
    if (clientCertificates)
      output('CertificateIdentity', clientCertificates.identity, 'By what a certificate says whose it is')
    if (tokenValidator)
      output('TokenValidatorAskedBy', tokenValidator.askedBy, 'By which name of a user the token validator is asked')
    // Values rather than descriptions: those are what `cdk deploy` prints.
    const admin = 'npm run admin -- --outputs cdk-outputs.json'
    output('Next1', `${admin} init`, 'The realm with its flows, and signing keys')
    output(
      'Next2',
      `${admin} user add NAME --email ADDRESS --role administrator --password-stdin`,
      'The first administrator',
    )
    output('Next3', `${admin} api-key add NAME`, 'An API key for a Credential Management System, shown once')
    output('Next4', `${admin} client add ID --redirect-uri ADDRESS`, 'An application that signs people in here')
    output('Region', Aws.REGION, 'Where all this is')
  }
}
