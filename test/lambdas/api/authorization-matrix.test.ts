/**
 * Who may call what: each route of the API by each role, without one, and at each level. The tables are written out here and
 * not taken from the code: a route or a scope that is new fails until somebody says whose it is.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../../lambdas/routes.ts'
import type { Role, User } from '../../../src/core/user.ts'
import { type House, openHouse, type Reply } from '../../house.ts'
import { personToken } from '../../person-token.ts'

/** A: administrator, O: operator, R: auditor, who reads. `!`: behind a fresh sign-in at the sensitive level. */
const whose = {
  'users:read': 'AOR',
  'users:write': 'AO',
  'roles:write': 'A!',
  'authenticators:read': 'AOR',
  'authenticators:write': 'AO',
  'authenticators:break-glass': 'A!',
  'otp:read': 'AOR',
  'otp:write': 'AO',
  'sessions:read': 'AOR',
  'sessions:write': 'AO',
  'consents:read': 'AOR',
  'consents:write': 'AO',
  'flows:read': 'AOR',
  'flows:write': 'A!',
  'policy:read': 'AOR',
  'policy:write': 'A!',
  'step-up:explain': 'AOR',
  'clients:read': 'AOR',
  'clients:write': 'A!',
  'settings:read': 'AOR',
  'settings:write': 'A!',
  'api-keys:read': 'AR',
  'api-keys:write': 'A!',
  'webhooks:read': 'AR',
  'webhooks:write': 'A!',
  'audit:read': 'AOR',
  'statistics:read': 'AOR',
} as const
type Scope = keyof typeof whose

const scopes: Record<string, Scope> = {
  'users-list': 'users:read',
  'users-read': 'users:read',
  'users-create': 'users:write',
  'users-change': 'users:write',
  'users-delete': 'users:write',
  'users-roles': 'roles:write',
  'users-password': 'users:write',
  'users-unlock': 'users:write',
  'authenticators-search': 'authenticators:read',
  'authenticators-list': 'authenticators:read',
  'authenticators-read': 'authenticators:read',
  'authenticators-bulk': 'authenticators:write',
  'authenticators-import': 'authenticators:write',
  'creation-options': 'authenticators:write',
  'authenticators-change': 'authenticators:write',
  'authenticators-delete': 'authenticators:write',
  'fido-models': 'authenticators:read',
  'break-glass': 'authenticators:break-glass',
  'one-time-passwords-bulk': 'otp:write',
  'one-time-passwords-import': 'otp:write',
  'one-time-passwords-list': 'otp:read',
  'one-time-passwords-read': 'otp:read',
  'one-time-passwords-change': 'otp:write',
  'one-time-passwords-delete': 'otp:write',
  'flows-list': 'flows:read',
  'flows-create': 'flows:write',
  'flows-read': 'flows:read',
  'flows-change': 'flows:write',
  'flows-delete': 'flows:write',
  'flows-duplicate': 'flows:write',
  'flows-bind': 'flows:write',
  'policy-read': 'policy:read',
  'policy-change': 'policy:write',
  'client-policy-read': 'policy:read',
  'client-policy-change': 'policy:write',
  'clients-list': 'clients:read',
  'clients-create': 'clients:write',
  'clients-read': 'clients:read',
  'clients-change': 'clients:write',
  'clients-delete': 'clients:write',
  'client-secrets': 'clients:read',
  'client-secret-rotate': 'clients:write',
  'client-secret-end': 'clients:write',
  'sessions-list': 'sessions:read',
  'sessions-end': 'sessions:write',
  'sessions-end-all': 'sessions:write',
  'consents-list': 'consents:read',
  'consents-withdraw': 'consents:write',
  explain: 'step-up:explain',
  'settings-read': 'settings:read',
  'settings-change': 'settings:write',
  'api-keys-list': 'api-keys:read',
  'api-keys-create': 'api-keys:write',
  'api-keys-read': 'api-keys:read',
  'api-keys-change': 'api-keys:write',
  'api-keys-revoke': 'api-keys:write',
  'mails-list': 'settings:read',
  'mails-read': 'settings:read',
  'mails-test': 'settings:write',
  'statistics-read': 'statistics:read',
  'webhooks-list': 'webhooks:read',
  'webhooks-create': 'webhooks:write',
  'webhooks-read': 'webhooks:read',
  'webhooks-change': 'webhooks:write',
  'webhooks-delete': 'webhooks:write',
  'webhook-secret': 'webhooks:write',
  'webhook-test': 'webhooks:write',
  'webhook-deliveries': 'webhooks:read',
  'webhook-resend': 'webhooks:write',
  'logs-list': 'audit:read',
  'logs-read': 'audit:read',
  'logs-export': 'audit:read',
  'scim-users-list': 'users:read',
  'scim-users-search': 'users:read',
  'scim-users-create': 'users:write',
  'scim-users-read': 'users:read',
  'scim-users-replace': 'users:write',
  'scim-users-patch': 'users:write',
  'scim-users-delete': 'users:write',
  'scim-groups': 'users:read',
}

