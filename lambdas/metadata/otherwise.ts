// Whatever is asked below /api and /scim and is not there: 404, or 405 where another method is (RFC 9110 §15.5.6), in the API's words.
import { type Answer, type Call, problem } from '../../src/http/call.ts'
import { routes } from '../routes.ts'
import { scimError } from '../scim/answers.ts'

const segment = /\{\w+\}/
const isGreedy = (path: string): boolean => path.endsWith('+}')

/** Each address of the API, with the methods that there are. */
const addresses = routes
  .filter(({ path, host }) => host === undefined && /^\/(api|scim)\//.test(path) && !isGreedy(path))
  .map(({ path, method }) => ({ method, pattern: patternOf(path) }))

function patternOf(path: string): RegExp {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${path.split(segment).map(literal).join('[^/]+')}$`)
}

const methodsAt = (path: string): string[] => [
  ...new Set(addresses.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
]

export async function handle(_world: unknown, { method, path }: Call): Promise<Answer> {
  const allowed = methodsAt(path)
  const isThere = allowed.length > 0
  const detail = isThere
    ? `There is no ${method} here, but ${allowed.join(', ')}.`
    : 'The description is at /openapi.json.'
  const title = isThere ? 'This address has no such method' : 'There is nothing at this address'
  const status = isThere ? 405 : 404
  const headers = isThere ? { allow: allowed.join(', ') } : {}
  if (path.startsWith('/scim/')) return scimError({ status, detail: `${title}: ${detail}` }, headers)
  return problem({ status, code: isThere ? 'method-not-allowed' : 'not-found', title, detail }, headers)
}
