/**
 * What an operator decides about a stage, from CDK's context: `stages.<name>` in cdk.json, and over it each setting
 * given as `-c name=value`.
 *
 * Every setting is judged before any stack is made, and all that are wrong are told at once. It leaves out what only an
 * account knows (whether a certificate exists, whether a domain is ours): synthesis asks no account.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { parseDirectory, type WrittenName } from '../src/core/directory/directory-settings.ts'
import { directoryVariables } from '../src/stage.ts'
import { type AuditRetention, auditRetentionKinds, auditRetentionOf } from './audit-retention.ts'
import { type ClientCertificates, clientCertificateKinds, clientCertificatesOf } from './client-certificates.ts'
import { isCertificateArn, isHost, isLine } from './shapes.ts'
import { type TokenValidatorSettings, tokenValidatorKinds, tokenValidatorOf } from './token-validator.ts'

export type Settings = {
  /** Names the stacks and all in them that has a name. */
  stage: string
  /** The host of the issuer. Required: each Lambda must know its own address before the API has one. */
  domain: string
  /** One that exists, or a zone in which to prove that the domain is ours. The API's address goes into the zone too. */
  certificate: { arn: string } | { zone: Zone }
  zone?: Zone
  rpId: string
  serviceName: string
  tenantCode: string
  sender: string
  mailIdentity: { name: string; exists: boolean }
  logRetention: RetentionDays
  audit: AuditRetention
  importRpIds: readonly string[]
  enrolmentOrigins: readonly string[]
  /** The directory that is asked for passwords: what its Lambda is told of it, and the port to let it through to. */
  directory?: { port: number; variables: Record<string, string> }
  /** Certificates that people sign in with, and the host that asks for them. */
  clientCertificates?: ClientCertificates
  /** Who is asked about codes of tokens that are not kept here. */
  tokenValidator?: TokenValidatorSettings
  /** Where the private halves of signing keys are. `leaving-kms`: those that are made are wrapped; KMS's sign to their end. */
  signingKeys: 'wrapped' | 'kms' | 'leaving-kms'
  /** A secret that exists, with what others gave us; otherwise one is made where it is needed. */
  secretArn?: string
  /** Where the directory and the token validator can be reached. */
  network?: Network
  alarmEmail?: string
  env: { account?: string; region?: string }
}

export type Zone = { id: string; name: string }

/** By attributes: a look-up would need an account at synthesis. Subnets and zones in the same order. */
export type Network = { vpcId: string; subnetIds: readonly string[]; availabilityZones: readonly string[] }

export type SettingsResult = { ok: true; value: Settings } | { ok: false; problems: readonly string[] }

type Kind = {
  expected: string
  fits: (text: string) => boolean
  list?: boolean
  /** An object in cdk.json, its text on the command line. */
  json?: boolean
}

const mailbox = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9-]+\.)+[a-z]{2,}$/
const isMailbox = (text: string): boolean => mailbox.test(text)
const matches = (pattern: RegExp) => (text: string) => pattern.test(text)

const isSigningKeys = matches(/^(wrapped|kms|leaving-kms)$/)

const retentions = Object.values(RetentionDays).filter((days): days is RetentionDays => typeof days === 'number')
const retentionDays = retentions.filter((days) => days !== RetentionDays.INFINITE).sort((one, other) => one - other)

/** What is well formed in them, `parseDirectory` says. */
const directoryKinds = {
  directoryKind: { expected: 'active-directory or openldap', fits: isLine },
  directoryUrl: { expected: 'an address such as ldaps://directory.example.org', fits: isLine },
  directoryStartTls: { expected: 'true with an ldap:// address, else false', fits: isLine },
  directoryBaseDns: { expected: 'names such as ou=people,dc=example,dc=org, between semicolons', fits: isLine },
  directoryBindDn: { expected: 'the name of a service account', fits: isLine },
  directoryAttributes: { expected: 'those that differ, such as login=uid|employeeNumber,email=mail', fits: isLine },
} as const satisfies Record<string, Kind>

/** Which of the settings is which of the directory's. */
const directoryNames = {
  kind: 'directoryKind',
  url: 'directoryUrl',
  startTls: 'directoryStartTls',
  baseDns: 'directoryBaseDns',
  bindDn: 'directoryBindDn',
  attributes: 'directoryAttributes',
} as const satisfies Record<WrittenName, keyof typeof directoryKinds>

