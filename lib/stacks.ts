/** The stacks of one stage, and the rules they are held against. What must outlive the rest is in stacks of its own. */
import { type App, CrossStackReferences, ReferenceStrength, Tags, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import type { Lambda } from '../lambdas/routes.ts'
import { ApiStack } from './api-stack.ts'
import { ArchiveStack } from './archive-stack.ts'
import { AuditStack } from './audit-stack.ts'
import type { EventLambda } from './bundle.ts'
import { DataStack } from './data-stack.ts'
import { EventsStack } from './events-stack.ts'
import { ExpiryStack } from './expiry-stack.ts'
import { KeysStack } from './keys-stack.ts'
import { LogoutStack } from './logout-stack.ts'
import { MailStack } from './mail-stack.ts'
import { RotationStack } from './rotation-stack.ts'
import type { Settings } from './settings.ts'
import { WatchStack } from './watch-stack.ts'

export type Stacks = {
  data: DataStack
  keys: KeysStack
  archive: ArchiveStack
  mail: MailStack
  logout: LogoutStack
  rotation: RotationStack
  audit: AuditStack
  expiry: ExpiryStack
  events: EventsStack
  api: ApiStack
  watch: WatchStack
}

/** `codeOf` says in which folder the bundle of a Lambda is. */
export function addStacks(app: App, settings: Settings, codeOf: (lambda: Lambda | EventLambda) => string): Stacks {
  const { env, stage } = settings
  const idOf = (area: string): string => `keystep-${stage}-${area}`

  const data = new DataStack(app, idOf('data'), { env, description: 'Keystep: tables' })
  const keys = new KeysStack(app, idOf('keys'), { env, settings, description: 'Keystep: KMS keys, and a secret' })
  const archive = new ArchiveStack(app, idOf('archive'), {
    env,
    settings,
    description: 'Keystep: the audit log, for years',
  })
  // CloudFormation itself then refuses to take a table or a key from under the Lambdas that use it. All other references
  // are weak, by cdk.json, so that a Lambda may go although the watch stack names it.
  for (const kept of [...Object.values(data.tables), keys.wrapping, keys.notices, archive.bucket, archive.key])
    CrossStackReferences.of(kept).produce(ReferenceStrength.STRONG)
  const shared = { env, settings, tables: data.tables, wrappingKey: keys.wrapping, noticeKey: keys.notices }
  const mail = new MailStack(app, idOf('mail'), {
    ...shared,
    description: 'Keystep: SES, bounces and complaints',
    code: codeOf('mail-feedback'),
  })
  const configurationSetName = mail.configurationSet.configurationSetName
  const { configurationSetArn } = mail
  const logout = new LogoutStack(app, idOf('logout'), {
    ...shared,
    description: 'Keystep: the ends of sessions, told to applications',
    codeOf,
  })
  const rotation = new RotationStack(app, idOf('rotation'), {
    ...shared,
    description: 'Keystep: signing keys take turns',
    code: codeOf('rotate-keys'),
  })
  const expiry = new ExpiryStack(app, idOf('expiry'), {
    ...shared,
    description: 'Keystep: pending authenticators expire',
    code: codeOf('expire-pending'),
  })
  const events = new EventsStack(app, idOf('events'), {
    ...shared,
    description: 'Keystep: what happens, told to others',
    codeOf,
    mail: { configurationSetArn, configurationSetName },
  })
  const audit = new AuditStack(app, idOf('audit'), {
    ...shared,
    description: 'Keystep: the audit log, chained and archived',
    codeOf,
    bucket: archive.bucket,
    checkpointKey: archive.key,
  })
  const api = new ApiStack(app, idOf('api'), {
    ...shared,
    description: 'Keystep: HTTP API, Lambdas, domain',
    codeOf,
    secretArn: keys.secretArn,
    mail: { configurationSetArn, configurationSetName },
    webhookQueue: events.queue,
  })
  const watch = new WatchStack(app, idOf('watch'), {
    ...shared,
    description: 'Keystep: alarms and dashboard',
    api: api.api,
    functions: {
      ...api.functions,
      'mail-feedback': mail.feedback,
      ...logout.functions,
      ...audit.functions,
      'rotate-keys': rotation.rotation,
      'expire-pending': expiry.expiry,
      ...events.functions,
    },
    configurationSetName,
    deadLetters: mail.deadLetters,
    logoutDeadLetters: logout.deadLetters,
    unreadEnds: logout.unreadEnds,
    rotationDeadLetters: rotation.deadLetters,
    audit,
    expiryDeadLetters: expiry.deadLetters,
    webhookDeadLetters: events.deadLetters,
    accountMailDeadLetters: events.deadLettersOfMail,
    unpublished: events.unpublished,
  })

  Tags.of(app).add('keystep', stage)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  return { data, keys, archive, mail, logout, rotation, audit, expiry, events, api, watch }
}
