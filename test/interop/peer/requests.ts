/** All that both are sent. */
import { authorizeRequests } from './authorize-requests.ts'
import { bearerRequests } from './bearer-requests.ts'
import { discoveryRequests } from './discovery-requests.ts'
import { logoutRequests } from './logout-requests.ts'
import { proofRequests } from './proof-requests.ts'
import { pushedRequests } from './pushed-requests.ts'
import type { Cases } from './sending.ts'
import { tokenRequests } from './token-requests.ts'

export const requests: Cases = {
  ...discoveryRequests,
  ...authorizeRequests,
  ...pushedRequests,
  ...tokenRequests,
  ...proofRequests,
  ...bearerRequests,
  ...logoutRequests,
}
