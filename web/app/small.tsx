/** Small things that pages are made of: a state as a badge, a time, a text to copy, a fact with its name. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { tagOf, useLanguage, useWords } from './language.ts'
import { words } from './words.ts'

export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'plain'

/** The word carries it; the colour only repeats it. */
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) => (
  <span class={`badge ${tone}`}>{children}</span>
)

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

export function relative(at: Date, tag: string, now = Date.now()): string {
  const seconds = (at.getTime() - now) / 1000
  const format = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  const [unit, length] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const)
  return format.format(Math.trunc(seconds / length), unit)
}

type TimeProps = { at: string | undefined; none?: string; exact?: boolean }

/** How long ago, and exactly when to the mouse, the keyboard's reader and the copier; `exact` shows that instead. */
export function Time({ at, none = '–', exact }: TimeProps) {
  const tag = tagOf(useLanguage())
  if (at === undefined || Number.isNaN(Date.parse(at))) return <span>{none}</span>
  const date = new Date(at)
  const whole = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' }).format(date)
  return (
    <time dateTime={at} title={whole}>
      {exact ? whole : relative(date, tag)}
    </time>
  )
}

/** `name`: what is copied, for whoever does not see where the button is. */
export function Copy({ text, name }: { text: string; name: string }) {
  const { copy, copied } = useWords(words)
  const [done, setDone] = useState(false)
  const take = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 2000)
  }
  return (
    <button type="button" class="small secondary" onClick={take} aria-label={`${done ? copied : copy}: ${name}`}>
      {done ? copied : copy}
    </button>
  )
}

/** An identifier, with a button that copies it. */
export const Identifier = ({ text, name }: { text: string; name: string }) => (
  <span class="identifier">
    <code>{text}</code> <Copy text={text} name={name} />
  </span>
)

/** Names and what they stand for. Absent ones are left out. */
export const Facts = ({ of }: { of: readonly (readonly [string, ComponentChildren] | undefined | false)[] }) => (
  <dl class="facts">
    {of.map(
      (fact) =>
        fact && (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ),
    )}
  </dl>
)
