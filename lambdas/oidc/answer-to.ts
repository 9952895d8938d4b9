/**
 * The one way back to an application: a redirect that carries the answer, or a page that posts it (OAuth 2.0 Form Post
 * Response Mode). Codes and errors go the same way.
 */
import { answerFields, withAnswer } from '../../src/core/oidc/authorize-answer.ts'
import type { AuthorizeRequest, Returnable } from '../../src/core/oidc/authorize-request.ts'
import { type Answer, type Call, seeOther } from '../../src/http/call.ts'
import { showPage } from '../../src/http/pages.ts'
import type { World } from '../../src/world.ts'

type Back = Returnable & Pick<AuthorizeRequest, 'uiLocales'>

/** `cookies` are set on the way: the session's, or the browser's. */
export function answerTo(
  { stage }: Pick<World, 'stage'>,
  call: Call,
  back: Back,
  answer: Readonly<Record<string, string>>,
  cookies: string[] = [],
): Answer {
  const { redirectUri, responseMode = 'query', uiLocales } = back
  const fields = answerFields(stage.issuer, back, answer)
  if (responseMode === 'query') return seeOther(withAnswer(redirectUri, fields), cookies)
  return showPage(
    stage,
    call,
    { page: 'form-post', action: redirectUri, fields },
    { formTargets: [redirectUri], uiLocales, ...(cookies.length > 0 ? { cookies } : {}) },
  )
}
