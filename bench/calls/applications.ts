/** What it asks of DynamoDB to register applications and change them, by the API. */
import type { House, Reply } from '../../test/house.ts'
import { type Noted, succeeded } from './steps.ts'

type Registered = Reply<{ client: { client_id: string } }>

export async function countApplications(house: House): Promise<Noted[]> {
  const { shown: apikey } = await house.addApiKey()
  const clients = `/api/v1/tenants/${house.stage.tenantCode}/clients`
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    { body, etag }: { body?: object; etag?: string | undefined } = {},
  ): Promise<Registered> =>
    succeeded(
      house.invoke(method, clients + path, {
        headers: { apikey, ...(etag === undefined ? {} : { 'if-match': etag }) },
        ...(body === undefined ? {} : { body }),
      }),
    )
  // The first notes that the API key was used, which is done once in a while.
  await call('GET', '')
  const list = await call('GET', '')
  const document = { client_name: 'Shop', redirect_uris: ['https://shop.example.com/callback'] }
  const made = await call('POST', '', { body: document })
  const one = `/${made.json.client.client_id}`
  const read = await call('GET', one)
  const { etag } = read.headers
  const changed = await call('PUT', one, { body: { ...document, client_name: 'The shop' }, etag })
  const rotated = await call('POST', `${one}/secrets`, { body: {} })
  const secrets = await call('GET', `${one}/secrets`)
  const ended = await call('DELETE', `${one}/secrets/retiring`)
  const deleted = await call('DELETE', one, { etag: (await call('GET', one)).headers.etag })
  return [
    ['clients', list.commands],
    ['a client registered', made.commands],
    ['a client', read.commands],
    ['a client changed', changed.commands],
    ["a client's secret rotated", rotated.commands],
    ["a client's secrets", secrets.commands],
    ["a client's former secret ended", ended.commands],
    ['a client deleted', deleted.commands],
  ]
}
