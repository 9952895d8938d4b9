/**
 * Nonces for DPoP proofs (RFC 9449 §8): what a proof must name to have been made lately, and not in stock.
 *
 * Nobody keeps them. Each is a keyed hash of the step of time that it was given in, good in that step and in the next;
 * every Lambda of a deployment has the same key, and so knows what another one gave. The key is read once per process.
 */

import type { Seconds } from '../core/result.ts'
import { keyedHash, sameText } from '../core/secret.ts'
import type { Db } from '../store/db.ts'
import { readRealm } from '../store/realm.ts'

export type ProofNonces = {
  /** The one to use from now on: good for two minutes and more, and less than four. */
  current(): Promise<string>
  isGood(nonce: string): Promise<boolean>
}

const step: Seconds = 120

export function openProofNonces(db: Db, now: () => Seconds): ProofNonces {
  let reading: Promise<string> | undefined

  /** A failure is not kept: the next call tries again. */
  const secret = (): Promise<string> => {
    if (reading !== undefined) return reading
    reading = readRealm(db).then(({ nonceSecret }) => nonceSecret)
    reading.catch(() => {
      reading = undefined
    })
    return reading
  }

  const nonceOf = async (at: number): Promise<string> => keyedHash(await secret(), `dpop-nonce ${at}`)
  const present = (): number => Math.floor(now() / step)

  return {
    current: () => nonceOf(present()),
    async isGood(nonce) {
      const good = await Promise.all([nonceOf(present()), nonceOf(present() - 1)])
      return good.some((each) => sameText(each, nonce))
    },
  }
}
