/** A new flow: a copy of another one, or one level to begin with. What was typed outlives a step-up. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Flow } from '../../../src/core/step-up/flow.ts'
import { api, type Refused } from '../../app/api.ts'
import { Dialog, DialogActions } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { Form, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { words } from '../words/flows.ts'
import { firstFlow } from './draft.ts'

export function NewFlow({ copyOf, onClose }: { copyOf?: Flow; onClose: () => void }) {
  const said = useWords(words)
  const { route } = useLocation()
  const typed = useDraft('new-flow', {
    id: copyOf ? `${copyOf.id}-2` : '',
    name: copyOf ? `${copyOf.name} 2` : '',
  })
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const { id, name } = typed.value
  const leave = () => {
    typed.clear()
    onClose()
  }
  const go = async () => {
    setState({ busy: true })
    const reply = copyOf
      ? await api.post(`/flows/${encodeURIComponent(copyOf.id)}/duplicate`, { body: { id, name } })
      : await api.post('/flows', { body: firstFlow(id, name) })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    typed.clear()
    say(said.created(name))
    onClose()
    route(`/console/flows/${encodeURIComponent(id)}`)
  }
  return (
    <Dialog title={copyOf ? said.about(said.duplicate, copyOf.name) : said.newFlow} onClose={leave}>
      <Form onSubmit={go} {...state}>
        <TextField
          label={said.name}
          pointer="/name"
          required
          value={name}
          onChange={(text) => typed.set({ id, name: text })}
        />
        <TextField
          label={said.id}
          hint={said.idHint}
          pointer="/id"
          required
          mono
          value={id}
          onChange={(text) => typed.set({ id: text, name })}
        />
        <DialogActions action={said.create} busy={state.busy} onClose={leave} />
      </Form>
    </Dialog>
  )
}
