/** What a page of console or portal says of itself, to be found, named and guarded. */
import type { ComponentType } from 'preact'
import type { InBoth } from './language.ts'
import type { words } from './words.ts'

export type Group = keyof (typeof words)['en']['groups']

/** What the address says: `/console/users/:userId` gives `userId`. */
export type PageProps = { params: Readonly<Record<string, string>>; query: Readonly<Record<string, string>> }

export type PageEntry = {
  /** `:name` is one segment. */
  path: string
  /** In the navigation, in the title of the document, and for `PageHead` where the page has no better one. */
  title: InBoth<string>
  /** The right that the page needs to show anything; left out: none. */
  scope?: string
  /** Where it is in the navigation; left out: it is reached from another page. */
  group?: Group
  /** Loaded when it is gone to. The module exports `Page`. */
  load: () => Promise<{ Page: ComponentType<PageProps> }>
}
