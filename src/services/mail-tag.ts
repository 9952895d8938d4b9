/** The user whom a mail is for, as a message tag: SES takes letters, digits, `-` and `_` only, and 256 of them. */
import { fromBase64url, toBase64url } from '../core/base64url.ts'

export const userTag = (user: string) => ({ Name: 'user', Value: toBase64url(Buffer.from(user)) })

export function userOfTag(value: string | undefined): string | undefined {
  const bytes = value === undefined ? undefined : fromBase64url(value)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}
