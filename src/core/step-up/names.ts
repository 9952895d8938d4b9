/**
 * Which levels the names in a request stand for, which of them bind, and how low the client lets it be.
 *
 * A name that nobody mapped is no level: it is left out where it is only a wish, and nothing reaches it where it binds.
 */
import type { Policy, Target, Wanted } from './decide.ts'
import type { AcrMap, Flow } from './flow.ts'

/** The level of a binding name that the map does not know: above every other, so that it fails closed. */
export const unmapped = Number.MAX_SAFE_INTEGER

export const floorOf = ({ minimumAcr, acrToLoa }: Policy): number =>
  minimumAcr === undefined ? Number.MIN_SAFE_INTEGER : (lookUp(acrToLoa, minimumAcr) ?? unmapped)

/** The levels to reach, in order of preference; none if names that bind are all unknown. */
export function goalsOf(wanted: Wanted, policy: Policy, floor: number, flow: Flow): Target[] {
  const known = wanted.names.flatMap((acr): Target[] => {
    const loa = lookUp(policy.acrToLoa, acr)
    return loa === undefined ? [] : [{ acr, loa: Math.max(loa, floor) }]
  })
  if (known.length > 0 || bindsNames(wanted, policy)) return known
  return [{ loa: Math.max(flow.levels[0]?.loa ?? 0, floor) }]
}

/** Whether not reaching any of the names is a failure. A voluntary claim never is, by its name (OIDC Core §5.5.1). */
export const bindsNames = (wanted: Wanted, policy: Policy): boolean =>
  wanted.from === 'essential' ||
  ((wanted.from === 'acr_values' || wanted.from === 'default') && policy.enforcement === 'strict')

export const knows = (map: AcrMap, name: string): boolean => lookUp(map, name) !== undefined

/** A name that a stranger chose is never looked up on the prototype. */
export const lookUp = (map: Record<string, number>, name: string): number | undefined =>
  Object.hasOwn(map, name) ? map[name] : undefined
