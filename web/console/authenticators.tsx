/** Everybody's FIDO authenticators in one state, the oldest first: who has not activated a key for how long. */
import { useLocation } from 'preact-iso'
import { SelectField } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { usePaged } from '../app/paged.ts'
import type { PageProps } from '../app/pages.ts'
import { Time } from '../app/small.tsx'
import { type Column, DataTable } from '../app/table.tsx'
import { words } from './words/authenticators.ts'

type Row = {
  userId: string
  id: string
  friendlyName?: string
  createdDateTime: string
  expiresDateTime?: string
  serialNumber?: string
}

const states = ['pending', 'active', 'suspended', 'locked'] as const

export function Page({ query }: PageProps) {
  const said = useWords(words)
  const { route } = useLocation()
  const state = states.find((each) => each === query.state) ?? 'pending'
  const paged = usePaged<Row>(`/authenticators?state=${state}&pageSize=100`)
  const columns: Column<Row>[] = [
    {
      key: 'name',
      title: said.name,
      kind: 'row',
      cell: ({ userId, friendlyName }) => (
        <a href={`/console/users/${encodeURIComponent(userId)}`}>{friendlyName ?? said.unnamed}</a>
      ),
    },
    { key: 'user', title: said.user, cell: ({ userId }) => <code>{userId}</code> },
    { key: 'serial', title: said.serial, kind: 'wide', cell: ({ serialNumber = '–' }) => serialNumber },
    {
      key: 'created',
      title: said.created,
      kind: 'tight',
      cell: ({ createdDateTime }) => <Time at={createdDateTime} />,
    },
    ...(state === 'pending'
      ? [
          {
            key: 'expires',
            title: said.expires,
            kind: 'tight' as const,
            cell: ({ expiresDateTime }: Row) => <Time at={expiresDateTime} none={said.never} />,
          },
        ]
      : []),
  ]
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        <SelectField
          label={said.state}
          value={state}
          choices={states.map((value) => ({ value, label: said.states[value] ?? value }))}
          onChange={(value) => route(`/console/authenticators?state=${value}`)}
        />
      </PageHead>
      <DataTable paged={paged} caption={said.title} columns={columns} keyOf={({ id }) => id} />
    </>
  )
}
