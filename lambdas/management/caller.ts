// GET /api/v1/tenants/{tenantCode}/caller — who is calling, and what they may do.
import { displayNameOf } from '../../src/core/user.ts'
import { json } from '../../src/http/call.ts'
import { type ApiCaller, forAnyCaller } from '../api/caller.ts'
import { dateTime } from '../api/representation.ts'

const told = ({ actor: { kind, id }, scopes, person }: ApiCaller): unknown => {
  if (person === undefined) return { kind, id, scopes }
  const { user, signedIn } = person
  return {
    ...{ kind, id, scopes },
    user: { id, userName: user.userName, displayName: displayNameOf(user) },
    roles: user.roles ?? [],
    ...(signedIn.acr === undefined ? {} : { acr: signedIn.acr }),
    authenticatedAt: dateTime(signedIn.authTime),
  }
}

export const handle = forAnyCaller((_world, _call, caller) => json(200, told(caller)))
