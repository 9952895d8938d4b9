/**
 * The tables, as data: `lib/data-stack.ts` provisions them, `local/` creates the same on a laptop, and the rights of
 * each Lambda are written in their names.
 *
 * Four, by who may write and how long a record lives: what an operator sets up, who there is, who is signed in, and
 * what happened.
 */

export type Index = { name: string; partitionKey: string; sortKey: string }

export type TableDefinition = {
  /** The environment variable that tells a Lambda the table's deployed name. */
  variable: string
  partitionKey: string
  sortKey?: string
  /** All with every attribute projected; every key is a string. */
  indexes: readonly Index[]
  /** Holds the second after which DynamoDB may remove the record. Readers compare it too: TTL deletes late. */
  timeToLive?: string
  /** Whether DynamoDB tells of each change: with the record as it was, or as it is now. */
  stream?: 'OLD_IMAGE' | 'NEW_IMAGE'
}

export const tables = {
  /** The realm with its flows and settings, clients, API keys, signing keys. */
  config: { variable: 'TABLE_CONFIG', partitionKey: 'pk', sortKey: 'sk', indexes: [] },
  /** Users, their authenticators, their throttles, and the guards that make names and credential ids unique. */
  people: {
    variable: 'TABLE_PEOPLE',
    partitionKey: 'pk',
    sortKey: 'sk',
    indexes: [{ name: 'listing', partitionKey: 'listing', sortKey: 'order' }],
    timeToLive: 'until',
  },
  /** Logins in progress, sessions, grants, refresh tokens, idempotency records: all that ends by itself. */
  sessions: {
    variable: 'TABLE_SESSIONS',
    partitionKey: 'pk',
    indexes: [{ name: 'by-user', partitionKey: 'user', sortKey: 'order' }],
    timeToLive: 'until',
    // The end of a session is told to the applications that had a part in it.
    stream: 'OLD_IMAGE',
  },
  /** Append-only: the Lambdas may put, and nothing else. */
  audit: {
    variable: 'TABLE_AUDIT',
    partitionKey: 'pk',
    sortKey: 'sk',
    indexes: [
      { name: 'by-user', partitionKey: 'user', sortKey: 'sk' },
      // Over as many partitions as a day has, so that the commonest type is no hot key.
      { name: 'by-type', partitionKey: 'kind', sortKey: 'sk' },
    ],
    // Of the copy that is online; the archive has its own.
    timeToLive: 'until',
    // Each record is chained, and told to others, once it is there.
    stream: 'NEW_IMAGE',
  },
} as const satisfies Record<string, TableDefinition>

export type Table = keyof typeof tables
