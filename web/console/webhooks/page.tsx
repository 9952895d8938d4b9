/** Webhooks: who is told, of what, and how that goes; a new one, its secret, a test, the end of one. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { CheckField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { usePaged } from '../../app/paged.ts'
import { Badge, type Tone } from '../../app/small.tsx'
import { type Column, DataTable } from '../../app/table.tsx'
import { SecretShown } from '../secret-shown.tsx'
import { words } from '../words/webhooks.ts'
import { Failed } from './deliveries.tsx'
import { EditWebhook } from './edit.tsx'

export type Webhook = {
  id: string
  url: string
  description?: string
  types: readonly string[]
  enabled: boolean
  state: 'enabled' | 'disabled' | 'gone'
}

const tones: Record<Webhook['state'], Tone> = { enabled: 'good', disabled: 'plain', gone: 'bad' }

/** Which dialog is open, kept over a step-up. */
type Open =
  | { what: 'create' }
  | { what: 'change'; webhook: Webhook; etag: string | undefined }
  | { what: 'rotate' | 'remove'; webhook: Webhook }
  | undefined

type Made = { url: string; secret: string }

export function Page() {
  const said = useWords(words)
  const mayWrite = useMay()('webhooks:write')
  const webhooks = usePaged<Webhook>('/webhooks')
  const open = useDraft<Open>('open', undefined)
  const [made, setMade] = useState<Made>()
  const [refused, setRefused] = useState<Refused>()
  const shown = open.value
  const done = (secret?: Made) => {
    open.clear()
    if (secret !== undefined) setMade(secret)
    webhooks.reload()
  }
  /** As it is now, with the version that a change is to replace. */
  const change = async (webhook: Webhook) => {
    setRefused(undefined)
    const reply = await api.get<Webhook>(`/webhooks/${webhook.id}`)
    if (!reply.ok) return setRefused(reply)
    open.set({ what: 'change', webhook: reply.data, etag: reply.etag })
  }
  const test = async ({ id, url }: Webhook) => {
    setRefused(undefined)
    const reply = await api.post<{ delivered: boolean; detail?: string }>(`/webhooks/${id}/test`)
    if (!reply.ok) return setRefused(reply)
    const { delivered, detail = '' } = reply.data
    say(delivered ? said.tested(url) : said.notTested(url, detail), delivered ? 'good' : 'error')
  }
  const columns = useColumns(mayWrite, {
    change,
    test,
    rotate: (webhook) => open.set({ what: 'rotate', webhook }),
    remove: (webhook) => open.set({ what: 'remove', webhook }),
  })
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {mayWrite && (
          <button type="button" class="primary" onClick={() => open.set({ what: 'create' })}>
            {said.create}
          </button>
        )}
      </PageHead>
      {refused && <Refusal refused={refused} />}
      <DataTable
        caption={said.title}
        paged={webhooks}
        keyOf={({ id }) => id}
        columns={columns}
        empty={<p>{said.empty}</p>}
      />
      {webhooks.items.map((webhook) => (
        <Failed key={webhook.id} webhook={webhook} mayWrite={mayWrite} />
      ))}
      {shown?.what === 'create' && <EditWebhook onClose={open.clear} onSaved={done} />}
      {shown?.what === 'change' && (
        <EditWebhook present={{ webhook: shown.webhook, etag: shown.etag }} onClose={open.clear} onSaved={done} />
      )}
      {shown?.what === 'rotate' && <Rotate webhook={shown.webhook} onClose={open.clear} onDone={done} />}
      {shown?.what === 'remove' && <Remove webhook={shown.webhook} onClose={open.clear} onDone={() => done()} />}
      {made && (
        <SecretShown
          title={said.made}
          lead={said.madeLead(made.url)}
          once={said.madeOnce}
          secret={made.secret}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  )
}

type DialogProps = { webhook: Webhook; onClose: () => void; onDone: (made?: Made) => void }

function Rotate({ webhook, onClose, onDone }: DialogProps) {
  const said = useWords(words)
  const [atOnce, setAtOnce] = useState(false)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const rotate = async () => {
    setState({ busy: true })
    const body = atOnce ? { overlap: 0 } : {}
    const reply = await api.post<{ secret: string }>(`/webhooks/${webhook.id}/secret`, { body })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    onDone({ url: webhook.url, secret: reply.data.secret })
  }
  return (
    <Confirm
      title={said.about(said.rotate, webhook.url)}
      action={said.rotate}
      {...state}
      onConfirm={rotate}
      onClose={onClose}
    >
      <p>{said.rotateLead}</p>
      <CheckField label={said.atOnce} checked={atOnce} onChange={setAtOnce} />
    </Confirm>
  )
}

function Remove({ webhook, onClose, onDone }: DialogProps) {
  const said = useWords(words)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const remove = async () => {
    setState({ busy: true })
    const reply = await api.delete(`/webhooks/${webhook.id}`)
    if (!reply.ok) return setState({ busy: false, refused: reply })
    say(said.removed)
    onDone()
  }
  return (
    <Confirm title={said.removeTitle} action={said.remove} danger {...state} onConfirm={remove} onClose={onClose}>
      <p>{said.removeLead(webhook.url)}</p>
    </Confirm>
  )
}

type Actions = Record<'change' | 'test' | 'rotate' | 'remove', (webhook: Webhook) => void>

function useColumns(mayWrite: boolean, actions: Actions): Column<Webhook>[] {
  const said = useWords(words)
  const names = ['change', 'test', 'rotate', 'remove'] as const
  return [
    {
      key: 'url',
      title: said.url,
      kind: 'row',
      cell: ({ url, description }) => (
        <>
          <code>{url}</code>
          {description !== undefined && <div class="soft">{description}</div>}
        </>
      ),
    },
    {
      key: 'state',
      title: said.state,
      kind: 'tight',
      cell: ({ state }) => <Badge tone={tones[state]}>{said.states[state]}</Badge>,
    },
    { key: 'types', title: said.types, kind: 'wide', cell: ({ types }) => types.join(', ') },
    ...(mayWrite
      ? [
          {
            key: 'actions',
            title: said.actions,
            cell: (webhook: Webhook) => (
              <div class="row-actions">
                {names.map((name) => (
                  <button
                    key={name}
                    type="button"
                    class={name === 'remove' ? 'danger small' : 'secondary small'}
                    aria-label={said.about(said[name], webhook.url)}
                    onClick={() => actions[name](webhook)}
                  >
                    {said[name]}
                  </button>
                ))}
              </div>
            ),
          },
        ]
      : []),
  ]
}
