/**
 * THE table of routes. `lib/` builds API Gateway, the functions and their roles from it, `local/` serves it, `test/`
 * checks rights and answers against it. There is no second list.
 *
 * A Lambda is a rights boundary: routes that touch the same tables and secrets share one, so that a sign-in meets few
 * cold starts and each role holds only what its boundary needs.
 */
import type { Table } from '../lib/tables.ts'

/**
 * get: BatchGetItem · query: Query of the table · index: Query of its indexes · check: ConditionCheckItem · put, update,
 * delete: that action on an item.
 */
export type Access = 'get' | 'query' | 'index' | 'check' | 'put' | 'update' | 'delete'

/**
 * What a route needs beside the tables. `sign` unwraps signing keys, `unseal` what the secrets of one-time passwords are
 * sealed with (kms:Decrypt, each with its encryption context), `mail` sends (ses:SendEmail), `directory` reads the secret of
 * the stage and asks the directory, in whose network its Lambda is.
 * `validate` reads the same secret and asks the token validator.
 * `set-up` puts the realm's record and API keys' (dynamodb, by leading key).
 * `configure` puts and updates the realm's record, and puts, updates and deletes clients' (dynamodb, by leading key).
 * `client-keys` reads the public keys of clients, at the addresses that they registered, and who certifies clients.
 * `webhooks` puts and deletes webhooks' records (dynamodb, by leading key), `enqueue` sends messages for them (sqs:SendMessage).
 * `prove` notes that a DPoP proof was shown (dynamodb:PutItem on sessions, by leading key).
 * `fetch` asks addresses that clients registered: public ones, and nothing inside.
 */
export type Right =
  | 'sign'
  | 'unseal'
  | 'mail'
  | 'directory'
  | 'validate'
  | 'set-up'
  | 'configure'
  | 'fetch'
  | 'webhooks'
  | 'enqueue'
  | 'client-keys'
  | 'prove'

/**
 * Who may call: anyone; a person's browser (cookies, same-origin posts); an OAuth client; the bearer of an access
 * token; whoever uses the API: a program with an API key or a client-credentials token, such as a Credential Management
 * System, or a person with a role, by the access token that their console was given.
 */
export type Caller = 'anyone' | 'browser' | 'client' | 'bearer' | 'api'

/** Requests a second, and how many at once beyond it: a login flood cannot starve token and JWKS. */
export type Throttle = { rate: number; burst: number }

export type Lambda =
  | 'authorize'
  | 'login'
  | 'password'
  | 'otp'
  | 'webauthn'
  | 'certificate'
  | 'activation'
  | 'token'
  | 'resource'
  | 'logout'
  | 'metadata'
  | 'description'
  | 'users'
  | 'authenticators'
  | 'management'
  | 'one-time-passwords'
  | 'account'
  | 'settings'
  | 'audit'
  | 'scim'

export type Route = {
  /** The word that names the route in the log and in its tests. */
  name: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** API Gateway's form: `{name}` is one segment, `{name+}` at the end all that are left. */
  path: string
  /** Below `lambdas/`. The module exports `handle`. */
  file: string
  lambda: Lambda
  /** `mtls`: on the host that asks for a certificate. Left out: on the issuer's. What is on both has a row for each. */
  host?: 'mtls'
  caller: Caller
  tables: Partial<Record<Table, readonly Access[]>>
  rights?: readonly Right[]
  throttle: Throttle
}

const documents: Throttle = { rate: 500, burst: 1000 }
const machines: Throttle = { rate: 200, burst: 400 }
const pages: Throttle = { rate: 50, burst: 100 }
const proofs: Throttle = { rate: 20, burst: 40 }
const imports: Throttle = { rate: 25, burst: 50 }

type Tables = Route['tables']

/** Who calls with access tokens: these may be bound to a key, and come with proofs of it (RFC 9449 §7). */
const showsTokens: ReadonlySet<Caller> = new Set(['bearer', 'api'])

/**
 * Who calls the API is read from an API key, whose last use is noted, or from an access token: its application, and for a
 * person's what it rests on: their grant, session, record and, where their standing moved, what they sign in with.
 */
const ofCaller = { config: ['get', 'update'], people: ['get', 'query'], sessions: ['get'] } as const satisfies Tables

