/**
 * What a Credential Management System does with webhooks: checks that the service sent it, and that it is not an old one sent
 * again, then takes it once (Standard Webhooks 1.0.0).
 *
 * No library: this is all there is to it. Left out: keeping what came over a restart.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export type Heard = { id: string; type: string; timestamp: string; data: Record<string, unknown> }

/** Seconds by which the sender's clock and ours may differ. */
const tolerance = 300
const mostKept = 100

type Header = (name: string) => string | undefined

/** @param secret as the service showed it: `whsec_…` */
export function openInbox(secret: string, now: () => number = () => Math.floor(Date.now() / 1000)) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const heard: Heard[] = []

  /** Of the very bytes that came: parsed and written again they need not be the same. */
  function isGenuine(header: Header, body: string): boolean {
    const [id, timestamp] = [header('webhook-id') ?? '', header('webhook-timestamp') ?? '']
    if (Math.abs(now() - Number(timestamp)) > tolerance || !/^\d+$/.test(timestamp)) return false
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
    // More than one while the secret is changed: any that holds will do.
    return (header('webhook-signature') ?? '').split(' ').some((signature) => {
      const [version, text = ''] = signature.split(',')
      const given = Buffer.from(text, 'base64')
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
    })
  }

  return {
    /** The newest first. */
    heard: (): readonly Heard[] => heard,

    /** Answers the status: 401 for what the service did not send, 204 for what it did, the first time and again. */
    take(header: Header, body: string): number {
      if (!isGenuine(header, body)) return 401
      const id = header('webhook-id') ?? ''
      if (heard.some((each) => each.id === id)) return 204
      heard.unshift({ id, ...(JSON.parse(body) as Omit<Heard, 'id'>) })
      heard.splice(mostKept)
      return 204
    },
  }
}
