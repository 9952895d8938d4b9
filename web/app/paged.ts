/** A list of the API, page after page: `{ page: { items }, links: { next } }`, by cursor or by number. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { api, type Refused } from './api.ts'

export type Envelope<Item> = {
  page: { items: readonly Item[]; totalItems?: number }
  links: { self: string; next?: string }
}

export type Paged<Item> = {
  items: readonly Item[]
  /** Everything that there is has been loaded. */
  whole: boolean
  loading: boolean
  refused?: Refused
  more: () => void
  reload: () => void
  /** One that was changed or removed here, without asking for the list again. */
  change: (isIt: (item: Item) => boolean, item: Item | undefined) => void
}

type Kept<Item> = {
  path: string
  items: readonly Item[]
  next?: string | undefined
  loading: boolean
  refused?: Refused
}

const beginning = <Item>(path: string): Kept<Item> => ({ path, items: [], next: path, loading: true })

/** Another `path` (another filter) begins anew, and an answer to the one before counts for nothing. */
export function usePaged<Item>(path: string): Paged<Item> {
  const [kept, setKept] = useState<Kept<Item>>(beginning(path))
  const asking = useRef<AbortController | undefined>(undefined)

  const load = useCallback(
    async (address: string, isFirst: boolean) => {
      asking.current?.abort()
      const mine = new AbortController()
      asking.current = mine
      setKept((before) => {
        const { refused: _, ...rest } =
          before.path === path ? before : { ...beginning<Item>(path), items: before.items }
        return { ...rest, loading: true }
      })
      const reply = await api.get<Envelope<Item>>(address, { signal: mine.signal })
      if (mine.signal.aborted) return
      setKept((now) => {
        if (!reply.ok) return { ...now, path, next: address, loading: false, refused: reply }
        const { page, links } = reply.data
        return { path, items: isFirst ? page.items : [...now.items, ...page.items], next: links.next, loading: false }
      })
    },
    [path],
  )
  useEffect(() => {
    load(path, true)
    return () => asking.current?.abort()
  }, [load, path])

  const { items, next, loading, refused } = kept
  return {
    items,
    whole: next === undefined && refused === undefined,
    loading,
    ...(refused === undefined ? {} : { refused }),
    more: () => {
      if (!loading && next !== undefined) load(next, items.length === 0)
    },
    reload: () => {
      load(path, true)
    },
    change: (isIt, item) =>
      setKept((now) => ({
        ...now,
        items: now.items.flatMap((one) => (isIt(one) ? (item === undefined ? [] : [item]) : [one])),
      })),
  }
}

/** The value as it was once nothing changed it for `ms`: so that not each letter is a request. */
export function useSettled<Value>(value: Value, ms = 250): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
