/** Where a user is signed in, what they allowed applications, and what happened around them lately. */
import { useAction } from '../../app/action.ts'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import type { Envelope } from '../../app/paged.ts'
import { Time } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { type Column, Table } from '../../app/table.tsx'
import { words } from '../words/user.ts'
import { type User, userPath } from './model.ts'

type Session = {
  id: string
  createdDateTime: string
  lastSeenDateTime: string
  ip?: string
  userAgent?: string
  clients: readonly string[]
}

export function Sessions({ user }: { user: User }) {
  const { sessions: said } = useWords(words)
  const may = useMay()
  const path = `${userPath(user.id)}/sessions`
  const sessions = useLoaded(path, () => api.get<{ sessions: readonly Session[] }>(path))
  const { busy, refused, run } = useAction()
  const asking = useDraft('end-all', false)
  const end = async (address: string, done: string) => {
    if ((await run(() => api.delete(address))) === undefined) return
    asking.clear()
    say(done)
    sessions.reload()
  }
  const columns: Column<Session>[] = [
    {
      key: 'place',
      title: said.place,
      kind: 'row',
      cell: ({ ip, userAgent }) => (
        <>
          {ip ?? '–'} <span class="soft agent">{userAgent}</span>
        </>
      ),
    },
    { key: 'began', title: said.began, kind: 'wide', cell: ({ createdDateTime }) => <Time at={createdDateTime} /> },
    { key: 'seen', title: said.seen, cell: ({ lastSeenDateTime }) => <Time at={lastSeenDateTime} /> },
    { key: 'clients', title: said.clients, kind: 'wide', cell: ({ clients }) => clients.join(', ') || '–' },
  ]
  const ending: Column<Session> = {
    key: 'do',
    title: said.do,
    kind: 'tight',
    cell: ({ id, ip = '' }) => (
      <button
        type="button"
        class="small secondary"
        onClick={() => end(`${path}/${encodeURIComponent(id)}`, said.ended)}
      >
        {said.end}
        <span class="unseen"> {ip}</span>
      </button>
    ),
  }
  return (
    <section>
      <h2>{said.title}</h2>
      {refused && !asking.value && <Refusal refused={refused} />}
      <Shown of={sessions}>
        {({ sessions: rows }) => (
          <>
            <Table
              caption={said.title}
              columns={may('sessions:write') ? [...columns, ending] : columns}
              rows={rows}
              keyOf={({ id }) => id}
              empty={<p>{said.none}</p>}
            />
            {may('sessions:write') && rows.length > 0 && (
              <div class="actions">
                <button type="button" class="small danger" onClick={() => asking.set(true)}>
                  {said.endAll}
                </button>
              </div>
            )}
          </>
        )}
      </Shown>
      {asking.value && (
        <Confirm
          title={said.endAllTitle}
          action={said.endAll}
          danger
          {...{ busy, refused }}
          onConfirm={() => end(path, said.allEnded)}
          onClose={asking.clear}
        >
          <p>{said.endAllLead}</p>
        </Confirm>
      )}
    </section>
  )
}

type Consent = { clientId: string; scopes: readonly string[]; claims: readonly string[]; givenDateTime: string }

export function Consents({ user }: { user: User }) {
  const { consents: said } = useWords(words)
  const may = useMay()
  const path = `${userPath(user.id)}/consents`
  const consents = useLoaded(path, () => api.get<{ consents: readonly Consent[] }>(path))
  const { refused, run } = useAction()
  const withdraw = async (clientId: string) => {
    if ((await run(() => api.delete(`${path}/${encodeURIComponent(clientId)}`))) === undefined) return
    say(said.withdrawn)
    consents.reload()
  }
  const columns: Column<Consent>[] = [
    { key: 'application', title: said.application, kind: 'row', cell: ({ clientId }) => clientId },
    { key: 'may', title: said.may, cell: ({ scopes, claims }) => [...scopes, ...claims].join(', ') },
    { key: 'since', title: said.since, kind: 'wide', cell: ({ givenDateTime }) => <Time at={givenDateTime} /> },
  ]
  const withdrawing: Column<Consent> = {
    key: 'do',
    title: said.do,
    kind: 'tight',
    cell: ({ clientId }) => (
      <button
        type="button"
        class="small secondary"
        onClick={() => withdraw(clientId)}
        aria-label={`${said.withdraw}: ${clientId}`}
      >
        {said.withdraw}
      </button>
    ),
  }
  return (
    <section>
      <h2>{said.title}</h2>
      {refused && <Refusal refused={refused} />}
      <Shown of={consents}>
        {({ consents: rows }) => (
          <Table
            caption={said.title}
            columns={may('consents:write') ? [...columns, withdrawing] : columns}
            rows={rows}
            keyOf={({ clientId }) => clientId}
            empty={<p>{said.none}</p>}
          />
        )}
      </Shown>
    </section>
  )
}

type Entry = {
  id: string
  timeStamp: string
  context: { originatingAddress?: string }
  details: { type: string; actor: { kind: string; id: string }; reason?: string }
}

/** The newest of them, and where all of them are. */
export function Activity({ user }: { user: User }) {
  const { activity: said } = useWords(words)
  const query = `user=${encodeURIComponent(user.id)}`
  const entries = useLoaded(query, () => api.get<Envelope<Entry>>(`/logs?${query}&pageSize=10`))
  const columns: Column<Entry>[] = [
    {
      key: 'what',
      title: said.what,
      kind: 'row',
      cell: ({ details: { type, reason } }) => (reason === undefined ? type : `${type} (${reason})`),
    },
    { key: 'when', title: said.when, cell: ({ timeStamp }) => <Time at={timeStamp} /> },
    {
      key: 'who',
      title: said.who,
      kind: 'wide',
      cell: ({ details: { actor } }) => (actor.id === user.id ? user.userName : `${actor.kind} ${actor.id}`),
    },
    { key: 'from', title: said.from, kind: 'wide', cell: ({ context }) => context.originatingAddress ?? '–' },
  ]
  return (
    <section>
      <h2>{said.title}</h2>
      <Shown of={entries}>
        {({ page }) => (
          <Table
            caption={said.title}
            columns={columns}
            rows={page.items}
            keyOf={({ id }) => id}
            empty={<p>{said.none}</p>}
          />
        )}
      </Shown>
      <p>
        <a href={`/console/logs?${query}`}>{said.all}</a>
      </p>
    </section>
  )
}
