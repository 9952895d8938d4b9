/** Begins an application: signs in, asks who that is, and draws the page of the address. */
import { type ComponentChildren, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { LocationProvider, useLocation } from 'preact-iso'
import { changesMade, type Refused } from './api.ts'
import { readCaller } from './caller.ts'
import { PageHead } from './head.tsx'
import { useWords } from './language.ts'
import { Layout } from './layout.tsx'
import { Notice, Refusal } from './notice.tsx'
import { useObserved } from './observed.ts'
import type { PageEntry } from './pages.ts'
import { ground, place } from './place.ts'
import { Routed } from './routed.tsx'
import { type Arrival, arrive, leaveToSignIn } from './sign-in.ts'
import { StepUpDialog } from './step-up-dialog.tsx'
import { words } from './words.ts'

/**
 * `GET …/caller` says what a person may; an application whose API is only the person's own has none of it to ask.
 *
 * @param pages what is literal before what is not.
 */
export async function start(pages: readonly PageEntry[]): Promise<void> {
  try {
    const arrival = await arrive()
    if (arrival.kind === 'refused' && !arrival.stepUp) return show(<Refusing arrival={arrival} />)
    const caller = await readCaller()
    if (!caller.ok) return show(<Broken refused={caller} />)
    show(<Application pages={pages} arrival={arrival} />)
  } catch (error) {
    console.error(error)
    show(<Broken />)
  }
}

const show = (what: ComponentChildren): void => render(what, ground)

function Application({ pages, arrival }: { pages: readonly PageEntry[]; arrival: Arrival }) {
  return (
    <LocationProvider scope={new RegExp(`^${place.base}(/|$|\\?)`)}>
      <Layout pages={pages}>
        <Back arrival={arrival} />
        <Routed pages={pages} />
      </Layout>
    </LocationProvider>
  )
}

/** To whoever comes back from a step-up: what became of it, and what to do now. */
function Back({ arrival }: { arrival: Arrival }) {
  const { repeat, notConfirmed } = useWords(words)
  const { path } = useLocation()
  const [from] = useState(path)
  const hasChanged = useObserved(changesMade) > 0
  const [isOver, setOver] = useState(false)
  // What they were asked to repeat is done, or they went on to something else.
  useEffect(() => {
    if (hasChanged || path !== from) setOver(true)
  }, [hasChanged, path, from])
  if (isOver) return null
  if (arrival.kind === 'refused')
    return (
      <Notice kind="error" focus>
        <p>{notConfirmed}</p>
      </Notice>
    )
  if (!arrival.repeat) return null
  return (
    <Notice kind="good" focus>
      <p>{repeat}</p>
    </Notice>
  )
}

const Plain = ({ children }: { children: ComponentChildren }) => (
  <div class="columns plain">
    <main id="content">{children}</main>
    <StepUpDialog />
  </div>
)

function Refusing({ arrival }: { arrival: Extract<Arrival, { kind: 'refused' }> }) {
  const { refused, refusedLead, signInAgain } = useWords(words)
  return (
    <Plain>
      <PageHead title={refused} lead={refusedLead(arrival.error)} />
      {arrival.description !== '' && <p>{arrival.description}</p>}
      <button type="button" class="primary" onClick={() => leaveToSignIn()}>
        {signInAgain}
      </button>
    </Plain>
  )
}

function Broken({ refused }: { refused?: Refused }) {
  const { startFailed, startFailedLead, reload } = useWords(words)
  return (
    <Plain>
      <PageHead title={startFailed} lead={startFailedLead} />
      {refused && <Refusal refused={refused} focus={false} />}
      <button type="button" class="primary" onClick={() => location.reload()}>
        {reload}
      </button>
    </Plain>
  )
}
