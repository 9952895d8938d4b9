/** A directory that provisions users, for the tests: a house, and requests as SCIM clients send them. */
import type { Route } from '../../../lambdas/routes.ts'
import { type House, type HouseOptions, openHouse, type Reply } from '../../house.ts'

export type Resource = {
  id: string
  userName: string
  active: boolean
  meta: { version: string; location: string }
  [member: string]: unknown
}
export type Listed = {
  schemas: string[]
  totalResults?: number
  startIndex?: number
  itemsPerPage: number
  nextCursor?: string
  Resources: Resource[]
}
export type Failed = { schemas: string[]; status: string; scimType?: string; detail: string }

export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'
export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export async function openDirectoryHouse(options: HouseOptions = {}) {
  const house: House = await openHouse(options)
  const key = await house.addApiKey(['users:read', 'users:write'])

  /** With the key as a Bearer token, and the body in SCIM's media type. */
  async function ask<Body = Resource & Failed & Listed>(
    method: Route['method'],
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply<Body>> {
    const reply = await house.invoke<Body>(method, `/scim/v2${path}`, {
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${key.shown}`,
        accept: 'application/scim+json',
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
        ...headers,
      },
    })
    return reply
  }

  const find = (filter: string, more = '') => ask('GET', `/Users?filter=${encodeURIComponent(filter)}${more}`)
  const patch = (id: string, Operations: unknown, headers: Record<string, string> = {}) =>
    ask('PATCH', `/Users/${id}`, { schemas: [patchSchema], Operations }, headers)

  return { house, key, ask, find, patch }
}

export type DirectoryHouse = Awaited<ReturnType<typeof openDirectoryHouse>>
