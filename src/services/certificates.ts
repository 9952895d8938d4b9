/**
 * Examines the certificate of a connection: judged against the allowed issuers, then asked whether it was revoked.
 *
 * Only the Lambda of the host that asks for certificates has this. The issuers are a file beside its code, which
 * `lib/client-certificates.ts` has looked at before it was deployed.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CertificateSettings } from '../core/certificate/certificate-settings.ts'
import { judgeCertificate } from '../core/certificate/client-certificate.ts'
import type { Examined } from '../core/certificate/handoff.ts'
import { readBundle } from '../core/certificate/x509/path.ts'
import { ok, refuse, type Seconds } from '../core/result.ts'
import type { Stage } from '../stage.ts'
import { openRevocation } from './revocation.ts'

export type Certificates = {
  /** @param pem as the request context has it; `undefined` where the browser showed none. */
  examine(pem: string | undefined): Promise<Examined>
}

/** The file is read at the first certificate: what was measured or tried without one needs none. */
export function openCertificates(
  { certificates: settings }: Pick<Stage, 'certificates'>,
  now: () => Seconds,
): Certificates {
  const open = () => {
    if (settings === undefined) throw new Error('This stage has no settings for client certificates')
    const bundle = readBundle(readFileSync(fileOf(settings), 'utf8'))
    return { settings, bundle, revocation: openRevocation(settings, bundle, now) }
  }
  let opened: ReturnType<typeof open> | undefined
  return {
    async examine(pem) {
      if (pem === undefined) return refuse('none-presented')
      opened ??= open()
      const { bundle, revocation } = opened
      const judged = judgeCertificate(pem, { bundle, policy: opened.settings, now: now() })
      if (!judged.ok) return judged
      const { path, thumbprint, identity, smartCard } = judged.value
      const standing = await revocation.check(path)
      return standing.ok ? ok({ thumbprint, identity, smartCard }) : standing
    },
  }
}

/** Beside the Lambda's code, unless it says where. */
const fileOf = ({ issuersFile }: CertificateSettings): string =>
  resolve(process.env.LAMBDA_TASK_ROOT ?? '.', issuersFile)
