/** Logins that are showing a certificate. Each step is one conditional write: of two that bring the same secret, one counts. */
import type { Examined, Handoff } from '../core/certificate/handoff.ts'
import { ticketLifetime } from '../core/certificate/handoff.ts'
import type { Seconds } from '../core/result.ts'
import { hashSecret } from '../core/secret.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

export const handoffIn = (item: Item | undefined): Handoff | undefined => item as Handoff | undefined

export const createdHandoff = (handoff: Handoff): Write => ({
  write: 'put',
  ...places.handoff(handoff.id),
  item: handoff,
  condition: 'attribute_not_exists(#pk)',
})

/** A certificate was shown, or none: the secret is used up, and the ticket takes its place. False if it was already. */
export async function keepExamined(
  db: Db,
  { id, secretHash }: Handoff,
  { examined, ticket, now }: { examined: Examined; ticket: string; now: Seconds },
): Promise<boolean> {
  const shown = { ticketHash: hashSecret(ticket), ticketUntil: now + ticketLifetime, examined }
  const done = await db.update(places.handoff(id), {
    update: 'SET #shown = :shown',
    condition: '#secretHash = :secretHash AND attribute_not_exists(#shown) AND #expires > :now',
    values: { shown, secretHash, now },
  })
  return done.ok
}

/** The ticket is used up, with whatever it leads to. */
export const spentHandoff = ({ id, login }: Handoff, ticket: string, now: Seconds): Write => ({
  write: 'delete',
  ...places.handoff(id),
  condition: '#login = :login AND #shown.#ticketHash = :ticketHash AND #shown.#ticketUntil > :now',
  values: { login, ticketHash: hashSecret(ticket), now },
})
