/**
 * A login's way over the host that asks for a certificate, and back.
 *
 * There, the browser has no cookie of ours and brings a secret; back, it brings a ticket, and its cookie again. Each is
 * good once and for a short while. What was found out about the certificate stays in the record: an address is in
 * histories and logs.
 */
import type { LoginId } from '../login.ts'
import type { Result, Seconds } from '../result.ts'
import { hashSecret, newId, newSecret, sameText } from '../secret.ts'
import type { ShownCertificate } from './certificate-holder.ts'
import type { CertificateRefusal } from './client-certificate.ts'

/** Why a certificate proves nothing. */
export type CertificateTrouble =
  | CertificateRefusal
  | 'none-presented'
  | 'revoked'
  | 'revocation-unknown'
  /** It names another user than the one who signs in, or nobody. */
  | 'not-theirs'

export type Examined = Result<ShownCertificate, CertificateTrouble>

export type Handoff = {
  id: string
  login: LoginId
  secretHash: string
  /** When it is too late to show a certificate for it. */
  expires: Seconds
  /** When the record goes: with its login, so that whoever is late still finds back. */
  until: Seconds
  shown?: { ticketHash: string; ticketUntil: Seconds; examined: Examined }
}

/** Time to find the card, and its PIN. */
export const handoffLifetime: Seconds = 300
/** From host to host: a redirect, on however slow a line. */
export const ticketLifetime: Seconds = 60

export function newHandoff(login: { id: LoginId; until: Seconds }, now: Seconds): { handoff: Handoff; secret: string } {
  const secret = newSecret()
  const expires = now + handoffLifetime
  return {
    handoff: { id: newId(), login: login.id, secretHash: hashSecret(secret), expires, until: login.until },
    secret,
  }
}

/** Whether the secret may still have a certificate shown for it. The write that follows asks again. */
export const isWaiting = (handoff: Handoff, secret: string, now: Seconds): boolean =>
  sameText(handoff.secretHash, hashSecret(secret)) && handoff.shown === undefined && handoff.expires > now

/** What was found out, to whoever brings the ticket into the login that it is for. */
export function examinedFor(
  handoff: Handoff | undefined,
  { login, ticket, now }: { login: LoginId; ticket: string; now: Seconds },
): Examined | undefined {
  const { shown } = handoff ?? {}
  const holds =
    shown !== undefined &&
    handoff?.login === login &&
    shown.ticketUntil > now &&
    sameText(shown.ticketHash, hashSecret(ticket))
  return holds ? shown.examined : undefined
}