const withCaller = (its: Tables): Tables => ({
  ...its,
  ...Object.fromEntries(
    (Object.keys(ofCaller) as (keyof typeof ofCaller)[]).map((table) => [
      table,
      [...new Set<Access>([...ofCaller[table], ...(its[table] ?? [])])],
    ]),
  ),
})

/** The routes of one boundary, a line each: its name, what it answers, and the file that does. */
const routesIn =
  (lambda: Lambda, caller: Caller, throttle: Throttle, tables: Tables = {}) =>
  (name: string, target: `${Route['method']} /${string}`, file: string, more: Partial<Route> = {}): Route => {
    const [method, path] = target.split(' ') as [Route['method'], string]
    const its = more.tables ?? tables
    const rights = [...(more.rights ?? []), ...(showsTokens.has(caller) ? (['prove'] as const) : [])]
    return {
      ...{ name, method, path, file, lambda, caller, throttle, ...more, rights },
      tables: caller === 'api' ? withCaller(its) : its,
    }
  }

const told = { audit: ['put'] } as const
const unsealing: Partial<Route> = { rights: ['unseal'] }

/** A step of a login may be its last one: then the session, the grant and the login are written with it. */
const finishing = { sessions: ['get', 'put', 'update', 'delete'], ...told } as const
const step = { config: ['get'], people: ['get', 'query', 'check', 'update'], ...finishing } as const

/** What a person allows an application is kept with them. */
const consenting = { ...step, people: [...step.people, 'put'] } as const

const known = routesIn('metadata', 'anyone', documents)
/** The description of the API is large, and what every client asks (keys, configuration) need not wait for it. */
const described = routesIn('description', 'anyone', machines)
const authorize = routesIn('authorize', 'browser', pages, {
  config: ['get', 'query'],
  people: ['query', 'check'],
  ...finishing,
})
const login = routesIn('login', 'browser', proofs, step)
const otp = routesIn('otp', 'browser', proofs, {
  ...step,
  config: ['get', 'query'],
  people: [...step.people, 'put'],
})
/** A person of the directory becomes a user at their first sign-in, and goes by another name when they do there. */
const password = routesIn('password', 'browser', proofs, { ...step, people: [...step.people, 'put', 'delete'] })
const webauthn = routesIn('webauthn', 'browser', proofs, step)
/** Behind the host that asks for certificates: it says what it was shown, and knows nothing of people. */
const certificate = routesIn('certificate', 'browser', proofs, { sessions: ['get', 'update'] })
const activation = routesIn('activation', 'browser', proofs, step)
const token = routesIn('token', 'client', machines, {
  config: ['get', 'query'],
  people: ['get', 'query', 'check'],
  sessions: ['get', 'check', 'put', 'update'],
  ...told,
})
/** In the token's Lambda because clients show their secrets there. */
const pushing = { config: ['get'], sessions: ['put'] } as const
/** The same; what it puts is that an assertion was used. */
const introspected = { config: ['get', 'query'], people: ['get', 'query'], sessions: ['get', 'put'] } as const
/** Tokens and grants of a client that is done with them. */
const revoked = { config: ['get', 'query'], sessions: ['get', 'put', 'update'], ...told } as const
/** It signs for clients that want userinfo as a JWT. */
const resource = routesIn('resource', 'bearer', machines, {
  config: ['get', 'query'],
  people: ['get', 'query'],
  sessions: ['get'],
})
/** Everywhere is all of the person's sessions: their number of an epoch, and the records that an index shows. */
const logout = routesIn('logout', 'browser', pages, {
  config: ['get', 'query'],
  people: ['get', 'update'],
  sessions: ['get', 'index', 'delete'],
  ...told,
})
const reading = routesIn('authenticators', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get', 'query', 'index'],
  ...told,
})
const managing = routesIn('authenticators', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get', 'query', 'check', 'put', 'update', 'delete'],
  sessions: ['get', 'index', 'put', 'delete'],
  ...told,
})

/** Each change is told. */
const administering = routesIn('management', 'api', imports, { config: ['get', 'query', 'update'] })
const configuring: Partial<Route> = {
  tables: { config: ['get', 'query', 'update'], ...told },
  rights: ['configure'],
}
/** What a registration names by its address is looked at. */
const registering: Partial<Route> = { ...configuring, rights: ['configure', 'fetch'] }

