import { describe, expect, it } from 'vitest'
import { codeFor } from '../../local/code.ts'

// RFC 6238, appendix B: the secret is "12345678901234567890".
const totp = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const person = (userName: string) => ({ id: userName, userName, email: '', password: '' })
const people = [person('ada'), { ...person('chidi'), totp }]

describe('the codes of the demo', () => {
  it('are those of an authenticator app', async () => {
    expect(await codeFor({ people }, 'chidi', 59)).toEqual({ code: '287082', seconds: 1 })
    expect(await codeFor({ people }, 'chidi', 1_111_111_110)).toEqual({ code: '050471', seconds: 30 })
  })

  it.each(['ada', 'nobody', undefined])('are not those of %s, and it says whose there are', async (userName) => {
    await expect(codeFor({ people }, userName, 59)).rejects.toThrow('These have: chidi')
  })
})
