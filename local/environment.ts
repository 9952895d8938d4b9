/** What each Lambda is told of this stage: the laptop's answer to `lib/environment.ts`, with what AWS itself sets. */
import { type Table, tables } from '../lib/tables.ts'
import { certificateVariables } from '../src/stage.ts'
import { archiveFor, type LocalArchive } from './audit.ts'
import { identitySuffix, smartCardPolicy } from './authority.ts'
import { asksDirectory } from './directory.ts'
import { awsAccess } from './dynamodb.ts'
import { localBus, publishers } from './events.ts'
import { type Teller, tellers } from './logout.ts'
import { type LocalValidator, tokenValidatorFor } from './token-validator.ts'

export type LocalStage = {
  issuer: string
  /** Where a demo CMS has keys attest. */
  enrolmentOrigin: string
  dynamodbEndpoint: string
  sesEndpoint: string
  /** Where the ends of sessions wait; only those who send and deliver know of it. */
  logoutQueueUrl?: string
  /** Where messages for webhooks wait, and where events go; the same. */
  webhookQueueUrl?: string
  lettersUrl?: string
  eventsEndpoint?: string
  tableNames: Record<Table, string>
  wrappingKeyFile: string
  auditArchive?: LocalArchive
  /** The variables that say where a directory is, where there is one. */
  directory?: Record<string, string>
  /** Where certificates are asked for, whose they are to be, and where their revocation list is. */
  certificates?: { origin: string; issuers: string; list: string }
  /** Who knows the codes of people's tokens, where there is such a one. */
  tokenValidator?: LocalValidator | undefined
}

export const tenantCode = 'demo'

/** Over a list that is on this machine, and good for seconds. */
const certificatesFor = ({
  origin,
  issuers,
  list,
}: NonNullable<LocalStage['certificates']>): Record<string, string> => ({
  [certificateVariables.origin]: origin,
  [certificateVariables.issuers]: issuers,
  [certificateVariables.suffix]: identitySuffix,
  [certificateVariables.smartCardPolicies]: smartCardPolicy,
  [certificateVariables.lists]: list,
  [certificateVariables.hosts]: new URL(list).host,
  // On a laptop one authority certifies people and applications.
  CLIENT_ISSUERS: issuers,
})

/** The queue for those who put into it and take from it; the bus for who publishes. */
const eventsFor = (
  name: string,
  { webhookQueueUrl, lettersUrl, eventsEndpoint }: LocalStage,
): Record<string, string> => ({
  ...(webhookQueueUrl !== undefined && [...publishers, 'audit'].includes(name)
    ? { WEBHOOK_QUEUE_URL: webhookQueueUrl }
    : {}),
  ...(lettersUrl !== undefined && ['audit-publish', 'account-mail'].includes(name)
    ? { MAIL_QUEUE_URL: lettersUrl }
    : {}),
  ...(eventsEndpoint !== undefined && name === 'audit-publish'
    ? { EVENT_BUS: localBus, EVENTS_ENDPOINT: eventsEndpoint }
    : {}),
})

const isTeller = (name: string): name is Teller => tellers.some((each) => each === name)

export function environmentOf(name: string, stage: LocalStage): Record<string, string> {
  const { region, accessKeyId, secretAccessKey, sessionToken } = awsAccess()
  return {
    ISSUER: stage.issuer,
    RP_ID: 'localhost',
    SERVICE_NAME: 'Keystep',
    TENANT_CODE: tenantCode,
    MAIL_SENDER: 'no-reply@keystep.example',
    ENROLMENT_ORIGINS: stage.enrolmentOrigin,
    WRAPPING_KEY_FILE: stage.wrappingKeyFile,
    DYNAMODB_ENDPOINT: stage.dynamodbEndpoint,
    SES_ENDPOINT: stage.sesEndpoint,
    ...Object.fromEntries(
      (Object.keys(tables) as Table[]).map((table) => [tables[table].variable, stage.tableNames[table]]),
    ),
    ...(stage.certificates === undefined ? {} : certificatesFor(stage.certificates)),
    ...(asksDirectory(name) ? stage.directory : {}),
    ...(isTeller(name) && stage.logoutQueueUrl !== undefined ? { LOGOUT_QUEUE_URL: stage.logoutQueueUrl } : {}),
    ...eventsFor(name, stage),
    ...archiveFor(name, stage.auditArchive),
    ...tokenValidatorFor(name, stage.tokenValidator),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    // The SDK looks for profiles where there are none.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}
