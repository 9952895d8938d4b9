/** The post of a right one-time code that ends a login, and what of it is the code. */
import { createHmac } from 'node:crypto'
import { codeOf, stepOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { ownParameters } from '../../src/core/otp/one-time-password.ts'
import { formPost, goToPassword } from '../browser.ts'
import { again, type Side } from '../measure.ts'
import { type Contests, type Prepared, type Setting, type Supply, sideOf, turn, withCode } from './contest.ts'
import { codeNow, copiesOf, openPeople, password, type Waiting } from './people.ts'

export const codeContests = ({ ours, carriers }: Setting): Contests => ({
  otp: async () => {
    const people = await openPeople(ours)
    const [somebody] = await people.newcomers(1)
    const { ask, ...page } = await goToPassword(carriers.event, somebody?.userName ?? '', 'otp')
    await ask('POST', `${page.base}/password`, { password })
    const waiting = async (count: number) => copiesOf(ours, page, await people.newcomers(count))
    const fifty = await waiting(50)
    return {
      name: 'otp',
      title: 'a one-time code posted → session and code',
      atOnce: 8,
      sides: [
        sideOf('keystep, handler', carriers.event, async (count) => codePosts(await waiting(count))),
        sideOf('keystep, store left out', carriers.storeless, around(fifty)),
        ...(await codeSides()),
      ],
    }
  },
})

/** With the code of now, each time. */
const codePosts = async (waiting: readonly Waiting[]): Promise<Prepared[]> => {
  const code = await codeNow()
  return waiting.map(({ base, cookies }) => ({ asked: formPost(`${base}/otp`, cookies, { code }), take: withCode }))
}

/** The same logins again, for a store that does not keep that their code was used. */
const around =
  (waiting: readonly Waiting[]): Supply =>
  (count) =>
    codePosts(Array.from({ length: count }, (_, at) => turn(waiting, at)))

async function codeSides(): Promise<Side[]> {
  const secret = Buffer.from('12345678901234567890')
  const time = Math.floor(Date.now() / 1000)
  const step = timeStepAt(30, time)
  const code = await codeOf(ownParameters, secret, step)
  const counter = Buffer.alloc(8)
  return [
    again('keystep, core/one-time-code', async () => {
      const held = await stepOf(ownParameters, secret, code, time)
      if (!held.ok) throw new Error('A code was refused')
    }),
    again('node:crypto, the HMAC alone', async () => {
      counter.writeBigUInt64BE(BigInt(step))
      const digest = createHmac('sha1', secret).update(counter).digest()
      const at = (digest.at(-1) ?? 0) & 0xf
      return (digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000
    }),
  ]
}
