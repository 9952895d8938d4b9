/** Who is signed in here, as the API says it (`GET …/caller`), and what they may. */
import { api, type Reply } from './api.ts'
import { ownDrafts } from './drafts.ts'
import { observed, useObserved } from './observed.ts'
import { place } from './place.ts'

export type Caller = {
  kind: 'api-key' | 'client' | 'user'
  id: string
  scopes: readonly string[]
  acr?: string
  /** ISO 8601. */
  authenticatedAt?: string
  user?: { id: string; userName: string; displayName?: string }
  roles?: readonly string[]
}

const known = observed<Caller | undefined>(undefined)

/** Read anew at each start: a role that was taken away is gone with the next page. */
export async function readCaller(): Promise<Reply<Caller>> {
  const reply = place.application === 'portal' ? await readSelf() : await api.get<Caller>('/caller')
  if (reply.ok) {
    known.set(reply.data)
    ownDrafts(reply.data.user?.id ?? reply.data.id)
  }
  return reply
}

export const useCaller = (): Caller | undefined => useObserved(known)

/** At the portal one is oneself, and has no rights to speak of. */
async function readSelf(): Promise<Reply<Caller>> {
  const reply = await api.get<{ id: string; userName: string; displayName: string; roles: string[] }>('/me')
  if (!reply.ok) return reply
  const { id, userName, displayName, roles } = reply.data
  return { ...reply, data: { kind: 'user', id, scopes: [], user: { id, userName, displayName }, roles } }
}

/** Whether they may; what somebody may not do is not offered. */
export const useMay = (): ((scope: string) => boolean) => {
  const scopes = useCaller()?.scopes ?? []
  return (scope) => scopes.includes(scope)
}
