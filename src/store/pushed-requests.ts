/** Pushed authorization requests: each is answered once. */
import type { PushedRequest } from '../core/oidc/pushed-request.ts'
import type { Seconds } from '../core/result.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export const pushedRequestIn = (item: Item | undefined): PushedRequest | undefined => item as PushedRequest | undefined

export const createdPushedRequest = (pushed: PushedRequest): Write => ({
  write: 'put',
  ...places.pushedRequest(pushed.id),
  item: pushed,
  condition: 'attribute_not_exists(#pk)',
})

/** Not before its answer: until then the address may be opened again. */
export const usedPushedRequest = (id: string, now: Seconds): Write => ({
  write: 'update',
  ...places.pushedRequest(id),
  update: 'SET #usedAt = :now',
  condition: 'attribute_exists(#pk) AND attribute_not_exists(#usedAt)',
  values: { now },
})
