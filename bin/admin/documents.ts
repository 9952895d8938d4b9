/** What becomes of an operator's documents, in the words of the API's problems. */
import { problems } from '../../lambdas/api/problems.ts'
import type { Refusal, Result } from '../../src/core/result.ts'
import type { Doubt } from '../../src/core/step-up/flow.ts'
import { Cannot } from './typed.ts'

/** The value, or the sentence of the API's problem with its place. */
export function done<Value>(result: Result<Value, keyof typeof problems>): Value {
  if (result.ok) return result.value
  throw new Cannot(sentenceOf(result))
}

const sentenceOf = ({ reason, at, detail }: Refusal<keyof typeof problems>): string =>
  [problems[reason].title, ...(at ? [`at ${at}`] : []), ...(detail ? [detail] : [])].join(': ')

export const told = (sentence: string, warnings: readonly Doubt[]): string =>
  [sentence, ...warnings.map(({ at, detail }) => `Warning: ${at === '' ? '' : `${at}: `}${detail}`)].join('\n')

/** The tag goes where it is in nobody's file. */
export function document({ written, etag }: { written: string; etag: string }): string {
  console.error(`ETag: ${etag}`)
  return written.trimEnd()
}

export const expecting =
  (tag: string | undefined) =>
  (etag: string): boolean =>
    tag === undefined || tag === etag || `"${tag}"` === etag
