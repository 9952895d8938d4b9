/**
 * The words of the reference model: plain facts about people, browsers, applications and the realm, and what a browser
 * sees. A flow is the one thing taken from the service as it is, because it is data.
 */
import type { FactorKind, Flow } from '../../src/core/step-up/flow.ts'

/** Something that was shown: by whom is said by the session or the login that has it. */
export type Fact = {
  factor: FactorKind
  at: number
  /** The number of the login it was shown in. */
  login: number
  /** `password#2`, `codes`, or the name of a key. It is worth nothing once that is gone. */
  credential?: string
  verified?: boolean
  attested?: boolean
  deviceBound?: boolean
  model?: string
}

export type KeyFacts = {
  name: string
  state: 'pending' | 'active' | 'suspended' | 'locked'
  attested: boolean
  synced: boolean
  model: string
}

/** What was tried and failed, and until when the next try has to wait. */
export type Tries = { count: number; until: number }

/** One-time codes by time. `last`: the step of the last one that was taken. */
export type CodesFacts = { state: 'active' | 'suspended' | 'locked'; last: number }

export type PersonFacts = {
  name: string
  enabled: boolean
  password?: { text: string; version: number }
  codes?: CodesFacts
  keys: KeyFacts[]
}

export type PolicyFacts = {
  enforcement: 'voluntary' | 'strict'
  acrToLoa?: Record<string, number>
  defaultAcr?: string[]
  minimumAcr?: string
  maxAges?: Record<string, number>
  amr?: boolean
}

export type ClientFacts = { policy: PolicyFacts; flow?: string }

export type RealmFacts = {
  acrToLoa: Record<string, number>
  defaultAcr?: string[]
  unreachable: 'attempt' | 'fail-fast'
  flows: Record<string, Flow>
  browserFlow: string
  sessionIdle: number
}

/** What an application asks. `claims` is what its JSON says of acr; `malformed`: it is no JSON. */
export type RequestFacts = {
  acrValues?: string[]
  claims?: { essential: boolean; values: string[] } | 'malformed'
  maxAge?: number
  prompt?: 'none' | 'login' | 'consent' | 'select_account' | 'none login'
}

export type LoginFacts = {
  number: number
  request: RequestFacts
  client: ClientFacts
  until: number
  typed?: string
  person?: string
  /** The person chose another account than the session's. */
  left: boolean
  facts: Fact[]
  method?: FactorKind
  skipped?: boolean
  /** Which challenge the login has now, and until when it is good. */
  challenge: { number: number; until: number }
  over?: boolean
}

export type SessionFacts = { person: string; facts: Fact[]; until: number; idleUntil: number }

/** A browser: its session, and a tab for each login that it began. */
/** `shown`: which challenge its page came with; `askedOf`: whose consent it asks for. */
export type TabFacts = { login: LoginFacts; shown?: number; askedOf?: string }

export type BrowserFacts = { session?: SessionFacts; tabs: TabFacts[] }

/** What a browser has in front of it after a command. */
export type Seen =
  | {
      at: 'page'
      page: string
      notice?: string
      /** The other ways on. */
      others?: string[]
      /** Which keys the page asks for; `a stranger's` for one that nobody has. None: any that says whose it is. */
      keys?: string[]
      verification?: 'required' | 'preferred'
    }
  | { at: 'application'; error: string; why?: string }
  | { at: 'application'; acr?: string; amr: string[]; authTime: number }
