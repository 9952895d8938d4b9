/**
 * One HTTP API with its routes, its stage and its domain: the issuer's, and where there is one, that of the host that asks
 * browsers for a certificate.
 *
 * An HTTP API and not a REST one: a third of the price, and a person signs in over some ten requests. It leaves out CORS
 * (pages are of our own origin; what machines call needs none) and authorizers (each route knows its callers).
 */
import { RemovalPolicy, Validations } from 'aws-cdk-lib'
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
  type MTLSConfig,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Certificate, CertificateValidation, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { ARecord, HostedZone, type IHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets'
import type { Construct } from 'constructs'
import type { Lambda, Route } from '../lambdas/routes.ts'
import type { HouseFunction } from './function.ts'
import type { Settings, Zone } from './settings.ts'

type Props = {
  name: string
  description: string
  routes: readonly Route[]
  functionOf: (lambda: Lambda) => HouseFunction
  logRetention: RetentionDays
  domain: { name: string; certificate: Settings['certificate']; zone?: Zone | undefined; mtls?: MTLSConfig }
}

/** For a route that the table forgot, and for what is no route: API Gateway itself answers that with 404. */
const otherwise = { rateLimit: 10, burstLimit: 20 }

export const routeKeyOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

/** Right in `scope`, without a construct around it: what is deployed keeps its logical ids. */
export function addHttpApi(scope: Construct, props: Props): { api: HttpApi; domain: DomainName } {
  const api = new HttpApi(scope, 'Api', {
    apiName: props.name,
    description: props.description,
    createDefaultStage: false,
    // One address: what arrives at another would carry cookies and tokens of a different origin, or no certificate.
    disableExecuteApiEndpoint: true,
  })
  const made = [...new Set(props.routes.map(({ lambda }) => lambda))].flatMap((lambda) =>
    addRoutes(scope, api, lambda, props),
  )
  const domain = addDomain(scope, props.domain)
  const stage = addStage(scope, api, domain, props)
  // A stage cannot throttle a route that is not there yet.
  for (const { node } of made) if (node.defaultChild) stage.node.addDependency(node.defaultChild)
  return { api, domain }
}

function addRoutes(scope: Construct, httpApi: HttpApi, lambda: Lambda, { routes, functionOf }: Props): HttpRoute[] {
  const integration = new HttpLambdaIntegration(`${pascal(lambda)}Integration`, functionOf(lambda).function)
  return routes
    .filter((route) => route.lambda === lambda)
    .map((route) => {
      const made = new HttpRoute(scope, routeKeyOf(route), {
        httpApi,
        routeKey: HttpRouteKey.with(route.path, HttpMethod[route.method]),
        integration,
      })
      const reason = route.host === 'mtls' && route.caller === 'browser' ? openToCertificates : openTo[route.caller]
      Validations.of(made).acknowledge({ id: 'AwsSolutions-APIG4', reason })
      return made
    })
}

function addStage(
  scope: Construct,
  httpApi: HttpApi,
  domainName: DomainName,
  { logRetention, routes }: Props,
): HttpStage {
  const logs = new LogGroup(scope, 'AccessLogs', {
    retention: logRetention,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  })
  const stage = new HttpStage(scope, 'Stage', {
    httpApi,
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

function addDomain(scope: Construct, { name: domainName, certificate, zone, mtls }: Props['domain']): DomainName {
  const inZone =
    zone && HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: zone.id, zoneName: zone.name })
  const made = new DomainName(scope, 'Domain', {
    domainName,
    certificate: addCertificate(scope, domainName, certificate, inZone),
    endpointType: EndpointType.REGIONAL,
    securityPolicy: SecurityPolicy.TLS_1_2,
    ...(mtls === undefined ? {} : { mtls }),
  })
  if (inZone) {
    const properties = new ApiGatewayv2DomainProperties(made.regionalDomainName, made.regionalHostedZoneId)
    new ARecord(scope, 'Address', {
      zone: inZone,
      recordName: `${domainName}.`,
      target: RecordTarget.fromAlias(properties),
    })
  }
  return made
}

function addCertificate(
  scope: Construct,
  domainName: string,
  certificate: Settings['certificate'],
  zone: IHostedZone | undefined,
): ICertificate {
  return 'arn' in certificate
    ? Certificate.fromCertificateArn(scope, 'Certificate', certificate.arn)
    : new Certificate(scope, 'Certificate', { domainName, validation: CertificateValidation.fromDns(zone) })
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
  api: 'The route checks the API key by its hash, with its scope, and notes its last use.',
}
const openToCertificates =
  'The domain demands a client certificate of the truststore; the route checks it, its revocation and a secret for one use.'

export const pascal = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
