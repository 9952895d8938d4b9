/** What happened, said where it happened (`Notice`), or for a moment at the edge (`say`), and read aloud either way. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Problem, Refused } from './api.ts'
import { useWords } from './language.ts'
import { observed, useObserved } from './observed.ts'
import { words } from './words.ts'

export type Kind = 'error' | 'good' | 'info'

/** `focus`: it is gone to, because whoever waits for an answer must find it. */
export function Notice({ kind, focus, children }: { kind: Kind; focus?: boolean; children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focus) place.current?.focus()
  }, [focus])
  return (
    <div ref={place} class={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'} tabIndex={-1}>
      <div>{children}</div>
    </div>
  )
}

export const useSaid = (): ((problem: Problem) => string) => {
  const { failures, malformed, problemOf } = useWords(words)
  return ({ code, title, detail }) => {
    // The title says of what it is a malformed one, which whoever filled in a form knows.
    const isMalformed = code.startsWith('malformed-') && detail !== undefined
    return failures[code] ?? (isMalformed ? malformed(detail) : problemOf(title, detail))
  }
}

/** Why something was refused, in words, and what to name when asking for help. */
export function Refusal({ refused, focus = true }: { refused: Refused; focus?: boolean }) {
  const { requestId } = useWords(words)
  const said = useSaid()
  if (refused.problem.code === 'aborted') return null
  return (
    <Notice kind="error" focus={focus}>
      <p>{said(refused.problem)}</p>
      {refused.requestId && (
        <p class="request-id">
          {requestId} <code>{refused.requestId}</code>
        </p>
      )}
    </Notice>
  )
}

const saying = observed<{ text: string; kind: Kind } | undefined>(undefined)
let ending: ReturnType<typeof setTimeout> | undefined

/** Long enough to be read twice. */
const shownFor = 7000

/** For what went well: short, and gone by itself. What went wrong stays, as a `Refusal`. */
export function say(text: string, kind: Kind = 'good'): void {
  clearTimeout(ending)
  saying.set({ text, kind })
  ending = setTimeout(() => saying.set(undefined), shownFor)
}

/** There from the start, so that what appears in it is announced. */
export function Sayings() {
  const said = useObserved(saying)
  return (
    <div class="sayings" role="status" aria-live="polite">
      {said && <p class={`saying ${said.kind}`}>{said.text}</p>}
    </div>
  )
}
