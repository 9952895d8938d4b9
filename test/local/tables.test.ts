import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dynamodb, startDynamodb } from '../../local/dynamodb.ts'
import { createTables, localClient } from '../../local/tables.ts'

let dynamodb: Dynamodb
let client: DynamoDBClient
beforeAll(async () => {
  dynamodb = await startDynamodb()
  client = localClient(dynamodb.endpoint)
})
afterAll(async () => {
  client.destroy()
  await dynamodb.close()
})

it('a table that an earlier version made gets the index and the stream that it lacks, and keeps its records', async () => {
  const keys = ['pk', 'sk'] as const
  await client.send(
    new CreateTableCommand({
      TableName: 'older-audit',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    }),
  )
  const Item = { pk: { S: '2026-11-22#3' }, sk: { S: 'earlier' }, user: { S: 'ada' } }
  await client.send(new PutItemCommand({ TableName: 'older-audit', Item }))

  const { audit } = await createTables(dynamodb.endpoint, 'older-')

  const { Table } = await client.send(new DescribeTableCommand({ TableName: audit }))
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual(['by-type', 'by-user'])
  expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_IMAGE' })
  const found = await client.send(
    new QueryCommand({
      TableName: audit,
      IndexName: 'by-user',
      KeyConditionExpression: '#user = :ada',
      ExpressionAttributeNames: { '#user': 'user' },
      ExpressionAttributeValues: { ':ada': { S: 'ada' } },
    }),
  )
  expect(found.Items).toEqual([Item])
})
