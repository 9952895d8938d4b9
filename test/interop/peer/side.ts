/**
 * The two providers, to be sent the same: Keystep as the conformance suite has it, behind the gateway of a laptop, and npm
 * `oidc-provider`, under the same issuer, with the same applications and the same person, at the same time of day.
 *
 * Time stands still, and `wait` moves it for both.
 */
import { vi } from 'vitest'
import { claimsOfScope, namesInScopes, userClaims } from '../../../src/core/oidc/user-claims.ts'
import { type Arrived, type Browser, openBrowser } from '../../conformance/browser.ts'
import { type Metadata, openSuite } from '../../conformance/suite.ts'
import { type App, type Apps, newApps } from './apps.ts'
import { openPeerProvider } from './peer-provider.ts'

export type Side = {
  name: 'ours' | 'peer'
  issuer: string
  metadata: Metadata
  apps: Apps
  sub: string
  now(): number
  wait(seconds: number): void
  fetchIssuer(address: URL | string, init?: RequestInit): Promise<Response>
  browser(): Browser
  /** One in which the person has signed in, the same in all cases. */
  known: Browser
  /** As the person would, until an application is reached or a page is no step of a sign-in. */
  goOn(browser: Browser, from: Arrived): Promise<Arrived>
}

export type Sides = { ours: Side; peer: Side; failures: Error[]; close(): Promise<void> }

export async function openSides(): Promise<Sides> {
  vi.useFakeTimers({ toFake: ['Date'] })
  const apps = newApps()
  const suite = await openSuite()
  for (const app of Object.values(apps)) await suite.house.addClient({ ...recordOf(app), ...app.ours })
  const { issuer, person } = suite
  const claims = userClaims(person, namesInScopes(Object.keys(claimsOfScope)))
  const peer = await openPeerProvider(suite.metadata, apps, { id: person.id, claims })
  const fetchPeer: Side['fetchIssuer'] = (address, init = {}) => {
    const { pathname, search } = new URL(address)
    const headers = { ...(init.headers as Record<string, string>), ...forwarded(issuer) }
    return fetch(peer.url + pathname + search, { ...init, headers })
  }

  const wait = (seconds: number): void => {
    vi.setSystemTime(Date.now() + seconds * 1000)
    suite.house.now = now()
  }
  const filled = new Map<string, [form: string, fields: Record<string, string>]>([
    ['username', ['username-form', { username: person.userName }]],
    ['password', ['password-form', { password: person.password }]],
    ['login', ['login-form', {}]],
    ['consent', ['consent-form', {}]],
  ])
  const goOn: Side['goOn'] = async (browser, from) => {
    let here = from
    for (let steps = 0; here.at === 'page' && filled.has(here.id); steps++) {
      if (steps > 6) throw new Error(`A sign-in that does not end, last at ${here.id}`)
      const [form, fields] = filled.get(here.id) ?? ['', {}]
      here = await browser.submit(here, form, fields)
    }
    return here
  }
  const common = { issuer, apps, sub: person.id, now, wait, goOn }
  const side = async (name: Side['name'], fetchIssuer: Side['fetchIssuer']): Promise<Side> => {
    const metadata = (await (await fetchIssuer(suite.discoveryUrl)).json()) as Metadata
    const browser = () => openBrowser({ issuer, fetchIssuer })
    return { ...common, name, metadata, fetchIssuer, browser, known: browser() }
  }
  wait(0)
  return {
    ours: await side('ours', suite.fetchIssuer),
    peer: await side('peer', fetchPeer),
    failures: peer.failures,
    async close() {
      vi.useRealTimers()
      await Promise.all([suite.close(), peer.close()])
    },
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

/** As a proxy that ends TLS tells whom it asked for. */
const forwarded = (issuer: string) => ({ 'x-forwarded-proto': 'https', 'x-forwarded-host': new URL(issuer).host })

const recordOf = ({ id, redirectUri, goodbye, secret }: App) => ({
  clientId: id,
  clientName: id,
  redirectUris: [redirectUri],
  postLogoutRedirectUris: [goodbye],
  ...(secret === undefined ? {} : { secret }),
})
