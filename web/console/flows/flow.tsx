/** One flow: its tree, edited in place, and beside it what it would come to for somebody. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { AcrMap, Flow } from '../../../src/core/step-up/flow.ts'
import { writeFlow } from '../../../src/core/step-up/flow.ts'
import type { RealmStepUp } from '../../../src/core/step-up/policy.ts'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { AreaField, Form, TextField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { Notice, say } from '../../app/notice.tsx'
import type { PageProps } from '../../app/pages.ts'
import { Badge } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { Doubts, type Edited, SaveBar, Theirs, useEdited } from '../edited.tsx'
import { words } from '../words/flows.ts'
import { BindDialog } from './bind.tsx'
import { type DraftFlow, examine } from './draft.ts'
import { Explain } from './explain.tsx'
import type { FlowRow } from './list.tsx'
import { NewFlow } from './new.tsx'
import { FlowTree, Wrong } from './tree.tsx'

export function Page({ params: { flowId = '' } }: PageProps) {
  const said = useWords(words)
  const path = `/flows/${encodeURIComponent(flowId)}`
  const edited = useEdited<Flow, DraftFlow>(path, 'flow')
  const policy = useLoaded('/step-up-policy', () => api.get<RealmStepUp>('/step-up-policy', { quiet: true }))
  const rows = useLoaded('/flows', () => api.get<{ flows: FlowRow[] }>('/flows'))
  return (
    <Shown of={edited.loaded} head={<PageHead title={flowId} back={{ href: '/console/flows', label: said.back }} />}>
      {(saved) => (
        <OneFlow
          saved={saved}
          edited={edited}
          acrToLoa={policy.data?.acrToLoa ?? {}}
          row={rows.data?.flows.find(({ id }) => id === flowId)}
          rows={rows.data?.flows ?? []}
          again={rows.reload}
        />
      )}
    </Shown>
  )
}

type FlowProps = {
  saved: Flow
  edited: Edited<Flow, DraftFlow>
  acrToLoa: AcrMap
  row: FlowRow | undefined
  rows: readonly FlowRow[]
  again: () => void
}

function OneFlow({ saved, edited, acrToLoa, row, rows, again }: FlowProps) {
  const said = useWords(words)
  const canWrite = useMay()('flows:write')
  const canExplain = useMay()('step-up:explain')
  const flow = edited.value ?? saved
  const examined = examine(flow, acrToLoa)
  return (
    <>
      <PageHead title={flow.name} back={{ href: '/console/flows', label: said.back }} lead={flow.description}>
        <Actions {...{ saved, row, rows, acrToLoa, canWrite, again }} />
      </PageHead>
      {row && <Uses row={row} />}
      {!canWrite && (
        <Notice kind="info">
          <p>{said.readOnly}</p>
        </Notice>
      )}
      <Theirs edited={edited} />
      <Doubts of={edited.warnings} />
      <div class="workbench">
        <section aria-label={said.levels}>
          <Form onSubmit={() => examined.flow && edited.save()} refused={edited.refused} busy={edited.saving}>
            {canWrite && <Names flow={flow} change={edited.change} wrong={examined.trouble} />}
            <h2>{said.levels}</h2>
            <Wrong examined={examined} pointer="/levels" />
            <FlowTree {...{ flow, acrToLoa, examined }} change={canWrite ? edited.change : undefined} />
            <SaveBar edited={edited} can={examined.flow !== undefined} />
          </Form>
        </section>
        {canExplain && (
          <Explain saved={saved} draft={edited.isEdited ? examined.flow : undefined} names={Object.keys(acrToLoa)} />
        )}
      </div>
    </>
  )
}

type NamesProps = {
  flow: DraftFlow
  change: (flow: DraftFlow) => void
  wrong: { at: string; detail: string } | undefined
}

function Names({ flow, change, wrong }: NamesProps) {
  const said = useWords(words)
  const errorOf = (pointer: string) => (wrong?.at === pointer ? wrong.detail : undefined)
  return (
    <details class="names">
      <summary>
        {said.name}, {said.description}
      </summary>
      <TextField
        label={said.name}
        value={flow.name}
        pointer="/name"
        error={errorOf('/name')}
        onChange={(name) => change({ ...flow, name })}
      />
      <AreaField
        label={said.description}
        value={flow.description}
        rows={2}
        pointer="/description"
        error={errorOf('/description')}
        onChange={(description) => change({ ...flow, description })}
      />
    </details>
  )
}

function Uses({ row }: { row: FlowRow }) {
  const said = useWords(words)
  const users = [...row.clients, ...(row.bound ? [said.everyoneElse] : [])]
  return (
    <p class="uses">
      {row.bound && (
        <>
          <Badge tone="good">{said.bound}</Badge> {said.boundHint}.{' '}
        </>
      )}
      {said.usedBy}: {users.length === 0 ? said.noOne : users.join(', ')}. {said.version} {row.version}.
    </p>
  )
}

type ActionsProps = Pick<FlowProps, 'saved' | 'row' | 'rows' | 'acrToLoa' | 'again'> & { canWrite: boolean }

function Actions({ saved, row, rows, acrToLoa, canWrite, again }: ActionsProps) {
  const said = useWords(words)
  const [open, setOpen] = useState<'duplicate' | 'bind' | 'delete'>()
  const close = () => setOpen(undefined)
  const inUse = row === undefined || row.bound || row.clients.length > 0
  return (
    <>
      <button type="button" class="secondary" onClick={() => download(saved)}>
        {said.export}
      </button>
      {canWrite && (
        <>
          <button type="button" class="secondary" onClick={() => setOpen('duplicate')}>
            {said.duplicate}
          </button>
          {row && !row.bound && (
            <button type="button" class="secondary" onClick={() => setOpen('bind')}>
              {said.bind}
            </button>
          )}
          {!inUse && (
            <button type="button" class="danger" onClick={() => setOpen('delete')}>
              {said.delete}
            </button>
          )}
        </>
      )}
      {open === 'duplicate' && <NewFlow copyOf={saved} onClose={close} />}
      {open === 'bind' && <BindDialog {...{ flow: saved, rows, acrToLoa }} onClose={close} onBound={again} />}
      {open === 'delete' && <DeleteDialog flow={saved} onClose={close} />}
    </>
  )
}

/** The bytes of the API's own export. */
function download(flow: Flow): void {
  const address = URL.createObjectURL(new Blob([writeFlow(flow)], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${flow.id}.json`
  link.click()
  URL.revokeObjectURL(address)
}

function DeleteDialog({ flow, onClose }: { flow: Flow; onClose: () => void }) {
  const said = useWords(words)
  const { route } = useLocation()
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const go = async () => {
    setState({ busy: true })
    const reply = await api.delete(`/flows/${encodeURIComponent(flow.id)}`)
    if (!reply.ok) return setState({ busy: false, refused: reply })
    say(said.deleted(flow.name))
    route('/console/flows')
  }
  return (
    <Confirm
      title={said.deleteTitle(flow.name)}
      action={said.delete}
      danger
      {...state}
      onConfirm={go}
      onClose={onClose}
    >
      <p>{said.deleteLead}</p>
    </Confirm>
  )
}
