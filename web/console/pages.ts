/**
 * The pages of the console, in the order of the navigation.
 *
 * To add one: a line here, and a module below this folder that exports `Page` (see `web/app/pages.ts`); its words in
 * `words/{area}.ts`, as `inBoth({ en: {…}, de: {…} })`. What is literal goes before what is not: `/users/new` before
 * `/users/:userId`. Without a `group` a page is not in the navigation; without its `scope` a caller does not see it there,
 * and reads why when they come by the address. The right itself is decided at the API.
 *
 * A page is made of
 * - `PageHead`: the title, where the focus goes; with what can be done here as its children;
 * - `useLoaded(path, () => api.get<T>(path))` and `<Shown of={…}>{(data) => …}</Shown>` for one thing, `usePaged<T>(path)`
 *   and `<DataTable paged={…} columns={…} caption keyOf />` for a list; `Filter` with `useSettled` narrows it;
 * - `useDraft(name, initial)` for what is typed, and for the dialog that is open: it outlives a step-up. Not for secrets;
 * - `Form` with the fields of `web/app/form.tsx`: `refused` is the reply that was not `ok`, and finds its field by pointer;
 * - `Confirm` before what cannot be undone, `say(text)` for what went well, `Refusal` for what did not;
 * - `api.get/post/put/patch/delete(path, { body, ifMatch, idempotencyKey })`: answers with a value, never throws, and asks
 *   for the step-up by itself. `useMay()('users:write')` says what to offer.
 */
import { inBoth } from '../app/language.ts'
import type { PageEntry } from '../app/pages.ts'

export const pages: readonly PageEntry[] = [
  {
    path: '/console',
    title: inBoth({ en: 'Home', de: 'Start' }),
    group: 'overview',
    load: () => import('./home.tsx'),
  },
  {
    path: '/console/users',
    title: inBoth({ en: 'Users', de: 'Benutzer' }),
    group: 'people',
    scope: 'users:read',
    load: () => import('./users/list.tsx'),
  },
  {
    path: '/console/users/new',
    title: inBoth({ en: 'New user', de: 'Neuer Benutzer' }),
    scope: 'users:write',
    load: () => import('./users/edit.tsx').then(({ NewPage }) => ({ Page: NewPage })),
  },
  {
    path: '/console/users/:userId',
    title: inBoth({ en: 'User', de: 'Benutzer' }),
    scope: 'users:read',
    load: () => import('./users/user.tsx'),
  },
  {
    path: '/console/users/:userId/edit',
    title: inBoth({ en: 'Edit user', de: 'Benutzer bearbeiten' }),
    scope: 'users:write',
    load: () => import('./users/edit.tsx').then(({ EditPage }) => ({ Page: EditPage })),
  },
  {
    path: '/console/authenticators',
    title: inBoth({ en: 'Authenticators', de: 'Authentifikatoren' }),
    group: 'people',
    scope: 'authenticators:read',
    load: () => import('./authenticators.tsx'),
  },
  {
    path: '/console/import',
    title: inBoth({ en: 'Bulk import', de: 'Massenimport' }),
    group: 'people',
    scope: 'authenticators:write',
    load: () => import('./import/page.tsx'),
  },
  {
    path: '/console/clients',
    title: inBoth({ en: 'Applications', de: 'Anwendungen' }),
    group: 'access',
    scope: 'clients:read',
    load: () => import('./clients/list.tsx'),
  },
  {
    path: '/console/clients/new',
    title: inBoth({ en: 'Register an application', de: 'Anwendung registrieren' }),
    scope: 'clients:write',
    load: () => import('./clients/new.tsx'),
  },
  {
    path: '/console/clients/:clientId',
    title: inBoth({ en: 'Application', de: 'Anwendung' }),
    scope: 'clients:read',
    load: () => import('./clients/client.tsx'),
  },
  {
    path: '/console/flows',
    title: inBoth({ en: 'Flows', de: 'Anmeldeabläufe' }),
    group: 'access',
    scope: 'flows:read',
    load: () => import('./flows/list.tsx'),
  },
  {
    path: '/console/flows/:flowId',
    title: inBoth({ en: 'Flow', de: 'Anmeldeablauf' }),
    scope: 'flows:read',
    load: () => import('./flows/flow.tsx'),
  },
  {
    path: '/console/acr',
    title: inBoth({ en: 'ACR to LoA', de: 'ACR zu LoA' }),
    group: 'access',
    scope: 'policy:read',
    load: () => import('./acr.tsx'),
  },
  {
    path: '/console/settings',
    title: inBoth({ en: 'Settings', de: 'Einstellungen' }),
    group: 'service',
    scope: 'settings:read',
    load: () => import('./settings/page.tsx'),
  },
  {
    path: '/console/api-keys',
    title: inBoth({ en: 'API keys', de: 'API-Schlüssel' }),
    group: 'service',
    scope: 'api-keys:read',
    load: () => import('./api-keys/page.tsx'),
  },
  {
    path: '/console/mails',
    title: inBoth({ en: 'Emails', de: 'E-Mails' }),
    group: 'service',
    scope: 'settings:read',
    load: () => import('./mails/page.tsx'),
  },
  {
    path: '/console/webhooks',
    title: inBoth({ en: 'Webhooks', de: 'Webhooks' }),
    group: 'service',
    scope: 'webhooks:read',
    load: () => import('./webhooks/page.tsx'),
  },
  {
    path: '/console/logs',
    title: inBoth({ en: 'Audit log', de: 'Audit-Log' }),
    group: 'overview',
    scope: 'audit:read',
    load: () => import('./logs/page.tsx'),
  },
]