const ending: Partial<Route> = {
  tables: {
    config: ['get', 'query', 'update'],
    people: ['get', 'update'],
    sessions: ['index', 'delete'],
    ...told,
  },
}

const seeds = routesIn('one-time-passwords', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get', 'query', 'check', 'put', 'update', 'delete'],
  sessions: ['get', 'index', 'put', 'delete'],
  ...told,
})

/** What people do for themselves at the portal. */
const account = routesIn('account', 'api', pages, { config: ['get', 'query'], people: ['get', 'query'] })
/** One of theirs is made, renamed or taken away, with the sessions that it proved. */
const changingOwn: Partial<Route> = {
  tables: {
    config: ['get', 'query'],
    people: ['get', 'query', 'check', 'put', 'update', 'delete'],
    sessions: ['get', 'index', 'put', 'update', 'delete'],
    ...told,
  },
}
const unsealingOwn: Partial<Route> = { ...changingOwn, rights: ['unseal'] }

/** The only one that reads what happened, and it changes nothing but that it tells of an export. */
const auditing = routesIn('audit', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get'],
  audit: ['get', 'query', 'index'],
})

/** What the service is set to, and who may call it. */
const setting = routesIn('settings', 'api', imports, { config: ['get', 'query', 'update'] })
const settingUp: Partial<Route> = {
  tables: { config: ['get', 'query', 'update'], ...told },
  rights: ['set-up'],
}

/** Users, whoever manages them. A deletion takes all that is theirs along. */
const people = routesIn('users', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get', 'query', 'index', 'check', 'put', 'update', 'delete'],
  sessions: ['get', 'index', 'delete'],
  ...told,
})

/** What a directory of the organisation's makes, changes and takes away (SCIM). */
const provisioning = routesIn('scim', 'api', imports, {
  config: ['get', 'query', 'update'],
  people: ['get', 'query', 'index', 'check', 'put', 'update', 'delete'],
  sessions: ['get', 'index', 'delete'],
  ...told,
})
/** What of SCIM there is, anybody may know (RFC 7644 §4). */
const discovered = routesIn('scim', 'anyone', machines)

/** Webhooks are signed by secrets that are kept sealed. */
const hooking: Partial<Route> = {
  tables: { config: ['get', 'query', 'update'], ...told },
  rights: ['webhooks', 'unseal'],
}

const tenant = '/api/v1/tenants/{tenantCode}'
const ofUser = `${tenant}/users/{userId}` as const
const one = `${ofUser}/authenticators/{authenticatorId}` as const
const seed = `${ofUser}/one-time-passwords/{oneTimePasswordId}` as const
const sessionsOf = `${ofUser}/sessions` as const
const oneFlow = `${tenant}/flows/{flowId}` as const
const ofClient = `${tenant}/clients/{clientId}` as const
const consentsOf = `${ofUser}/consents` as const
const own = `${tenant}/me` as const
const oneOfOwn = `${own}/authenticators/{authenticatorId}` as const
const oneApiKey = `${tenant}/api-keys/{keyId}` as const
const oneMail = `${tenant}/mails/{template}` as const

const scim = '/scim/v2'
const scimUser = `${scim}/Users/{userId}` as const

const oneWebhook = `${tenant}/webhooks/{webhookId}` as const

