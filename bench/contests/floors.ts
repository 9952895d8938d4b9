/** What everything rests on, by itself: the SDK's commands, and signatures. */
import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { newId } from '../../src/core/secret.ts'
import { places } from '../../src/store/keys.ts'
import { again, type Side } from '../measure.ts'
import type { Ours } from '../ours.ts'
import { type Contests, type Setting, turn } from './contest.ts'

export const floorContests = ({ ours }: Setting): Contests => ({
  floor: async () => ({ name: 'floor', title: 'floor: the AWS SDK alone', atOnce: 8, sides: sdkSides(ours) }),
  crypto: async () => ({ name: 'crypto', title: 'floor: node:crypto alone', atOnce: 1, sides: cryptoSides() }),
})

function cryptoSides(): Side[] {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
  const text = Buffer.alloc(400, 'a')
  const signed = sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
  const jwk = ec.privateKey.export({ format: 'jwk' })
  return [
    again('ES256 sign', async () => void sign('sha256', text, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })),
    again('ES256 verify', async () => {
      verify('sha256', text, { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, signed)
    }),
    again('RS256 sign, 3072 bits', async () => void sign('sha256', text, rsa.privateKey)),
    again('a P-256 key read from its JWK', async () => void createPrivateKey({ key: jwk, format: 'jwk' })),
  ]
}

/** Each command as our steps send it: records of our sizes, and the conditions and tables of a code's exchange. */
function sdkSides({ client, tableNames: { config, people, sessions, audit }, members }: Ours): Side[] {
  const user = turn(members, 0).user.id
  const record = (id: string) => ({ pk: { S: id }, until: { N: '2000000000' }, body: { S: 'a'.repeat(600) } })
  const clientKey = marshall(places.client('app1').key)
  const userKey = marshall(places.user(user).key)
  const put = (table: string, id: string, sk = false) => ({
    Put: {
      TableName: table,
      Item: { ...record(id), ...(sk ? { sk: { S: id } } : {}) },
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    },
  })
  return [
    again('GetItem', async () => {
      await client.send(new GetItemCommand({ TableName: config, Key: clientKey, ConsistentRead: true }))
    }),
    again('BatchGetItem, 2 tables', async () => {
      const wanted = {
        [config]: { Keys: [clientKey], ConsistentRead: true },
        [people]: { Keys: [userKey], ConsistentRead: true },
      }
      await client.send(new BatchGetItemCommand({ RequestItems: wanted }))
    }),
    again('PutItem', async () => {
      await client.send(new PutItemCommand({ TableName: sessions, Item: record(newId()) }))
    }),
    again('TransactWriteItems, 4 of 3 tables', async () => {
      const check = {
        ConditionCheck: {
          TableName: people,
          Key: userKey,
          ConditionExpression: 'attribute_exists(#pk)',
          ExpressionAttributeNames: { '#pk': 'pk' },
        },
      }
      const items = [check, put(sessions, newId()), put(sessions, newId()), put(audit, newId(), true)]
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }))
    }),
  ]
}
