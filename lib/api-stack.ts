/**
 * The HTTP API: a Lambda for each rights boundary, a route for each row of the route table, and the domain they are at.
 *
 * An HTTP API and not a REST one: a third of the price, and a person signs in over some ten requests. It leaves out CORS
 * (pages are of our own origin; what machines call needs none) and authorizers (each route knows its callers).
 */
import { Aws, CfnOutput, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CfnStage,
  DomainName,
  EndpointType,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { ARecord, HostedZone, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets'
import type { Construct } from 'constructs'
import { type Lambda, lambdas, type Route, routes, routesOf } from '../lambdas/routes.ts'
import { environmentOf, issuerOf, mapTables } from './environment.ts'
import { HouseFunction } from './function.ts'
import { needsOf, type Resources, statementsFor } from './rights.ts'
import type { Settings, Zone } from './settings.ts'
import type { Table } from './tables.ts'

type ApiStackProps = StackProps & {
  settings: Settings
  codeOf: (lambda: Lambda) => string
  tables: Record<Table, TableV2>
  wrappingKey: Key
  /** What others gave us to reach them with, where the stage asks others. */
  secretArn: string | undefined
  mail: { configurationSetArn: string; configurationSetName: string }
}

/** MB and seconds. argon2id and attestations want a processor; a bulk import of a hundred keys wants time. */
const sizes: Record<Lambda, { memory: number; seconds: number }> = {
  authorize: { memory: 1024, seconds: 10 },
  login: { memory: 1769, seconds: 15 },
  // A directory may take nine seconds to be found missing.
  password: { memory: 1769, seconds: 20 },
  otp: { memory: 1024, seconds: 10 },
  webauthn: { memory: 1769, seconds: 10 },
  // Its processor reads revocation lists; eight seconds are for those who have them.
  certificate: { memory: 1769, seconds: 20 },
  activation: { memory: 1769, seconds: 15 },
  token: { memory: 1024, seconds: 10 },
  resource: { memory: 1024, seconds: 10 },
  logout: { memory: 512, seconds: 10 },
  metadata: { memory: 512, seconds: 10 },
  authenticators: { memory: 1024, seconds: 29 },
  management: { memory: 1024, seconds: 29 },
  'one-time-passwords': { memory: 1024, seconds: 29 },
}

/** For a route that the table forgot, and for what is no route: API Gateway itself answers that with 404. */
const otherwise = { rateLimit: 10, burstLimit: 20 }

/** By pseudo parameters, so that the evidence for cdk-nag names it alike whether a stage says its region or not. */
const anyIdentity = `arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/*`

const routeKeyOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

export class ApiStack extends Stack {
  readonly api: HttpApi
  readonly functions: Readonly<Record<string, HouseFunction>>

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props)
    const { settings } = props
    this.functions = Object.fromEntries(lambdas.map((lambda) => [lambda, this.#function(lambda, props)]))
    this.api = new HttpApi(this, 'Api', {
      apiName: `keystep-${settings.stage}`,
      description: `Keystep at ${issuerOf(settings)}`,
      createDefaultStage: false,
      // One address: what arrives at another would carry cookies and tokens of a different origin.
      disableExecuteApiEndpoint: true,
    })
    const made = lambdas.flatMap((lambda) => this.#routes(lambda))
    const domain = this.#domain(settings)
    const stage = this.#stage(settings, domain)
    // A stage cannot throttle a route that is not there yet.
    for (const { node } of made) if (node.defaultChild) stage.node.addDependency(node.defaultChild)
    this.#outputs(settings, domain)
  }

  #function(lambda: Lambda, { settings, codeOf, tables, wrappingKey, secretArn, mail }: ApiStackProps): HouseFunction {
    const needs = needsOf(lambda)
    const asksDirectory = needs.rights.includes('directory') && settings.directory !== undefined
    const resources: Resources = {
      tableArns: mapTables((table) => tables[table].tableArn),
      wrappingKeyArn: wrappingKey.keyArn,
      mailArns: [anyIdentity, mail.configurationSetArn],
      sender: settings.sender,
      ...(secretArn === undefined ? {} : { secretArn }),
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
        ...(asksDirectory && secretArn !== undefined ? { directory: settings.directory, secretArn } : {}),
      }),
      statements: statementsFor(needs, resources),
      logRetention: settings.logRetention,
      ...(settings.network && asksDirectory
        ? { network: { ...settings.network, directoryPort: settings.directory?.port ?? 636 } }
        : {}),
    })
    if (needs.rights.includes('mail'))
      Validations.of(made).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]',
        reason:
          "In SES's sandbox SendEmail is authorised on the recipient's identity too; ses:FromAddress is the one sender.",
      })
    return made
  }

  #routes(lambda: Lambda): HttpRoute[] {
    const { function: handler } = this.#functionOf(lambda)
    const integration = new HttpLambdaIntegration(`${pascal(lambda)}Integration`, handler)
    return routesOf(lambda).map((route) => {
      const made = new HttpRoute(this, routeKeyOf(route), {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(route.path, HttpMethod[route.method]),
        integration,
      })
      Validations.of(made).acknowledge({ id: 'AwsSolutions-APIG4', reason: openTo[route.caller] })
      return made
    })
  }

  #functionOf(lambda: Lambda): HouseFunction {
    const made = this.functions[lambda]
    if (!made) throw new Error(`No function was made for ${lambda}`)
    return made
  }

  #stage({ logRetention }: Settings, domainName: DomainName): HttpStage {
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: otherwise,
      domainMapping: { domainName },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    })
    const made = stage.node.defaultChild
    if (!(made instanceof CfnStage)) throw new Error('The stage is not what it was in aws-cdk-lib 2.276')
    // Untyped in CloudFormation, so in its own spelling. Metrics stay by API: by route they cost more than the API does.
    made.routeSettings = Object.fromEntries(
      routes.map((route) => [
        routeKeyOf(route),
        { ThrottlingRateLimit: route.throttle.rate, ThrottlingBurstLimit: route.throttle.burst },
      ]),
    )
    return stage
  }

  #domain({ domain, certificate, zone }: Settings): DomainName {
    const inZone = zone && this.#zone(zone)
    const name = new DomainName(this, 'Domain', {
      domainName: domain,
      certificate: this.#certificate(domain, certificate, inZone),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    })
    if (inZone) {
      const properties = new ApiGatewayv2DomainProperties(name.regionalDomainName, name.regionalHostedZoneId)
      new ARecord(this, 'Address', {
        zone: inZone,
        recordName: `${domain}.`,
        target: RecordTarget.fromAlias(properties),
      })
    }
    return name
  }

  #zone({ id, name }: Zone): IHostedZone {
    return HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId: id, zoneName: name })
  }

  #certificate(domainName: string, certificate: Settings['certificate'], zone: IHostedZone | undefined): ICertificate {
    return 'arn' in certificate
      ? Certificate.fromCertificateArn(this, 'Certificate', certificate.arn)
      : new Certificate(this, 'Certificate', { domainName, validation: CertificateValidation.fromDns(zone) })
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

/** No query string and no path: a query may hold what a log must not, and the route says enough. */
const accessLogFields = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  ip: '$context.identity.sourceIp',
  protocol: '$context.protocol',
  bytes: '$context.responseLength',
  milliseconds: '$context.responseLatency',
  integrationMilliseconds: '$context.integrationLatency',
  integrationStatus: '$context.integrationStatus',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
} as const

/** Why API Gateway lets them in: the evidence for cdk-nag's APIG4. */
const openTo: Record<Route['caller'], string> = {
  anyone: 'Public by its specification: anybody may know it.',
  browser:
    'A person who is signing in has no token yet. The route checks the session cookie, the origin and each proof.',
  client: 'The token endpoint authenticates its clients itself (RFC 6749 §2.3), as an authorizer could not.',
  bearer: 'The route checks the access token against the grants, with revocation; an authorizer would only read it.',
  cms: 'The route checks the API key by its hash, with its scope, and notes its last use.',
}

const pascal = (name: string): string => name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
