/** Binds a flow as the browser flow, after it was said what that changes. */
import { useState } from 'preact/hooks'
import type { AcrMap, Flow } from '../../../src/core/step-up/flow.ts'
import { api, type Refused } from '../../app/api.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { words } from '../words/flows.ts'
import type { FlowRow } from './list.tsx'
import { reachedBy } from './reached.ts'

type BindProps = {
  flow: Flow
  rows: readonly FlowRow[]
  acrToLoa: AcrMap
  onClose: () => void
  onBound: () => void
}

export function BindDialog({ flow, rows, acrToLoa, onClose, onBound }: BindProps) {
  const said = useWords(words)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const before = rows.find(({ bound }) => bound)
  const own = rows.flatMap(({ clients }) => clients)
  const go = async () => {
    setState({ busy: true })
    const reply = await api.put('/browser-flow', { body: { flow: flow.id } })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    say(said.boundNow(flow.name))
    onClose()
    onBound()
  }
  return (
    <Confirm title={said.bindTitle(flow.name)} action={said.bind} {...state} onConfirm={go} onClose={onClose}>
      <p>{said.bindLead(before?.name ?? '–', flow.name)}</p>
      {own.length > 0 && <p>{said.bindKeeps(own.join(', '))}</p>}
      <p>{said.bindReaches}</p>
      <ul>
        {Object.entries(acrToLoa).map(([name, loa]) => (
          <li key={name}>
            <code>{name}</code> ({loa}): {reachedBy(flow, loa)?.alias ?? said.unreached}
          </li>
        ))}
      </ul>
    </Confirm>
  )
}
