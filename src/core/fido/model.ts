/** Decides whether keys of a model are accepted: by what a certificate says of it, never by what a key says of itself. */
import type { Settings } from '../realm.ts'
import { ok, type Result, refuse } from '../result.ts'

/** `aaguid`: as a certificate of its maker has it; none where none does. */
export function checkModel(
  { aaguid }: { aaguid?: string },
  { allowedAaguids }: Pick<Settings, 'allowedAaguids'>,
): Result<true, 'aaguid-not-allowed'> {
  if (allowedAaguids.length === 0) return ok(true)
  const detail =
    aaguid === undefined
      ? 'Only models on a list are accepted, and only an attestation with a certificate says which model a key is.'
      : `The model is ${aaguid}.`
  return allowedAaguids.some((allowed) => allowed.toLowerCase() === aaguid)
    ? ok(true)
    : refuse('aaguid-not-allowed', { at: '/metadata/aaguid', detail })
}
