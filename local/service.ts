/**
 * The whole service on one machine: emulators, gateway, Lambdas, seed and examples, for `npm start` and for the visits
 * of the tests.
 *
 * Ports are taken first and the folder after them, so that a start that cannot be does no harm to one that runs.
 */
import { createWriteStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCms } from '../examples/cms/cms.ts'
import { startRelyingParty } from '../examples/relying-party/relying-party.ts'
import { type Lambda, lambdas as lambdaNames, routes } from '../lambdas/routes.ts'
import { bundle } from '../lib/bundle.ts'
import type { Table } from '../lib/tables.ts'
import { expirePending } from '../src/expire-pending.ts'
import { openKeyMaker } from '../src/services/key-maker.ts'
import { openClientFetch } from '../src/services/public-fetch.ts'
import { openSealer } from '../src/services/sealer.ts'
import { openVault } from '../src/services/vault.ts'
import { elsewhereOf, readStage } from '../src/stage.ts'
import { openDb } from '../src/store/db.ts'
import { type Keeper, keepAudit, keepers, localArchive } from './audit.ts'
import { keepAuthority, serveRevocationList } from './authority.ts'
import { directoryIn } from './directory.ts'
import { startDynamodb } from './dynamodb.ts'
import { environmentOf, type LocalStage, tenantCode } from './environment.ts'
import { type Publisher, publishers, startEvents } from './events.ts'
import { keepWrappingKey, takeDirectory, writeWhole } from './files.ts'
import { startGateway } from './gateway.ts'
import { everyHour } from './hourly.ts'
import { type Lambdas, startLambdas } from './lambdas.ts'
import { startTelling, type Teller, tellers } from './logout.ts'
import { startMailCapture } from './mail.ts'
import { freePort } from './ports.ts'
import { keepRotating } from './rotation.ts'
import { type AppId, type DemoClient, type Person, seed, userNames } from './seed.ts'
import { checkEndpoint, createTables, deleteTables, localClient, sweep } from './tables.ts'
import { tokenValidatorIn } from './token-validator.ts'

export type Ports = Partial<
  Record<'inboxPort' | 'app1Port' | 'app2Port' | 'cmsPort' | 'dynamodbPort' | 'app3Port' | 'certificatePort', number>
>

export type ServiceOptions = Ports & {
  /** Of the issuer; the others follow it, in the order of `Ports`, unless they are given. 0: free ones for all. */
  port?: number
  /** Holds all state; made if it is missing. */
  directory: string
  /** Begin from nothing: empties the directory. */
  fresh?: boolean
  /** Whether the applications and the CMS run. Their addresses are registered either way. Default true. */
  apps?: boolean
  /** Print nothing. */
  quiet?: boolean
  /** Reload Lambdas whose sources change. Default true. */
  watch?: boolean
}

/** `demo.json`: there while the service is ready, and no longer. */
export type Demo = {
  issuer: string
  inbox: string
  inboxJson: string
  /** What was put on the event bus. */
  eventsJson: string
  tenantCode: string
  /** The demo CMS's. */
  apiKey: string
  /** With every scope, those of flows and policies among them. */
  adminApiKey: string
  people: Person[]
  clients: DemoClient[]
  apps: Record<AppId | 'cms', string>
  /**
   * Where browsers are asked for a certificate; the authority that certifies that place, as a PEM file; and for each person,
   * by user name, a PKCS#12 file under this password.
   */
  certificates: { origin: string; ca: string; password: string; people: Record<string, string> }
}

export type Service = {
  demo: Demo
  /** The issuer. */
  url: string
  dynamodb: { endpoint: string; tableNames: Record<Table, string> }
  close(): Promise<void>
}

export const defaultPort = 4400

const root = fileURLToPath(new URL('..', import.meta.url))

export function portsOf({ port = defaultPort, ...given }: ServiceOptions): Required<Ports> & { port: number } {
  const after = (distance: number) => (port === 0 ? 0 : port + distance)
  return {
    port,
    inboxPort: given.inboxPort ?? after(1),
    app1Port: given.app1Port ?? after(2),
    app2Port: given.app2Port ?? after(3),
    cmsPort: given.cmsPort ?? after(4),
    dynamodbPort: given.dynamodbPort ?? after(5),
    app3Port: given.app3Port ?? after(6),
    certificatePort: given.certificatePort ?? after(7),
  }
}

/** What the applications are called, and what they usually ask for. */
const asks = {
  app1: { name: 'App1', acrValues: 'pwd', description: 'Asks for a password, or anything stronger.' },
  app2: { name: 'App2', acrValues: 'fido', description: 'Asks for a security key or passkey.' },
  app3: {
    name: 'App3',
    acrValues: 'cba',
    description: 'Asks for a certificate, after a password and a one-time code.',
  },
} as const satisfies Record<AppId, unknown>

