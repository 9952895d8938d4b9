/**
 * The certificates that applications show (RFC 8705 §2.1): by an authority that may certify applications here, and naming
 * the client by what it registered.
 *
 * Other authorities than people's: who may have a certificate as a person is no application by it. API Gateway has let the
 * certificate in by a truststore that holds both, which says nothing of whose it is. The authorities are a file beside the
 * Lambda's code, read at the first certificate. Revocation is not asked for: a client whose certificate is lost gets
 * another one registered, or is switched off.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CertificateSubject } from '../core/oidc/client.ts'
import type { Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'

export type ClientCertificates = {
  /** @param pem as the request context has it. */
  isOf(pem: string, subject: CertificateSubject): Promise<boolean>
}

export function openClientCertificates(
  { clientIssuersFile }: Pick<Stage, 'clientIssuersFile'>,
  now: () => Seconds,
): ClientCertificates {
  let opened: ReturnType<typeof open> | undefined
  // Reading certificates takes a third of this Lambda's code, which few requests need.
  const open = async (file: string) => {
    const { openIssuers } = await import('../core/oidc/certified-client.ts')
    return openIssuers(readFileSync(resolve(process.env.LAMBDA_TASK_ROOT ?? '.', file), 'utf8'))
  }
  return {
    async isOf(pem, subject) {
      if (clientIssuersFile === undefined) return false
      opened ??= open(clientIssuersFile)
      const { isOf } = await opened
      return isOf(pem, subject, now())
    },
  }
}
