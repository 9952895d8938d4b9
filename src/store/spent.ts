/** What is good once: that it was used is kept until it would be good no more. */
import type { Seconds } from '../core/result.ts'
import type { Place, Write } from './db.ts'

/** Fails for what was used before. TTL deletes late, so what has ended is written over. */
export const spent = (place: Place, { until, now }: { until: Seconds; now: Seconds }): Write => ({
  write: 'put',
  ...place,
  item: { until },
  condition: 'attribute_not_exists(#pk) OR #until <= :now',
  values: { now },
})
