/** Which level of a flow is enough for a name: the lowest one that is at least what the name stands for. */
import type { Flow, Level } from '../../../src/core/step-up/flow.ts'

export const reachedBy = ({ levels }: Pick<Flow, 'levels'>, loa: number): Level | undefined =>
  levels.find((level) => level.loa >= loa)
