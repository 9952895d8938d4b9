/** The pages of the portal, in the order of the navigation; how one is added is written in `web/console/pages.ts`. */
import { inBoth } from '../app/language.ts'
import type { PageEntry } from '../app/pages.ts'

export const pages: readonly PageEntry[] = [
  {
    path: '/portal',
    title: inBoth({ en: 'Home', de: 'Start' }),
    group: 'mine',
    load: () => import('./home.tsx'),
  },
]
