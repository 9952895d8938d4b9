/** What the end of sessions asks of DynamoDB: at an application's word, everywhere, and by the API. */
import type { House, Reply } from '../../test/house.ts'
import { exchange, type Visitor, visit } from '../../test/visitor.ts'
import { type Noted, password, succeeded } from './steps.ts'

export async function countSessions(house: House): Promise<Noted[]> {
  const user = await house.addUser({ password })
  const signIn = async (): Promise<Visitor> => {
    const browser = visit(house)
    await browser.ask({ acr_values: 'pwd' })
    await browser.post('username', { username: user.userName })
    await browser.post('password', { password })
    return browser
  }
  const { json: tokens } = await succeeded(exchange(house, (await signIn()).landed.get('code')))
  const over = `/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`
  // The keys that hints are checked with are read once in five minutes.
  await visit(house).get(over)
  const hinted = await signIn()
  const { json } = await succeeded(exchange(house, hinted.landed.get('code')))
  const ended = await hinted.get(`/logout?${new URLSearchParams({ id_token_hint: json.id_token })}`)
  const asked = await hinted.get(over)
  const browser = await signIn()
  const everywhere = await house.invoke('POST', '/logout', {
    headers: { 'sec-fetch-site': 'same-origin' },
    cookies: Object.fromEntries(browser.cookies),
    body: new URLSearchParams({ confirmed: 'everywhere' }),
  })
  await signIn()
  return [
    ['logout', ended.commands],
    ['logout, over already', asked.commands],
    ['logout everywhere, two sessions', everywhere.commands],
    ...(await administration(house, user.id)),
  ]
}

async function administration(house: House, user: string): Promise<Noted[]> {
  const { shown } = await house.addApiKey()
  const sessions = `/api/v1/tenants/${house.stage.tenantCode}/users/${user}/sessions`
  const call = (method: 'GET' | 'DELETE', rest = ''): Promise<Reply<{ sessions: { id: string }[] }>> =>
    succeeded(house.invoke(method, sessions + rest, { headers: { apikey: shown } }))
  // The first notes that the API key was used, which is done once in a while.
  await call('GET')
  const list = await call('GET')
  return [
    ['sessions of a user', list.commands],
    ['a session ended', (await call('DELETE', `/${list.json.sessions[0]?.id}`)).commands],
    ['all sessions ended, none left', (await call('DELETE')).commands],
  ]
}
