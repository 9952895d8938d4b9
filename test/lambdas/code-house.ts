/** A house whose App1 asks for a one-time code after the password, and people who have codes. */
import { codeOf, timeStepAt } from '../../src/core/otp/one-time-code.ts'
import { type OneTimePassword, ownParameters } from '../../src/core/otp/one-time-password.ts'
import type { Realm } from '../../src/core/realm.ts'
import { newId } from '../../src/core/secret.ts'
import type { User } from '../../src/core/user.ts'
import { places } from '../../src/store/keys.ts'
import { createdOneTimePassword } from '../../src/store/one-time-passwords.ts'
import { changedRealm, readRealm } from '../../src/store/realm.ts'
import { type House, openHouse } from '../house.ts'
import { type Visitor, visit } from '../visitor.ts'

export const password = 'correct horse battery staple'
/** Of RFC 4226 and RFC 6238. */
export const secret = Buffer.from('12345678901234567890')

export type CodeHouse = Awaited<ReturnType<typeof openCodeHouse>>

export async function openCodeHouse() {
  const house: House = await openHouse()
  await house.addClient({ flow: 'stepup-ldap-otp', enforcement: 'strict' })

  return {
    house,

    async changeRealm(change: (realm: Realm) => Partial<Realm>): Promise<void> {
      const realm = await readRealm(house.db)
      await house.seed(changedRealm({ ...realm, ...change(realm) }))
    },

    nowCode: (away = 0) => codeOf(ownParameters, secret, timeStepAt(30, house.now) + away),

    async addOtp(user: User, change: Partial<OneTimePassword> = {}): Promise<OneTimePassword> {
      const id = newId()
      const otp = {
        ...ownParameters,
        id,
        user: user.id,
        state: 'active',
        origin: 'imported',
        sealedSecret: await house.world.sealer.seal(secret, { user: user.id, id }),
        createdAt: house.now,
        version: 1,
        ...change,
      } as OneTimePassword
      await house.seed(createdOneTimePassword(otp))
      return otp
    },

    kept: async (otp: Pick<OneTimePassword, 'user' | 'id'>) =>
      (await house.db.get(places.oneTimePassword(otp.user, otp.id))) as OneTimePassword | undefined,

    /** What is in the user's partition, beside the profile. */
    recordsOf: async (user: User) =>
      (await house.all('people')).filter(({ pk, sk }) => pk === `user#${user.id}` && sk !== 'profile'),

    toldOf: async (user: User, type: string) => (await house.audit(type)).filter((event) => event.user === user.id),

    /** With the password, to wherever that leads. */
    async signIn(user: User, { ip = '192.0.2.1', ask = {} } = {}): Promise<Visitor> {
      const browser = visit(house, { ip })
      await browser.ask({ acr_values: 'otp', ...ask })
      await browser.post('username', { username: user.userName })
      await browser.post('password', { password })
      return browser
    },

    /** Twenty browsers of one person, each from a source of its own. */
    async twenty(user: User): Promise<Visitor[]> {
      const browsers: Visitor[] = []
      for (let at = 0; at < 20; at++) browsers.push(await this.signIn(user, { ip: `198.51.100.${at}` }))
      return browsers
    },
  }
}
