/** What could not be delivered to a webhook, and to send it again. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { usePaged } from '../../app/paged.ts'
import { Time } from '../../app/small.tsx'
import { type Column, DataTable } from '../../app/table.tsx'
import { words } from '../words/webhooks.ts'
import type { Webhook } from './page.tsx'

type Delivery = { messageId: string; dateTime: string; logId: string; reason?: string; detail?: string }

export function Failed({ webhook, mayWrite }: { webhook: Webhook; mayWrite: boolean }) {
  const said = useWords(words)
  const paged = usePaged<Delivery>(`/webhooks/${webhook.id}/deliveries?type=webhook.failed&pageSize=20`)
  const [refused, setRefused] = useState<Refused>()
  const resend = async ({ messageId }: Delivery) => {
    setRefused(undefined)
    const reply = await api.post(`/webhooks/${webhook.id}/deliveries/${messageId}/resend`)
    if (!reply.ok) return setRefused(reply)
    say(said.resent)
  }
  const columns: Column<Delivery>[] = [
    { key: 'time', title: said.time, kind: 'tight', cell: ({ dateTime }) => <Time at={dateTime} exact /> },
    { key: 'message', title: said.message, kind: 'row', cell: ({ messageId }) => <code>{messageId}</code> },
    {
      key: 'why',
      title: said.why,
      cell: ({ reason = '', detail }) => [said.reasons[reason] ?? reason, detail].filter(Boolean).join(': '),
    },
    ...(mayWrite
      ? [
          {
            key: 'actions',
            title: said.actions,
            kind: 'tight' as const,
            cell: (delivery: Delivery) =>
              // A test tells of nothing that could be told again.
              delivery.reason !== 'test' && (
                <button
                  type="button"
                  class="secondary small"
                  aria-label={said.about(said.resend, delivery.messageId)}
                  onClick={() => resend(delivery)}
                >
                  {said.resend}
                </button>
              ),
          },
        ]
      : []),
  ]
  return (
    <div class="card">
      <h2>{said.failed}</h2>
      <p class="lead">{said.failedLead}</p>
      <p>
        <code>{webhook.url}</code>
      </p>
      {refused && <Refusal refused={refused} />}
      <DataTable
        caption={said.about(said.failed, webhook.url)}
        paged={paged}
        keyOf={({ logId }) => logId}
        columns={columns}
        empty={<p>{said.noneFailed}</p>}
      />
    </div>
  )
}
