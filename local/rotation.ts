/** Signing keys take turns on a laptop, too. */
import { type Rotator, rotateKeys } from '../src/rotate-keys.ts'
import { everyHour } from './hourly.ts'

export const keepRotating = (
  rotator: Rotator,
  tell: (line: string) => void,
  seconds?: { first: number; every: number },
): { close(): Promise<void> } => everyHour('The signing keys', () => rotateKeys(rotator), tell, seconds)
