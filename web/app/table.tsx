/**
 * Lists as tables. Of a long one only the rows in sight are in the document, with room for the others above and below, so
 * that it scrolls as quickly at ten thousand rows as at ten; how many there are is said to whoever does not see it.
 */
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks'
import { useWords } from './language.ts'
import type { Paged } from './paged.ts'
import { Empty, Failed, Loading } from './states.tsx'
import { words } from './words.ts'

export type Column<Row> = {
  key: string
  title: string
  cell: (row: Row) => ComponentChildren
  /** `row`: names the row. `number`: to the right. `wide`: left out on a small screen. `tight`: no wider than it must be. */
  kind?: 'row' | 'number' | 'wide' | 'tight'
}

type TableProps<Row> = {
  /** What the rows are: read before the table. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  empty?: ComponentChildren
}

/** In pixels, before a row was measured. */
const usualHeight = 45
/** From here on, only what is in sight is drawn. */
const isLong = (count: number): boolean => count > 100

export function Table<Row>({ caption, columns, rows, keyOf, empty }: TableProps<Row>) {
  const pane = useRef<HTMLDivElement>(null)
  const window = useRowsInSight(pane, rows.length)
  useReachable(pane)
  if (rows.length === 0) return <Empty>{empty}</Empty>
  const shown = rows.slice(window.first, window.last + 1)
  return (
    <section class={isLong(rows.length) ? 'pane long' : 'pane'} ref={pane} aria-label={caption}>
      <table aria-rowcount={rows.length + 1}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ key, title, kind }) => (
              <th key={key} scope="col" class={kind}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <Room height={window.above} />
        <tbody>
          {shown.map((row, at) => (
            <tr
              key={keyOf(row)}
              ref={window.measure}
              data-index={window.first + at}
              aria-rowindex={window.first + at + 2}
            >
              {columns.map(({ key, cell, kind }) =>
                kind === 'row' ? (
                  <th key={key} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={key} class={kind}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
        <Room height={window.below} />
      </table>
    </section>
  )
}

/** Room for rows that are not drawn. Its height is set by CSSOM: the policy of the page takes no style from an attribute. */
function Room({ height }: { height: number }) {
  const body = useRef<HTMLTableSectionElement>(null)
  useLayoutEffect(() => {
    if (body.current) body.current.style.height = `${height}px`
  }, [height])
  return height === 0 ? null : <tbody ref={body} class="room" />
}

/** What can be scrolled can be scrolled by keyboard; where all is in sight, there is nothing to stop at. */
function useReachable(pane: { current: HTMLElement | null }): void {
  useEffect(() => {
    const shown = pane.current
    if (shown === null) return undefined
    const look = () => {
      const overflows = shown.scrollHeight > shown.clientHeight || shown.scrollWidth > shown.clientWidth
      if (overflows) shown.tabIndex = 0
      else shown.removeAttribute('tabindex')
    }
    look()
    const watcher = new ResizeObserver(look)
    watcher.observe(shown)
    return () => watcher.disconnect()
  })
}

type InSight = {
  first: number
  last: number
  above: number
  below: number
  measure: (row: HTMLTableRowElement | null) => void
}

function useRowsInSight(pane: { current: HTMLDivElement | null }, count: number): InSight {
  const [, redraw] = useReducer((times: number, _: undefined) => times + 1, 0)
  const options = {
    count: isLong(count) ? count : 0,
    getScrollElement: () => pane.current,
    estimateSize: () => usualHeight,
    overscan: 12,
    ...{ scrollToFn: elementScroll, observeElementRect, observeElementOffset },
    onChange: () => redraw(undefined),
  }
  const virtualizer = useMemo(() => new Virtualizer<HTMLDivElement, HTMLTableRowElement>(options), [])
  virtualizer.setOptions(options)
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer])
  useLayoutEffect(() => virtualizer._willUpdate())
  if (!isLong(count)) return { first: 0, last: count - 1, above: 0, below: 0, measure: () => {} }
  const items = virtualizer.getVirtualItems()
  const [first, last] = [items[0], items.at(-1)]
  return {
    first: first?.index ?? 0,
    last: last?.index ?? Math.min(count, 30) - 1,
    above: first?.start ?? 0,
    below: Math.max(0, virtualizer.getTotalSize() - (last?.end ?? 0)),
    measure: virtualizer.measureElement,
  }
}

type DataTableProps<Row> = Omit<TableProps<Row>, 'rows'> & { paged: Paged<Row> }

/** A table of a list that comes in pages: the next one is loaded when its end comes into sight, or by the button. */
export function DataTable<Row>({ paged, ...table }: DataTableProps<Row>) {
  const { more, rows } = useWords(words)
  const { items, whole, loading, refused } = paged
  const end = useRef<HTMLDivElement>(null)
  const latest = useRef(paged)
  latest.current = paged
  useEffect(() => {
    const place = end.current
    if (place === null) return undefined
    const watcher = new IntersectionObserver(
      ([seen]) => {
        const { refused, whole, loading } = latest.current
        if (seen?.isIntersecting && !refused && !whole && !loading) latest.current.more()
      },
      { rootMargin: '400px' },
    )
    watcher.observe(place)
    return () => watcher.disconnect()
    // Anew with each page: what is still in sight after one is told of again.
  }, [items.length])
  if (items.length === 0 && loading) return <Loading />
  return (
    <>
      {(items.length > 0 || !refused) && <Table {...table} rows={items} />}
      {refused && <Failed refused={refused} again={items.length === 0 ? paged.reload : paged.more} />}
      <div class="list-end" ref={end}>
        {items.length > 0 && <p role="status">{rows(items.length, whole)}</p>}
        {!whole && !refused && items.length > 0 && (
          <button type="button" class="secondary small" onClick={paged.more} aria-disabled={loading}>
            {more}
          </button>
        )}
      </div>
    </>
  )
}

type FilterProps = { label: string; value: string; onChange: (value: string) => void; placeholder?: string }

/** What is typed here narrows the list below; give `useSettled(value)` to the list. */
export function Filter({ label, value, onChange, placeholder }: FilterProps) {
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        type="search"
        value={value}
        placeholder={placeholder}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  )
}
