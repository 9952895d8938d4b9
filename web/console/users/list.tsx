/** Users, by the beginning of any of their names, by role, by whether they may sign in. */
import type { ComponentChildren } from 'preact'
import { roles } from '../../../src/core/user.ts'
import { useMay } from '../../app/caller.ts'
import { useDraft } from '../../app/drafts.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { usePaged, useSettled } from '../../app/paged.ts'
import { Badge, Time } from '../../app/small.tsx'
import { type Column, DataTable, Filter } from '../../app/table.tsx'
import { words } from '../words/users.ts'
import { type ListedUser, userPage } from './model.ts'

type Wanted = { search: string; enabled: string; role: string }

function pathOf(wanted: Wanted): string {
  const query = new URLSearchParams({ pageSize: '50' })
  for (const [name, value] of Object.entries(wanted)) if (value !== '') query.set(name, value)
  return `/users?${query}`
}

export function Page() {
  const said = useWords(words)
  const may = useMay()
  // Whoever comes back from a user finds the list as it was.
  const wanted = useDraft<Wanted>('wanted', { search: '', enabled: '', role: '' })
  const narrow = (change: Partial<Wanted>) => wanted.set((now) => ({ ...now, ...change }))
  const paged = usePaged<ListedUser>(pathOf(useSettled(wanted.value)))
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {may('users:write') && (
          <a class="button primary" href="/console/users/new">
            {said.add}
          </a>
        )}
      </PageHead>
      <div class="toolbar">
        <Filter label={said.filter} value={wanted.value.search} onChange={(search) => narrow({ search })} />
        <Choose label={said.state} value={wanted.value.enabled} onChange={(enabled) => narrow({ enabled })}>
          <option value="true">{said.enabled}</option>
          <option value="false">{said.disabled}</option>
        </Choose>
        <Choose label={said.role} value={wanted.value.role} onChange={(role) => narrow({ role })}>
          {roles.map((role) => (
            <option key={role} value={role}>
              {said.roles[role]}
            </option>
          ))}
        </Choose>
      </div>
      <DataTable
        caption={said.title}
        paged={paged}
        columns={useColumns()}
        keyOf={({ id }) => id}
        empty={<p>{said.nobody}</p>}
      />
    </>
  )
}

type ChooseProps = {
  label: string
  value: string
  onChange: (value: string) => void
  children: ComponentChildren
}

function Choose({ label, value, onChange, children }: ChooseProps) {
  const { everybody } = useWords(words)
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{everybody}</option>
        {children}
      </select>
    </label>
  )
}

function useColumns(): Column<ListedUser>[] {
  const said = useWords(words)
  return [
    {
      key: 'userName',
      title: said.userName,
      kind: 'row',
      cell: ({ id, userName }) => <a href={userPage(id)}>{userName}</a>,
    },
    { key: 'name', title: said.name, cell: ({ displayName }) => displayName },
    { key: 'email', title: said.email, kind: 'wide', cell: ({ email }) => email ?? '–' },
    { key: 'state', title: said.state, kind: 'tight', cell: (user) => <States of={user} /> },
    {
      key: 'created',
      title: said.created,
      kind: 'wide',
      cell: ({ createdDateTime }) => <Time at={createdDateTime} />,
    },
  ]
}

/** Enabled is how users are: only what is otherwise stands out. */
export function States({ of: { enabled, deleting, roles } }: { of: ListedUser }) {
  const said = useWords(words)
  return (
    <span class="badges">
      {deleting && <Badge tone="bad">{said.deleting}</Badge>}
      {!deleting && !enabled && <Badge tone="warn">{said.disabled}</Badge>}
      {enabled && <span class="soft">{said.enabled}</span>}
      {roles.map((role) => (
        <Badge key={role} tone="info">
          {said.roles[role]}
        </Badge>
      ))}
    </span>
  )
}
