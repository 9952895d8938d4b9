/** Signing keys take turns on a laptop, too: what a schedule does in AWS, a timer does here. */
import { type Rotator, rotateKeys } from '../src/rotate-keys.ts'

/** Seconds. Not at once: whoever starts wants to sign in, and the keys of next quarter can wait. */
const first = 60
const every = 3600

/** `tell` hears of what failed; it is tried again at the next hour. `close` waits for what has begun. */
export function keepRotating(
  rotator: Rotator,
  tell: (line: string) => void,
  seconds: { first: number; every: number } = { first, every },
): { close(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve()
  let closed = false
  let timer: NodeJS.Timeout
  const wait = (after: number) => {
    timer = setTimeout(run, after * 1000).unref()
  }
  const run = () => {
    running = rotateKeys(rotator)
      .catch((failure: Error) => tell(`The signing keys: ${failure.message}`))
      .then(() => closed || wait(seconds.every))
  }
  wait(seconds.first)
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
