/**
 * A picture of numbers: drawn by Chart.js on a canvas, said in a sentence to whoever does not see it, and with the numbers
 * themselves as a table on demand. Colours are the stylesheet's, in light and dark; each series has a pattern beside them.
 */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  Tooltip,
} from 'chart.js'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { inBoth, tagOf, useLanguage, useWords } from './language.ts'
import { type Column, Table } from './table.tsx'

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip, Legend)

export type Series = { label: string; values: readonly number[] }

type PictureProps = {
  title: string
  /** What it shows, in a sentence with its numbers. */
  summary: string
  /** Of the categories: days, reasons, models. */
  labels: readonly string[]
  series: readonly Series[]
  /** `bars`: a bar for each category, from top to bottom. `stacks`: the series on each other, from left to right. */
  kind: 'bars' | 'stacks'
  /** What the categories are, over their column in the table. */
  category: string
  broad?: boolean
  /** The list behind it. */
  children?: ComponentChildren
}

export function Picture({ title, summary, labels, series, kind, category, broad, children }: PictureProps) {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const id = useId()
  // Empty axes say less than the sentence.
  const isSomething = series.some(({ values }) => values.some((value) => value > 0))
  const columns: Column<number>[] = [
    { key: 'category', title: category, kind: 'row', cell: (at) => labels[at] },
    ...series.map(
      ({ label, values }): Column<number> => ({
        key: label,
        title: label,
        kind: 'number',
        cell: (at) => (values[at] ?? 0).toLocaleString(tag),
      }),
    ),
  ]
  return (
    <section class={broad ? 'picture card broad' : 'picture card'} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p>{summary}</p>
      {isSomething && <Drawn {...{ labels, series, kind, tag }} said={`${title}. ${summary}`} />}
      <details>
        <summary>{said.numbers}</summary>
        <Table caption={said.of(title)} columns={columns} rows={labels.map((_, at) => at)} keyOf={String} />
      </details>
      {children}
    </section>
  )
}

type DrawnProps = Pick<PictureProps, 'labels' | 'series' | 'kind'> & { tag: string; said: string }

const dark = matchMedia('(prefers-color-scheme: dark)')
const still = matchMedia('(prefers-reduced-motion: reduce)')

function Drawn({ labels, series, kind, tag, said }: DrawnProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  // Drawn anew when it shows something else, not whenever the page is.
  const shown = JSON.stringify([labels, series, kind, tag])
  useEffect(() => {
    if (canvas.current === null) return undefined
    const place = canvas.current
    let chart = new Chart(place, configured({ labels, series, kind, tag }))
    const redraw = () => {
      chart.destroy()
      chart = new Chart(place, configured({ labels, series, kind, tag }))
    }
    dark.addEventListener('change', redraw)
    return () => {
      dark.removeEventListener('change', redraw)
      chart.destroy()
    }
  }, [shown])
  return (
    <div class="canvas">
      <canvas ref={canvas} role="img" aria-label={said} />
    </div>
  )
}

const colour = (name: string): string => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim()

/** How many series there are colours for; they begin anew after, with another pattern. */
const colours = 6

function configured({ labels, series, kind, tag }: Omit<DrawnProps, 'said'>): ChartConfiguration<'bar'> {
  const [ink, soft, edge, card] = [colour('ink'), colour('soft'), colour('edge'), colour('card')]
  const isStacked = kind === 'stacks'
  const counts = {
    beginAtZero: true,
    ticks: { color: soft, precision: 0, callback: (value: number | string) => Number(value).toLocaleString(tag) },
    grid: { color: edge },
    border: { display: false },
    stacked: isStacked,
  }
  const names = {
    ticks: { color: isStacked ? soft : ink, maxRotation: 0, autoSkip: isStacked },
    grid: { display: false },
    stacked: isStacked,
  }
  return {
    type: 'bar',
    data: {
      labels: isStacked ? [...labels] : labels.map(inLines),
      datasets: series.map(({ label, values }, at) => ({
        label,
        data: [...values],
        backgroundColor: patternOf(at, card),
        borderColor: colour(`series-${(at % colours) + 1}`),
        borderWidth: 1,
        borderRadius: isStacked ? 0 : 3,
        maxBarThickness: isStacked ? 48 : 26,
      })),
    },
    options: {
      indexAxis: isStacked ? 'x' : 'y',
      responsive: true,
      maintainAspectRatio: false,
      animation: still.matches ? false : { duration: 300 },
      font: { family: getComputedStyle(document.body).fontFamily },
      scales: isStacked ? { x: names, y: counts } : { x: counts, y: names },
      plugins: {
        legend: { display: isStacked, position: 'bottom', labels: { color: ink, boxWidth: 16, boxHeight: 16 } },
        tooltip: { callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${Number(raw).toLocaleString(tag)}` } },
      },
    },
  }
}

/** A name of a model or a reason is as long as it is. In characters. */
const longestLine = 16

/** Broken after spaces and hyphens; of what is very long, its beginning. */
function inLines(label: string): string | string[] {
  if (label.length <= longestLine) return label
  const lines: string[] = ['']
  for (const word of label.split(/(?<=[ -])/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + word.trimEnd().length > longestLine) lines.push(word)
    else lines[lines.length - 1] = line + word
  }
  return lines.map((line) => line.trimEnd()).slice(0, 3)
}

/** In pixels. */
const tile = 8

/** Plain, then lines in one direction and another: who sees no colours tells them apart. */
function patternOf(at: number, ground: string): CanvasPattern | string {
  const ink = colour(`series-${(at % colours) + 1}`)
  const pattern = document.createElement('canvas')
  pattern.width = tile
  pattern.height = tile
  const context = pattern.getContext('2d')
  if (context === null || at === 0) return ink
  context.fillStyle = ink
  context.fillRect(0, 0, tile, tile)
  context.strokeStyle = ground
  context.lineWidth = 1.5
  context.beginPath()
  for (const [fromX, fromY, toX, toY] of strokes[(at - 1) % strokes.length] ?? []) {
    context.moveTo(fromX, fromY)
    context.lineTo(toX, toY)
  }
  context.stroke()
  return context.createPattern(pattern, 'repeat') ?? ink
}

type Stroke = readonly [number, number, number, number]
const falling: readonly Stroke[] = [
  [-2, -2, 10, 10],
  [6, -2, 10, 2],
  [-2, 6, 2, 10],
]
const rising: readonly Stroke[] = [
  [-2, 10, 10, -2],
  [-2, 2, 2, -2],
  [6, 10, 10, 6],
]
const level: readonly Stroke[] = [[0, 4, 8, 4]]
const upright: readonly Stroke[] = [[4, 0, 4, 8]]
const strokes: readonly (readonly Stroke[])[] = [rising, level, falling, upright, [...level, ...upright]]

const words = inBoth({
  en: { numbers: 'Show the numbers', of: (title: string) => `${title}: the numbers` },
  de: { numbers: 'Die Zahlen zeigen', of: (title) => `${title}: die Zahlen` },
})