/** They tell a webhook what it is told anyhow: the console's level will do. */
const lesser = ['webhook-test', 'webhook-resend']

/** Everybody's who may call at all: it says who they are. */
const anybodys = ['caller']

const managed = routes.filter(
  ({ caller, path, name, host }) =>
    caller === 'api' && !path.includes('/me') && !anybodys.includes(name) && host === undefined,
)
const letters: Record<Role, string> = { administrator: 'A', operator: 'O', auditor: 'R' }
const roles = Object.keys(letters) as Role[]

let house: House
let staff: Record<Role, User>
let nobodyInParticular: User

beforeAll(async () => {
  house = await openHouse()
  const made = roles.map(async (role) => [role, await house.addUser({ userName: role, roles: [role] })] as const)
  staff = Object.fromEntries(await Promise.all(made)) as Record<Role, User>
  nobodyInParticular = await house.addUser({ userName: 'anybody' })
})
afterAll(() => house.close())

/** At a place where nothing is: who may not is told before it is looked for. */
const targetOf = (path: string): string =>
  path.replace('{tenantCode}', 'demo').replaceAll(/\{\w+\+?\}/g, 'nothing-is-here')

type Body = { code?: string }

/** By the challenge: a refusal of SCIM has no code (RFC 6750 §3.1). */
const refusalOf = ({ status, headers }: Reply<Body>): string =>
  `${status} ${/error="(\w+)"/.exec(headers['www-authenticate'] ?? '')?.[1] ?? ''}`
type Level = Parameters<typeof personToken>[2]

async function call(route: (typeof managed)[number], user: User, level: Level = {}) {
  const { headers } = await personToken(house, user, level)
  const body = route.method === 'GET' || route.method === 'DELETE' ? {} : { body: { nothing: 'of use' } }
  return house.invoke<Body>(route.method, targetOf(route.path), { headers, ...body })
}

describe('who may call what', () => {
  it('names each route of the API', () => {
    expect(Object.keys(scopes).sort()).toEqual([...new Set(managed.map(({ name }) => name))].sort())
  })

  describe.each(roles)('%s', (role) => {
    it.each(managed.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (_, route) => {
      const scope = scopes[route.name] as Scope
      const reply = await call(route, staff[role])
      if (whose[scope].includes(letters[role])) {
        expect(reply.status).not.toBe(401)
        expect(refusalOf(reply)).not.toContain('insufficient_scope')
        expect(reply.status).toBeLessThan(500)
      } else {
        expect(refusalOf(reply)).toBe('403 insufficient_scope')
      }
    })
  })

  it.each(managed.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'nobody without a role: %s',
    async (_, route) => {
      const reply = await call(route, nobodyInParticular)
      expect(refusalOf(reply)).toBe('403 insufficient_scope')
    },
  )

  it.each(managed.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'at which level: %s',
    async (_, route) => {
      const isSensitive = whose[scopes[route.name] as Scope].endsWith('!') && !lesser.includes(route.name)
      const challenge = async (level: Level) => {
        const { status, headers } = await call(route, staff.administrator, level)
        return status === 401 ? headers['www-authenticate'] : undefined
      }
      const asked = isSensitive ? 'acr_values="fido", max_age="300"' : 'acr_values="otp"'
      expect(await challenge({ acr: 'pwd' })).toContain(asked)
      expect(await challenge({ acr: null })).toContain(asked)
      const [better, older] = [await challenge({ acr: 'otp' }), await challenge({ age: 301 })]
      if (isSensitive) expect([better, older]).toEqual([expect.stringContaining(asked), expect.stringContaining(asked)])
      else expect([better, older]).toEqual([undefined, undefined])
    },
  )
})
