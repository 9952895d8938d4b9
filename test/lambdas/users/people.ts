/** A house for the tests of users: calls as a machine with every scope, and as people with a role. */
import type { Route } from '../../../lambdas/routes.ts'
import type { ApiScope } from '../../../src/core/api-key.ts'
import type { Role, User } from '../../../src/core/user.ts'
import { type HouseOptions, openHouse, type Reply, type Request } from '../../house.ts'
import { personToken } from '../../person-token.ts'

export type Shown = {
  id: string
  userName: string
  displayName: string
  enabled: boolean
  roles: Role[]
  code?: string
  pointer?: string
  [member: string]: unknown
}

export type Page = { page: { items: Shown[]; pageSize: number }; links: { self: string; next?: string } }

export type Caller = <Body = Shown>(method: Route['method'], path: string, request?: Request) => Promise<Reply<Body>>

export type Office = Awaited<ReturnType<typeof openOffice>>

export async function openOffice(options: HouseOptions = {}) {
  const house = await openHouse(options)
  const withHeaders =
    (headers: Record<string, string>): Caller =>
    (method, path, request = {}) => {
      // Records of one second have no order.
      house.now += 1
      return house.invoke(method, `/api/v1/tenants/demo${path}`, {
        ...request,
        headers: { ...headers, ...request.headers },
      })
    }
  const key = await house.addApiKey()
  return {
    house,
    /** With every scope. */
    call: withHeaders({ apikey: key.shown }),
    withScopes: async (...scopes: ApiScope[]) => withHeaders({ apikey: (await house.addApiKey(scopes)).shown }),
    as: async (user: User) => withHeaders((await personToken(house, user)).headers),
    staff: (role: Role) => house.addUser({ roles: [role] }),
    events: async (user: { id: string }) => (await house.audit()).filter((event) => event.user === user.id),
  }
}
