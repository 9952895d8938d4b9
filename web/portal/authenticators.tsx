/** My authenticators: each with its state, what it is called, when it was used, and what may be done about it. */
import { api } from '../app/api.ts'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { Time } from '../app/small.tsx'
import { Empty, Shown, useLoaded } from '../app/states.tsx'
import type { Own, Owned } from './account.ts'
import { AuthenticatorCard } from './authenticator-card.tsx'
import { words } from './words/authenticators.ts'

export function Page() {
  const loaded = useLoaded('authenticators', () => api.get<Owned>('/me/authenticators'))
  const said = useWords(words)
  const mayAdd = loaded.data?.mayAdd ?? []
  return (
    <>
      <PageHead title={said.title} lead={said.lead}>
        {mayAdd.includes('fido') && (
          <a class="button secondary" href="/portal/authenticators/new-key">
            {said.addKey}
          </a>
        )}
        {mayAdd.includes('otp') && (
          <a class="button secondary" href="/portal/authenticators/new-app">
            {said.addApp}
          </a>
        )}
      </PageHead>
      <Shown of={loaded}>{(owned) => <All owned={owned} reload={loaded.reload} />}</Shown>
    </>
  )
}

function All({ owned, reload }: { owned: Owned; reload: () => void }) {
  const said = useWords(words)
  return (
    <>
      {owned.authenticators.length === 0 && (
        <Empty>
          <p>{said.none}</p>
        </Empty>
      )}
      <ul class="cards">
        {pendingFirst(owned.authenticators).map((own) => (
          <li key={own.id}>
            <AuthenticatorCard own={own} acr={owned.activationAcr} onChange={reload} />
          </li>
        ))}
      </ul>
      <div class="split">
        <RecoveryCodes owned={owned} />
        {owned.password !== 'none' && (
          <section class="card" aria-labelledby="password">
            <h2 id="password">{said.password}</h2>
            <p>{owned.password === 'here' ? said.passwordHere : said.passwordDirectory}</p>
          </section>
        )}
      </div>
    </>
  )
}

/** What waits for its user is seen first. */
const pendingFirst = (all: readonly Own[]): Own[] =>
  [...all].sort((one, other) => Number(other.state === 'pending') - Number(one.state === 'pending'))

function RecoveryCodes({ owned: { recoveryCodes, mayAdd } }: { owned: Owned }) {
  const said = useWords(words)
  if (recoveryCodes === undefined && !mayAdd.includes('recovery-codes')) return null
  return (
    <section class="card" aria-labelledby="recovery-codes">
      <h2 id="recovery-codes">{said.recovery}</h2>
      <p>{said.recoveryLead}</p>
      <p>
        {recoveryCodes === undefined ? said.noCodes : said.left(recoveryCodes.left)}{' '}
        {recoveryCodes && (
          <span class="soft">
            {said.facts.added} <Time at={recoveryCodes.createdDateTime} />
          </span>
        )}
      </p>
      {mayAdd.includes('recovery-codes') && (
        <a class="button secondary small" href="/portal/authenticators/recovery-codes">
          {said.makeCodes}
        </a>
      )}
    </section>
  )
}
