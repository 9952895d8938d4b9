// GET /api/v1/tenants/{tenantCode}/users/{userId}/authenticators — a user's authenticators, in the order they were made.
import { isVoid } from '../../src/core/authenticator.ts'
import { refuse } from '../../src/core/result.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { findPerson } from '../../src/store/people.ts'
import type { World } from '../../src/world.ts'
import { readNumber, readQuery, userIn } from '../api/asked.ts'
import { forCaller } from '../api/caller.ts'
import { numberedPage, pageIndexes, readPageSize } from '../api/pages.ts'
import { answerTo } from '../api/problems.ts'
import { authenticatorsUrl, showAuthenticator } from './representation.ts'

type Needs = Pick<World, 'now' | 'stage' | 'db' | 'verifier'>

export const handle = forCaller(
  'authenticators:read',
  async ({ db, stage, now }: Needs, call: Call): Promise<Answer> => {
    const query = readQuery(call, ['pageIndex', 'pageSize'])
    if (!query.ok) return answerTo(query)
    const pageIndex = readNumber('pageIndex', query.value.pageIndex, pageIndexes)
    if (!pageIndex.ok) return answerTo(pageIndex)
    const pageSize = readPageSize(query.value.pageSize)
    if (!pageSize.ok) return answerTo(pageSize)
    const userId = userIn(call)
    if (!userId.ok) return answerTo(userId)

    const person = await findPerson(db, userId.value)
    if (person === undefined) return answerTo(refuse('user-not-found'))
    const keys = person.authenticators.filter((key) => !isVoid(key, now()))
    return numberedPage(keys.map(showAuthenticator), {
      pageIndex: pageIndex.value,
      pageSize: pageSize.value,
      base: authenticatorsUrl(stage, userId.value),
    })
  },
)
