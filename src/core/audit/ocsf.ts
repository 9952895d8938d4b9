/**
 * The audit log in the words of the Open Cybersecurity Schema Framework 1.8.0 (schema.ocsf.io), for a SIEM that knows no
 * other: which class and activity each type of record is, and the event with what that class demands.
 *
 * What a class has no attribute for is in `unmapped`, by our own names. Our own record is the evidence, not this.
 */
import type { AuditEvent, AuditType } from '../audit-event.ts'

const classes = {
  accountChange: { uid: 3001, name: 'Account Change', category: 3, categoryName: 'Identity & Access Management' },
  authentication: { uid: 3002, name: 'Authentication', category: 3, categoryName: 'Identity & Access Management' },
  entityManagement: { uid: 3004, name: 'Entity Management', category: 3, categoryName: 'Identity & Access Management' },
  apiActivity: { uid: 6003, name: 'API Activity', category: 6, categoryName: 'Application Activity' },
} as const
type ClassName = keyof typeof classes

/** `activity_id` by its caption. */
const activities = {
  accountChange: {
    create: 1,
    enable: 2,
    disable: 5,
    delete: 6,
    factorEnable: 10,
    factorDisable: 11,
    unlock: 12,
    other: 99,
  },
  authentication: { logon: 1, logoff: 2, preauth: 6, other: 99 },
  entityManagement: {
    create: 1,
    update: 3,
    delete: 4,
    enroll: 6,
    activate: 10,
    deactivate: 11,
    suspend: 12,
    resume: 13,
  },
  apiActivity: { read: 2, other: 99 },
} as const satisfies Record<ClassName, Record<string, number>>

/** `severity_id`. */
const severities = { informational: 1, low: 2, medium: 3, high: 4 } as const
type Severity = keyof typeof severities

type Mapping = { class: ClassName; activity: number; failed: boolean; severity: Severity }

const inClass =
  <Name extends ClassName>(name: Name) =>
  (activity: keyof (typeof activities)[Name], severity: Severity = 'informational', failed = false): Mapping => ({
    class: name,
    activity: Number(activities[name][activity]),
    failed,
    severity,
  })

const account = inClass('accountChange')
const authentication = inClass('authentication')
const entity = inClass('entityManagement')
const api = inClass('apiActivity')

const mappings: Record<AuditType, Mapping> = {
  'authenticator.imported': entity('enroll'),
  'authenticator.added': account('factorEnable'),
  'authenticator.activated': account('factorEnable'),
  'authenticator.activation-started': authentication('preauth'),
  'authenticator.identity-confirmed': authentication('preauth'),
  'authenticator.activation-failed': authentication('preauth', 'low', true),
  'authenticator.suspended': account('factorDisable', 'low'),
  'authenticator.resumed': account('factorEnable'),
  'authenticator.renamed': entity('update'),
  'authenticator.locked': account('factorDisable', 'high'),
  'authenticator.deleted': account('factorDisable', 'low'),
  'authenticator.expired': entity('deactivate'),
  'otp.enrolled': account('factorEnable'),
  'otp.imported': account('factorEnable'),
  'otp.renamed': entity('update'),
  'otp.suspended': account('factorDisable', 'low'),
  'otp.resumed': account('factorEnable'),
  'otp.locked': account('factorDisable', 'medium'),
  'otp.deleted': account('factorDisable', 'low'),
  'recovery-codes.made': account('factorEnable'),
  'recovery-code.used': authentication('preauth', 'low'),
  'import.refused': entity('enroll', 'low', true),
  'code.sent': authentication('preauth'),
  'code.failed': authentication('preauth', 'low', true),
  'login.succeeded': authentication('logon'),
  'login.failed': authentication('logon', 'low', true),
  'token.challenged': authentication('preauth'),
  'step-up.asked': authentication('preauth'),
  'step-up.unmet': authentication('logon', 'low', true),
  'session.ended': authentication('logoff'),
  'consent.asked': authentication('preauth'),
  'consent.given': entity('create'),
  'consent.denied': entity('create', 'informational', true),
  'consent.withdrawn': entity('delete'),
  'sessions.ended': authentication('logoff', 'low'),
  'logout.delivered': api('other'),
  'logout.failed': api('other', 'low', true),
  'token.issued': authentication('other'),
  'token.refreshed': authentication('other'),
  'grant.revoked': authentication('other', 'medium'),
  'token.revoked': authentication('other'),
  'settings.changed': entity('update', 'medium'),
  'user.created': account('create'),
  'user.changed': account('other'),
  'user.disabled': account('disable', 'low'),
  'user.enabled': account('enable'),
  'user.unlocked': account('unlock'),
  'user.roles-changed': account('other', 'high'),
  'user.deletion-started': account('delete', 'low'),
  'user.deleted': account('delete', 'low'),
  'elevation.dropped': authentication('other'),
  'flow.created': entity('create', 'medium'),
  'flow.changed': entity('update', 'medium'),
  'flow.deleted': entity('delete', 'medium'),
  'flow.bound': entity('activate', 'medium'),
  'policy.changed': entity('update', 'medium'),
  'step-up.explained': api('read'),
  'client.created': entity('create', 'medium'),
  'client.changed': entity('update', 'medium'),
  'client.secret-rotated': entity('update', 'medium'),
  'client.deleted': entity('delete', 'medium'),
  'api-key.created': entity('create', 'high'),
  'api-key.changed': entity('update', 'medium'),
  'api-key.revoked': entity('deactivate', 'medium'),
  'signing-key.created': entity('create'),
  'signing-key.activated': entity('activate'),
  'signing-key.retired': entity('deactivate'),
  'signing-key.removed': entity('delete'),
  'signing-key.revoked': entity('deactivate', 'high'),
  'seal-key.created': entity('create'),
  'webhook.created': entity('create', 'medium'),
  'webhook.changed': entity('update', 'medium'),
  'webhook.deleted': entity('delete', 'medium'),
  'webhook.delivered': api('other'),
  'webhook.failed': api('other', 'low', true),
  'webhook.resent': api('other'),
  'audit.exported': api('read', 'low'),
  'mail.tested': api('other'),
  'mail.bounced': api('other', 'low', true),
  'mail.complained': api('other', 'medium', true),
}

