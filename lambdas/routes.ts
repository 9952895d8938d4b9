/**
 * THE table of routes. `lib/` builds API Gateway, the functions and their roles from it, `local/` serves it, `test/`
 * checks rights and answers against it. There is no second list.
 *
 * A Lambda is a rights boundary: routes that touch the same tables and secrets share one, so that a sign-in meets few
 * cold starts and each role holds only what its boundary needs.
 */
import type { Table } from '../lib/tables.ts'

/**
 * read: GetItem, BatchGetItem, Query · check: ConditionCheckItem · put, update, delete: that action alone.
 * An index may be queried where `index` is named.
 */
export type Access = 'read' | 'index' | 'check' | 'put' | 'update' | 'delete'

/** What a route needs beside the tables. `sign` unwraps signing keys (kms:Decrypt), `mail` sends (ses:SendEmail). */
export type Right = 'sign' | 'mail'

/**
 * Who may call: anyone; a person's browser (cookies, same-origin posts); an OAuth client; the bearer of an access
 * token; a Credential Management System with an API key or a client-credentials token.
 */
export type Caller = 'anyone' | 'browser' | 'client' | 'bearer' | 'cms'

/** Requests a second, and how many at once beyond it: a login flood cannot starve token and JWKS. */
export type Throttle = { rate: number; burst: number }

export type Lambda =
  | 'authorize'
  | 'login'
  | 'webauthn'
  | 'activation'
  | 'token'
  | 'resource'
  | 'logout'
  | 'metadata'
  | 'authenticators'

export type Route = {
  /** The word that names the route in the log and in its tests. */
  name: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** API Gateway's form: `{name}` is one segment. */
  path: string
  /** Below `lambdas/`. The module exports `handle`. */
  file: string
  lambda: Lambda
  caller: Caller
  tables: Partial<Record<Table, readonly Access[]>>
  rights?: readonly Right[]
  throttle: Throttle
}

const pages: Throttle = { rate: 50, burst: 100 }
const proofs: Throttle = { rate: 20, burst: 40 }
const machines: Throttle = { rate: 200, burst: 400 }
const documents: Throttle = { rate: 500, burst: 1000 }
const imports: Throttle = { rate: 25, burst: 50 }

const tenant = '/api/v1/tenants/{tenantCode}'
const ofUser = `${tenant}/users/{userId}`

const audit = { audit: ['put'] } as const
const readCms = { config: ['read', 'update'], people: ['read', 'index'], ...audit } as const
const writeCms = {
  config: ['read', 'update'],
  people: ['read', 'check', 'put', 'update', 'delete'],
  sessions: ['read', 'index', 'put', 'update', 'delete'],
  ...audit,
} as const
const finishing = {
  config: ['read'],
  people: ['read', 'check', 'put', 'update', 'delete'],
  sessions: ['read', 'check', 'put', 'update', 'delete'],
  ...audit,
} as const

