// POST /login/{login}/username — says who is signing in. Whether anybody has that name shows nowhere.
import { nameKey } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { findByUserName } from '../../src/store/people.ts'
import type { JourneyWorld } from './journey.ts'
import { onPage } from './post.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const typedName = fieldOf(call, 'username', 2048).trim()
  return onPage(world, call, ['username'], async ({ login }) => {
    if (typedName === '') return onward(login)
    // As long as a name can be in a key; a letter may fold to eighteen.
    if (Buffer.byteLength(nameKey(typedName)) > 1024) return onward(login, 'bad-username')
    const user = await findByUserName(world.db, typedName)
    const done = await world.db.transact([
      changedLogin({ ...login, typedName, ...(user === undefined ? {} : { user }) }),
    ])
    return onward(login, done.ok ? undefined : 'step-over')
  })
}
