/** An application that needs people's leave: the page, the answer, and what it costs each time after. */
import type { House } from '../../test/house.ts'
import { exchange, visit } from '../../test/visitor.ts'
import { longest, type Noted, password, succeeded } from './steps.ts'

export async function countConsent(house: House): Promise<Noted[]> {
  const clientId = 'partner'
  await house.addClient({ clientId, thirdParty: true })
  const { shown: apikey } = await house.addApiKey()
  const user = await house.addUser({ password })
  const browser = visit(house)
  const ask = () => browser.ask({ client_id: clientId, acr_values: 'pwd' })
  await ask()
  await browser.post('username', { username: user.userName })
  await browser.post('password', { password })
  const page = (await browser.reload()).commands
  const [, shown = ''] = /name="shown" value="([^"]+)"/.exec(browser.html) ?? []
  const given = (await browser.post('consent', { answer: 'allow', shown })).commands
  const again = (await ask()).commands
  const code = browser.landed.get('code')
  if (code === null) throw new Error('What was allowed came to no code')
  const tokens = (await succeeded(exchange(house, code, { client_id: clientId }))).commands

  const consents = `/api/v1/tenants/demo/users/${user.id}/consents`
  const list = await succeeded(house.invoke('GET', consents, { headers: { apikey } }))
  const withdrawn = await succeeded(house.invoke('DELETE', `${consents}/${clientId}`, { headers: { apikey } }))
  return [
    ['consent: its page', longest(page, 'login-page')],
    ['consent: given', longest(given, 'login-consent')],
    ['authorize with a session, a third party', longest(again, 'authorize')],
    ['code → tokens, a third party', tokens],
    ['consents of a user', list.commands],
    ['a consent withdrawn', withdrawn.commands],
  ]
}
