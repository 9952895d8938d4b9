/** Where one is signed in: with what browser, from where and since when; to be ended one by one, or all at once. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../app/api.ts'
import { Confirm } from '../app/dialog.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { say } from '../app/notice.tsx'
import { Badge, Facts, Time } from '../app/small.tsx'
import { Shown, useLoaded } from '../app/states.tsx'
import type { OwnSession } from './account.ts'
import { deviceOf } from './device.ts'
import { words } from './words/sessions.ts'

type Sessions = { sessions: readonly OwnSession[] }
/** What is to be ended, once it is confirmed. */
type Ending = { session: OwnSession } | 'others' | 'all'

export function Page() {
  const said = useWords(words)
  const loaded = useLoaded('sessions', () => api.get<Sessions>('/me/sessions'))
  const [ending, setEnding] = useState<Ending>()
  const others = (loaded.data?.sessions ?? []).filter(({ current }) => !current)
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {others.length > 0 && (
          <button type="button" class="secondary" onClick={() => setEnding('others')}>
            {said.others}
          </button>
        )}
        <button type="button" class="danger" onClick={() => setEnding('all')}>
          {said.all}
        </button>
      </PageHead>
      <Shown of={loaded}>
        {({ sessions }) => (
          <>
            <ul class="cards">
              {sessions.map((session) => (
                <li key={session.id}>
                  <SessionCard session={session} onEnd={() => setEnding({ session })} />
                </li>
              ))}
            </ul>
            {others.length === 0 && <p class="soft">{said.alone}</p>}
          </>
        )}
      </Shown>
      {ending && <End ending={ending} onClose={() => setEnding(undefined)} onDone={loaded.reload} />}
    </>
  )
}

function useDevice(): (session: OwnSession) => string {
  const said = useWords(words)
  return ({ userAgent }) => {
    const { browser, system } = deviceOf(userAgent)
    if (browser !== undefined && system !== undefined) return said.on(browser, system)
    return browser ?? system ?? said.unknown
  }
}

function SessionCard({ session, onEnd }: { session: OwnSession; onEnd: () => void }) {
  const said = useWords(words)
  const device = useDevice()(session)
  const { facts } = said
  return (
    <article class="card" aria-labelledby={`session-${session.id}`}>
      <div class="level-head">
        <h2 id={`session-${session.id}`}>{device}</h2>
        {session.current && <Badge tone="good">{said.here}</Badge>}
      </div>
      <Facts
        of={[
          [facts.since, <Time key="since" at={session.createdDateTime} exact />],
          [facts.seen, <Time key="seen" at={session.lastSeenDateTime} />],
          session.ip !== undefined && [facts.ip, <code key="ip">{session.ip}</code>],
          [facts.ends, <Time key="ends" at={session.endsDateTime} exact />],
        ]}
      />
      {!session.current && (
        <div class="actions">
          <button type="button" class="secondary small" aria-label={said.endOf(device)} onClick={onEnd}>
            {said.end}
          </button>
        </div>
      )}
    </article>
  )
}

const pathOf = (ending: Ending): string => {
  if (ending === 'all') return '/me/sessions'
  return ending === 'others' ? '/me/sessions?others=true' : `/me/sessions/${ending.session.id}`
}

function End({ ending, onClose, onDone }: { ending: Ending; onClose: () => void; onDone: () => Promise<void> }) {
  const said = useWords(words)
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const about = {
    one: { title: said.endTitle, lead: said.endLead, action: said.end, done: said.ended },
    others: { title: said.othersTitle, lead: said.endLead, action: said.others, done: said.othersDone },
    all: { title: said.allTitle, lead: said.allLead, action: said.all, done: '' },
  }[typeof ending === 'string' ? ending : 'one']

  async function end() {
    setSending({ busy: true })
    const reply = await api.delete(pathOf(ending))
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    // Nobody is signed in here any more: the document begins anew, at the sign-in.
    if (ending === 'all') return location.assign('/portal')
    say(about.done)
    onClose()
    await onDone()
  }

  return (
    <Confirm
      title={about.title}
      action={about.action}
      danger={ending === 'all'}
      busy={sending.busy}
      refused={sending.refused}
      onConfirm={end}
      onClose={onClose}
    >
      <p>{about.lead}</p>
    </Confirm>
  )
}
