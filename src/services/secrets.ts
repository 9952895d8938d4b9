/**
 * The secrets of a deployment that are not ours to make: the password of a directory's service account, what a token
 * validator shares with us. One secret in AWS Secrets Manager, or a file on a laptop: a JSON object of strings.
 *
 * It leaves out what is wrapped with KMS (see vault.ts) and what is only hashed. What it reads is kept for five minutes,
 * so that a warm Lambda asks nobody, and a rotated secret is known soon.
 */
import { readFile, stat } from 'node:fs/promises'
import { awsPatience } from '../aws-patience.ts'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'

export type Secrets = {
  /** `undefined` where there is no such member. Throws when the secret cannot be read, or is no object of strings. */
  read(name: SecretName): Promise<string | undefined>
}

/** Every member that the secret may have. Others in it are not an error: it may be shared. */
export type SecretName = 'directoryPassword' | 'directoryCa' | 'validatorSecret' | 'validatorCa'

const freshFor: Seconds = 300

/** Without `stage.secrets` there are none: each reads as `undefined`. */
export function openSecrets(stage: Pick<Stage, 'secrets'>, now: () => Seconds): Secrets {
  let kept: { until: Seconds; values: Promise<Readonly<Record<string, string>>> } | undefined

  /** A failure is not kept: the next call tries again. */
  const readAll = (from: NonNullable<Stage['secrets']>): Promise<Readonly<Record<string, string>>> => {
    if (kept !== undefined && kept.until > now()) return kept.values
    const values = ('file' in from ? readLocal(from.file) : readManaged(from.arn)).then(parse)
    const mine = { until: now() + freshFor, values }
    kept = mine
    values.catch(() => {
      if (kept === mine) kept = undefined
    })
    return values
  }

  return {
    async read(name) {
      if (stage.secrets === undefined) return undefined
      const values = await readAll(stage.secrets)
      return Object.hasOwn(values, name) ? values[name] : undefined
    },
  }
}

/** Never with the text in the message: it would be in the log. */
function parse(text: string): Readonly<Record<string, string>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The secret of this stage is not JSON')
  }
  if (!isRecordOfTexts(value))
    throw new Error('The secret of this stage is not a JSON object whose members are strings')
  return value
}

/** By hand: a schema library would be half of each bundle that reads a secret. */
const isRecordOfTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((member) => typeof member === 'string')

async function readManaged(arn: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const { SecretString } = await new SecretsManagerClient({ requestHandler: awsPatience }).send(
    new GetSecretValueCommand({ SecretId: arn }),
  )
  if (SecretString === undefined) throw new Error('The secret of this stage is binary: it has to be text')
  return SecretString
}

/** Like ssh with its keys: a file that others can read is no secret. */
async function readLocal(file: string): Promise<string> {
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) throw new Error(`Others can read ${file}: chmod 600 it`)
  return readFile(file, 'utf8')
}
