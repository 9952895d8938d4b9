/**
 * npm `oidc-provider` doing what we do: the same grants, the same client authentication, ES256 ID tokens, clients and
 * users read from the store on each request; refresh tokens that rotate where the client cannot authenticate and stay
 * where it does; pushed requests, introspection, revocation, and DPoP proofs that must name a nonce. Its endpoints have
 * the addresses of ours.
 *
 * Its adapter for DynamoDB is written to be quick. Each record is one item, its payload one JSON text (less work than an
 * attribute map), reads go straight to the item (consistent, as ours), each write is a single put or update without a
 * transaction, and two indexes serve `findByUid` and `revokeByGrantId`. Where the two differ, the peer has the lighter
 * work: it writes no audit record, checks no standing of the user's keys, and its access tokens are opaque unless said.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import {
  CreateTableCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import Provider, { type Adapter, type AdapterPayload, type ClientMetadata, type Configuration } from 'oidc-provider'
import { newId } from '../src/core/secret.ts'
import { codeChallenge } from '../test/visitor.ts'
import { type Application, assertionKeys, issuer, peopleScope, redirectUri, secret } from './applications.ts'

/** Something to keep records in, by model and id. */
export type Store = (model: string) => Adapter

const seconds = () => Math.floor(Date.now() / 1000)

/** In memory, without the limit of a thousand records that the provider's own store for development has. */
export function memoryStore(): Store {
  const records = new Map<string, AdapterPayload>()
  const byUid = new Map<string, string>()
  return (model) => {
    const keyOf = (id: string) => `${model}#${id}`
    return {
      upsert: async (id, payload) => {
        records.set(keyOf(id), payload)
        if (payload.uid !== undefined) byUid.set(payload.uid, keyOf(id))
      },
      find: async (id) => records.get(keyOf(id)),
      findByUid: async (uid) => records.get(byUid.get(uid) ?? ''),
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const payload = records.get(keyOf(id))
        if (payload !== undefined) payload.consumed = seconds()
      },
      destroy: async (id) => void records.delete(keyOf(id)),
      revokeByGrantId: async (grantId) => {
        for (const [key, { grantId: its }] of records) if (its === grantId) records.delete(key)
      },
    }
  }
}

export async function dynamodbStore(client: DynamoDBClient, table: string): Promise<Store> {
  const key = (name: string, type: 'HASH' | 'RANGE' = 'HASH') => ({ AttributeName: name, KeyType: type })
  const projection = (type: 'ALL' | 'KEYS_ONLY') => ({ Projection: { ProjectionType: type } as const })
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [key('pk')],
      AttributeDefinitions: ['pk', 'uid', 'grantId'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        { IndexName: 'uid', KeySchema: [key('uid')], ...projection('ALL') },
        { IndexName: 'grantId', KeySchema: [key('grantId')], ...projection('KEYS_ONLY') },
      ],
    }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: table })

  const payloadIn = (item: Record<string, { S?: string; N?: string }> | undefined): AdapterPayload | undefined => {
    if (item?.payload?.S === undefined || Number(item.until?.N ?? Number.POSITIVE_INFINITY) <= seconds())
      return undefined
    const payload: AdapterPayload = JSON.parse(item.payload.S)
    return item.consumed?.N === undefined ? payload : { ...payload, consumed: Number(item.consumed.N) }
  }
  const namesOf = (item: object | undefined) => item as Record<string, { S?: string; N?: string }> | undefined

  return (model) => {
    const at = (id: string) => ({ TableName: table, Key: { pk: { S: `${model}#${id}` } } })
    const queryBy = (index: string, value: string) =>
      client.send(
        new QueryCommand({
          TableName: table,
          IndexName: index,
          KeyConditionExpression: '#name = :value',
          ExpressionAttributeNames: { '#name': index },
          ExpressionAttributeValues: { ':value': { S: value } },
        }),
      )
    return {
      async upsert(id, payload, expiresIn) {
        await client.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              pk: { S: `${model}#${id}` },
              payload: { S: JSON.stringify(payload) },
              ...(payload.uid === undefined ? {} : { uid: { S: payload.uid } }),
              ...(payload.grantId === undefined ? {} : { grantId: { S: payload.grantId } }),
              ...(expiresIn === undefined ? {} : { until: { N: String(seconds() + expiresIn) } }),
            },
          }),
        )
      },
      async find(id) {
        const { Item } = await client.send(new GetItemCommand({ ...at(id), ConsistentRead: true }))
        return payloadIn(namesOf(Item))
      },
      async findByUid(uid) {
        const { Items } = await queryBy('uid', uid)
        return payloadIn(namesOf(Items?.[0]))
      },
      findByUserCode: async () => undefined,
      async consume(id) {
        await client.send(
          new UpdateItemCommand({
            ...at(id),
            UpdateExpression: 'SET #consumed = :now',
            ExpressionAttributeNames: { '#consumed': 'consumed' },
            ExpressionAttributeValues: { ':now': { N: String(seconds()) } },
          }),
        )
      },
      async destroy(id) {
        await client.send(new DeleteItemCommand(at(id)))
      },
      async revokeByGrantId(grantId) {
        const { Items = [] } = await queryBy('grantId', grantId)
        await Promise.all(
          Items.flatMap(({ pk }) =>
            pk === undefined ? [] : [client.send(new DeleteItemCommand({ TableName: table, Key: { pk } }))],
          ),
        )
      },
    }
  }
}

