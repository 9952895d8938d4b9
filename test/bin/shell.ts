/** A deployment that `npm run admin` finds: tables in the emulator, and the outputs that name them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startDynamodb } from '../../local/dynamodb.ts'
import { createTables, localClient } from '../../local/tables.ts'
import { openDb } from '../../src/store/db.ts'

const command = fileURLToPath(new URL('../../bin/admin.ts', import.meta.url))

export type Ran = { code: number; out: string; err: string }

export async function openShell() {
  const directory = await mkdtemp(join(tmpdir(), 'keystep-admin-'))
  const dynamodb = await startDynamodb()
  const tables = await createTables(dynamodb.endpoint, `admin-${randomBytes(4).toString('hex')}-`)
  const keyFile = join(directory, 'wrapping-key')
  await writeFile(keyFile, randomBytes(32))
  // As `cdk deploy --outputs-file` writes it, with a laptop's two members.
  const outputs = {
    'keystep-data': {
      ConfigTable: tables.config,
      PeopleTable: tables.people,
      SessionsTable: tables.sessions,
      AuditTable: tables.audit,
    },
    'keystep-api': { Issuer: 'http://localhost:4400', CertificateIdentity: 'upn', TokenValidatorAskedBy: 'userName' },
    'keystep-local': { DynamodbEndpoint: dynamodb.endpoint, WrappingKeyFile: keyFile },
  }
  await writeFile(join(directory, 'outputs.json'), JSON.stringify(outputs))

  return {
    directory,
    db: openDb(localClient(dynamodb.endpoint), tables),

    async admin(words: string[], input = '', file = join(directory, 'outputs.json')): Promise<Ran> {
      const child = spawn(process.execPath, [command, '--outputs', file, ...words])
      child.stdin.end(input)
      const exit = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)))
      const [code, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
      return { code, out, err }
    },

    /** A file of the outputs but for one stack's. */
    async without(stack: string): Promise<string> {
      const file = join(directory, `without-${stack}.json`)
      await writeFile(file, JSON.stringify({ ...outputs, [stack]: undefined }))
      return file
    },

    async close(): Promise<void> {
      await dynamodb.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
