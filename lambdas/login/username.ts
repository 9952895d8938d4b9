// POST /login/{login}/username — says who is signing in. Whether anybody has that name shows nowhere.
import { nameKey } from '../../src/core/user.ts'
import type { Answer, Call } from '../../src/http/call.ts'
import { fieldOf } from '../../src/http/form.ts'
import { places } from '../../src/store/keys.ts'
import { changedLogin } from '../../src/store/logins.ts'
import { ownerIn } from '../../src/store/people.ts'
import type { JourneyWorld } from './journey.ts'
import { onPage } from './post.ts'
import { onward } from './step.ts'

export async function handle(world: JourneyWorld, call: Call): Promise<Answer> {
  const typedName = fieldOf(call, 'username', 2048).trim()
  // As long as a name can be in a key; a letter may fold to eighteen.
  const fits = Buffer.byteLength(nameKey(typedName)) <= 1024
  const guard = fits ? [places.userName(typedName)] : []
  return onPage(
    world,
    call,
    ['username'],
    async ({ login }, _next, [held]) => {
      if (typedName === '') return onward(login)
      if (!fits) return onward(login, 'bad-username')
      const user = ownerIn(held)
      const done = await world.db.transact([
        changedLogin({ ...login, typedName, ...(user === undefined ? {} : { user }) }),
      ])
      return onward(login, done.ok ? undefined : 'step-over')
    },
    guard,
  )
}