const resource = 'https://api.example.org'

const common = {
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  id_token_signed_response_alg: 'ES256',
} satisfies Partial<ClientMetadata>
const applications: readonly (ClientMetadata & { client_id: Application })[] = [
  {
    ...common,
    client_id: 'app1',
    client_secret: secret,
    grant_types: [...common.grant_types, 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
  },
  { ...common, client_id: 'public1', token_endpoint_auth_method: 'none' },
  {
    ...common,
    client_id: 'signs1',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: assertionKeys,
    dpop_bound_access_tokens: true,
  },
]

export type Peer = {
  provider: Provider
  callback: RequestListener
  accounts: string[]
  /** A code that a person's browser could have brought. */
  newCode(account: string, application: Application): Promise<string>
}

/** @param jwt whether access tokens are JWTs signed with ES256, for a resource, rather than opaque and stored. */
export async function openPeer(store: Store, people: number, { jwt = false } = {}): Promise<Peer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const users = store('User')
  const configuration: Configuration = {
    adapter: store,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    async findAccount(_context, id) {
      const user = await users.find(id)
      if (!user) return undefined
      return { accountId: id, claims: async () => ({ sub: id, name: 'Somebody', email: `${id}@example.org` }) }
    },
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    scopes: ['openid', 'profile', 'email', 'offline_access', 'api'],
    cookies: { keys: ['a key to sign cookies with'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: jwt,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'api',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    routes: {
      authorization: '/authorize',
      introspection: '/introspect',
      pushed_authorization_request: '/par',
      revocation: '/revoke',
      userinfo: '/userinfo',
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    rotateRefreshToken: ({ oidc: { client } }) => client?.clientAuthMethod === 'none',
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 1800,
      PushedAuthorizationRequest: 300,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  }
  const provider = new Provider(issuer, configuration)
  provider.proxy = true
  provider.on('server_error', (_context, error) => process.stderr.write(`oidc-provider: ${error.stack}\n`))
  for (const application of applications) await store('Client').upsert(application.client_id, { ...application })
  const accounts = Array.from({ length: people }, newId)
  const grants = new Map<string, string>()
  const grantOf = (account: string, application: string) => grants.get(`${account} ${application}`) ?? ''
  for (const account of accounts) {
    await users.upsert(account, {})
    for (const { client_id: clientId } of applications) {
      const grant = new provider.Grant({ accountId: account, clientId })
      grant.addOIDCScope(peopleScope)
      if (jwt) grant.addResourceScope(resource, 'api')
      grants.set(`${account} ${clientId}`, await grant.save())
    }
  }

  const answer = provider.callback()
  /** Its own pages left out: whoever the header names has signed in, and has agreed before. */
  const signIn = async (request: IncomingMessage, response: ServerResponse) => {
    const account = String(request.headers['x-account'])
    await provider.interactionFinished(request, response, {
      login: { accountId: account },
      consent: { grantId: grantOf(account, 'app1') },
    })
  }

  return {
    provider,
    accounts,
    callback: (request, response) => {
      if (request.url?.startsWith('/interaction/')) void signIn(request, response)
      else void answer(request, response)
    },
    async newCode(account, application) {
      const client = await provider.Client.find(application)
      if (client === undefined) throw new Error(`The peer has no client ${application}`)
      const code = new provider.AuthorizationCode({
        client,
        accountId: account,
        grantId: grantOf(account, application),
        gty: 'authorization_code',
        scope: jwt ? `${peopleScope} api` : peopleScope,
        redirectUri,
        codeChallenge,
        codeChallengeMethod: 'S256',
        nonce: 'some nonce',
        authTime: seconds(),
        acr: 'fido',
        amr: ['pop', 'hwk', 'user', 'mfa'],
        ...(jwt ? { resource } : {}),
      })
      return code.save()
    },
  }
}
