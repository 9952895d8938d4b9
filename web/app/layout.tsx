/** What is around every page: where one is, where one can go, who one is. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { type Locale, locales } from '../view.ts'
import { useCaller, useMay } from './caller.ts'
import { forgetDrafts } from './drafts.ts'
import { chooseLanguage, useLanguage, useWords } from './language.ts'
import { Sayings } from './notice.tsx'
import type { Group, PageEntry } from './pages.ts'
import { place } from './place.ts'
import { signOut } from './sign-in.ts'
import { StepUpDialog } from './step-up-dialog.tsx'
import { words } from './words.ts'

export function Layout({ pages, children }: { pages: readonly PageEntry[]; children: ComponentChildren }) {
  const { skip, menu } = useWords(words)
  const { url } = useLocation()
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [url])
  return (
    <>
      <a class="skip" href="#content">
        {skip}
      </a>
      <header class="bar">
        <button
          type="button"
          class="menu-button"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          {menu}
        </button>
        <a class="brand" href={place.base} aria-label={place.serviceName}>
          <img src="/assets/favicon.svg" alt="" width="24" height="24" />
          <span>{place.serviceName}</span>
        </a>
        <Person />
      </header>
      <div class="columns">
        <Navigation pages={pages} open={open} />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Sayings />
      <StepUpDialog />
    </>
  )
}

function Navigation({ pages, open }: { pages: readonly PageEntry[]; open: boolean }) {
  const { navigation, groups } = useWords(words)
  const may = useMay()
  const seen = pages.filter(({ group, scope }) => group !== undefined && (scope === undefined || may(scope)))
  const used = (Object.keys(groups) as Group[]).filter((group) => seen.some((page) => page.group === group))
  return (
    <nav id="navigation" class={open ? 'side open' : 'side'} aria-label={navigation}>
      {used.map((group) => (
        <section key={group}>
          <h2>{groups[group]}</h2>
          <ul>
            {seen
              .filter((page) => page.group === group)
              .map((page) => (
                <NavigationLink key={page.path} page={page} />
              ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

function NavigationLink({ page }: { page: PageEntry }) {
  const title = useWords(page.title)
  const { path } = useLocation()
  const isHere = path === page.path
  const isWithin = page.path !== place.base && path.startsWith(`${page.path}/`)
  return (
    <li>
      <a href={page.path} aria-current={isHere ? 'page' : isWithin ? 'true' : undefined}>
        {title}
      </a>
    </li>
  )
}

const nameOfLanguage: Record<Locale, string> = { en: 'English', de: 'Deutsch' }

function Person() {
  const { language, signOut: leave, signedInAs, level } = useWords(words)
  const caller = useCaller()
  const chosen = useLanguage()
  const name = caller?.user?.displayName ?? caller?.user?.userName
  const goAway = () => {
    forgetDrafts()
    signOut()
  }
  return (
    <div class="person-bar">
      <label>
        <span class="unseen">{language}</span>
        <select value={chosen} onChange={(event) => chooseLanguage(event.currentTarget.value as Locale)}>
          {locales.map((locale) => (
            <option key={locale} value={locale} lang={locale}>
              {nameOfLanguage[locale]}
            </option>
          ))}
        </select>
      </label>
      {caller && (
        <details class="account">
          <summary>{name ?? caller.id}</summary>
          <div class="account-menu">
            <p>{signedInAs(caller.user?.userName ?? caller.id)}</p>
            {caller.roles && caller.roles.length > 0 && <p class="soft">{caller.roles.join(', ')}</p>}
            {caller.acr && <p class="soft">{level(caller.acr)}</p>}
            <button type="button" class="secondary" onClick={goAway}>
              {leave}
            </button>
          </div>
        </details>
      )}
    </div>
  )
}
