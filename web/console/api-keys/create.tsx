/** Another key: what it is called, what it may, when it ends. Nobody gives what they may not do themselves. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useCaller } from '../../app/caller.ts'
import { Dialog, DialogActions } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { CheckField, Form, SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { words } from '../words/api-keys.ts'
import { type End, EndFields, endOf } from './ends.tsx'

type Typed = { name: string; preset: string; scopes: string[]; end: End }
const nothing: Typed = { name: '', preset: '', scopes: [], end: { choice: '365', date: '' } }

/** For people alone; the API gives it to no key. */
const peoples = ['authenticators:break-glass']

const isIn: Record<string, (scope: string) => boolean> = {
  cms: (scope) => ['users:read', 'authenticators:read', 'authenticators:write'].includes(scope),
  provisioning: (scope) => ['users:read', 'users:write'].includes(scope),
  reading: (scope) => scope.endsWith(':read'),
}

type CreateProps = { onClose: () => void; onMade: (name: string, secret: string) => void }

export function CreateKey({ onClose, onMade }: CreateProps) {
  const said = useWords(words)
  const mine = (useCaller()?.scopes ?? []).filter((scope) => !peoples.includes(scope)).sort()
  const draft = useDraft<Typed>('new-key', nothing)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const { name, preset, scopes, end } = draft.value
  const set = (change: Partial<Typed>) => draft.set((now) => ({ ...now, ...change }))
  const choose = (chosen: string) => set({ preset: chosen, scopes: mine.filter(isIn[chosen] ?? (() => false)) })
  const create = async () => {
    setState({ busy: true })
    const expiresDateTime = endOf(end)
    const reply = await api.post<{ secret: string }>('/api-keys', {
      body: { name: name.trim(), scopes, ...(expiresDateTime === undefined ? {} : { expiresDateTime }) },
    })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    draft.clear()
    onMade(name.trim(), reply.data.secret)
  }
  return (
    <Dialog title={said.create} wide onClose={onClose}>
      <Form label={said.create} busy={state.busy} refused={state.refused} onSubmit={create}>
        <TextField
          label={said.name}
          hint={said.nameHint}
          pointer="/name"
          required
          value={name}
          onChange={(typed) => set({ name: typed })}
        />
        <SelectField
          label={said.preset}
          value={preset}
          choices={Object.entries(said.presets).map(([value, label]) => ({ value, label }))}
          onChange={choose}
        />
        <fieldset>
          <legend>{said.scopes}</legend>
          <div class="scope-groups">
            {mine.map((scope) => (
              <CheckField
                key={scope}
                label={scope}
                checked={scopes.includes(scope)}
                onChange={(isOn) =>
                  set({ preset: '', scopes: mine.filter((each) => (each === scope ? isOn : scopes.includes(each))) })
                }
              />
            ))}
          </div>
          {state.refused?.problem.pointer === '/scopes' && <p class="field-error">{said.none}</p>}
        </fieldset>
        <EndFields end={end} onChange={(chosen) => set({ end: chosen })} />
        <DialogActions action={said.create} busy={state.busy} onClose={onClose} />
      </Form>
    </Dialog>
  )
}
