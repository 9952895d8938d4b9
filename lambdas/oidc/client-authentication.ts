/**
 * Who asks at the token endpoint and at those beside it (RFC 6749 §2.3): read here, in one way. Whether they are who
 * they say is `clientHolds`, once the client's record has been read together with whatever else the route needs.
 */
import { type Credentials, type Form, readCredentials, readForm } from '../../src/core/oidc/token-request.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { oauthError } from '../../src/http/oauth-error.ts'

type Asked = { ok: true; form: Form; credentials: Credentials } | { ok: false; answer: Answer }

/** The form and the credentials in it or beside it, or the answer to what is neither. */
export function readAsked(call: Call): Asked {
  const form = readForm(call.body, call.headers['content-type'])
  if (!form.ok) return { ok: false, answer: oauthError(form.reason, form.detail ?? '') }
  const credentials = readCredentials(call.headers.authorization, form.value)
  if (!credentials.ok) return { ok: false, answer: oauthError(credentials.reason, credentials.detail ?? '', true) }
  return { ok: true, form: form.value, credentials: credentials.value }
}

export const wrongClient = (call: Call): Answer =>
  oauthError('invalid_client', 'The client is not who it says it is.', call.headers.authorization !== undefined)
