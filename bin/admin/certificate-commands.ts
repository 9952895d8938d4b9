/** Certificates that are somebody's, said one by one. */
import { existsSync, readFileSync } from 'node:fs'
import { pemBlocks, readCertificate } from '../../src/core/certificate/x509/certificate.ts'
import { certificatesOf, forgetCertificate, registerCertificate } from '../../src/setup.ts'
import { type Command, cannot, granted, needed } from './typed.ts'

export const certificateUsage = `
  certificate add NAME FILE             a certificate (PEM) of this user's; from the first on, no other counts for them
  certificate list NAME                 their thumbprints
  certificate remove NAME THUMBPRINT    theirs no more; what rests on it ends`

const noUser = (userName: string | undefined) => ({ 'no-user': `There is no user ${userName}.` })

export const certificateCommands: Record<string, Command> = {
  'certificate add': async (bench, [userName, file]) => {
    const thumbprint = thumbprintIn(needed(file, 'a file'))
    granted(await registerCertificate(bench, needed(userName, 'a user name'), thumbprint), {
      ...noUser(userName),
      'certificate-taken': 'That certificate is registered already, for this user or another.',
    })
    return `${userName} signs in with the certificate ${thumbprint}, and with no other that is not added too.`
  },

  'certificate list': async (bench, [userName]) => {
    const thumbprints = granted(await certificatesOf(bench, needed(userName, 'a user name')), noUser(userName))
    if (thumbprints === undefined) return 'None are listed: any certificate that names them counts.'
    return thumbprints.length === 0 ? 'The list is empty: none counts.' : thumbprints.join('\n')
  },

  'certificate remove': async (bench, [userName, thumbprint]) => {
    granted(await forgetCertificate(bench, needed(userName, 'a user name'), needed(thumbprint, 'a thumbprint')), {
      ...noUser(userName),
      'no-certificate': `No certificate ${thumbprint} is listed for ${userName}.`,
    })
    return `The certificate is ${userName}'s no more.`
  },
}

function thumbprintIn(file: string): string {
  if (!existsSync(file)) cannot(`There is no ${file}.`)
  const [bytes, ...more] = pemBlocks(readFileSync(file, 'utf8'), 'CERTIFICATE')
  const read = bytes === undefined || more.length > 0 ? undefined : readCertificate(bytes)
  if (!read?.ok) return cannot(`${file} is not one certificate in PEM.`)
  return read.value.thumbprint
}
