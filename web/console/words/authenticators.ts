/** The words of the list of everybody's authenticators. */
import { inBoth } from '../../app/language.ts'

export const words = inBoth({
  en: {
    title: 'Authenticators',
    lead: "Everybody's FIDO authenticators in one state, the oldest first.",
    state: 'State',
    states: { pending: 'Pending', active: 'Active', suspended: 'Suspended', locked: 'Locked' } as Record<
      string,
      string
    >,
    name: 'Name',
    user: 'User',
    created: 'Created',
    expires: 'Expires',
    serial: 'Serial number',
    never: 'never',
    open: 'Open its user',
    unnamed: 'without a name',
  },
  de: {
    title: 'Authentifikatoren',
    lead: 'Die FIDO-Authentifikatoren aller in einem Zustand, die ältesten zuerst.',
    state: 'Zustand',
    states: { pending: 'Ausstehend', active: 'Aktiv', suspended: 'Ausgesetzt', locked: 'Gesperrt' },
    name: 'Name',
    user: 'Person',
    created: 'Angelegt',
    expires: 'Verfällt',
    serial: 'Seriennummer',
    never: 'nie',
    open: 'Person öffnen',
    unnamed: 'ohne Namen',
  },
})
