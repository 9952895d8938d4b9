/** Where the portal begins: who one is, what one is signed in with, and how long each level is still good. */
import { useEffect, useState } from 'preact/hooks'
import { api, type Refused } from '../app/api.ts'
import { Confirm } from '../app/dialog.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { Notice, say } from '../app/notice.tsx'
import { Badge, Facts, Time } from '../app/small.tsx'
import { Shown, useLoaded } from '../app/states.tsx'
import type { Level, Me } from './account.ts'
import { Pending } from './pending.tsx'
import { words } from './words/home.ts'

export function Page() {
  const loaded = useLoaded('me', () => api.get<Me>('/me'))
  const { title, lead } = useWords(words)
  return (
    <>
      <PageHead title={title} lead={loaded.data && lead(loaded.data.displayName)} />
      <Pending />
      <Shown of={loaded}>
        {(me) => (
          <>
            <Levels me={me} onDropped={loaded.reload} />
            <Profile me={me} />
          </>
        )}
      </Shown>
    </>
  )
}

function Profile({ me }: { me: Me }) {
  const { profile, name, userName, email, noEmail, managed, mailTrouble } = useWords(words)
  return (
    <section class="card" aria-labelledby="profile">
      <h2 id="profile">{profile}</h2>
      {me.mailTrouble && (
        <Notice kind="error">
          <p>{mailTrouble}</p>
        </Notice>
      )}
      <Facts
        of={[
          [name, me.displayName],
          [userName, me.userName],
          [email, me.email ?? noEmail],
        ]}
      />
      <p class="hint">{managed}</p>
    </section>
  )
}

/** Once a minute is as often as the page tells the time. */
function useMinutes(): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const clock = setInterval(() => setNow(Date.now()), 20_000)
    return () => clearInterval(clock)
  }, [])
  return now
}

function Levels({ me, onDropped }: { me: Me; onDropped: () => void }) {
  const { levels, levelsLead, drop, signedIn, factor, ends } = useWords(words)
  const [asking, setAsking] = useState(false)
  const now = useMinutes()
  const reached = me.levels.filter(({ state }) => state !== 'missing')
  return (
    <section class="card" aria-labelledby="levels">
      <h2 id="levels">{levels}</h2>
      <p class="soft">{levelsLead}</p>
      <ol class="levels">
        {me.levels.map((level) => (
          <LevelRow key={level.alias} level={level} now={now} />
        ))}
      </ol>
      <h3>{signedIn}</h3>
      <ul class="plain-list">
        {me.session.proofs.map((proof) => (
          <li key={`${proof.factor} ${proof.dateTime} ${proof.friendlyName}`}>
            {proof.friendlyName ?? factor[proof.factor]}, <Time at={proof.dateTime} />
          </li>
        ))}
      </ul>
      <p class="hint">
        {ends}: <Time at={me.session.endsDateTime} exact />
      </p>
      {reached.length > 1 && (
        <div class="actions">
          <button type="button" class="secondary" onClick={() => setAsking(true)}>
            {drop}
          </button>
        </div>
      )}
      {asking && <Drop onClose={() => setAsking(false)} onDropped={onDropped} />}
    </section>
  )
}

function LevelRow({ level, now }: { level: Level; now: number }) {
  const said = useWords(words)
  const { alias, acr = alias, state, reachable, reachedDateTime, goodUntilDateTime } = level
  const name = said.level[acr] ?? acr
  const until = goodUntilDateTime === undefined ? Number.NaN : Date.parse(goodUntilDateTime)
  const from = reachedDateTime === undefined ? Number.NaN : Date.parse(reachedDateTime)
  const isGood = state === 'fresh' && !(until <= now)
  const shown = isGood ? 'fresh' : state === 'missing' ? 'missing' : 'stale'
  const minutes = Math.max(1, Math.round((until - now) / 60_000))
  return (
    <li class={`level ${shown}`}>
      <div class="level-head">
        <strong>{name}</strong>
        <Badge tone={shown === 'fresh' ? 'good' : shown === 'stale' ? 'warn' : 'plain'}>{said.state[shown]}</Badge>
      </div>
      {isGood && !Number.isNaN(until) && (
        <>
          <progress aria-label={`${name}: ${said.left(minutes)}`} max={until - from} value={until - now} />
          <p class="soft">
            {said.left(minutes)} · {said.reached} <Time at={reachedDateTime} />
          </p>
        </>
      )}
      {shown === 'stale' && (
        <p class="soft">
          {said.reached} <Time at={reachedDateTime} />
        </p>
      )}
      {shown === 'missing' && <p class="soft">{reachable ? said.notYet : said.outOfReach}</p>}
    </li>
  )
}

function Drop({ onClose, onDropped }: { onClose: () => void; onDropped: () => void }) {
  const { drop, dropTitle, dropLead, dropped } = useWords(words)
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  async function go() {
    setSending({ busy: true })
    const reply = await api.delete('/me/elevation')
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    say(dropped)
    onDropped()
    onClose()
  }
  return (
    <Confirm
      title={dropTitle}
      action={drop}
      busy={sending.busy}
      refused={sending.refused}
      onConfirm={go}
      onClose={onClose}
    >
      <p>{dropLead}</p>
    </Confirm>
  )
}
