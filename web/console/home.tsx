/** Where the console begins: what happened, in pictures, each with a way to the list behind it. */
import { useState } from 'preact/hooks'
import { api } from '../app/api.ts'
import { useMay } from '../app/caller.ts'
import { SelectField } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { tagOf, useLanguage, useWords } from '../app/language.ts'
import { Shown, useLoaded } from '../app/states.tsx'
import { Pictures } from './home/pictures.tsx'
import type { Statistics } from './home/statistics.ts'
import { words } from './words/home.ts'

const ranges = [7, 30, 90, 365] as const

const dayBefore = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

export function Page() {
  const { title } = useWords(words)
  const may = useMay()
  if (!may('statistics:read')) return <PageHead title={title} />
  return <Overview />
}

function Overview() {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const [days, setDays] = useState(30)
  const path = `/statistics?from=${dayBefore(days - 1)}&to=${dayBefore(0)}`
  const statistics = useLoaded(path, () => api.get<Statistics>(path))
  const shown = (day: string) =>
    new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(day))
  return (
    <>
      <PageHead title={said.title} lead={said.lead(shown(dayBefore(days - 1)), shown(dayBefore(0)))}>
        <SelectField
          label={said.range}
          value={String(days)}
          choices={ranges.map((range) => ({ value: String(range), label: said.ranges[range] ?? String(range) }))}
          onChange={(value) => setDays(Number(value))}
        />
      </PageHead>
      <Shown of={statistics}>{(data) => (isFresh(data) ? <FirstSteps /> : <Pictures statistics={data} />)}</Shown>
    </>
  )
}

/** Nobody but those who set it up: no key, and no sign-in but to this console. */
const isFresh = ({ ever, total }: Statistics): boolean =>
  Object.values(ever.keys).every((count) => count === 0) && Object.values(total.signIns).every((count) => count <= 3)

function FirstSteps() {
  const said = useWords(words)
  return (
    <section class="card first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">{said.empty}</h2>
      <p>{said.emptyLead}</p>
      <ol>
        {said.steps.map(([href, what, about]) => (
          <li key={href}>
            <a href={href}>{what}</a>, {about}
          </li>
        ))}
      </ol>
    </section>
  )
}
