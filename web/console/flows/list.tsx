/** All flows: which one is bound, and who uses the others. */
import { useState } from 'preact/hooks'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { Badge } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { type Column, Table } from '../../app/table.tsx'
import { words } from '../words/flows.ts'
import { ImportFlow } from './import.tsx'
import { NewFlow } from './new.tsx'

export type FlowRow = {
  id: string
  name: string
  description: string
  version: number
  bound: boolean
  clients: string[]
}

export function Page() {
  const said = useWords(words)
  const canWrite = useMay()('flows:write')
  const flows = useLoaded('/flows', () => api.get<{ flows: FlowRow[] }>('/flows'))
  const [open, setOpen] = useState<'new' | 'import'>()
  const columns: Column<FlowRow>[] = [
    {
      key: 'name',
      title: said.name,
      kind: 'row',
      cell: ({ id, name, bound }) => (
        <>
          <a href={`/console/flows/${encodeURIComponent(id)}`}>{name}</a>{' '}
          {bound && <Badge tone="good">{said.bound}</Badge>}
        </>
      ),
    },
    { key: 'description', title: said.description, kind: 'wide', cell: ({ description }) => description },
    {
      key: 'used',
      title: said.usedBy,
      cell: ({ bound, clients }) => [...clients, ...(bound ? [said.everyoneElse] : [])].join(', ') || said.noOne,
    },
    { key: 'version', title: said.version, kind: 'number', cell: ({ version }) => version },
  ]
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {canWrite && (
          <>
            <button type="button" class="secondary" onClick={() => setOpen('import')}>
              {said.import}
            </button>
            <button type="button" class="primary" onClick={() => setOpen('new')}>
              {said.newFlow}
            </button>
          </>
        )}
      </PageHead>
      <Shown of={flows}>
        {(data) => <Table caption={said.title} columns={columns} rows={data.flows} keyOf={({ id }) => id} />}
      </Shown>
      {open === 'new' && <NewFlow onClose={() => setOpen(undefined)} />}
      {open === 'import' && <ImportFlow onClose={() => setOpen(undefined)} />}
    </>
  )
}