/** Who tells it: the stage's name and address, and the version of the program where it is known. */
export type Teller = { serviceName: string; issuer: string; tenantCode: string }

export const ocsfVersion = '1.8.0'

/** @param id what the record is known by outside. */
export function ocsfEvent(event: AuditEvent, id: string, teller: Teller) {
  const { class: name, activity, failed, severity } = mappings[event.type]
  const { uid, category, name: className, categoryName } = classes[name]
  return {
    activity_id: activity,
    // Where the class has no word for it, ours.
    ...(activity === 99 ? { activity_name: event.type } : {}),
    category_name: categoryName,
    category_uid: category,
    class_name: className,
    class_uid: uid,
    metadata: {
      product: { name: 'Keystep', uid: teller.issuer, vendor_name: 'Keystep' },
      version: ocsfVersion,
      uid: id,
      event_code: event.type,
      log_name: 'audit',
      tenant_uid: teller.tenantCode,
      ...(event.request === undefined ? {} : { correlation_uid: event.request }),
    },
    severity:
      severity === 'informational' ? 'Informational' : `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`,
    severity_id: severities[severity],
    status: failed ? 'Failure' : 'Success',
    status_id: failed ? 2 : 1,
    ...(event.reason === undefined ? {} : { status_code: event.reason }),
    ...(event.detail === undefined ? {} : { status_detail: event.detail }),
    time: event.at * 1000,
    timezone_offset: 0,
    type_uid: uid * 100 + activity,
    actor: actorOf(event),
    ...endpointOf(event, name, teller),
    ...ofClass[name](event, teller),
    ...unmapped(event),
  }
}

/** A person by their id; a program by what it is known by here. */
function actorOf({ actor: { kind, id }, session }: AuditEvent) {
  const its = session === undefined ? {} : { session: { uid: session } }
  return kind === 'user' || kind === 'stranger'
    ? { user: { uid: id }, ...its }
    : { app_name: kind, app_uid: id, invoked_by: `${kind} ${id}` }
}

/** API Activity demands one: what the service does by itself comes from itself. */
function endpointOf({ ip }: AuditEvent, name: ClassName, { issuer }: Teller) {
  if (ip !== undefined) return { src_endpoint: { ip } }
  return name === 'apiActivity' ? { src_endpoint: { name: new URL(issuer).hostname } } : {}
}

type Members = Record<string, unknown>

/** Whom it is about. Of a name that nobody has, nothing is known but that somebody tried it. */
const userOf = ({ user, actor }: AuditEvent): Members =>
  user === undefined ? (actor.kind === 'user' ? { uid: actor.id } : { name: 'unknown' }) : { uid: user }

const sessionOf = ({ session }: AuditEvent): Members => (session === undefined ? {} : { session: { uid: session } })

const ofClass: Record<ClassName, (event: AuditEvent, teller: Teller) => Members> = {
  accountChange: (event) => ({ user: userOf(event) }),
  authentication: (event, { serviceName, issuer }) => ({
    user: userOf(event),
    service: { name: serviceName, uid: issuer },
    is_remote: true,
    ...(event.amr === undefined ? {} : { is_mfa: event.amr.includes('mfa') }),
    ...sessionOf(event),
  }),
  entityManagement: (event) => ({ entity: entityOf(event) }),
  apiActivity: (event, { serviceName, issuer }) => ({
    api: {
      operation: event.type,
      service: { name: serviceName, uid: issuer },
      ...(event.request === undefined ? {} : { request: { uid: event.request } }),
    },
    ...(event.user === undefined ? {} : { resources: [{ uid: event.user, type: 'user' }] }),
  }),
}

/** What it is about, the most particular first; for the realm's own settings and keys, the word that the type begins with. */
function entityOf(event: AuditEvent): Members {
  const named = (['authenticator', 'webhook', 'flow', 'client', 'user'] as const).find(
    (each) => event[each] !== undefined,
  )
  const type = event.type.split('.')[0] ?? event.type
  return named === undefined ? { name: type, type } : { uid: event[named], type }
}

function unmapped(event: AuditEvent): Members {
  const known: readonly (keyof AuditEvent)[] = [
    ...([
      'client',
      'authenticator',
      'authenticators',
      'aaguid',
      'externalId',
      'serialNumber',
      'flow',
      'webhook',
    ] as const),
    ...(['message', 'requested', 'target', 'targetLevel', 'achieved', 'achievedLevel', 'amr', 'ages'] as const),
  ]
  const rest = known.filter((member) => event[member] !== undefined)
  return rest.length === 0 ? {} : { unmapped: Object.fromEntries(rest.map((member) => [member, event[member]])) }
}
