/**
 * Which resource servers a token is asked for (RFC 8707): at the authorization endpoint and at the token endpoint alike.
 * Compared as text with what the client is registered for.
 */
import { ok, type Result, refuse } from '../result.ts'

const most = 10
const longest = 2048

/** Each an absolute URI without fragment (§2), and one that the client may have tokens for. */
export function readResources(
  asked: readonly string[],
  allowed: readonly string[] = [],
): Result<string[], 'invalid_target'> {
  const wrong = (detail: string) => refuse('invalid_target', { detail })
  const resources = [...new Set(asked)]
  if (resources.length > most) return wrong(`resource is given more than ${most} times.`)
  for (const resource of resources) {
    if (resource.length > longest || !URL.canParse(resource) || resource.includes('#'))
      return wrong('resource is not an absolute URI without fragment.')
    if (!allowed.includes(resource)) return wrong('This client may have no tokens for one of these resources.')
  }
  return ok(resources)
}

/** `granted` with the grant; `registered` with the client; `own`: us, whom a token may be for without being granted. */
type Grantable = {
  granted: readonly string[] | undefined
  registered: readonly string[] | undefined
  own: string
}

/**
 * What a token is for, of what was granted (§2.2): all of that, or what is asked for. A resource that was taken from the
 * client is granted no more. None: us.
 */
export function resourcesOf(
  asked: readonly string[],
  { granted = [], registered = [], own }: Grantable,
): Result<string[], 'invalid_target'> {
  const left = granted.filter((resource) => registered.includes(resource))
  if (asked.length > 0) return readResources(asked, [...left, own])
  return left.length === 0 && granted.length > 0
    ? refuse('invalid_target', { detail: 'This client may have tokens for none of these resources any more.' })
    : ok(left)
}
