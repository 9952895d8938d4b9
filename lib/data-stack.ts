/** The tables, on demand and out of harm's way: nothing that an operator does to a stack deletes one. */
import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, Billing, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Construct } from 'constructs'
import { type Table, type TableDefinition, tables } from './tables.ts'

export class DataStack extends Stack {
  readonly tables: Record<Table, TableV2>

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, { ...props, terminationProtection: true })
    this.tables = {
      config: this.#table('Config', tables.config),
      people: this.#table('People', tables.people),
      sessions: this.#table('Sessions', tables.sessions),
      audit: this.#table('Audit', tables.audit),
    }
    this.#output('ConfigTable', 'config', 'Holds the realm, clients, API keys and wrapped signing keys')
    this.#output('PeopleTable', 'people', 'Holds users and their authenticators')
    this.#output('SessionsTable', 'sessions', 'Holds logins, sessions and grants; they end by themselves')
    this.#output('AuditTable', 'audit', 'Holds what happened; append-only')
  }

  #table(id: string, { partitionKey, sortKey, indexes, timeToLive, stream }: TableDefinition): TableV2 {
    return new TableV2(this, id, {
      partitionKey: text(partitionKey),
      ...(sortKey ? { sortKey: text(sortKey) } : {}),
      ...(timeToLive ? { timeToLiveAttribute: timeToLive } : {}),
      ...(stream ? { dynamoStream: StreamViewType[stream] } : {}),
      globalSecondaryIndexes: indexes.map((index) => ({
        indexName: index.name,
        partitionKey: text(index.partitionKey),
        sortKey: text(index.sortKey),
      })),
      billing: Billing.onDemand(),
      // AWS's key in this account: its uses are in CloudTrail, and no role needs rights on it.
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }

  #output(id: string, table: Table, description: string): void {
    new CfnOutput(this, id, { value: this.tables[table].tableName, description })
  }
}

const text = (name: string) => ({ name, type: AttributeType.STRING })
