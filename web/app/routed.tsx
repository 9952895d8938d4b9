/** Draws the page of the address, once it is loaded and if the caller may see it. */
import type { ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { exec } from 'preact-iso/router'
import { useCaller, useMay } from './caller.ts'
import { noteNavigation, PageHead } from './head.tsx'
import { useWords } from './language.ts'
import type { PageEntry, PageProps } from './pages.ts'
import { Loading } from './states.tsx'
import { words } from './words.ts'

type Found = { entry: PageEntry; params: Record<string, string> }

/** The first that fits: what is literal is listed before what is not. */
function find(pages: readonly PageEntry[], path: string): Found | undefined {
  for (const entry of pages) {
    const found = exec(path, entry.path, { path, query: {}, params: {} })
    if (found) return { entry, params: found.params }
  }
  return undefined
}

export function Routed({ pages }: { pages: readonly PageEntry[] }) {
  const { path, query } = useLocation()
  const may = useMay()
  const before = useRef(path)
  if (before.current !== path) {
    before.current = path
    noteNavigation()
    scrollTo(0, 0)
  }
  const found = find(pages, path)
  if (found === undefined) return <NotFound />
  const { entry, params } = found
  if (entry.scope !== undefined && !may(entry.scope)) return <NotAllowed entry={entry} scope={entry.scope} />
  // Another user is another page: nothing of the one before stays.
  return <LoadedPage key={path} entry={entry} params={params} query={query} />
}

type Loaded = { Page: ComponentType<PageProps> }

function LoadedPage({ entry, params, query }: Found & { query: Record<string, string> }) {
  const [loaded, setLoaded] = useState<Loaded | 'failed'>()
  const title = useWords(entry.title)
  useEffect(() => {
    entry.load().then(setLoaded, () => setLoaded('failed'))
  }, [entry])
  if (loaded === 'failed') return <NotLoaded title={title} />
  if (loaded === undefined) return <Loading />
  return <loaded.Page params={params} query={query} />
}

/** A part of the application that is not there any more, since another version was deployed; or no network. */
function NotLoaded({ title }: { title: string }) {
  const { reload, failures } = useWords(words)
  return (
    <>
      <PageHead title={title} lead={failures['no-answer']} />
      <button type="button" class="primary" onClick={() => location.reload()}>
        {reload}
      </button>
    </>
  )
}

function NotFound() {
  const { notFound, notFoundLead } = useWords(words)
  return <PageHead title={notFound} lead={notFoundLead} />
}

function NotAllowed({ entry, scope }: { entry: PageEntry; scope: string }) {
  const { notAllowed, notAllowedLead, noRole, noRoleLead, none } = useWords(words)
  const roles = useCaller()?.roles ?? []
  const title = useWords(entry.title)
  if (roles.length === 0) return <PageHead title={noRole} lead={noRoleLead} />
  return <PageHead title={`${title}: ${notAllowed}`} lead={notAllowedLead(scope, roles.join(', ') || none)} />
}
