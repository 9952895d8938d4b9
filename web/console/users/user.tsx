/** One user: who they are, what they sign in with, where they are signed in, what they allowed, what happened. */
import { useReducer } from 'preact/hooks'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import type { PageProps } from '../../app/pages.ts'
import { Facts, Identifier, Time } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { words } from '../words/user.ts'
import { Activity, Consents, Sessions } from './access.tsx'
import { UserActions } from './actions.tsx'
import { Codes } from './codes.tsx'
import { Keys } from './keys.tsx'
import { States } from './list.tsx'
import { type User, userPath } from './model.ts'

export function Page({ params: { userId = '' } }: PageProps) {
  const said = useWords(words)
  const may = useMay()
  const user = useLoaded(userId, () => api.get<User>(userPath(userId)))
  const { data } = user
  // What was done here is in the log a moment later: asked for again with each change.
  const [changes, noteChange] = useReducer((count: number, _: undefined) => count + 1, 0)
  return (
    <>
      <PageHead title={data?.displayName ?? userId} back={{ href: '/console/users', label: said.users }}>
        {data && <UserActions user={data} etag={user.etag} put={user.put} />}
      </PageHead>
      <Shown of={user}>
        {(shown) => (
          <>
            <States of={shown} />
            <About user={shown} />
            {may('authenticators:read') && <Keys user={shown} onChange={() => noteChange(undefined)} />}
            {may('otp:read') && <Codes user={shown} />}
            {may('sessions:read') && <Sessions user={shown} />}
            {may('consents:read') && <Consents user={shown} />}
            {may('audit:read') && <Activity key={`${user.etag} ${changes}`} user={shown} />}
          </>
        )}
      </Shown>
    </>
  )
}

function About({ user }: { user: User }) {
  const { facts } = useWords(words)
  const { email, emailVerified, mailTrouble, directory, hasPassword } = user
  const password = hasPassword ? facts.here : directory ? facts.directory : facts.none
  const address = email && (
    <>
      {email} ({mailTrouble ? facts[mailTrouble] : emailVerified ? facts.verified : facts.unverified})
    </>
  )
  return (
    <section class="card" aria-label={facts.title}>
      <Facts
        of={[
          [facts.userName, user.userName],
          [facts.id, <Identifier key="id" text={user.id} name={facts.id} />],
          address !== undefined && address !== '' && [facts.email, address],
          user.locale !== undefined && [facts.locale, user.locale],
          user.externalId !== undefined && [facts.externalId, user.externalId],
          [facts.password, password],
          user.waitsUntilDateTime !== undefined && [
            facts.waits,
            <Time key="waits" at={user.waitsUntilDateTime} exact />,
          ],
          [facts.created, <Time key="created" at={user.createdDateTime} />],
          [facts.updated, <Time key="updated" at={user.updatedDateTime} />],
        ]}
      />
    </section>
  )
}
