/** The tip on authenticators that wait to be activated, and the way to do it now. */
import { api } from '../app/api.ts'
import { useWords } from '../app/language.ts'
import { Notice } from '../app/notice.tsx'
import { leaveToSignIn } from '../app/sign-in.ts'
import { useLoaded } from '../app/states.tsx'
import type { Owned } from './account.ts'
import { words } from './words/authenticators.ts'

/** Whether there is anything to be said is found out beside the page: it does without when this fails. */
export function Pending() {
  const { waits, activate } = useWords(words)
  const { data } = useLoaded('pending', () => api.get<Owned>('/me/authenticators', { quiet: true }))
  const count = data?.authenticators.filter(({ state }) => state === 'pending').length ?? 0
  if (data === undefined || count === 0) return null
  return (
    <Notice kind="info">
      <p>{waits(count)}</p>
      {data.activationAcr !== undefined && <Activate acr={data.activationAcr}>{activate}</Activate>}
    </Notice>
  )
}

/**
 * Off to the sign-in, which asks for a key anew, whatever was shown before: there the pending one is activated, and from
 * there the browser comes back.
 */
export const Activate = ({ acr, children, name }: { acr: string; children: string; name?: string }) => (
  <button
    type="button"
    class="primary small"
    aria-label={name === undefined ? undefined : `${children}: ${name}`}
    onClick={() => leaveToSignIn({ acrValues: acr }, { prompt: 'login' })}
  >
    {children}
  </button>
)
