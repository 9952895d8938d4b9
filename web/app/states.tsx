/** What a page shows before it has what it shows, when there is none, and when it could not be had. */
import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Refused, Reply } from './api.ts'
import { useWords } from './language.ts'
import { Refusal } from './notice.tsx'
import { words } from './words.ts'

export function Loading() {
  const { loading } = useWords(words)
  return (
    <p class="loading" role="status">
      {loading}
    </p>
  )
}

/** What is not there yet, and where `children` say how it comes to be. */
export function Empty({ children }: { children?: ComponentChildren }) {
  const { empty } = useWords(words)
  return <div class="empty">{children ?? <p>{empty}</p>}</div>
}

export function Failed({ refused, again }: { refused: Refused; again?: () => void }) {
  const said = useWords(words)
  return (
    <div class="failed">
      <Refusal refused={refused} focus={false} />
      {again && (
        <button type="button" class="secondary" onClick={again}>
          {said.again}
        </button>
      )}
    </div>
  )
}

export type Loaded<Data> = {
  data?: Data
  etag?: string
  refused?: Refused
  /** While it is asked for anew, what was there before stays. */
  loading: boolean
  reload: () => Promise<void>
  /** What a change answered with, so that it need not be asked for again. */
  put: (data: Data, etag?: string) => void
}

type Kept<Data> = { key: string; data?: Data; etag?: string; refused?: Refused; loading: boolean }

/**
 * Asks when the page comes, and again when `key` changes: `useLoaded(path, () => api.get<User>(path))`.
 * A late answer of an earlier key counts for nothing.
 */
export function useLoaded<Data>(key: string, ask: () => Promise<Reply<Data>>): Loaded<Data> {
  const [kept, setKept] = useState<Kept<Data>>({ key, loading: true })
  const load = useCallback(async () => {
    setKept((before) => (before.key === key ? { ...before, loading: true } : { key, loading: true }))
    const reply = await ask()
    setKept((now) => {
      if (now.key !== key) return now
      if (!reply.ok) return { ...now, refused: reply, loading: false }
      const { data, etag } = reply
      return { key, data, ...(etag === undefined ? {} : { etag }), loading: false }
    })
  }, [key])
  useEffect(() => {
    load()
  }, [load])
  const put = useCallback(
    (data: Data, etag?: string) => setKept({ key, data, ...(etag === undefined ? {} : { etag }), loading: false }),
    [key],
  )
  const { key: _, ...shown } = kept.key === key ? kept : { key, loading: true }
  return { ...shown, reload: load, put }
}

type ShownProps<Data> = {
  of: Loaded<Data>
  /** The page's head where nothing could be had, if `children` have it otherwise. */
  head?: ComponentChildren
  children: (data: Data) => ComponentChildren
}

/** Draws what was loaded, or what stands in its way: `<Shown of={user}>{(data) => …}</Shown>`. */
export function Shown<Data>({ of, head, children }: ShownProps<Data>) {
  if (of.data !== undefined)
    return (
      <>
        {of.refused && <Failed refused={of.refused} again={of.reload} />}
        {children(of.data)}
      </>
    )
  if (of.refused === undefined) return <Loading />
  return (
    <>
      {head}
      <Failed refused={of.refused} again={of.reload} />
    </>
  )
}
