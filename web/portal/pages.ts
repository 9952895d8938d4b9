/** The pages of the portal, in the order of the navigation; how one is added is written in `web/console/pages.ts`. */
import { inBoth } from '../app/language.ts'
import type { PageEntry } from '../app/pages.ts'

export const pages: readonly PageEntry[] = [
  {
    path: '/portal',
    title: inBoth({ en: 'My account', de: 'Mein Konto' }),
    group: 'mine',
    load: () => import('./home.tsx'),
  },
  {
    path: '/portal/authenticators',
    title: inBoth({ en: 'My authenticators', de: 'Meine Authentifikatoren' }),
    group: 'mine',
    load: () => import('./authenticators.tsx'),
  },
  {
    path: '/portal/authenticators/new-key',
    title: inBoth({ en: 'Add a passkey or security key', de: 'Passkey oder Sicherheitsschlüssel hinzufügen' }),
    load: () => import('./add-key.tsx'),
  },
  {
    path: '/portal/authenticators/new-app',
    title: inBoth({ en: 'Set up an authenticator app', de: 'Authenticator-App einrichten' }),
    load: () => import('./add-app.tsx'),
  },
  {
    path: '/portal/authenticators/recovery-codes',
    title: inBoth({ en: 'Recovery codes', de: 'Ersatzcodes' }),
    load: () => import('./recovery-codes.tsx'),
  },
  {
    path: '/portal/sessions',
    title: inBoth({ en: 'Sessions', de: 'Sitzungen' }),
    group: 'mine',
    load: () => import('./sessions.tsx'),
  },
  {
    path: '/portal/applications',
    title: inBoth({ en: 'Applications', de: 'Anwendungen' }),
    group: 'mine',
    load: () => import('./applications.tsx'),
  },
  {
    path: '/portal/activity',
    title: inBoth({ en: 'Activity', de: 'Aktivität' }),
    group: 'mine',
    load: () => import('./activity.tsx'),
  },
]
