/**
 * What an operator runs after deploying: the realm and its keys, the first administrator, API keys, applications and
 * settings, against the deployed tables with the operator's own AWS credentials.
 *
 *     npm run admin -- --outputs cdk-outputs.json init
 *     npm run admin -- --local settings
 */
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { localClient } from '../local/tables.ts'
import { apiScopes, cmsScopes } from '../src/core/api-key.ts'
import { identitySources } from '../src/core/certificate/certificate-identity.ts'
import { settingNames } from '../src/core/settings-document.ts'
import { askedByNames } from '../src/core/token-validator/validator-settings.ts'
import { openKeyMaker } from '../src/services/key-maker.ts'
import { openClientFetch } from '../src/services/public-fetch.ts'
import { openVault } from '../src/services/vault.ts'
import { openDb } from '../src/store/db.ts'
import { auditCommands, auditUsage } from './admin/audit-commands.ts'
import { auditExportCommands, auditExportUsage } from './admin/audit-export.ts'
import { certificateCommands, certificateUsage } from './admin/certificate-commands.ts'
import { clientCommands, clientUsage } from './admin/client-commands.ts'
import { keyCommands, keyUsage } from './admin/key-commands.ts'
import { modelCommands, modelUsage } from './admin/model-commands.ts'
import { sessionCommands, sessionUsage } from './admin/session-commands.ts'
import { setupCommands } from './admin/setup-commands.ts'
import { stepUpCommands, stepUpUsage } from './admin/step-up-commands.ts'
import { type Bench, Cannot, type Command, type Given, needed, options } from './admin/typed.ts'
import { userCommands, userUsage } from './admin/user-commands.ts'

const usage = `npm run admin -- [--outputs FILE | --local] COMMAND

  --outputs FILE   what \`cdk deploy --outputs-file FILE\` wrote; cdk-outputs.json if left out
  --local          the service that \`npm start\` runs

Commands
  init                                  the realm with its flows, and signing keys; does no harm when repeated
  user add NAME [--email A] [--given-name N] [--family-name N] [--role R]... [--password-stdin | --directory]
                                        --directory: whom the directory has under that name
  user password NAME --password-stdin   a new password, read from standard input
  user email NAME ADDRESS               a new address, or the same one once it takes mail again
  user claims NAME [FILE]               what applications may hear of the user, by the names of OpenID Connect's claims;
                                        with a FILE of such JSON (- is standard input), that instead of it
  api-key add NAME [--scope S]...       shown once; scopes: ${apiScopes.join(', ')};
                                        what a CMS needs (${cmsScopes.join(', ')}) if none is named
  api-key list
  api-key revoke ID
  settings                              as they are
  settings set NAME=VALUE...            ${settingNames.join(', ')}
${userUsage}${keyUsage}${clientUsage}${stepUpUsage}${certificateUsage}${sessionUsage}${auditUsage}${auditExportUsage}${modelUsage}`

const commands: Record<string, Command> = {
  ...setupCommands,
  ...userCommands,
  ...keyCommands,
  ...certificateCommands,
  ...sessionCommands,
  ...clientCommands,
  ...stepUpCommands,
  ...auditCommands,
  ...auditExportCommands,
  ...modelCommands,
}

// --- Where --------------------------------------------------------------------------------------------------------

type Outputs = Record<string, string>

/** The outputs of the stacks by name; `npm start` writes a file of the same form. */
function readOutputs(file: string, hint: string): Record<string, string> {
  if (!existsSync(file)) throw new Cannot(`There is no ${file}: ${hint}`)
  try {
    const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
    return Object.assign({}, ...Object.values(stacks))
  } catch {
    throw new Cannot(`${file} is not what \`cdk deploy --outputs-file\` writes.`)
  }
}

/** Where it is archived and who signs that, as the stacks say it, or a laptop. */
function auditIn({ AuditArchive, AuditKeyArn, AuditArchiveFolder, AuditKeyFile }: Outputs): Bench['audit'] {
  if (AuditArchiveFolder && AuditKeyFile)
    return { archive: { directory: AuditArchiveFolder }, key: { file: AuditKeyFile } }
  return AuditArchive && AuditKeyArn ? { archive: { bucket: AuditArchive }, key: { kms: AuditKeyArn } } : {}
}

function openBench(given: Given): Bench {
  const file = given.local ? '.local/outputs.json' : (given.outputs ?? 'cdk-outputs.json')
  const outputs = readOutputs(
    file,
    given.local ? 'start the service first, with `npm start`.' : 'deploy with `--outputs-file cdk-outputs.json` first.',
  )
  const need = (name: string) => needed(outputs[name], `The output ${name} in ${file}`)
  const tableNames = {
    config: need('ConfigTable'),
    people: need('PeopleTable'),
    sessions: need('SessionsTable'),
    audit: need('AuditTable'),
  }
  const { DynamodbEndpoint: endpoint, WrappingKeyFile: keyFile, Region: region, Issuer: issuer } = outputs
  // Where the stacks are, for whoever has not said so: the tables and the key are nowhere else.
  if (region !== undefined) process.env.AWS_REGION = region
  const { AuditOnlineDays: days } = outputs
  const retention = days === undefined ? {} : { auditOnlineDays: Number(days) }
  const vault = openVault({ wrappingKey: keyFile === undefined ? { kms: need('WrappingKeyArn') } : { file: keyFile } })
  return {
    db: openDb(endpoint === undefined ? new DynamoDBClient() : localClient(endpoint), tableNames, retention),
    now: () => Math.floor(Date.now() / 1000),
    vault,
    keyMaker: openKeyMaker(vault, outputs.KmsSigningKeys),
    actor: { kind: 'operator', id: process.env.USER ?? 'unknown' },
    ...(issuer === undefined ? {} : { reach: { issuer, fetchPublic: openClientFetch({ issuer }) } }),
    audit: auditIn(outputs),
    stage: {
      issuer: issuer ?? 'https://localhost',
      serviceName: outputs.ServiceName ?? 'Keystep',
      tenantCode: outputs.TenantCode ?? 'demo',
    },
    elsewhere: {
      certificates: identitySources.find((each) => each === outputs.CertificateIdentity),
      tokens: askedByNames.find((each) => each === outputs.TokenValidatorAskedBy),
    },
  }
}

// --- The command --------------------------------------------------------------------------------------------------

async function run(): Promise<string> {
  const { values: given, positionals } = parseArgs({ options, allowPositionals: true })
  if (given.help) return usage
  const [first = '', second = '', ...rest] = positionals
  const two = commands[`${first} ${second}`]
  const command = two ?? commands[first]
  if (command === undefined)
    throw new Cannot(
      `${first === '' ? 'A command is missing.' : `There is no command ${positionals.join(' ')}.`}\n\n${usage}`,
    )
  const words = two === undefined ? positionals.slice(1) : rest
  return command(openBench(given), words, given)
}

/** The SDK's and Node's own words for what an operator can mend: credentials, region, a table that is not there. */
const isOperational = (failure: Error): boolean =>
  '$metadata' in failure ||
  ('code' in failure && typeof failure.code === 'string') ||
  ['CredentialsProviderError', 'AggregateError'].includes(failure.name) ||
  /region is missing/i.test(failure.message)

try {
  const said = await run()
  // What was written already says it all.
  if (said !== '') console.log(said)
} catch (failure) {
  if (!(failure instanceof Error) || !(failure instanceof Cannot || isOperational(failure))) throw failure
  console.error(isOperational(failure) ? `${failure.name}: ${failure.message}` : failure.message)
  process.exitCode = 1
}
