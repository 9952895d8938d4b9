/** What one allowed applications that are not the organisation's own, and the way to take it back. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../app/api.ts'
import { Confirm } from '../app/dialog.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { say } from '../app/notice.tsx'
import { Facts, Time } from '../app/small.tsx'
import { Empty, Shown, useLoaded } from '../app/states.tsx'
import type { Allowed } from './account.ts'
import { words } from './words/sessions.ts'

export function Page() {
  const said = useWords(words)
  const loaded = useLoaded('consents', () => api.get<{ consents: readonly Allowed[] }>('/me/consents'))
  const [asking, setAsking] = useState<Allowed>()
  return (
    <>
      <PageHead title={said.applications} lead={said.applicationsLead} />
      <Shown of={loaded}>
        {({ consents }) =>
          consents.length === 0 ? (
            <Empty>
              <p>{said.none}</p>
            </Empty>
          ) : (
            <ul class="cards">
              {consents.map((allowed) => (
                <li key={allowed.clientId}>
                  <AllowedCard allowed={allowed} onWithdraw={() => setAsking(allowed)} />
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {asking && <Withdraw allowed={asking} onClose={() => setAsking(undefined)} onDone={loaded.reload} />}
    </>
  )
}

function AllowedCard({ allowed, onWithdraw }: { allowed: Allowed; onWithdraw: () => void }) {
  const said = useWords(words)
  const { name, scopes, claims, givenDateTime, clientId } = allowed
  return (
    <article class="card" aria-labelledby={`client-${clientId}`}>
      <h2 id={`client-${clientId}`}>{name}</h2>
      <Facts
        of={[
          [said.hears, [...scopes.map((scope) => said.scopes[scope] ?? scope), ...claims].join(', ')],
          [said.allowed, <Time key="given" at={givenDateTime} exact />],
        ]}
      />
      <div class="actions">
        <button type="button" class="secondary small" aria-label={`${said.withdraw}: ${name}`} onClick={onWithdraw}>
          {said.withdraw}
        </button>
      </div>
    </article>
  )
}

type WithdrawProps = { allowed: Allowed; onClose: () => void; onDone: () => Promise<void> }

function Withdraw({ allowed, onClose, onDone }: WithdrawProps) {
  const said = useWords(words)
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  async function withdraw() {
    setSending({ busy: true })
    const reply = await api.delete(`/me/consents/${encodeURIComponent(allowed.clientId)}`)
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    say(said.withdrawn)
    onClose()
    await onDone()
  }
  return (
    <Confirm
      title={said.withdrawTitle(allowed.name)}
      action={said.withdraw}
      busy={sending.busy}
      refused={sending.refused}
      onConfirm={withdraw}
      onClose={onClose}
    >
      <p>{said.withdrawLead}</p>
    </Confirm>
  )
}
