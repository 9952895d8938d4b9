/** The audit log: what happened, by time, event, user and reason; one record with all it says; saved; followed live. */
import { useEffect, useState } from 'preact/hooks'
import type { LogEntry } from '../../../src/core/audit/log-entry.ts'
import { auditTypes } from '../../../src/core/audit-event.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { usePaged, useSettled } from '../../app/paged.ts'
import { Badge, Time, type Tone } from '../../app/small.tsx'
import { type Column, DataTable, Filter } from '../../app/table.tsx'
import { words } from '../words/logs.ts'
import { Record, UserLink } from './record.tsx'
import { Saving } from './saving.tsx'
import { pathOf, sinceOf, useWanted, type Wanted } from './wanted.ts'

/** Milliseconds between two looks. */
const liveEvery = 3000

export function Page() {
  const said = useWords(words)
  const { wanted, narrow } = useWanted()
  const paged = usePaged<LogEntry>(pathOf(useSettled(wanted)))
  const [shown, setShown] = useState<LogEntry>()
  const [live, setLive] = useState(false)
  const { reload } = paged
  useEffect(() => {
    if (!live || shown !== undefined) return undefined
    const timer = setInterval(() => document.hidden || reload(), liveEvery)
    return () => clearInterval(timer)
  }, [live, shown, reload])
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        <Saving wanted={wanted} />
      </PageHead>
      <div class="toolbar">
        <Period wanted={wanted} narrow={narrow} />
        <label>
          <span>{said.type}</span>
          <select value={wanted.type ?? ''} onChange={(event) => narrow({ type: event.currentTarget.value })}>
            <option value="">{said.anyType}</option>
            {auditTypes.map((type) => (
              <option key={type} value={type}>
                {type}
              </option>
            ))}
          </select>
        </label>
        <Filter label={said.user} value={wanted.user ?? ''} onChange={(user) => narrow({ user })} />
        <Filter label={said.reason} value={wanted.reason ?? ''} onChange={(reason) => narrow({ reason })} />
        <label class="check">
          <input type="checkbox" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
          <span>{said.live}</span>
        </label>
      </div>
      <DataTable
        caption={said.title}
        paged={paged}
        keyOf={({ id }) => id}
        columns={useColumns(setShown)}
        empty={<p>{paged.whole ? said.nothing : said.more}</p>}
      />
      {shown && <Record entry={shown} onClose={() => setShown(undefined)} />}
    </>
  )
}

/** What another page asked for stays a choice of its own. */
function Period({ wanted, narrow }: { wanted: Wanted; narrow: (change: Wanted) => void }) {
  const said = useWords(words)
  const since = sinceOf(wanted) ?? 'P365D'
  const own = said.periods[since] === undefined || wanted.until !== undefined
  return (
    <label>
      <span>{said.period}</span>
      <select
        value={own ? 'own' : since}
        onChange={({ currentTarget: { value } }) => value !== 'own' && narrow({ since: value, until: '' })}
      >
        {own && <option value="own">{said.between(since, wanted.until ?? '…')}</option>}
        {Object.entries(said.periods).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  )
}

const bad = /failed|refused|unmet|locked|complained|bounced/
const grave = /deleted|revoked|suspended|disabled|roles-changed|denied|withdrawn/

const toneOf = (type: string): Tone => {
  if (bad.test(type)) return 'bad'
  return grave.test(type) ? 'warn' : 'plain'
}

function useColumns(show: (entry: LogEntry) => void): Column<LogEntry>[] {
  const said = useWords(words)
  return [
    { key: 'time', title: said.time, kind: 'tight', cell: ({ timeStamp }) => <Time at={timeStamp} exact /> },
    {
      key: 'type',
      title: said.event,
      kind: 'row',
      cell: ({ details: { type } }) => <Badge tone={toneOf(type)}>{type}</Badge>,
    },
    {
      key: 'user',
      title: said.about,
      cell: ({ context: { principalId = '' }, details: { user } }) =>
        user === undefined ? '–' : <UserLink id={user} name={principalId} />,
    },
    {
      key: 'actor',
      title: said.by,
      kind: 'wide',
      cell: ({ details: { actor, user } }) =>
        actor.kind === 'user' && actor.id === user ? '–' : `${said.kinds[actor.kind] ?? actor.kind} ${actor.id}`,
    },
    { key: 'reason', title: said.why, kind: 'wide', cell: ({ details: { reason = '–' } }) => reason },
    {
      key: 'from',
      title: said.from,
      kind: 'wide',
      cell: ({ context: { originatingAddress = '–' } }) => originatingAddress,
    },
    {
      key: 'details',
      title: said.details,
      kind: 'tight',
      cell: (entry) => (
        <button
          type="button"
          class="secondary small"
          aria-label={said.detailsOf(entry.details.type, entry.timeStamp)}
          onClick={() => show(entry)}
        >
          {said.details}
        </button>
      ),
    },
  ]
}
