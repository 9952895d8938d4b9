/** A flow from a JSON document, as a file or pasted; said to be one, or why not, before anything is sent. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { parseFlow } from '../../../src/core/step-up/flow.ts'
import { api, type Refused } from '../../app/api.ts'
import { Dialog } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { AreaField, Form } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { words as common } from '../../app/words.ts'
import { words } from '../words/flows.ts'
import { FlowTree } from './tree.tsx'

type Read = { flow?: ReturnType<typeof parseFlow>; wrong?: string }

function readText(text: string, notJson: string): Read {
  if (text.trim() === '') return {}
  try {
    const flow = parseFlow(JSON.parse(text))
    return flow.ok ? { flow } : { wrong: `${flow.at ?? ''} ${flow.detail ?? ''}`.trim() }
  } catch {
    return { wrong: notJson }
  }
}

export function ImportFlow({ onClose }: { onClose: () => void }) {
  const said = useWords(words)
  const { cancel } = useWords(common)
  const { route } = useLocation()
  const text = useDraft('import-flow', '')
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const { flow, wrong } = readText(text.value, said.notJson)
  const leave = () => {
    text.clear()
    onClose()
  }
  const go = async () => {
    if (!flow?.ok) return
    setState({ busy: true })
    const reply = await api.post('/flows', { body: flow.value })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    text.clear()
    say(said.created(flow.value.name))
    route(`/console/flows/${encodeURIComponent(flow.value.id)}`)
  }
  return (
    <Dialog title={said.import} onClose={leave} wide>
      <p class="soft">{said.importLead}</p>
      <Form onSubmit={go} {...state}>
        <div class="field">
          <label>
            {said.file}
            <input
              type="file"
              accept="application/json,.json"
              onChange={async ({ currentTarget: { files } }) => {
                const [file] = files ?? []
                if (file) text.set(await file.text())
              }}
            />
          </label>
        </div>
        <AreaField
          label={`${said.document} (${said.or})`}
          mono
          rows={8}
          value={text.value}
          error={wrong}
          onChange={text.set}
        />
        {flow?.ok && <FlowTree flow={flow.value} acrToLoa={{}} examined={{ flow: flow.value, doubts: [] }} />}
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={state.busy || !flow?.ok}>
            {said.import}
          </button>
          <button type="button" class="secondary" onClick={leave}>
            {cancel}
          </button>
        </div>
      </Form>
    </Dialog>
  )
}
