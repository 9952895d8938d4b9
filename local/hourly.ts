/** What a schedule does in AWS, a timer does on a laptop: every hour, one after the other. */

/** Seconds. Not at once: whoever starts wants to sign in, and what an hour brings can wait a minute. */
const usual = { first: 60, every: 3600 }

/** `tell` hears of what failed; it is tried again at the next hour. `close` waits for what has begun. */
export function everyHour(
  what: string,
  work: () => Promise<unknown>,
  tell: (line: string) => void,
  seconds: { first: number; every: number } = usual,
): { close(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve()
  let closed = false
  let timer: NodeJS.Timeout
  const wait = (after: number) => {
    timer = setTimeout(run, after * 1000).unref()
  }
  const run = () => {
    running = work()
      .catch((failure: Error) => tell(`${what}: ${failure.message}`))
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