export const routes = [
  // metadata: what anybody may know
  {
    name: 'home',
    method: 'GET',
    path: '/',
    file: 'metadata/home.ts',
    lambda: 'metadata',
    caller: 'anyone',
    tables: {},
    throttle: documents,
  },
  {
    name: 'discovery',
    method: 'GET',
    path: '/.well-known/openid-configuration',
    file: 'metadata/discovery.ts',
    lambda: 'metadata',
    caller: 'anyone',
    tables: { config: ['read'] },
    throttle: documents,
  },
  {
    name: 'jwks',
    method: 'GET',
    path: '/jwks',
    file: 'metadata/jwks.ts',
    lambda: 'metadata',
    caller: 'anyone',
    tables: { config: ['read'] },
    throttle: documents,
  },
  {
    name: 'openapi',
    method: 'GET',
    path: '/openapi.json',
    file: 'metadata/openapi.ts',
    lambda: 'metadata',
    caller: 'anyone',
    tables: {},
    throttle: documents,
  },
  {
    name: 'assets',
    method: 'GET',
    path: '/assets/{file}',
    file: 'metadata/assets.ts',
    lambda: 'metadata',
    caller: 'anyone',
    tables: {},
    throttle: documents,
  },

  // authorize: where an application sends the browser
  {
    name: 'authorize',
    method: 'GET',
    path: '/authorize',
    file: 'oidc/authorize.ts',
    lambda: 'authorize',
    caller: 'browser',
    tables: finishing,
    throttle: pages,
  },
  {
    name: 'authorize',
    method: 'POST',
    path: '/authorize',
    file: 'oidc/authorize.ts',
    lambda: 'authorize',
    caller: 'browser',
    tables: finishing,
    throttle: pages,
  },

  // login: the hosted pages
  {
    name: 'login-page',
    method: 'GET',
    path: '/login/{login}',
    file: 'login/page.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: pages,
  },
  {
    name: 'login-username',
    method: 'POST',
    path: '/login/{login}/username',
    file: 'login/username.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'login-password',
    method: 'POST',
    path: '/login/{login}/password',
    file: 'login/password.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'login-method',
    method: 'POST',
    path: '/login/{login}/method',
    file: 'login/method.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'login-cancel',
    method: 'POST',
    path: '/login/{login}/cancel',
    file: 'login/cancel.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'login-restart',
    method: 'POST',
    path: '/login/{login}/restart',
    file: 'login/restart.ts',
    lambda: 'login',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'login-webauthn',
    method: 'POST',
    path: '/login/{login}/webauthn',
    file: 'login/webauthn.ts',
    lambda: 'webauthn',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },

  // activation: a pending key becomes its user's
  {
    name: 'activation-start',
    method: 'POST',
    path: '/login/{login}/activation',
    file: 'activation/start.ts',
    lambda: 'activation',
    caller: 'browser',
    tables: finishing,
    rights: ['mail'],
    throttle: proofs,
  },
  {
    name: 'activation-skip',
    method: 'POST',
    path: '/login/{login}/activation/skip',
    file: 'activation/skip.ts',
    lambda: 'activation',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'activation-code',
    method: 'POST',
    path: '/login/{login}/activation/code',
    file: 'activation/code.ts',
    lambda: 'activation',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'activation-password',
    method: 'POST',
    path: '/login/{login}/activation/password',
    file: 'activation/password.ts',
    lambda: 'activation',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'activation-ceremony',
    method: 'POST',
    path: '/login/{login}/activation/ceremony',
    file: 'activation/ceremony.ts',
    lambda: 'webauthn',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },
  {
    name: 'activation-nickname',
    method: 'POST',
    path: '/login/{login}/activation/nickname',
    file: 'activation/nickname.ts',
    lambda: 'activation',
    caller: 'browser',
    tables: finishing,
    throttle: proofs,
  },

  // token and resource: what applications and their services call
  {
    name: 'token',
    method: 'POST',
    path: '/token',
    file: 'oidc/token.ts',
    lambda: 'token',
    caller: 'client',
    tables: { config: ['read'], people: ['read', 'check'], sessions: ['read', 'check', 'put', 'update'], ...audit },
    rights: ['sign'],
    throttle: machines,
  },
  {
    name: 'userinfo',
    method: 'GET',
    path: '/userinfo',
    file: 'oidc/userinfo.ts',
    lambda: 'resource',
    caller: 'bearer',
    tables: { config: ['read'], people: ['read'], sessions: ['read'] },
    throttle: machines,
  },
  {
    name: 'userinfo',
    method: 'POST',
    path: '/userinfo',
    file: 'oidc/userinfo.ts',
    lambda: 'resource',
    caller: 'bearer',
    tables: { config: ['read'], people: ['read'], sessions: ['read'] },
    throttle: machines,
  },
  {
    name: 'logout',
    method: 'GET',
    path: '/logout',
    file: 'oidc/logout.ts',
    lambda: 'logout',
    caller: 'browser',
    tables: { config: ['read'], sessions: ['read', 'delete'], ...audit },
    throttle: pages,
  },
  {
    name: 'logout',
    method: 'POST',
    path: '/logout',
    file: 'oidc/logout.ts',
    lambda: 'logout',
    caller: 'browser',
    tables: { config: ['read'], sessions: ['read', 'delete'], ...audit },
    throttle: pages,
  },

  // authenticators: what a Credential Management System calls
  {
    name: 'users-list',
    method: 'GET',
    path: `${tenant}/users`,
    file: 'authenticators/users-list.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: readCms,
    throttle: imports,
  },
  {
    name: 'users-read',
    method: 'GET',
    path: ofUser,
    file: 'authenticators/users-read.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: readCms,
    throttle: imports,
  },
  {
    name: 'authenticators-search',
    method: 'GET',
    path: `${tenant}/authenticators`,
    file: 'authenticators/search.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: readCms,
    throttle: imports,
  },
  {
    name: 'authenticators-bulk',
    method: 'POST',
    path: `${tenant}/authenticators:import`,
    file: 'authenticators/bulk.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: writeCms,
    throttle: imports,
  },
  {
    name: 'authenticators-list',
    method: 'GET',
    path: `${ofUser}/authenticators`,
    file: 'authenticators/list.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: readCms,
    throttle: imports,
  },
  {
    name: 'authenticators-import',
    method: 'POST',
    path: `${ofUser}/authenticators`,
    file: 'authenticators/import.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: writeCms,
    throttle: imports,
  },
  {
    name: 'authenticators-creation-options',
    method: 'GET',
    path: `${ofUser}/authenticators/creation-options`,
    file: 'authenticators/creation-options.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: writeCms,
    throttle: imports,
  },
  {
    name: 'authenticators-read',
    method: 'GET',
    path: `${ofUser}/authenticators/{authenticatorId}`,
    file: 'authenticators/read.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: readCms,
    throttle: imports,
  },
  {
    name: 'authenticators-change',
    method: 'PATCH',
    path: `${ofUser}/authenticators/{authenticatorId}`,
    file: 'authenticators/change.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: writeCms,
    throttle: imports,
  },
  {
    name: 'authenticators-delete',
    method: 'DELETE',
    path: `${ofUser}/authenticators/{authenticatorId}`,
    file: 'authenticators/delete.ts',
    lambda: 'authenticators',
    caller: 'cms',
    tables: writeCms,
    throttle: imports,
  },
] as const satisfies readonly Route[]

export type RouteName = (typeof routes)[number]['name']

export const routesOf = (lambda: Lambda): Route[] => routes.filter((route) => route.lambda === lambda)

export const lambdas: Lambda[] = [...new Set(routes.map((route) => route.lambda))]
