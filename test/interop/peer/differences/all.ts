/** Every difference, in the order and under the headings of docs/differences.md. */
import { authorization } from './authorization.ts'
import { clients } from './clients.ts'
import type { Listed } from './listed.ts'
import { logout } from './logout.ts'
import { metadata } from './metadata.ts'
import { proofs } from './proofs.ts'
import { resources } from './resources.ts'
import { tokens } from './tokens.ts'

export const differences: Readonly<Record<string, readonly Listed[]>> = {
  'The metadata, and addresses': metadata,
  'Authorization requests, pushed and signed': authorization,
  Tokens: tokens,
  'Client authentication': clients,
  DPoP: proofs,
  'Userinfo, introspection, revocation': resources,
  Logout: logout,
}
