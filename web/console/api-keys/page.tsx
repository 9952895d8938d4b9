/** API keys: which there are, what each may and when it was last used; another one; the end of one. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { usePaged } from '../../app/paged.ts'
import { Badge, Time, type Tone } from '../../app/small.tsx'
import { type Column, DataTable } from '../../app/table.tsx'
import { SecretShown } from '../secret-shown.tsx'
import { words } from '../words/api-keys.ts'
import { ChangeKey } from './change.tsx'
import { CreateKey } from './create.tsx'

export type Key = {
  id: string
  name: string
  scopes: readonly string[]
  state: 'active' | 'expired' | 'revoked'
  createdDateTime: string
  lastUsedDateTime?: string
  expiresDateTime?: string
  revokedDateTime?: string
}

const tones: Record<Key['state'], Tone> = { active: 'good', expired: 'warn', revoked: 'bad' }

/** Which dialog is open, kept over a step-up. */
type Open = { what: 'create' } | { what: 'change' | 'revoke'; key: Key } | undefined

export function Page() {
  const said = useWords(words)
  const mayWrite = useMay()('api-keys:write')
  const keys = usePaged<Key>('/api-keys?pageSize=50')
  const open = useDraft<Open>('open', undefined)
  const [made, setMade] = useState<{ name: string; secret: string }>()
  const put = (key: Key) => keys.change(({ id }) => id === key.id, key)
  const shown = open.value
  return (
    <>
      <PageHead
        title={said.title}
        lead={
          <>
            {said.lead} <a href="/docs/api">{said.described}</a>
          </>
        }
      >
        {mayWrite && (
          <button type="button" class="primary" onClick={() => open.set({ what: 'create' })}>
            {said.create}
          </button>
        )}
      </PageHead>
      <DataTable
        caption={said.title}
        paged={keys}
        keyOf={({ id }) => id}
        empty={<p>{said.empty}</p>}
        columns={useColumns(mayWrite, (what, key) => open.set({ what, key }))}
      />
      {shown?.what === 'create' && (
        <CreateKey
          onClose={open.clear}
          onMade={(name, secret) => {
            open.clear()
            setMade({ name, secret })
            keys.reload()
          }}
        />
      )}
      {shown?.what === 'change' && <ChangeKey shown={shown.key} onClose={open.clear} onChanged={put} />}
      {shown?.what === 'revoke' && <RevokeKey shown={shown.key} onClose={open.clear} onRevoked={keys.reload} />}
      {made && (
        <SecretShown
          title={said.made}
          lead={said.madeLead(made.name)}
          secret={made.secret}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  )
}

function useColumns(mayWrite: boolean, open: (what: 'change' | 'revoke', key: Key) => void): Column<Key>[] {
  const said = useWords(words)
  const columns: Column<Key>[] = [
    { key: 'name', title: said.name, kind: 'row', cell: ({ name }) => name },
    { key: 'state', title: said.state, kind: 'tight', cell: (key) => <State of={key} /> },
    { key: 'scopes', title: said.scopes, kind: 'wide', cell: ({ scopes }) => <Scopes of={scopes} /> },
    {
      key: 'used',
      title: said.lastUsed,
      cell: ({ lastUsedDateTime }) => <Time at={lastUsedDateTime} none={said.never} />,
    },
    {
      key: 'ends',
      title: said.expires,
      cell: ({ expiresDateTime }) => <Time at={expiresDateTime} none={said.never} />,
    },
    { key: 'made', title: said.created, kind: 'wide', cell: ({ createdDateTime }) => <Time at={createdDateTime} /> },
  ]
  if (!mayWrite) return columns
  const button = (what: 'change' | 'revoke', key: Key) => (
    <button
      type="button"
      class={what === 'revoke' ? 'small danger' : 'small secondary'}
      aria-label={said.about(said[what], key.name)}
      onClick={() => open(what, key)}
    >
      {said[what]}
    </button>
  )
  const cell = (key: Key) =>
    key.state !== 'revoked' && (
      <div class="row-actions">
        {button('change', key)}
        {button('revoke', key)}
      </div>
    )
  return [...columns, { key: 'actions', title: said.actions, kind: 'tight', cell }]
}

/** A few are read at once; of many, how many there are. */
function Scopes({ of }: { of: readonly string[] }) {
  const { rights } = useWords(words)
  const listed = <span class="soft">{[...of].sort().join(' ')}</span>
  if (of.length <= 4) return listed
  return (
    <details>
      <summary>{rights(of.length)}</summary>
      {listed}
    </details>
  )
}

function State({ of: { state, revokedDateTime } }: { of: Key }) {
  const { states } = useWords(words)
  return (
    <>
      <Badge tone={tones[state]}>{states[state]}</Badge>
      {revokedDateTime && (
        <div class="soft">
          <Time at={revokedDateTime} />
        </div>
      )}
    </>
  )
}

type RevokeProps = { shown: Key; onClose: () => void; onRevoked: () => void }

function RevokeKey({ shown, onClose, onRevoked }: RevokeProps) {
  const said = useWords(words)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const revoke = async () => {
    setState({ busy: true })
    const reply = await api.delete(`/api-keys/${shown.id}`)
    if (!reply.ok) return setState({ busy: false, refused: reply })
    onClose()
    say(said.revoked(shown.name))
    onRevoked()
  }
  return (
    <Confirm
      title={said.revokeTitle(shown.name)}
      action={said.revoke}
      danger
      busy={state.busy}
      refused={state.refused}
      onConfirm={revoke}
      onClose={onClose}
    >
      <p>{said.revokeLead}</p>
    </Confirm>
  )
}
