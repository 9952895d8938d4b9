// PATCH /api/v1/tenants/{tenantCode}/me/authenticators/{authenticatorId} — what one calls it.
//
// A name proves nothing, so it takes no fresh proof; a pending key gets its name when it is activated.
import { isFriendlyName } from '../../src/core/authenticator.ts'
import { malformed, readDocument, readMembers } from '../../src/core/document.ts'
import { refuse } from '../../src/core/result.ts'
import { type Answer, type Call, json } from '../../src/http/call.ts'
import { renamedOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { renamedAuthenticator } from '../../src/store/people.ts'
import { bodyLimits, patchTypes, readBody, readQuery } from '../api/asked.ts'
import { answerTo } from '../api/problems.ts'
import { changeOwn, type Decided, instead, type Own } from './changing.ts'
import { mayOf, showOwn } from './representation.ts'
import { forSelf, type Self, type SelfNeeds } from './self.ts'

export const handle = forSelf(async (world: SelfNeeds, call: Call, self: Self): Promise<Answer> => {
  const query = readQuery(call, [])
  if (!query.ok) return answerTo(query)
  const body = readBody(call, bodyLimits.one, patchTypes)
  if (!body.ok) return answerTo(body)
  const name = readDocument('malformed-request', body.value, (data) =>
    readName(readMembers(data, '', ['friendlyName']).friendlyName),
  )
  return name.ok ? changeOwn(world, call, self, (own) => rename(own, name.value)) : answerTo(name)
})

/** One to 64 characters that somebody sees; what was typed around them is not part of it. */
export function readName(data: unknown): string {
  const name = typeof data === 'string' ? data.trim() : ''
  return isFriendlyName(name) ? name : malformed('/friendlyName', 'must have 1 to 64 characters that can be seen')
}

function rename(own: Own, friendlyName: string): Decided {
  if (!mayOf(own.its).includes('rename'))
    return instead(answerTo(refuse('wrong-state', { detail: `It is ${own.its.state}.` })))
  const named =
    own.kind === 'fido' ? renamedAuthenticator(own.its, friendlyName) : renamedOneTimePassword(own.its, friendlyName)
  const type = own.kind === 'fido' ? 'authenticator.renamed' : 'otp.renamed'
  const after: Own =
    own.kind === 'fido'
      ? { kind: 'fido', its: { ...own.its, friendlyName } }
      : { kind: 'otp', its: { ...own.its, friendlyName } }
  const isSame = own.its.friendlyName === friendlyName
  return { change: { writes: isSame ? [] : [named], told: [{ type }], answer: json(200, showOwn(after)) } }
}
