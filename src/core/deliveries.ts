/** How long somebody outside is told the same thing again: an application of the end of a session, a webhook of an event. */
import type { Seconds } from './result.ts'

/** After the first try and each one that follows it: half a day in all. SQS hides a message for twelve hours at most. */
const pauses: readonly Seconds[] = [10, 60, 300, 900, 3600, 10_800, 21_600]

/** How often they are asked before an operator is. */
export const deliveryTries = pauses.length + 1

/** How long to wait after that many tries; the last one is not waited for. */
export const pauseAfter = (tries: number): Seconds => pauses[tries - 1] ?? 0
