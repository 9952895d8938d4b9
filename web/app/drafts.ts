/**
 * What a person typed and has not sent yet: it outlives an error, a reload and a step-up, in this tab only, and ends when
 * it was sent, when they sign out, or when somebody else signs in.
 *
 * Never for what is secret: a password is typed again.
 */
import { useCallback, useState } from 'preact/hooks'

const prefix = 'keystep-draft:'
const owner = 'keystep-draft-owner'

const read = (key: string): unknown => {
  const text = sessionStorage.getItem(key)
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // The room that a browser gives is full: what was typed is still on the page.
  }
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(prefix)) sessionStorage.removeItem(key)
}

/** Drafts are one person's: of anybody else before, they are forgotten. */
export function ownDrafts(person: string): void {
  if (sessionStorage.getItem(owner) !== person) forgetDrafts()
  sessionStorage.setItem(owner, person)
}

export type Draft<Value> = {
  value: Value
  set: (change: Value | ((now: Value) => Value)) => void
  /** When it was sent, or given up: back to the beginning. */
  clear: () => void
  /** There was something here already when the page came. */
  restored: boolean
}

/**
 * Like `useState`, and kept. `name` is unique on the page; the page is part of the key.
 *
 * @param initial where nothing was kept; followed as long as nothing was typed, so that it may come from the API later.
 */
export function useDraft<Value>(name: string, initial: Value): Draft<Value> {
  const key = `${prefix}${location.pathname}:${name}`
  const [kept, setKept] = useState(() => ({ value: read(key) as Value | undefined, restored: read(key) !== undefined }))
  const value = kept.value ?? initial
  const set = useCallback(
    (change: Value | ((now: Value) => Value)) =>
      setKept((before) => {
        const now = before.value ?? initial
        const next = typeof change === 'function' ? (change as (now: Value) => Value)(now) : change
        write(key, next)
        return { ...before, value: next }
      }),
    [key, initial],
  )
  const clear = useCallback(() => {
    sessionStorage.removeItem(key)
    setKept({ value: undefined, restored: false })
  }, [key])
  return { value, set, clear, restored: kept.restored }
}
