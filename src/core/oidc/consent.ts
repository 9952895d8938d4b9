/**
 * What a person allows an application that is not the organisation's own, and when they are asked: before it hears of
 * them for the first time, and again only for what is new. Whoever sends `prompt=consent` has them asked every time.
 *
 * A grant names the consent it was made under. One that was withdrawn and given again is another, so what was issued
 * before stays void.
 */
import { createHash } from 'node:crypto'
import type { UserId } from '../authenticator.ts'
import type { Login } from '../login.ts'
import type { Seconds } from '../result.ts'
import { newId } from '../secret.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import type { Client } from './client.ts'
import type { Grant } from './grant.ts'
import { namesInScopes, personalClaims } from './user-claims.ts'

/** `claims`: those that were asked for by name, and that none of the scopes brings along. */
export type Allowance = { scopes: string[]; claims: string[]; resources: string[] }

export type Consent = Allowance & {
  id: string
  user: UserId
  clientId: string
  givenAt: Seconds
  /** When something was last added to it. */
  updatedAt: Seconds
  version: number
}

type Asked = Pick<AuthorizeRequest, 'scopes' | 'claims' | 'resources'>

/** What the application hears and may do when this request is allowed. */
export function allowanceOf({ scopes, claims, resources = [] }: Asked): Allowance {
  const covered = new Set(namesInScopes(scopes))
  const named = new Set([...(claims?.idToken ?? []), ...(claims?.userinfo ?? [])])
  return { scopes, claims: [...named].filter((name) => personalClaims.has(name) && !covered.has(name)), resources }
}

/** Of what is asked for, what was not allowed before. A claim that an allowed scope brings along is not new. */
export function newIn(asked: Allowance, before: Consent | undefined): Allowance {
  const heard = new Set([...(before?.claims ?? []), ...namesInScopes(before?.scopes ?? [])])
  return {
    scopes: asked.scopes.filter((scope) => !before?.scopes.includes(scope)),
    claims: asked.claims.filter((name) => !heard.has(name)),
    resources: asked.resources.filter((resource) => !before?.resources.includes(resource)),
  }
}

const isNothing = ({ scopes, claims, resources }: Allowance): boolean =>
  scopes.length + claims.length + resources.length === 0

type Asking = Pick<Login, 'thirdParty'> & { request: Asked & Pick<AuthorizeRequest, 'clientId' | 'prompts'> }

/**
 * Whether the person must be asked before there is an answer. Where nobody read what they allowed before, nothing was
 * allowed to a third party.
 */
export function needsConsent(login: Asking, consents: readonly Consent[] = []): boolean {
  if (login.request.prompts.includes('consent')) return true
  const before = consentFor(login, consents)
  return (
    login.thirdParty !== undefined && (before === undefined || !isNothing(newIn(allowanceOf(login.request), before)))
  )
}

/** What they are asked for, and what they allowed before of what is asked. `prompt=consent` asks for all of it again. */
export function askedAndBefore(
  login: Asking,
  consents: readonly Consent[] = [],
): [asked: Allowance, before: Allowance] {
  const all = allowanceOf(login.request)
  const nothing: Allowance = { scopes: [], claims: [], resources: [] }
  if (login.request.prompts.includes('consent')) return [all, nothing]
  const asked = newIn(all, consentFor(login, consents))
  const without = (list: readonly string[], gone: readonly string[]) => list.filter((each) => !gone.includes(each))
  return [
    asked,
    {
      scopes: without(all.scopes, asked.scopes),
      claims: without(all.claims, asked.claims),
      resources: without(all.resources, asked.resources),
    },
  ]
}

/**
 * What was allowed to the application before. Only what is remembered counts: an organisation's own is not. What is
 * remembered of another application, which went by the same id before this one was registered, allows this one nothing.
 */
export function consentFor(
  { thirdParty, request }: Pick<Asking, 'thirdParty' | 'request'>,
  consents: readonly Consent[] = [],
): Consent | undefined {
  const found = consents.find(({ clientId }) => clientId === request.clientId)
  if (thirdParty === undefined || found === undefined) return undefined
  return found.givenAt < thirdParty.since ? { ...found, scopes: [], claims: [], resources: [] } : found
}

/** The consent as it is once this is allowed as well. */
export function withAllowed(
  before: Consent | undefined,
  asked: Allowance,
  { user, clientId, now }: { user: UserId; clientId: string; now: Seconds },
): Consent {
  const added = newIn(asked, before)
  const isFirst = before === undefined || isNothing(before)
  return {
    ...(before ?? { id: newId(), user, clientId }),
    givenAt: isFirst ? now : before.givenAt,
    scopes: [...(before?.scopes ?? []), ...added.scopes],
    claims: [...(before?.claims ?? []), ...added.claims],
    resources: [...(before?.resources ?? []), ...added.resources],
    updatedAt: now,
    version: (before?.version ?? 0) + 1,
  }
}

/** Whether the consent that a grant was made under, if it was made under one, is still there. */
export const consentStands = ({ consent }: Pick<Grant, 'consent'>, consents: readonly Consent[] = []): boolean =>
  consent === undefined || consents.some(({ id }) => id === consent)

type Shown = Pick<Client, 'clientName' | 'clientUri' | 'policyUri' | 'tosUri'>

/**
 * What a person was shown, in short: who asks, who is asked, for what, in which login. It comes back with their answer,
 * so that nobody allows anything that they did not see.
 */
export function shownHash(login: Pick<Login, 'id' | 'request'>, user: UserId, client: Shown, asked: Allowance): string {
  const { clientName, clientUri, policyUri, tosUri } = client
  const { clientId, redirectUri } = login.request
  const all = [login.id, user, clientId, redirectUri, clientName, clientUri, policyUri, tosUri, asked]
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url')
}
