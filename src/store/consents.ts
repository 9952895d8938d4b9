/** What people allowed applications: in the user's partition, so that a person is read with it. */
import type { Consent } from '../core/oidc/consent.ts'
import type { Item, Write } from './db.ts'
import { places } from './keys.ts'

export const consentIn = (item: Item): Consent => item as Consent

/** As it was read, or not there: of two at once, one finds out. */
export const keptConsent = (consent: Consent): Write => ({
  write: 'put',
  ...places.consent(consent.user, consent.clientId),
  item: consent,
  ...(consent.version === 1
    ? { condition: 'attribute_not_exists(#pk)' }
    : {
        condition: '#id = :id AND #version = :before',
        values: { id: consent.id, before: consent.version - 1 },
      }),
})

/** Withdrawn, as it was read. What rests on it is void once the user's standing is lowered with it. */
export const withdrawnConsent = ({ user, clientId, id }: Consent): Write => ({
  write: 'delete',
  ...places.consent(user, clientId),
  condition: '#id = :id',
  values: { id },
})
