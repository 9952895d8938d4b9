/** What everything rests on, by itself: the SDK's commands, signatures, and tokens signed and verified by each algorithm. */
import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import {
  BatchGetItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { type SigningAlgorithm, signingAlgorithms } from '../../src/core/oidc/signing.ts'
import { newId } from '../../src/core/secret.ts'
import { openSigner } from '../../src/services/signer.ts'
import { openVerifier } from '../../src/services/verifier.ts'
import { places } from '../../src/store/keys.ts'
import { again, type Side } from '../measure.ts'
import type { Ours } from '../ours.ts'
import { type Contests, type Setting, turn } from './contest.ts'

export const floorContests = ({ ours }: Setting): Contests => ({
  floor: async () => ({ name: 'floor', title: 'floor: the AWS SDK alone', atOnce: 8, sides: sdkSides(ours) }),
  signing: async () => ({
    name: 'signing',
    title: 'a token signed and verified, by keys that no KMS holds',
    atOnce: 1,
    sides: await signingSides(ours),
  }),
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

/** An ID token of the usual size, by the signer and the verifier that the Lambdas have, with keys that are unwrapped. */
async function signingSides({ db, stage, members }: Ours): Promise<Side[]> {
  const now = () => Math.floor(Date.now() / 1000)
  const [signer, verifier] = [openSigner(stage, db, now), openVerifier(stage, db, now)]
  const sign = (alg: SigningAlgorithm) => {
    const { id: sub } = turn(members, 0).user
    const times = { iat: now(), exp: now() + 3600, auth_time: now() }
    const said = { iss: stage.issuer, aud: 'app1', acr: 'fido', amr: ['pop', 'hwk', 'user', 'mfa'], nonce: newId() }
    return signer.sign(alg, 'JWT', { ...said, ...times, sub, sid: newId(), jti: newId() })
  }
  // ES256 first: what the others are compared with.
  const algorithms = [...new Set<SigningAlgorithm>(['ES256', ...signingAlgorithms])]
  const sides = algorithms.map(async (alg) => {
    const token = await sign(alg)
    return [
      again(`${alg} sign`, async () => void (await sign(alg))),
      again(`${alg} verify`, async () => {
        if (!(await verifier.verify(token, { typ: 'JWT' })).ok) throw new Error(`A token by ${alg} was refused`)
      }),
    ]
  })
  return (await Promise.all(sides)).flat()
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
