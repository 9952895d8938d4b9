/**
 * Brings one message to one webhook: signed by the secrets that are good now, posted to its address, and not further than
 * `public-fetch.ts` goes. What its receiver says beside a status is read no further than it takes to know that it came.
 */
import { ok, type Result, refuse } from './core/result.ts'
import { type Message, signedHeaders } from './core/webhook/message.ts'
import { secretsInUse, type Webhook } from './core/webhook/webhook.ts'
import type { PublicFetch } from './services/public-fetch.ts'
import type { Sealer } from './services/sealer.ts'
import type { World } from './world.ts'

export type DeliveryNeeds = Pick<World, 'now'> & {
  sealer: Pick<Sealer, 'unseal'>
  fetch: PublicFetch
  /** Milliseconds that a receiver has to answer. */
  patience?: number
}

/** Any of 2xx: it was taken. */
const taken = Array.from({ length: 100 }, (_, at) => 200 + at)

/** `gone`: its receiver does not want to hear from us again (410). Whatever else is refused is to be tried again. */
export async function sendMessage(
  { now, sealer, fetch, patience = 5000 }: DeliveryNeeds,
  webhook: Webhook,
  message: Pick<Message, 'id' | 'payload'>,
): Promise<Result<undefined, 'gone' | 'not-delivered'>> {
  const at = now()
  const secrets = await Promise.all(
    secretsInUse(webhook, at).map(({ sealed }) => sealer.unseal(sealed, { webhook: webhook.id })),
  )
  const answer = await fetch(webhook.url, {
    post: {
      type: 'application/json',
      body: Buffer.from(message.payload),
      headers: signedHeaders(message, secrets, at),
    },
    longest: 10_000,
    signal: AbortSignal.timeout(patience),
    statuses: taken,
  })
  // However long what it says after its 200 is.
  if (answer.ok || answer.reason === 'too-long') return ok(undefined)
  return refuse(answer.reason === 'gone' ? 'gone' : 'not-delivered', { detail: answer.detail ?? answer.reason })
}
