/** The host that asks browsers for a certificate, from the synthesized templates; and what is wrong with its settings. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { truststoreOf } from '../../lib/client-certificates.ts'
import { parseSettings } from '../../lib/settings.ts'
import { createAuthority } from '../pki.ts'
import { type Areas, clientCertificates, type Properties, resourcesOf, synthesize } from './synthesized.ts'

let areas: Areas
let given: Awaited<ReturnType<typeof clientCertificates>>
beforeAll(async () => {
  given = await clientCertificates()
  areas = synthesize(given.settings)
})
afterAll(() => given.remove())

const all = (type: string): Properties[] => resourcesOf(areas.api, type).map(([, { Properties }]) => Properties)
const idsOf = (type: string): string[] => resourcesOf(areas.api, type).map(([id]) => id)
const one = (items: Properties[], wanted: (item: Properties) => boolean): Properties => {
  const [found, ...more] = items.filter(wanted)
  if (found === undefined || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} instead of one`)
  return found
}

describe('the host that asks for certificates', () => {
  it('demands one of its truststore, which is a file in a bucket with versions', () => {
    const domain = one(all('AWS::ApiGatewayV2::DomainName'), ({ DomainName }) => DomainName === 'cert.example.org')
    expect(JSON.stringify(domain.MutualTlsAuthentication)).toMatch(
      /TruststoreUri.*s3:\/\/.*cdk-[a-z0-9]+-assets-.*\.pem/,
    )
    expect(domain.DomainNameConfigurations).toMatchObject([{ SecurityPolicy: 'TLS_1_2', EndpointType: 'REGIONAL' }])
    const issuer = one(all('AWS::ApiGatewayV2::DomainName'), ({ DomainName }) => DomainName === 'id.example.org')
    expect(issuer.MutualTlsAuthentication).toBeUndefined()
  })

  it('is an API of its own, at no other address, with the routes that are its own and those of clients, throttled', () => {
    const apis = all('AWS::ApiGatewayV2::Api')
    expect(apis.map(({ Name }) => Name).sort()).toEqual(['keystep-test', 'keystep-test-mtls'])
    for (const api of apis) expect(api.DisableExecuteApiEndpoint).toBe(true)
    const [mtls] = idsOf('AWS::ApiGatewayV2::Api').filter((id) => id.startsWith('Mtls'))
    const routesOf = (id: string | undefined) =>
      all('AWS::ApiGatewayV2::Route').filter(({ ApiId }) => JSON.stringify(ApiId) === JSON.stringify({ Ref: id }))
    const its = routesOf(mtls).map(({ RouteKey }) => String(RouteKey))
    expect(its).toContain('GET /certificate/{handoff}')
    const both = ['POST /token', 'POST /par', 'POST /introspect', 'GET /userinfo', 'POST /userinfo']
    expect(its).toEqual(expect.arrayContaining(both))
    expect(its.filter((key) => !/\/(certificate|token|par|introspect|revoke|userinfo)\b/.test(key))).toEqual([])
    const keys = all('AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey)
    expect(keys.filter((key) => String(key).includes('/certificate/{handoff}'))).toHaveLength(1)
    const stage = one(
      all('AWS::ApiGatewayV2::Stage'),
      ({ ApiId }) => JSON.stringify(ApiId) === JSON.stringify({ Ref: mtls }),
    )
    expect(stage.RouteSettings).toMatchObject({
      'POST /token': { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
      'GET /certificate/{handoff}': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
    })
    expect(JSON.stringify(stage.AccessLogSettings)).toContain('MtlsAccessLogs')
  })

  it('tells its Lambda, and those that show pages, where it is and whose certificates count', () => {
    const told = (name: string) =>
      (
        one(all('AWS::Lambda::Function'), ({ FunctionName }) => FunctionName === `keystep-test-${name}`)
          .Environment as {
          Variables: Record<string, string>
        }
      ).Variables
    for (const name of ['certificate', 'login'])
      expect(told(name)).toMatchObject({
        CERTIFICATE_ORIGIN: 'https://cert.example.org',
        CERTIFICATE_ISSUERS: 'issuers.pem',
        CERTIFICATE_SUFFIX: 'corp.example',
      })
    // What `npm run admin -- explain` is to know as they do.
    expect(areas.api.Outputs.CertificateIdentity?.Value).toBe('upn')
  })

  it('has an address in the zone', () => {
    expect(
      all('AWS::Route53::RecordSet')
        .map(({ Name }) => Name)
        .sort(),
    ).toEqual(['cert.example.org.', 'id.example.org.'])
  })

  it('is not there unless it is asked for', () => {
    const { api } = synthesize()
    expect(resourcesOf(api, 'AWS::ApiGatewayV2::Api')).toHaveLength(1)
    const names = resourcesOf(api, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName)
    expect(names).not.toContain('keystep-test-certificate')
    // What is on the issuer's host as well stays.
    expect(names).toEqual(expect.arrayContaining(['keystep-test-token', 'keystep-test-resource']))
    expect(JSON.stringify(api)).not.toContain('CERTIFICATE_')
  })
})

describe('its settings', () => {
  const usual: Record<string, string> = {
    domain: 'id.example.org',
    hostedZoneId: 'Z0123456789ABC',
    hostedZoneName: 'example.org',
    serviceName: 'Keystep',
    tenantCode: 'example',
    sender: 'no-reply@example.org',
  }
  const problemsOf = (change: Record<string, string>): readonly string[] => {
    const context: Record<string, string> = { ...usual, ...given.settings, ...change }
    const read = parseSettings((name) => context[name] || undefined)
    return read.ok ? [] : read.problems
  }

  it('are good as they are', () => expect(problemsOf({})).toEqual([]))

  const arn = 'arn:aws:acm:eu-central-1:111122223333:certificate/0'
  it.each([
    ['clientCertificateDomain', { clientCertificateDomain: 'cert' }, 'cert.example.org'],
    ['clientCertificateDomain', { clientCertificateDomain: '' }, 'nothing given'],
    ['clientCertificateDomain', { clientCertificateDomain: 'id.example.org' }, 'another host'],
    [
      'clientCertificateDomain',
      { hostedZoneId: '', hostedZoneName: '', certificateArn: arn },
      'clientCertificateDomainArn',
    ],
    ['clientCertificateIssuers', { clientCertificateIssuers: '' }, 'PEM file'],
    ['clientCertificateIssuers', { clientCertificateIssuers: '/nowhere.pem' }, 'no file /nowhere.pem'],
    ['clientCertificateApplications', { clientCertificateApplications: '/nowhere.pem' }, 'no file /nowhere.pem'],
    ['clientCertificateIdentity', { clientCertificateIdentity: 'nick' }, 'upn, mail, thumbprint'],
    ['clientCertificateSuffix', { clientCertificateIdentity: 'thumbprint' }, 'thumbprints'],
    ['clientCertificatePurposes', { clientCertificatePurposes: 'client' }, 'object identifiers'],
    ['clientCertificateSmartCardPolicies', { clientCertificateSmartCardPolicies: 'card' }, 'object identifiers'],
    ['clientCertificateRevocation', { clientCertificateRevocation: 'never' }, 'required or if-named'],
    ['clientCertificateRevocationMethods', { clientCertificateRevocationMethods: 'ocsp,ocsp' }, 'ocsp, crl'],
    ['clientCertificateRevocationLists', { clientCertificateRevocationLists: 'ldap://x/' }, 'addresses'],
    ['clientCertificateRevocationHosts', { clientCertificateRevocationHosts: 'http://x' }, 'hosts'],
    ['clientCertificateRevocationListHours', { clientCertificateRevocationListHours: '900' }, 'up to 168'],
  ])('refuse %s with %o', (name, change, words) => {
    const problems = problemsOf(change)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${name}: `))
    expect(problems[0]).toContain(words)
  })

  it('refuse a file of issuers without a root', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keystep-issuers-'))
    const file = join(folder, 'issuers.pem')
    const root = await createAuthority('CN=Root')
    writeFileSync(file, (await root.issueAuthority('CN=People')).pem)
    expect(problemsOf({ clientCertificateIssuers: file })[0]).toContain('no root')
    rmSync(folder, { recursive: true })
  })

  it('refuse authorities of applications without a host that asks them', () => {
    const file = given.settings.clientCertificateIssuers ?? ''
    const none = { clientCertificateDomain: '', clientCertificateIssuers: '', clientCertificateSuffix: '' }
    expect(problemsOf({ ...none, clientCertificateApplications: file })).toEqual([
      'clientCertificateApplications: needs clientCertificateDomain and clientCertificateIssuers beside it',
    ])
  })
})

describe('certificates of applications', () => {
  const withApplications = async <Value>(use: (file: string, pem: string) => Value): Promise<Value> => {
    const folder = mkdtempSync(join(tmpdir(), 'keystep-issuers-'))
    const file = join(folder, 'applications.pem')
    const [authority, own] = [await createAuthority('CN=Applications'), await createAuthority('CN=app1')]
    const people = readFileSync(given.settings.clientCertificateIssuers ?? '', 'utf8')
    writeFileSync(file, `${authority.pem}${own.pem}the people's once more\n${people}`)
    try {
      return use(file, authority.pem + own.pem)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('are let in beside those of people, each authority once', () =>
    withApplications((file) => {
      const issuersFile = given.settings.clientCertificateIssuers ?? ''
      const settings = { domain: 'cert.example.org', issuersFile, identity: 'upn', variables: {} } as const
      const count = (text: string) => text.match(/BEGIN CERTIFICATE/g)?.length
      expect(count(truststoreOf(settings))).toBe(1)
      expect(count(truststoreOf({ ...settings, applicationsFile: file }))).toBe(3)
    }))

  it('are believed by the Lambda that authenticates applications, by a file of its own', () =>
    withApplications((file) => {
      const { api } = synthesize({ ...given.settings, clientCertificateApplications: file })
      const told = resourcesOf(api, 'AWS::Lambda::Function').find(
        ([, { Properties }]) => Properties.FunctionName === 'keystep-test-token',
      )?.[1].Properties.Environment
      expect(told).toMatchObject({
        Variables: { CLIENT_ISSUERS: 'client-issuers.pem', CERTIFICATE_ISSUERS: 'issuers.pem' },
      })
    }))
})
