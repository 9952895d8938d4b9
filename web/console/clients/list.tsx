/** The registered applications: found by name or id as it is typed. */
import { useEffect, useState } from 'preact/hooks'
import { useMay } from '../../app/caller.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { usePaged } from '../../app/paged.ts'
import { Badge } from '../../app/small.tsx'
import { DataTable, Filter } from '../../app/table.tsx'
import { words } from '../words/clients.ts'
import { kindOf, type Registration } from './registration.ts'

export const addressOfClient = (id: unknown): string => `/console/clients/${encodeURIComponent(String(id))}`

export function Page() {
  const said = useWords(words)
  const mayWrite = useMay()('clients:write')
  const clients = usePaged<Registration>('/clients?pageSize=100')
  const [typed, setTyped] = useState('')
  const { more } = clients
  const isSearching = typed.trim() !== ''
  // There are a thousand at most: what is looked for may be on any page.
  useEffect(() => {
    if (isSearching && !clients.whole && !clients.loading && clients.refused === undefined) more()
  }, [isSearching, clients.whole, clients.loading, clients.refused, more])
  const wanted = typed.trim().toLowerCase()
  const fits = ({ client_id: id, client_name: name }: Registration) =>
    `${String(id)} ${String(name)}`.toLowerCase().includes(wanted)
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {mayWrite && (
          <a class="button primary" href="/console/clients/new">
            {said.create}
          </a>
        )}
      </PageHead>
      <div class="toolbar">
        <Filter label={said.filter} value={typed} onChange={setTyped} />
      </div>
      <DataTable
        caption={said.title}
        paged={{ ...clients, items: clients.items.filter(fits) }}
        keyOf={({ client_id: id }) => String(id)}
        empty={<p>{said.empty}</p>}
        columns={[
          {
            key: 'name',
            title: said.name,
            kind: 'row',
            cell: ({ client_id: id, client_name: name }) => <a href={addressOfClient(id)}>{String(name)}</a>,
          },
          { key: 'id', title: said.id, cell: ({ client_id: id }) => <code>{String(id)}</code> },
          { key: 'kind', title: said.kind, kind: 'wide', cell: (client) => said.kinds[kindOf(client)] },
          {
            key: 'state',
            title: said.state,
            kind: 'tight',
            cell: ({ enabled }) => (
              <Badge tone={enabled === false ? 'warn' : 'good'}>
                {enabled === false ? said.disabled : said.enabled}
              </Badge>
            ),
          },
        ]}
      />
    </>
  )
}
