/** Another name for a key, and another end. What it may is never changed: that is another key. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { Dialog, DialogActions } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { Form, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { words } from '../words/api-keys.ts'
import { type End, EndFields, endOf } from './ends.tsx'
import type { Key } from './page.tsx'

type ChangeProps = { shown: Key; onClose: () => void; onChanged: (key: Key) => void }

const endNow = ({ expiresDateTime }: Key): End =>
  expiresDateTime === undefined
    ? { choice: 'never', date: '' }
    : { choice: 'date', date: new Date(expiresDateTime).toLocaleDateString('sv') }

export function ChangeKey({ shown, onClose, onChanged }: ChangeProps) {
  const said = useWords(words)
  const draft = useDraft(`key-${shown.id}`, { name: shown.name, end: endNow(shown) })
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const { name, end } = draft.value
  const close = () => {
    draft.clear()
    onClose()
  }
  const save = async () => {
    setState({ busy: true })
    const isSame = JSON.stringify(end) === JSON.stringify(endNow(shown))
    const body = { name: name.trim(), ...(isSame ? {} : { expiresDateTime: endOf(end) ?? null }) }
    const reply = await api.patch<Key>(`/api-keys/${shown.id}`, { body })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    close()
    onChanged(reply.data)
    say(said.changed)
  }
  return (
    <Dialog title={said.changeTitle(shown.name)} onClose={close}>
      <Form label={said.changeTitle(shown.name)} busy={state.busy} refused={state.refused} onSubmit={save}>
        <TextField
          label={said.name}
          pointer="/name"
          required
          value={name}
          onChange={(typed) => draft.set((now) => ({ ...now, name: typed }))}
        />
        <EndFields end={end} onChange={(chosen) => draft.set((now) => ({ ...now, end: chosen }))} />
        <DialogActions action={said.save} busy={state.busy} onClose={close} />
      </Form>
    </Dialog>
  )
}
