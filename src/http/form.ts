/** A form that was posted: `application/x-www-form-urlencoded`, each field once. */
import type { Call } from './call.ts'

/** The field's value, or '' when it was left out or is too long to be one. The first of a name counts. */
export const fieldOf = (call: Call, name: string, longest = 256): string => {
  const value = new URLSearchParams(call.body).get(name) ?? ''
  return value.length > longest ? '' : value
}
