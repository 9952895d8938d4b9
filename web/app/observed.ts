/** A value that components follow: what is known to more than one of them, such as who is signed in. */
import { useEffect, useState } from 'preact/hooks'

export type Observed<Value> = {
  get(): Value
  set(value: Value): void
  /** Answers with how to stop. */
  follow(listener: (value: Value) => void): () => void
}

export function observed<Value>(initial: Value): Observed<Value> {
  let value = initial
  const listeners = new Set<(value: Value) => void>()
  return {
    get: () => value,
    set(next) {
      value = next
      for (const listener of listeners) listener(next)
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function useObserved<Value>(source: Observed<Value>): Value {
  const [value, setValue] = useState<{ now: Value }>({ now: source.get() })
  useEffect(() => {
    // It may have changed between drawing and following.
    setValue({ now: source.get() })
    return source.follow((now) => setValue({ now }))
  }, [source])
  return value.now
}
