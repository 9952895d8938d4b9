/** The page of a consent: who asks, read afresh from the application's record, and for what. */

import type { UserId } from '../../src/core/authenticator.ts'
import type { Client } from '../../src/core/oidc/client.ts'
import { type Allowance, askedAndBefore, shownHash } from '../../src/core/oidc/consent.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { showPage } from '../../src/http/pages.ts'
import { readClient } from '../../src/store/clients.ts'
import type { Journey, JourneyWorld } from './journey.ts'
import { aroundOf, showView } from './show.ts'

export type Asking = { client: Client; user: UserId; asked: Allowance; before: Allowance; shown: string }

/** `undefined` for an application that is there no more. */
export async function whoAsks(world: JourneyWorld, { login, person }: Journey): Promise<Asking | undefined> {
  if (person === undefined) throw new Error('Nobody can be asked for the consent of nobody')
  const client = await readClient(world.db, login.request.clientId)
  if (!client?.enabled) return undefined
  const { id: user } = person.user
  const [asked, before] = askedAndBefore(login, person.consents)
  return { client, user, asked, before, shown: shownHash(login, user, client, asked) }
}

export async function showConsent(world: JourneyWorld, call: Call, journey: Journey): Promise<Answer> {
  const asking = await whoAsks(world, journey)
  if (asking === undefined) return showGone(world, call, journey)
  const { client, asked, before, shown } = asking
  const { clientName, clientUri, policyUri, tosUri } = client
  return showView(world, call, journey, {
    ...aroundOf(world, call, journey).person,
    page: 'consent',
    application: clientName,
    host: hostOf(journey.login.request.redirectUri),
    thirdParty: journey.login.thirdParty !== undefined,
    links: {
      ...(clientUri === undefined ? {} : { home: clientUri }),
      ...(policyUri === undefined ? {} : { policy: policyUri }),
      ...(tosUri === undefined ? {} : { terms: tosUri }),
    },
    asked,
    before,
    shown,
  })
}

/** Where the answer goes: that, an application cannot call what it likes. */
function hostOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return host === '' ? protocol.slice(0, -1) : host
}

/** There is nobody left to answer to. */
export const showGone = ({ stage }: JourneyWorld, call: Call, { login }: Journey): Answer =>
  showPage(
    stage,
    call,
    {
      page: 'bad-request',
      error: 'unauthorized_client',
      description: 'This application is not registered here any more.',
      requestId: call.id,
    },
    { status: 400, uiLocales: login.request.uiLocales },
  )
