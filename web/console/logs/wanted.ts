/** What of the audit log is looked at: kept in the address, so that other pages can lead to it, and a link says it all. */
import { useState } from 'preact/hooks'

const names = ['since', 'until', 'type', 'user', 'reason'] as const
export type Wanted = Partial<Record<(typeof names)[number], string>>

const usual = 'P1D'

const wantedIn = (search: string): Wanted => {
  const query = new URLSearchParams(search)
  return Object.fromEntries(names.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? '']] : [])))
}

const queryOf = (wanted: Wanted): URLSearchParams =>
  new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== ''))

/** Of a user, everything is looked at where nothing else is said, as the API has it. */
export const sinceOf = ({ since, user }: Wanted): string | undefined => since ?? (user ? undefined : usual)

export function pathOf(wanted: Wanted, base = '/logs', more: Record<string, string> = { pageSize: '50' }): string {
  const since = sinceOf(wanted)
  const query = queryOf({ ...wanted, ...(since === undefined ? {} : { since }) })
  for (const [name, value] of Object.entries(more)) query.set(name, value)
  return `${base}?${query}`
}

export function useWanted(): { wanted: Wanted; narrow: (change: Wanted) => void } {
  const [wanted, setWanted] = useState(() => wantedIn(location.search))
  const narrow = (change: Wanted) =>
    setWanted((now) => {
      const next = { ...now, ...change }
      const query = queryOf(next).toString()
      history.replaceState(history.state, '', query === '' ? location.pathname : `${location.pathname}?${query}`)
      return next
    })
  return { wanted, narrow }
}
