/** What each Lambda is told of its stage: the other end of `src/stage.ts`. Names and addresses, nothing secret. */
import type { Settings } from './settings.ts'
import { type Table, tables } from './tables.ts'

export type Deployed = {
  tableNames: Record<Table, string>
  wrappingKeyArn: string
  mailConfigurationSet?: string
  /** For a Lambda that may ask the directory. */
  directory?: Settings['directory']
  secretArn?: string
  /** For those who tell applications of the ends of sessions. */
  logoutQueueUrl?: string
  /** For those who tell webhooks, and who publishes. */
  webhookQueueUrl?: string
  eventBus?: string
  /** For who publishes, and who writes to people. */
  mailQueueUrl?: string
  /** For the one who writes to the archive of the audit log. */
  auditArchive?: { bucket: string; keyArn: string }
}

export const issuerOf = ({ domain }: Pick<Settings, 'domain'>): string => `https://${domain}`

export const environmentOf = (settings: Settings, deployed: Deployed): Record<string, string> => ({
  ISSUER: issuerOf(settings),
  RP_ID: settings.rpId,
  SERVICE_NAME: settings.serviceName,
  TENANT_CODE: settings.tenantCode,
  MAIL_SENDER: settings.sender,
  ...Object.fromEntries(
    (Object.keys(tables) as Table[]).map((table) => [tables[table].variable, deployed.tableNames[table]]),
  ),
  WRAPPING_KEY_ARN: deployed.wrappingKeyArn,
  ...(deployed.mailConfigurationSet ? { MAIL_CONFIGURATION_SET: deployed.mailConfigurationSet } : {}),
  ...settings.clientCertificates?.variables,
  ...(settings.tokenValidator ? { TOKEN_VALIDATOR: settings.tokenValidator.text } : {}),
  ...deployed.directory?.variables,
  ...(deployed.secretArn ? { SECRETS_ARN: deployed.secretArn } : {}),
  ...(deployed.logoutQueueUrl ? { LOGOUT_QUEUE_URL: deployed.logoutQueueUrl } : {}),
  ...(deployed.webhookQueueUrl ? { WEBHOOK_QUEUE_URL: deployed.webhookQueueUrl } : {}),
  ...(deployed.mailQueueUrl ? { MAIL_QUEUE_URL: deployed.mailQueueUrl } : {}),
  ...(deployed.eventBus ? { EVENT_BUS: deployed.eventBus } : {}),
  ...(settings.importRpIds.length > 0 ? { IMPORT_RP_IDS: settings.importRpIds.join(',') } : {}),
  ...(settings.enrolmentOrigins.length > 0 ? { ENROLMENT_ORIGINS: settings.enrolmentOrigins.join(',') } : {}),
  AUDIT_ONLINE_DAYS: String(settings.audit.onlineDays),
  ...(deployed.auditArchive
    ? { AUDIT_ARCHIVE_BUCKET: deployed.auditArchive.bucket, AUDIT_KEY_ARN: deployed.auditArchive.keyArn }
    : {}),
  NODE_OPTIONS: '--enable-source-maps',
})

export const mapTables = <Value>(of: (table: Table) => Value): Record<Table, Value> => ({
  config: of('config'),
  people: of('people'),
  sessions: of('sessions'),
  audit: of('audit'),
})