const kinds = {
  domain: { expected: 'a host name of your own, such as id.example.org', fits: isHost },
  certificateArn: {
    expected: "an ACM certificate's ARN, such as arn:aws:acm:eu-central-1:111122223333:certificate/…",
    fits: isCertificateArn,
  },
  hostedZoneId: { expected: "a Route 53 hosted zone's id, such as Z0123456789ABC", fits: matches(/^Z[A-Z0-9]{3,31}$/) },
  hostedZoneName: { expected: "the hosted zone's name, such as example.org", fits: isHost },
  rpId: { expected: 'the domain or one above it, and not a public suffix', fits: isHost },
  serviceName: {
    expected: 'a name of 1 to 64 characters, as people shall read it',
    fits: matches(/^[^\p{C}<>"]{1,64}$/u),
  },
  tenantCode: { expected: '1 to 32 letters, digits, - or _', fits: matches(/^[A-Za-z0-9_-]{1,32}$/) },
  sender: { expected: 'a plain mail address, such as no-reply@example.org', fits: isMailbox },
  sesIdentity: { expected: 'a domain or mail address for SES', fits: (text) => isHost(text) || isMailbox(text) },
  sesIdentityExists: {
    expected: 'true if SES knows the identity already, else false',
    fits: matches(/^(true|false)$/),
  },
  logRetentionDays: {
    expected: `one of CloudWatch's: ${retentionDays.join(', ')}`,
    fits: (text) => retentionDays.some((days) => String(days) === text),
  },
  importRpIds: {
    expected: 'domains, none a public suffix',
    fits: (text) => isHost(text) && !isPublicSuffix(text),
    list: true,
  },
  enrolmentOrigins: {
    expected: 'origins such as https://cms.example.org, without a path',
    fits: (text) => URL.canParse(text) && new URL(text).origin === text && text.startsWith('https://'),
    list: true,
  },
  vpcId: { expected: "a VPC's id, such as vpc-0123456789abcdef0", fits: matches(/^vpc-[0-9a-f]{8,17}$/) },
  subnetIds: {
    expected: 'ids of private subnets, such as subnet-0123456789abcdef0',
    fits: matches(/^subnet-[0-9a-f]{8,17}$/),
    list: true,
  },
  availabilityZones: {
    expected: 'the availability zones of those subnets in their order, such as eu-central-1a',
    fits: matches(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/),
    list: true,
  },
  ...directoryKinds,
  ...clientCertificateKinds,
  ...tokenValidatorKinds,
  ...auditRetentionKinds,
  secretArn: {
    expected: "a secret's whole ARN, such as arn:aws:secretsmanager:eu-central-1:111122223333:secret:keystep-AbCdEf",
    fits: matches(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}$/),
  },
  signingKeys: { expected: 'wrapped, kms or leaving-kms', fits: isSigningKeys },
  alarmEmail: { expected: 'a mail address', fits: isMailbox },
  account: { expected: 'an AWS account of 12 digits', fits: matches(/^\d{12}$/) },
  region: { expected: 'an AWS region, such as eu-central-1', fits: matches(/^[a-z]{2}(-[a-z]+)+-\d$/) },
} as const satisfies Record<string, Kind>

type Name = keyof typeof kinds
const names = Object.keys(kinds) as Name[]

/** Reads context by name, as `app.node.tryGetContext` does. */
export function parseSettings(contextOf: (name: string) => unknown): SettingsResult {
  const stage = contextOf('stage') ?? 'demo'
  const stages = asRecord(contextOf('stages')) ?? {}
  if (typeof stage !== 'string' || !/^[a-z][a-z0-9-]{0,19}$/.test(stage))
    return wrong(say('stage', stage, 'a word of up to 20 lower-case letters, digits and -'))
  const written = asRecord(stages[stage])
  const known = Object.keys(stages).join(', ') || 'none'
  // A stage may be given on the command line alone, if its domain is: a mistyped name is then still noticed.
  if (!written && contextOf('domain') === undefined)
    return wrong(
      say('stage', stage, `one that cdk.json describes under "stages" (${known}), or -c domain=… and the rest`),
    )

  const problems = Object.keys(written ?? {})
    .filter((name) => !(name in kinds))
    .map((name) => `${name}: is no setting. Expected: ${names.join(', ')}`)
  const texts = new Map<Name, readonly string[]>()
  for (const name of names) {
    const given = contextOf(name) ?? written?.[name]
    if (given === undefined || given === '') continue
    const kind: Kind = kinds[name]
    const items = kind.list ? itemsOf(given) : textOf(kind.json ? textOfJson(given) : given)
    if (items?.every((item) => kind.fits(item))) texts.set(name, items)
    else problems.push(say(name, given, kind.expected))
  }
  return problems.length > 0 ? wrong(...problems) : together(stage, texts)
}

/** What is wrong with the names of all context: one that is neither ours nor CDK's is a mistyped `-c`. */
export const problemsOfNames = (given: readonly string[]): readonly string[] =>
  given
    .filter((name) => !(name in kinds || name === 'stage' || name === 'stages' || isOfCdk(name)))
    .map((name) => `${name}: is no setting. Expected: ${names.join(', ')}`)

/** Flags (`@aws-cdk/…`), what the toolkit says (`aws:…`, `cli-…`), what it looked up (`ami:…`), and notices set aside. */
const isOfCdk = (name: string): boolean => /^@|:|^cli-|^acknowledged-issue-numbers$/.test(name)

/** The one text an operator gets to read when settings are wrong. */
export const explain = (problems: readonly string[]): string =>
  [
    'Keystep cannot be synthesized with these settings:',
    ...problems.map((it) => `  - ${it}`),
    'Set them in cdk.json under "stages", or with -c name=value.',
  ].join('\n')

/** What holds between settings that are each well formed. */
function together(stage: string, texts: ReadonlyMap<Name, readonly string[]>): SettingsResult {
  const problems: string[] = []
  const one = (name: Name): string | undefined => texts.get(name)?.[0]
  const need = (name: Name): string => {
    const text = one(name)
    if (text === undefined) problems.push(say(name, undefined, kinds[name].expected))
    return text ?? ''
  }
  const domain = need('domain')
  const sender = need('sender')
  const serviceName = need('serviceName')
  const tenantCode = need('tenantCode')
  const rpId = one('rpId') ?? domain
  const identity = one('sesIdentity') ?? sender.slice(sender.indexOf('@') + 1)
  const region = one('region')
  const zone = zoneOf(one('hostedZoneId'), one('hostedZoneName'), domain, problems)
  const arn = one('certificateArn')
  const directory = directoryOf(one, problems)
  const clientCertificates = clientCertificatesOf(one, problems)
  if (clientCertificates && (clientCertificates.domain === domain || (!clientCertificates.arn && !zone)))
    problems.push(
      say(
        'clientCertificateDomain',
        clientCertificates.domain,
        'another host than the domain, with clientCertificateDomainArn or a zone to make one in',
      ),
    )
  const network = networkOf(one('vpcId'), texts.get('subnetIds'), texts.get('availabilityZones'), problems)
  const audit = auditRetentionOf(one, problems)
  const tokenValidator = tokenValidatorOf(one('tokenValidator'), network !== undefined, problems)

  if (domain && (!isWithin(domain, rpId) || isPublicSuffix(rpId))) problems.push(say('rpId', rpId, kinds.rpId.expected))
  const senderFits = identity.includes('@')
    ? sender === identity
    : isWithin(sender.slice(sender.indexOf('@') + 1), identity)
  if (sender && !senderFits) problems.push(say('sesIdentity', identity, `${sender}, its domain, or one above it`))
  if (!arn && !zone && !one('hostedZoneId') && !one('hostedZoneName'))
    problems.push(
      'certificateArn: nothing given. Expected: it, or hostedZoneId and hostedZoneName to have a certificate made',
    )
  if (arn && region && arn.split(':')[3] !== region)
    problems.push(say('certificateArn', arn, `a certificate in the region of the API, ${region}`))
  const certificate = arn ? { arn } : zone ? { zone } : undefined
  if (problems.length > 0 || !certificate) return wrong(...problems)

  const secretArn = one('secretArn')
  const alarmEmail = one('alarmEmail')
  const account = one('account')
  const days = Number(one('logRetentionDays') ?? RetentionDays.ONE_MONTH)
  return {
    ok: true,
    value: {
      stage,
      domain,
      certificate,
      rpId,
      serviceName,
      tenantCode,
      sender,
      mailIdentity: { name: identity, exists: one('sesIdentityExists') === 'true' },
      logRetention: retentionDays.find((each) => each === days) ?? RetentionDays.ONE_MONTH,
      audit,
      signingKeys: signingKeysOf(one('signingKeys')),
      importRpIds: texts.get('importRpIds') ?? [],
      enrolmentOrigins: texts.get('enrolmentOrigins') ?? [],
      env: { ...(account ? { account } : {}), ...(region ? { region } : {}) },
      ...(zone ? { zone } : {}),
      ...(directory ? { directory } : {}),
      ...(clientCertificates ? { clientCertificates } : {}),
      ...(tokenValidator ? { tokenValidator } : {}),
      ...(secretArn ? { secretArn } : {}),
      ...(network ? { network } : {}),
      ...(alarmEmail ? { alarmEmail } : {}),
    },
  }
}

function zoneOf(
  id: string | undefined,
  name: string | undefined,
  domain: string,
  problems: string[],
): Zone | undefined {
  if (!id && !name) return undefined
  if (!id || !name) {
    const missing = id ? 'hostedZoneName' : 'hostedZoneId'
    problems.push(say(missing, undefined, `both hostedZoneId and hostedZoneName, or neither`))
    return undefined
  }
  if (domain && !isWithin(domain, name)) problems.push(say('hostedZoneName', name, `a zone that holds ${domain}`))
  return { id, name }
}

function directoryOf(one: (name: Name) => string | undefined, problems: string[]): Settings['directory'] {
  const named = Object.keys(directoryNames) as WrittenName[]
  const written = named.flatMap((name) => {
    const text = one(directoryNames[name])
    return text === undefined ? [] : [[name, text] as const]
  })
  const read = parseDirectory(Object.fromEntries(written))
  if (!read.ok) {
    const name = named.find((each) => each === read.at) ?? 'url'
    problems.push(`${directoryNames[name]}: ${read.detail}`)
    return undefined
  }
  const variables = Object.fromEntries(written.map(([name, text]) => [directoryVariables[name], text]))
  return read.value && { port: read.value.port, variables }
}

const signingKeysOf = (text: string | undefined): Settings['signingKeys'] =>
  text === 'kms' || text === 'leaving-kms' ? text : 'wrapped'

function networkOf(
  vpcId: string | undefined,
  subnetIds: readonly string[] | undefined,
  availabilityZones: readonly string[] | undefined,
  problems: string[],
): Network | undefined {
  if (!vpcId && !subnetIds && !availabilityZones) return undefined
  if (vpcId && subnetIds && availabilityZones && subnetIds.length === availabilityZones.length)
    return { vpcId, subnetIds, availabilityZones }
  const given = `vpcId ${vpcId ?? 'none'}, ${subnetIds?.length ?? 0} subnetIds, ${availabilityZones?.length ?? 0} availabilityZones`
  problems.push(`vpcId: given ${given}. Expected: all three, and a zone for each subnet`)
  return undefined
}

const wrong = (...problems: string[]): SettingsResult => ({ ok: false, problems })

const say = (name: string, given: unknown, expected: string): string =>
  `${name}: ${given === undefined ? 'nothing given' : `given ${JSON.stringify(given)}`}. Expected: ${expected}`

const asRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined

/** `-c` gives text, cdk.json may give a number or a boolean. */
const textOf = (value: unknown): readonly string[] | undefined =>
  ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : undefined

/** `-c` gives text, cdk.json may give an object. */
const textOfJson = (value: unknown): unknown => (asRecord(value) ? JSON.stringify(value) : value)

/** `-c` gives items between commas, cdk.json may give an array. */
function itemsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return value.split(',').map((item) => item.trim())
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}

const isWithin = (name: string, above: string): boolean => name === above || name.endsWith(`.${above}`)

const shared = [
  'amazonaws.com',
  'awsapps.com',
  'azurewebsites.net',
  'cloudfront.net',
  'github.io',
  'gitlab.io',
  'herokuapp.com',
  'netlify.app',
  'pages.dev',
  'vercel.app',
  'web.app',
  'workers.dev',
]

/**
 * A domain under which strangers register: as an RP ID, browsers refuse it. The usual ones only; the whole Public Suffix
 * List would be a dependency to keep fresh, for a mistake that the first ceremony shows.
 */
const isPublicSuffix = (name: string): boolean =>
  !name.includes('.') ||
  shared.includes(name) ||
  /^(ac|co|com|edu|gob|gouv|gov|ltd|me|mil|net|nhs|or|org|plc|sch)\.[a-z]{2}$/.test(name)
