/**
 * What a deployment is: its addresses, its tables, its sender. Read from the environment once, when a Lambda starts.
 *
 * Addresses come from here and never from a request (ZITADEL's four Host-header advisories, authentik CVE-2024-47070).
 */
import { type Table, tables } from '../lib/tables.ts'
import type { IdentitySource } from './core/certificate/certificate-identity.ts'
import {
  type CertificateSettings,
  parseCertificates,
  type WrittenCertificate,
} from './core/certificate/certificate-settings.ts'
import { type DirectorySettings, parseDirectory, type WrittenName } from './core/directory/directory-settings.ts'
import {
  type AskedBy,
  readValidatorSettings,
  type ValidatorSettings,
} from './core/token-validator/validator-settings.ts'
import type { ArchivePlace } from './services/archive.ts'
import type { CheckpointKey } from './services/checkpoint-signer.ts'

export type Stage = {
  /** `https://id.example.org`, without a trailing slash: the issuer, and the origin of the pages. */
  issuer: string
  /** The relying party of WebAuthn: the issuer's host, or a domain above it. */
  rpId: string
  /** What people call the service, on pages and in mails. */
  serviceName: string
  tenantCode: string
  mailSender: string
  mailConfigurationSet?: string
  /** RP IDs that an import may name; the stage's own is always among them. */
  importRpIds: readonly string[]
  /** Origins at which a CMS may have a key attest to a challenge. */
  enrolmentOrigins: readonly string[]
  tableNames: Record<Table, string>
  /** The KMS key that wraps signing keys, or on a laptop the file that does. */
  wrappingKey: { kms: string } | { file: string }
  /** The tag of the signing keys that KMS holds, where it is to hold those that are made; otherwise they are wrapped. */
  kmsSigningKeys?: string
  /** What others gave us to reach them with: a secret in AWS Secrets Manager, or on a laptop a JSON file. */
  secrets?: { arn: string } | { file: string }
  /** Where the passwords of people are whom we keep none for. */
  directory?: DirectorySettings
  /** Who is asked about codes of tokens that are not kept here. */
  tokenValidator?: ValidatorSettings
  /** Where browsers are asked for a certificate, and which ones count; without it, nobody is. */
  certificates?: CertificateSettings
  /** Where the ends of sessions wait until applications have heard of them: told to those who send and deliver alone. */
  logoutQueue?: string
  /** Where messages wait until webhooks have heard them: told to those who send and deliver alone. */
  webhookQueue?: string
  /** Where letters to people wait that something happened with their account: told to who publishes and who mails. */
  mailQueue?: string
  /** Where events go: told to the one who publishes. On a laptop, what stands for EventBridge is at an address. */
  eventBus?: { name: string; endpoint?: string }
  /** How long an audit record stays online; none: for ever. */
  auditOnlineDays?: number
  /** Where the audit log is archived and by which key its checkpoints are signed: told to the one who does alone. */
  auditArchive?: { place: ArchivePlace; key: CheckpointKey }
  /** PEM: roots, authorities and self-signed certificates of applications, for those that show one (RFC 8705 §2). */
  clientIssuersFile?: string
  dynamodbEndpoint?: string
  sesEndpoint?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Throws with the names of all that is missing: a Lambda without its settings must not start. */
export function readStage(environment: Environment): Stage {
  const missing: string[] = []
  const need = (name: string): string => {
    const value = environment[name]
    if (!value) missing.push(name)
    return value ?? ''
  }
  const list = (name: string): string[] => (environment[name] ?? '').split(',').filter((item) => item !== '')
  const optional = <Name extends string>(name: Name, value: string | undefined): { [name in Name]?: string } =>
    value ? ({ [name]: value } as { [name in Name]: string }) : {}

  const stage: Stage = {
    issuer: need('ISSUER'),
    rpId: need('RP_ID'),
    serviceName: need('SERVICE_NAME'),
    tenantCode: need('TENANT_CODE'),
    mailSender: need('MAIL_SENDER'),
    importRpIds: [...new Set([need('RP_ID'), ...list('IMPORT_RP_IDS')])],
    enrolmentOrigins: [...new Set([need('ISSUER'), ...list('ENROLMENT_ORIGINS')])],
    tableNames: {
      config: need(tables.config.variable),
      people: need(tables.people.variable),
      sessions: need(tables.sessions.variable),
      audit: need(tables.audit.variable),
    },
    wrappingKey: environment.WRAPPING_KEY_FILE
      ? { file: environment.WRAPPING_KEY_FILE }
      : { kms: need('WRAPPING_KEY_ARN') },
    ...secretsIn(environment),
    ...directoryIn(environment),
    ...certificatesIn(environment),
    ...validatorIn(environment),
    ...optional('kmsSigningKeys', environment.KMS_SIGNING_KEYS),
    ...optional('mailConfigurationSet', environment.MAIL_CONFIGURATION_SET),
    ...optional('logoutQueue', environment.LOGOUT_QUEUE_URL),
    ...optional('webhookQueue', environment.WEBHOOK_QUEUE_URL),
    ...optional('mailQueue', environment.MAIL_QUEUE_URL),
    ...eventBusIn(environment),
    ...auditIn(environment),
    ...optional('clientIssuersFile', environment.CLIENT_ISSUERS),
    ...optional('dynamodbEndpoint', environment.DYNAMODB_ENDPOINT),
    ...optional('sesEndpoint', environment.SES_ENDPOINT),
  }
  if (missing.length > 0) throw new Error(`Settings missing from the environment: ${[...new Set(missing)].join(', ')}`)
  return stage
}

function auditIn(environment: Environment): Pick<Stage, 'auditOnlineDays' | 'auditArchive'> {
  const { AUDIT_ONLINE_DAYS: days, AUDIT_ARCHIVE_BUCKET: bucket, AUDIT_ARCHIVE_FOLDER: directory } = environment
  const { AUDIT_KEY_ARN: kms, AUDIT_KEY_FILE: file } = environment
  const place = directory ? { directory } : bucket ? { bucket } : undefined
  const key = file ? { file } : kms ? { kms } : undefined
  return {
    ...(days ? { auditOnlineDays: Number(days) } : {}),
    ...(place && key ? { auditArchive: { place, key } } : {}),
  }
}

function secretsIn({ SECRETS_FILE: file, SECRETS_ARN: arn }: Environment): Pick<Stage, 'secrets'> {
  if (file) return { secrets: { file } }
  return arn ? { secrets: { arn } } : {}
}

function eventBusIn({ EVENT_BUS: name, EVENTS_ENDPOINT: endpoint }: Environment): Pick<Stage, 'eventBus'> {
  return name ? { eventBus: { name, ...(endpoint ? { endpoint } : {}) } } : {}
}

/** The settings of a directory as a Lambda has them. */
export const directoryVariables = {
  kind: 'DIRECTORY_KIND',
  url: 'DIRECTORY_URL',
  startTls: 'DIRECTORY_START_TLS',
  baseDns: 'DIRECTORY_BASE_DNS',
  bindDn: 'DIRECTORY_BIND_DN',
  attributes: 'DIRECTORY_ATTRIBUTES',
} as const satisfies Record<WrittenName, string>

/** `at` names the variable. */
export function readDirectory(environment: Environment): ReturnType<typeof parseDirectory> {
  const names = Object.entries(directoryVariables)
  const read = parseDirectory(Object.fromEntries(names.map(([name, variable]) => [name, environment[variable]])))
  return read.ok ? read : { ...read, at: names.find(([name]) => name === read.at)?.[1] ?? directoryVariables.url }
}

function directoryIn(environment: Environment): Pick<Stage, 'directory'> {
  const read = readDirectory(environment)
  if (!read.ok) throw new Error(`${read.at} ${read.detail}`)
  return read.value === undefined ? {} : { directory: read.value }
}

function validatorIn({ TOKEN_VALIDATOR: text }: Environment): Pick<Stage, 'tokenValidator'> {
  if (!text) return {}
  const read = readValidatorSettings(text)
  if (read.ok) return { tokenValidator: read.value }
  throw new Error(`TOKEN_VALIDATOR: ${read.at} ${read.detail}`)
}

/** The settings of certificates as a Lambda has them. */
export const certificateVariables = {
  origin: 'CERTIFICATE_ORIGIN',
  issuers: 'CERTIFICATE_ISSUERS',
  identity: 'CERTIFICATE_IDENTITY',
  suffix: 'CERTIFICATE_SUFFIX',
  purposes: 'CERTIFICATE_PURPOSES',
  smartCardPolicies: 'CERTIFICATE_SMART_CARD_POLICIES',
  revocation: 'CERTIFICATE_REVOCATION',
  methods: 'CERTIFICATE_REVOCATION_METHODS',
  lists: 'CERTIFICATE_REVOCATION_LISTS',
  hosts: 'CERTIFICATE_REVOCATION_HOSTS',
  listHours: 'CERTIFICATE_REVOCATION_LIST_HOURS',
} as const satisfies Record<WrittenCertificate, string>

function certificatesIn(environment: Environment): Pick<Stage, 'certificates'> {
  const names = Object.entries(certificateVariables)
  const read = parseCertificates(Object.fromEntries(names.map(([name, variable]) => [name, environment[variable]])))
  if (read.ok) return read.value === undefined ? {} : { certificates: read.value }
  throw new Error(`${names.find(([name]) => name === read.at)?.[1]} ${read.detail}`)
}

/** By what this deployment knows people without keeping anything for it: as `judgeLogin` wants to hear it. */
export type Elsewhere = { certificates: IdentitySource | undefined; tokens: AskedBy | undefined }

export const elsewhereOf = ({
  certificates,
  tokenValidator,
}: Pick<Stage, 'certificates' | 'tokenValidator'>): Elsewhere => ({
  certificates: certificates?.identity,
  tokens: tokenValidator?.askedBy,
})