const rows: readonly Route[] = [
  // What anybody may know.
  known('home', 'GET /', 'metadata/home.ts'),
  known('discovery', 'GET /.well-known/openid-configuration', 'metadata/discovery.ts', { tables: { config: ['get'] } }),
  known('jwks', 'GET /jwks', 'metadata/jwks.ts', { tables: { config: ['query'] } }),
  described('openapi', 'GET /openapi.json', 'metadata/openapi.ts'),
  described('api-page', 'GET /docs/api', 'metadata/api-page.ts'),
  known('assets', 'GET /assets/{file}', 'metadata/assets.ts'),
  known('console', 'GET /console', 'metadata/console.ts'),
  known('console', 'GET /console/{rest+}', 'metadata/console.ts'),
  known('portal', 'GET /portal', 'metadata/portal.ts'),
  known('portal', 'GET /portal/{rest+}', 'metadata/portal.ts'),

  // Where an application sends the browser.
  authorize('authorize', 'GET /authorize', 'oidc/authorize.ts', { rights: ['client-keys'] }),
  authorize('authorize', 'POST /authorize', 'oidc/authorize.ts', { rights: ['client-keys'] }),

  // The hosted pages.
  login('login-page', 'GET /login/{login}', 'login/page.ts', { throttle: pages }),
  login('login-username', 'POST /login/{login}/username', 'login/username.ts'),
  password('login-password', 'POST /login/{login}/password', 'login/password.ts', { rights: ['directory'] }),
  login('login-method', 'POST /login/{login}/method', 'login/method.ts'),
  login('login-cancel', 'POST /login/{login}/cancel', 'login/cancel.ts'),
  login('login-restart', 'POST /login/{login}/restart', 'login/restart.ts'),
  otp('login-otp', 'POST /login/{login}/otp', 'login/otp.ts', { rights: ['unseal', 'validate'] }),
  otp('otp-enrolment', 'GET /login/{login}/otp-enrolment', 'login/otp-enrolment.ts', unsealing),
  otp('otp-enrolment', 'POST /login/{login}/otp-enrolment', 'login/otp-enrolment.ts', unsealing),
  otp('recovery-codes', 'GET /login/{login}/recovery-codes', 'login/recovery-codes.ts', unsealing),
  otp('recovery-codes', 'POST /login/{login}/recovery-codes', 'login/recovery-codes.ts', unsealing),
  login('login-consent', 'POST /login/{login}/consent', 'login/consent.ts', { tables: consenting }),
  login('login-certificate', 'POST /login/{login}/certificate', 'login/certificate.ts'),
  login('login-certificate-ticket', 'GET /login/{login}/certificate', 'login/certificate-ticket.ts'),
  certificate('certificate-examine', 'GET /certificate/{handoff}', 'certificate/examine.ts', { host: 'mtls' }),
  webauthn('login-webauthn', 'POST /login/{login}/webauthn', 'login/webauthn.ts'),

  // A pending key becomes its user's.
  activation('activation-start', 'POST /login/{login}/activation', 'activation/start.ts', { rights: ['mail'] }),
  activation('activation-skip', 'POST /login/{login}/activation/skip', 'activation/skip.ts'),
  activation('activation-code', 'POST /login/{login}/activation/code', 'activation/code.ts'),
  password('activation-password', 'POST /login/{login}/activation/password', 'activation/password.ts', {
    rights: ['directory'],
  }),
  webauthn('activation-ceremony', 'POST /login/{login}/activation/ceremony', 'activation/ceremony.ts'),
  activation('activation-nickname', 'POST /login/{login}/activation/nickname', 'activation/nickname.ts'),

  // What applications and their services call.
  token('token', 'POST /token', 'oidc/token.ts', { rights: ['sign', 'client-keys'] }),
  token('par', 'POST /par', 'oidc/par.ts', { tables: pushing, rights: ['client-keys'] }),
  token('introspect', 'POST /introspect', 'oidc/introspect.ts', {
    tables: introspected,
    rights: ['client-keys'],
  }),
  token('revoke', 'POST /revoke', 'oidc/revoke.ts', { tables: revoked, rights: ['client-keys'] }),
  resource('userinfo', 'GET /userinfo', 'oidc/userinfo.ts', { rights: ['sign'] }),
  resource('userinfo', 'POST /userinfo', 'oidc/userinfo.ts', { rights: ['sign'] }),
  logout('logout', 'GET /logout', 'oidc/logout.ts'),
  logout('logout', 'POST /logout', 'oidc/logout.ts'),

  // Who there is: looked for, made, changed, and gone.
  people('users-list', `GET ${tenant}/users`, 'users/list.ts'),
  people('users-create', `POST ${tenant}/users`, 'users/create.ts'),
  people('users-read', `GET ${ofUser}`, 'users/read.ts'),
  people('users-change', `PATCH ${ofUser}`, 'users/change.ts'),
  people('users-delete', `DELETE ${ofUser}`, 'users/delete.ts'),
  people('users-roles', `PUT ${ofUser}/roles`, 'users/roles.ts'),
  people('users-password', `POST ${ofUser}/password`, 'users/password.ts'),
  people('users-unlock', `POST ${ofUser}/unlock`, 'users/unlock.ts'),

  // What a Credential Management System calls.
  reading('authenticators-search', `GET ${tenant}/authenticators`, 'authenticators/search.ts'),
  reading('authenticators-list', `GET ${ofUser}/authenticators`, 'authenticators/list.ts'),
  reading('authenticators-read', `GET ${one}`, 'authenticators/read.ts'),
  reading('fido-models', `GET ${tenant}/fido-models`, 'authenticators/models.ts'),
  managing('authenticators-bulk', `POST ${tenant}/authenticators:import`, 'authenticators/bulk.ts'),
  managing('authenticators-import', `POST ${ofUser}/authenticators`, 'authenticators/import.ts'),
  managing('creation-options', `GET ${ofUser}/authenticators/creation-options`, 'authenticators/creation-options.ts'),
  managing('authenticators-change', `PATCH ${one}`, 'authenticators/change.ts'),
  managing('authenticators-delete', `DELETE ${one}`, 'authenticators/delete.ts'),
  managing('break-glass', `POST ${one}/break-glass`, 'authenticators/break-glass.ts'),

  // What a vendor's file or another identity provider hands over.
  seeds('one-time-passwords-bulk', `POST ${tenant}/one-time-passwords:import`, 'one-time-passwords/bulk.ts', unsealing),
  seeds('one-time-passwords-import', `POST ${ofUser}/one-time-passwords`, 'one-time-passwords/import.ts', unsealing),
  seeds('one-time-passwords-list', `GET ${ofUser}/one-time-passwords`, 'one-time-passwords/list.ts'),
  seeds('one-time-passwords-read', `GET ${seed}`, 'one-time-passwords/read.ts'),
  seeds('one-time-passwords-change', `PATCH ${seed}`, 'one-time-passwords/change.ts'),
  seeds('one-time-passwords-delete', `DELETE ${seed}`, 'one-time-passwords/delete.ts'),

  administering('caller', `GET ${tenant}/caller`, 'management/caller.ts'),

  // What administers step-up: flows, ACR maps, policies, and why somebody was asked.
  administering('flows-list', `GET ${tenant}/flows`, 'management/flows-list.ts'),
  administering('flows-create', `POST ${tenant}/flows`, 'management/flows-create.ts', configuring),
  administering('flows-read', `GET ${oneFlow}`, 'management/flows-read.ts'),
  administering('flows-change', `PUT ${oneFlow}`, 'management/flows-change.ts', configuring),
  administering('flows-delete', `DELETE ${oneFlow}`, 'management/flows-delete.ts', configuring),
  administering('flows-duplicate', `POST ${oneFlow}/duplicate`, 'management/flows-duplicate.ts', configuring),
  administering('flows-bind', `PUT ${tenant}/browser-flow`, 'management/flows-bind.ts', configuring),
  administering('policy-read', `GET ${tenant}/step-up-policy`, 'management/policy-read.ts'),
  administering('policy-change', `PUT ${tenant}/step-up-policy`, 'management/policy-change.ts', configuring),
  administering('client-policy-read', `GET ${ofClient}/step-up-policy`, 'management/client-policy-read.ts'),
  administering(
    'client-policy-change',
    `PUT ${ofClient}/step-up-policy`,
    'management/client-policy-change.ts',
    configuring,
  ),

  // What registers applications.
  administering('clients-list', `GET ${tenant}/clients`, 'management/clients-list.ts'),
  administering('clients-create', `POST ${tenant}/clients`, 'management/clients-create.ts', {
    ...registering,
    tables: { ...configuring.tables, people: ['get'] },
  }),
  administering('clients-read', `GET ${ofClient}`, 'management/clients-read.ts'),
  administering('clients-change', `PUT ${ofClient}`, 'management/clients-change.ts', registering),
  administering('clients-delete', `DELETE ${ofClient}`, 'management/clients-delete.ts', configuring),
  administering('client-secrets', `GET ${ofClient}/secrets`, 'management/client-secrets.ts'),
  administering('client-secret-rotate', `POST ${ofClient}/secrets`, 'management/client-secret-rotate.ts', configuring),
  administering(
    'client-secret-end',
    `DELETE ${ofClient}/secrets/retiring`,
    'management/client-secret-end.ts',
    configuring,
  ),

  // What people do for themselves.
  account('me', `GET ${own}`, 'account/me.ts'),
  account('own-authenticators', `GET ${own}/authenticators`, 'account/authenticators-list.ts'),
  account(
    'own-authenticators-begin',
    `POST ${own}/authenticators/creation-options`,
    'account/authenticators-begin.ts',
    changingOwn,
  ),
  account('own-authenticators-add', `POST ${own}/authenticators`, 'account/authenticators-add.ts', changingOwn),
  account('own-authenticators-change', `PATCH ${oneOfOwn}`, 'account/authenticators-change.ts', changingOwn),
  account('own-authenticators-delete', `DELETE ${oneOfOwn}`, 'account/authenticators-delete.ts', changingOwn),
  account('own-codes-begin', `POST ${own}/one-time-passwords/enrolments`, 'account/otp-begin.ts', unsealingOwn),
  account('own-codes-add', `POST ${own}/one-time-passwords`, 'account/otp-add.ts', unsealingOwn),
  account('own-recovery-codes', `POST ${own}/recovery-codes`, 'account/recovery-codes.ts', unsealingOwn),
  account('own-sessions', `GET ${own}/sessions`, 'account/sessions-list.ts', {
    tables: { config: ['get', 'query'], people: ['get', 'query'], sessions: ['index'] },
  }),
  account('own-sessions-end', `DELETE ${own}/sessions/{sessionId}`, 'account/sessions-end.ts', changingOwn),
  account('own-sessions-end-all', `DELETE ${own}/sessions`, 'account/sessions-end-all.ts', changingOwn),
  account('own-elevation-drop', `DELETE ${own}/elevation`, 'account/elevation-drop.ts', changingOwn),
  account('own-consents', `GET ${own}/consents`, 'account/consents-list.ts'),
  account('own-consents-withdraw', `DELETE ${own}/consents/{clientId}`, 'account/consents-withdraw.ts', changingOwn),
  auditing('own-activity', `GET ${own}/activity`, 'account/activity.ts'),

  administering('sessions-list', `GET ${sessionsOf}`, 'management/sessions-list.ts', {
    tables: { config: ['get', 'query', 'update'], people: ['get'], sessions: ['index'] },
  }),
  administering('sessions-end', `DELETE ${sessionsOf}/{sessionId}`, 'management/sessions-end.ts', ending),
  administering('sessions-end-all', `DELETE ${sessionsOf}`, 'management/sessions-end-all.ts', ending),
  administering('consents-list', `GET ${consentsOf}`, 'management/consents-list.ts', {
    tables: { config: ['get', 'query', 'update'], people: ['get', 'query'] },
  }),
  administering('consents-withdraw', `DELETE ${consentsOf}/{clientId}`, 'management/consents-withdraw.ts', {
    tables: { config: ['get', 'query', 'update'], people: ['get', 'query', 'update', 'delete'], ...told },
  }),
  // Who outside is told of what happens.
  setting('webhooks-list', `GET ${tenant}/webhooks`, 'webhooks/list.ts'),
  setting('webhooks-create', `POST ${tenant}/webhooks`, 'webhooks/create.ts', hooking),
  setting('webhooks-read', `GET ${oneWebhook}`, 'webhooks/read.ts'),
  setting('webhooks-change', `PUT ${oneWebhook}`, 'webhooks/change.ts', hooking),
  setting('webhooks-delete', `DELETE ${oneWebhook}`, 'webhooks/delete.ts', hooking),
  setting('webhook-secret', `POST ${oneWebhook}/secret`, 'webhooks/rotate-secret.ts', hooking),
  setting('webhook-test', `POST ${oneWebhook}/test`, 'webhooks/test.ts', {
    ...hooking,
    rights: ['unseal', 'fetch'],
  }),
  // What became of it is in the audit log, and so is what is told again.
  auditing('webhook-deliveries', `GET ${oneWebhook}/deliveries`, 'webhooks/deliveries-list.ts'),
  auditing('webhook-resend', `POST ${oneWebhook}/deliveries/{messageId}/resend`, 'webhooks/resend.ts', {
    tables: { config: ['get', 'query', 'update'], audit: ['get', 'put'] },
    rights: ['enqueue'],
  }),

  // What happened.
  auditing('logs-list', `GET ${tenant}/logs`, 'audit/logs-list.ts'),
  auditing('logs-export', `GET ${tenant}/logs/export`, 'audit/logs-export.ts', {
    tables: { config: ['get', 'query', 'update'], audit: ['get', 'query', 'index', 'put'] },
  }),
  auditing('logs-read', `GET ${tenant}/logs/{logId}`, 'audit/logs-read.ts'),

  administering('explain', `POST ${tenant}/explain`, 'management/explain.ts', {
    tables: {
      config: ['get', 'query', 'update'],
      people: ['get', 'query'],
      sessions: ['get'],
      ...told,
    },
  }),
  // What the audit log comes to. Its counts are beside the realm, so that who reads them needs no right to the log.
  administering('statistics-read', `GET ${tenant}/statistics`, 'management/statistics-read.ts'),

  // What the service is set to, and who may call it.
  setting('settings-read', `GET ${tenant}/settings`, 'settings/read.ts'),
  setting('settings-change', `PUT ${tenant}/settings`, 'settings/change.ts', settingUp),
  setting('api-keys-list', `GET ${tenant}/api-keys`, 'settings/api-keys-list.ts'),
  setting('api-keys-create', `POST ${tenant}/api-keys`, 'settings/api-keys-create.ts', settingUp),
  setting('api-keys-read', `GET ${oneApiKey}`, 'settings/api-keys-read.ts'),
  setting('api-keys-change', `PATCH ${oneApiKey}`, 'settings/api-keys-change.ts', settingUp),
  setting('api-keys-revoke', `DELETE ${oneApiKey}`, 'settings/api-keys-revoke.ts', settingUp),
  setting('mails-list', `GET ${tenant}/mails`, 'settings/mails-list.ts'),
  setting('mails-read', `GET ${oneMail}`, 'settings/mails-read.ts'),
  setting('mails-test', `POST ${oneMail}/test`, 'settings/mails-test.ts', {
    tables: { config: ['get', 'update'], people: ['update'], ...told },
    rights: ['mail'],
  }),

  // What a directory of the organisation's calls (RFC 7644).
  provisioning('scim-users-list', `GET ${scim}/Users`, 'scim/users-list.ts'),
  provisioning('scim-users-search', `POST ${scim}/Users/.search`, 'scim/users-search.ts'),
  provisioning('scim-users-create', `POST ${scim}/Users`, 'scim/users-create.ts'),
  provisioning('scim-users-read', `GET ${scimUser}`, 'scim/users-read.ts'),
  provisioning('scim-users-replace', `PUT ${scimUser}`, 'scim/users-replace.ts'),
  provisioning('scim-users-patch', `PATCH ${scimUser}`, 'scim/users-patch.ts'),
  provisioning('scim-users-delete', `DELETE ${scimUser}`, 'scim/users-delete.ts'),
  provisioning('scim-groups', `GET ${scim}/Groups`, 'scim/groups.ts'),
  discovered('scim-config', `GET ${scim}/ServiceProviderConfig`, 'scim/service-provider-config.ts'),
  discovered('scim-resource-types', `GET ${scim}/ResourceTypes`, 'scim/resource-types.ts'),
  discovered('scim-resource-type', `GET ${scim}/ResourceTypes/{resourceType}`, 'scim/resource-types.ts'),
  discovered('scim-schemas', `GET ${scim}/Schemas`, 'scim/schemas.ts'),
  discovered('scim-schema', `GET ${scim}/Schemas/{schema}`, 'scim/schemas.ts'),

  // What is asked of the API and is not there, whatever it is: said as the API says things.
  ...(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method) => [
    described('api-otherwise', `${method} /api/{rest+}`, 'metadata/otherwise.ts'),
    described('scim-otherwise', `${method} /scim/{rest+}`, 'metadata/otherwise.ts'),
  ]),
]

/** Where a client may show a certificate of its own, or a token that is bound to one: on both hosts (RFC 8705 §5). */
const onBothHosts = new Set(['token', 'par', 'introspect', 'revoke', 'userinfo'])

export const routes: readonly Route[] = [
  ...rows,
  ...rows.filter(({ name }) => onBothHosts.has(name)).map((row): Route => ({ ...row, host: 'mtls' })),
]

export const routesOf = (lambda: Lambda): Route[] => routes.filter((route) => route.lambda === lambda)

export const lambdas: Lambda[] = [...new Set(routes.map((route) => route.lambda))]
