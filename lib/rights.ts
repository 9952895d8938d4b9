/**
 * Turns what the route table says a Lambda needs into the statements of its role: exact actions on exact resources.
 *
 * It leaves out logs, traces and networks, which every Lambda has in the same way: see function.ts.
 */
import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam'
import { type Access, type Lambda, type Right, type Route, routesOf } from '../lambdas/routes.ts'
import type { Purpose } from '../src/services/vault.ts'
import { places } from '../src/store/keys.ts'
import { type Table, type TableDefinition, tables } from './tables.ts'

export type Needs = { tables: Partial<Record<Table, readonly Access[]>>; rights: readonly Right[] }

/** What the rights are on. */
export type Resources = {
  tableArns: Record<Table, string>
  wrappingKeyArn: string
  /** Identities and the configuration set: SES asks for both. */
  mailArns: readonly string[]
  sender: string
  /** Of messages for webhooks. */
  webhookQueueArn?: string
  /** Absent where the stage asks nobody who gave us a secret. */
  secretArn?: string
}

/** As src/services/vault.ts binds it to each wrapped key; what was wrapped for anything else does not open. */
const mayUnwrap = (purpose: Purpose, { wrappingKeyArn }: Resources): PolicyStatement =>
  new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [wrappingKeyArn],
    conditions: { StringEquals: { 'kms:EncryptionContext:purpose': purpose } },
  })

/**
 * All that most Lambdas change in the config table is when an API key was last used; the realm, the clients and the signing
 * keys beside it are an operator's. An UpdateItem always names its key, so `ForAllValues` is never true for want of one.
 */
const apiKeysOnly = { 'dynamodb:LeadingKeys': [places.apiKey('').key.pk] }

/**
 * Whoever administers replaces the realm's record and updates it, and makes, replaces and deletes clients' records; API keys
 * and signing keys can be neither made nor replaced nor deleted by it, nor can the realm be deleted.
 */
const mayConfigure = ({ tableArns }: Resources): PolicyStatement[] => {
  const [realm, client] = [places.realm().key.pk, places.client('').key.pk]
  const leading = (keys: string[]) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': keys } })
  return [
    statement([...actions.put, ...actions.update], [tableArns.config], leading([realm, client])),
    statement(actions.delete, [tableArns.config], leading([client])),
  ]
}

/**
 * Whoever sets the service up replaces the realm's record and makes API keys: these it updates as well, as every Lambda may
 * that notes their last use, and it deletes neither. Clients and signing keys are not its business.
 */
const maySetUp = ({ tableArns }: Resources): PolicyStatement =>
  statement(actions.put, [tableArns.config], {
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [places.realm().key.pk, places.apiKey('').key.pk] },
  })

/** Webhooks are replaced as a whole. */
const mayKeepWebhooks = ({ tableArns }: Resources): PolicyStatement =>
  statement([...actions.put, ...actions.delete], [tableArns.config], {
    'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [places.webhook('').key.pk] },
  })

/** That a DPoP proof was shown, and nothing else of what ends by itself: no session, no grant. */
const mayProve = ({ tableArns }: Resources): PolicyStatement => {
  const ofProofs = `${places.dpopProof('', '').key.pk.split('#')[0]}#*`
  return statement(actions.put, [tableArns.sessions], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [ofProofs] },
  })
}

/** What others gave us. */
const mayRead = (secretArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] })

type Conditions = NonNullable<PolicyStatementProps['conditions']>

const actions = {
  get: ['BatchGetItem'],
  query: ['Query'],
  index: ['Query'],
  check: ['ConditionCheckItem'],
  put: ['PutItem'],
  update: ['UpdateItem'],
  delete: ['DeleteItem'],
} as const satisfies Record<Access, readonly string[]>

/** The needs of all its routes together: they share one role. */
export function needsOf(lambda: Lambda): Needs {
  const routes: Route[] = routesOf(lambda)
  const needs: Partial<Record<Table, Access[]>> = {}
  for (const table of namesOfTables) {
    const access = unique(routes.flatMap((route) => route.tables[table] ?? []))
    if (access.length > 0) needs[table] = access
  }
  return { tables: needs, rights: unique(routes.flatMap((route) => route.rights ?? [])) }
}

export function statementsFor({ tables: needed, rights }: Needs, resources: Resources): PolicyStatement[] {
  const onTables = namesOfTables.flatMap((table) => tableStatements(table, needed[table] ?? [], resources))
  // The condition pins the sender: the identities cannot, since SES in its sandbox asks for the recipient's as well.
  const mailing = new PolicyStatement({
    actions: ['ses:SendEmail'],
    resources: [...resources.mailArns],
    conditions: { StringEquals: { 'ses:FromAddress': resources.sender } },
  })
  const ofRight: Record<Right, PolicyStatement | PolicyStatement[]> = {
    sign: mayUnwrap('keystep-signing-key', resources),
    unseal: mayUnwrap('keystep-seal-key', resources),
    mail: mailing,
    directory: resources.secretArn === undefined ? [] : mayRead(resources.secretArn),
    validate: resources.secretArn === undefined ? [] : mayRead(resources.secretArn),
    'set-up': maySetUp(resources),
    configure: mayConfigure(resources),
    // Nothing of AWS: a Lambda that is in nobody's network reaches the world.
    fetch: [],
    webhooks: mayKeepWebhooks(resources),
    enqueue:
      resources.webhookQueueArn === undefined
        ? []
        : new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [resources.webhookQueueArn] }),
    'client-keys': [],
    prove: mayProve(resources),
  }
  return [...onTables, ...rights.flatMap((right) => ofRight[right])]
}

function tableStatements(table: Table, access: readonly Access[], { tableArns }: Resources): PolicyStatement[] {
  const arn = tableArns[table]
  const { indexes }: TableDefinition = tables[table]
  const apart = (each: Access): boolean => each === 'update' && table === 'config'
  const onTable = unique(access.filter((each) => each !== 'index' && !apart(each)).flatMap((each) => actions[each]))
  const onIndexes = access.includes('index') ? indexes.map(({ name }) => `${arn}/index/${name}`) : []
  return [
    ...(onTable.length > 0 ? [statement(onTable, [arn])] : []),
    ...(access.some(apart) ? [statement(actions.update, [arn], { 'ForAllValues:StringEquals': apiKeysOnly })] : []),
    ...(onIndexes.length > 0 ? [statement(actions.index, onIndexes)] : []),
  ]
}

const statement = (names: readonly string[], resources: string[], conditions: Conditions = {}): PolicyStatement =>
  new PolicyStatement({ actions: names.map((name) => `dynamodb:${name}`), resources, conditions })

const namesOfTables = Object.keys(tables) as Table[]

const unique = <Item>(items: readonly Item[]): Item[] => [...new Set(items)]
