/** A webhook's address, and what it is told of: a new one, or one that is there. */
import { useState } from 'preact/hooks'
import { usualTypes, webhookTypes } from '../../../src/core/webhook/webhook.ts'
import { api, type Refused } from '../../app/api.ts'
import { Dialog, DialogActions } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { CheckField, Form, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { Notice, say } from '../../app/notice.tsx'
import { words } from '../words/webhooks.ts'
import type { Webhook } from './page.tsx'

type Typed = { url: string; description: string; types: readonly string[]; enabled: boolean }

const nothing: Typed = { url: '', description: '', types: usualTypes, enabled: true }

type EditProps = {
  /** With the version that it was read as; none for a new one. */
  present?: { webhook: Webhook; etag: string | undefined }
  onClose: () => void
  onSaved: (made?: { url: string; secret: string }) => void
}

export function EditWebhook({ present, onClose, onSaved }: EditProps) {
  const said = useWords(words)
  const begun: Typed = present === undefined ? nothing : { ...nothing, ...present.webhook }
  const draft = useDraft<Typed>(present?.webhook.id ?? 'new-webhook', begun)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused; etag?: string }>({ busy: false })
  const { url, description, types, enabled } = draft.value
  const set = (change: Partial<Typed>) => draft.set((now) => ({ ...now, ...change }))
  const close = () => {
    draft.clear()
    onClose()
  }
  const save = async () => {
    setState((now) => ({ ...now, busy: true }))
    const body = { url: url.trim(), types, enabled, ...(description === '' ? {} : { description }) }
    const path = present === undefined ? '/webhooks' : `/webhooks/${present.webhook.id}`
    const reply =
      present === undefined
        ? await api.post<{ secret: string }>(path, { body })
        : await api.put<{ secret?: string }>(path, { body, ifMatch: state.etag ?? present.etag })
    if (!reply.ok) {
      // What is there now is what the next attempt replaces: they were told.
      const now = reply.status === 412 ? await api.get(path) : undefined
      const etag = now?.ok ? now.etag : undefined
      return setState({ busy: false, refused: reply, ...(etag === undefined ? {} : { etag }) })
    }
    draft.clear()
    say(said.saved)
    onSaved(present === undefined ? { url, secret: reply.data.secret ?? '' } : undefined)
  }
  const title = present === undefined ? said.create : said.changeTitle
  return (
    <Dialog title={title} wide onClose={onClose}>
      <Form label={title} busy={state.busy} refused={state.refused} onSubmit={save}>
        {state.etag !== undefined && <Notice kind="info">{said.overtaken}</Notice>}
        <TextField
          label={said.url}
          hint={said.urlHint}
          type="url"
          pointer="/url"
          required
          value={url}
          onChange={(typed) => set({ url: typed })}
        />
        <TextField
          label={said.description}
          pointer="/description"
          optional
          value={description}
          onChange={(typed) => set({ description: typed })}
        />
        <fieldset>
          <legend>{said.types}</legend>
          <div class="scope-groups">
            {webhookTypes.map((type) => (
              <CheckField
                key={type}
                label={type}
                checked={types.includes(type)}
                onChange={(isOn) =>
                  set({ types: webhookTypes.filter((each) => (each === type ? isOn : types.includes(each))) })
                }
              />
            ))}
          </div>
          {state.refused?.problem.pointer === '/types' && <p class="field-error">{state.refused.problem.detail}</p>}
        </fieldset>
        <CheckField label={said.enabled} checked={enabled} onChange={(isOn) => set({ enabled: isOn })} />
        <DialogActions action={said.save} busy={state.busy} onClose={close} />
      </Form>
    </Dialog>
  )
}