type Closing = () => void | Promise<void>

async function start(options: ServiceOptions, closings: Closing[]): Promise<Service> {
  const { directory, fresh = false, apps = true, quiet = false, watch = true } = options
  const ports = portsOf(options)
  const opened = <Part extends { close: Closing }>(part: Part): Part => {
    closings.push(() => part.close())
    return part
  }
  const demoFile = join(directory, 'demo.json')
  const outputsFile = join(directory, 'outputs.json')

  let lambdas: Lambdas<Lambda | Teller | Publisher | Keeper> | undefined
  const invoke = async (name: Lambda | Teller | Publisher | Keeper, event: unknown) => {
    if (lambdas === undefined) throw new Error('The service is not ready')
    return lambdas.invoke(name, event)
  }
  const gateway = opened(
    await startGateway({
      port: ports.port,
      routes: routes.filter(({ host }) => host === undefined),
      invoke,
    }),
  )
  // Before the folder is emptied for a start that cannot be.
  const elsewhere = process.env.DYNAMODB_ENDPOINT
  if (elsewhere) await checkEndpoint(elsewhere)
  closings.push(takeDirectory(directory, fresh))
  const forget = () => {
    for (const file of [demoFile, outputsFile]) rmSync(file, { force: true })
  }
  forget()
  // Known before they run, as their addresses are registered; refused before the work begins.
  const app1 = await freePort(ports.app1Port, 'App1')
  const app2 = await freePort(ports.app2Port, 'App2')
  const app3 = await freePort(ports.app3Port, 'App3')
  const cms = await freePort(ports.cmsPort, 'the CMS')
  const certificatePort = await freePort(ports.certificatePort, 'the host that asks for certificates')
  const addresses = {
    app1: `http://localhost:${app1}`,
    app2: `http://localhost:${app2}`,
    app3: `http://localhost:${app3}`,
    cms: `http://localhost:${cms}`,
  }
  const mail = opened(await startMailCapture({ port: ports.inboxPort, directory: join(directory, 'mail') }))
  const dynamodb = opened(await startDynamodb({ port: ports.dynamodbPort, directory: join(directory, 'dynamodb') }))
  // One that is not ours was not emptied with the directory.
  if (fresh) await deleteTables(dynamodb.endpoint)
  const tableNames = await createTables(dynamodb.endpoint)

  const authority = await keepAuthority(directory, userNames)
  const list = opened(await serveRevocationList(directory))
  const mtls = opened(
    await startGateway({
      port: certificatePort,
      routes: routes.filter(({ host }) => host === 'mtls'),
      invoke,
      secure: authority.tls,
    }),
  )

  const log = createWriteStream(join(directory, 'lambdas.log'))
  closings.push(() => new Promise((done) => log.end(done)))
  const tell = (line: string) => {
    log.write(`${line}\n`)
    if (!quiet) console.error(line)
  }
  const telling = opened(await startTelling({ directory, invoke, tell }))

  const events = opened(await startEvents({ directory, invoke, tell }))

  const auditArchive = localArchive(directory)
  const stage: LocalStage = {
    webhookQueueUrl: events.queueUrl,
    lettersUrl: events.lettersUrl,
    eventsEndpoint: events.busUrl,
    logoutQueueUrl: telling.url,
    certificates: { origin: mtls.url, issuers: authority.caFile, list: list.url },
    issuer: gateway.url,
    enrolmentOrigin: addresses.cms,
    dynamodbEndpoint: dynamodb.endpoint,
    sesEndpoint: mail.endpoint,
    tableNames,
    wrappingKeyFile: keepWrappingKey(directory),
    auditArchive,
    directory: directoryIn(process.env),
    tokenValidator: tokenValidatorIn(process.env),
  }
  const client = localClient(dynamodb.endpoint)
  closings.push(() => client.destroy())
  const now = () => Math.floor(Date.now() / 1000)
  const db = openDb(client, tableNames)

  const [started, seeded] = await bothOrNeither(
    startLambdas<Lambda | Teller | Publisher | Keeper>({
      names: [...lambdaNames, ...tellers, ...publishers, ...keepers],
      directory: join(directory, 'lambdas'),
      build: (name, outdir) => bundle(name, outdir, { minify: false }),
      environment: (name) => environmentOf(name, stage),
      root,
      toolchain: ['lib/bundle.ts', 'lambdas/routes.ts', 'node_modules/.package-lock.json'],
      watch,
      tell,
      // What broke is said at once; the rest is in the file for whoever looks.
      log: (line) => (line.startsWith('{"message":"failure"') ? tell(line) : log.write(`${line}\n`)),
    }),
    seed(
      {
        db,
        now,
        vault: openVault({ wrappingKey: { file: stage.wrappingKeyFile } }),
        actor: { kind: 'operator', id: 'npm start' },
        sealer: openSealer({ wrappingKey: { file: stage.wrappingKeyFile } }, db),
        reach: { issuer: stage.issuer, fetchPublic: openClientFetch(stage) },
      },
      directory,
      addresses,
    ),
  )
  lambdas = opened(started)
  // Before the Lambdas end, those who call them do.
  closings.push(
    () => telling.close(),
    () => events.close(),
  )
  await telling.follow(dynamodb.endpoint, tableNames.sessions)
  await events.follow(dynamodb.endpoint, tableNames.audit)
  const auditing = { directory, endpoint: dynamodb.endpoint, table: tableNames.audit, invoke, tell }
  opened(await keepAudit(auditing))

  // DynamoDB would do it some time within days.
  const sweeping = setInterval(() => {
    sweep(dynamodb.endpoint, tableNames, now()).catch(() => {})
  }, 600_000).unref()
  closings.push(() => clearInterval(sweeping))
  opened(
    keepRotating(
      {
        db,
        now,
        actor: { kind: 'service', id: 'rotate-keys' },
        keyMaker: openKeyMaker(openVault({ wrappingKey: { file: stage.wrappingKeyFile } })),
      },
      tell,
    ),
  )
  const expirer = { db, now, actor: { kind: 'service', id: 'expire-pending' } } as const
  opened(everyHour('Pending authenticators', () => expirePending(expirer), tell))

  if (apps) {
    const issuer = gateway.url
    const portOf = { app1, app2, app3 }
    for (const id of Object.keys(asks) as AppId[])
      opened(await startRelyingParty({ ...seeded.clients[id], ...asks[id], port: portOf[id], issuer }))
    opened(
      await startCms({ port: cms, issuer, tenantCode, apiKey: seeded.apiKey, webhookSecret: seeded.webhookSecret }),
    )
  }
  const demo: Demo = {
    issuer: gateway.url,
    inbox: mail.inboxUrl,
    inboxJson: mail.inboxJsonUrl,
    eventsJson: `${events.busUrl}/events`,
    tenantCode,
    apiKey: seeded.apiKey,
    adminApiKey: seeded.adminApiKey,
    people: seeded.people,
    clients: Object.values(seeded.clients),
    apps: addresses,
    certificates: { origin: mtls.url, ca: authority.caFile, password: authority.password, people: authority.files },
  }
  closings.push(forget)
  const { certificates, tokens } = elsewhereOf(readStage(environmentOf('management', stage)))
  // In the form that `cdk deploy --outputs-file` has, for `npm run admin -- --local`.
  writeWhole(outputsFile, {
    local: {
      ConfigTable: tableNames.config,
      PeopleTable: tableNames.people,
      SessionsTable: tableNames.sessions,
      AuditTable: tableNames.audit,
      DynamodbEndpoint: dynamodb.endpoint,
      WrappingKeyFile: stage.wrappingKeyFile,
      AuditArchiveFolder: auditArchive.folder,
      AuditKeyFile: auditArchive.keyFile,
      Issuer: stage.issuer,
      CertificateIdentity: certificates,
      TokenValidatorAskedBy: tokens,
    },
  })
  // The last: who finds it finds the rest.
  writeWhole(demoFile, demo)
  // Whoever signs in first need not wait for a cold start.
  void lambdas.warm()
  return { demo, url: gateway.url, dynamodb: { endpoint: dynamodb.endpoint, tableNames }, close: async () => {} }
}

/** Both, at the same time; when one fails, the other is waited for, so that closing finds it. */
async function bothOrNeither<One extends { close: Closing }, Other>(one: Promise<One>, other: Promise<Other>) {
  const [first, second] = await Promise.allSettled([one, other])
  if (first.status === 'rejected') throw first.reason
  if (second.status === 'rejected') {
    await first.value.close()
    throw second.reason
  }
  return [first.value, second.value] as const
}

async function closeAll(closings: Closing[]): Promise<void> {
  // The last first: nothing loses what it stands on.
  for (const close of closings.splice(0).reverse()) {
    try {
      await close()
    } catch (error) {
      console.error('While stopping:', error)
    }
  }
}

/** Resolves when all is ready. Throws CannotStart with a sentence for what its user can mend, and leaves nothing running. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const closings: Closing[] = []
  try {
    const service = await start(options, closings)
    return { ...service, close: () => closeAll(closings) }
  } catch (error) {
    await closeAll(closings)
    throw error
  }
}
