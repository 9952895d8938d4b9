/** What happened with one's account, newest first, in words. */
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { usePaged } from '../app/paged.ts'
import { Time } from '../app/small.tsx'
import { type Column, DataTable } from '../app/table.tsx'
import { words } from './words/activity.ts'
import { words as levels } from './words/home.ts'

type Record = {
  id: string
  type: string
  dateTime: string
  by: 'you' | 'organisation' | 'service' | 'stranger'
  application?: string
  authenticator?: string
  acr?: string
  ip?: string
}

export function Page() {
  const said = useWords(words)
  const { level } = useWords(levels)
  const list = usePaged<Record>('/me/activity?pageSize=50')
  const about = ({ application, authenticator, acr }: Record) =>
    [authenticator, application && said.at(application), acr && (level[acr] ?? acr)].filter(Boolean).join(' · ')
  const columns: readonly Column<Record>[] = [
    {
      key: 'what',
      title: said.what,
      kind: 'row',
      cell: (record) => (
        <>
          {said.type[record.type] ?? record.type}
          {about(record) !== '' && <span class="about">{about(record)}</span>}
        </>
      ),
    },
    { key: 'when', title: said.when, kind: 'tight', cell: ({ dateTime }) => <Time at={dateTime} /> },
    { key: 'who', title: said.who, kind: 'wide', cell: ({ by }) => said.by[by] },
    { key: 'where', title: said.where, kind: 'wide', cell: ({ ip }) => ip && <code>{ip}</code> },
  ]
  return (
    <>
      <PageHead title={said.title} lead={said.lead} />
      <DataTable
        caption={said.title}
        columns={columns}
        paged={list}
        keyOf={({ id }) => id}
        empty={<p>{said.none}</p>}
      />
    </>
  )
}
