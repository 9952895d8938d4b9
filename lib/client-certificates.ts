/**
 * Settings of a stage that concern client certificates, and what its Lambdas are told of them. What is well formed in
 * them, `parseCertificates` says, here and in the Lambdas alike; the issuers are read here too, so that a file with
 * nothing in it stops a deployment, and not a Lambda.
 */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { IdentitySource } from '../src/core/certificate/certificate-identity.ts'
import { parseCertificates, type WrittenCertificate } from '../src/core/certificate/certificate-settings.ts'
import { pemBlocks } from '../src/core/certificate/x509/certificate.ts'
import { readBundle } from '../src/core/certificate/x509/path.ts'
import { certificateVariables } from '../src/stage.ts'
import { isCertificateArn, isHost, isLine } from './shapes.ts'

export const clientCertificateKinds = {
  clientCertificateDomain: {
    expected: 'a host name of its own, such as cert.example.org',
    fits: isHost,
  },
  clientCertificateDomainArn: {
    expected: "an ACM certificate's ARN for that name",
    fits: isCertificateArn,
  },
  clientCertificateIssuers: { expected: 'a PEM file of roots and the authorities below them', fits: isLine },
  clientCertificateApplications: {
    expected: 'a PEM file of the authorities that certify applications, and of certificates that signed themselves',
    fits: isLine,
  },
  clientCertificateIdentity: { expected: 'upn, mail, thumbprint, CN, serialNumber, emailAddress or UID', fits: isLine },
  clientCertificateSuffix: { expected: 'what identities end in, such as corp.example', fits: isLine },
  clientCertificatePurposes: { expected: 'object identifiers, between commas', fits: isLine },
  clientCertificateSmartCardPolicies: { expected: 'object identifiers, between commas', fits: isLine },
  clientCertificateRevocation: { expected: 'required or if-named', fits: isLine },
  clientCertificateRevocationMethods: { expected: 'ocsp, crl or both, in the order in which to ask', fits: isLine },
  clientCertificateRevocationLists: { expected: 'addresses, between commas', fits: isLine },
  clientCertificateRevocationHosts: { expected: 'hosts, between commas', fits: isLine },
  clientCertificateRevocationListHours: { expected: 'hours, up to 168', fits: isLine },
} as const

export type ClientCertificateName = keyof typeof clientCertificateKinds

/** Which of the settings is which of those that the Lambdas know. */
const nameOf = {
  origin: 'clientCertificateDomain',
  issuers: 'clientCertificateIssuers',
  identity: 'clientCertificateIdentity',
  suffix: 'clientCertificateSuffix',
  purposes: 'clientCertificatePurposes',
  smartCardPolicies: 'clientCertificateSmartCardPolicies',
  revocation: 'clientCertificateRevocation',
  methods: 'clientCertificateRevocationMethods',
  lists: 'clientCertificateRevocationLists',
  hosts: 'clientCertificateRevocationHosts',
  listHours: 'clientCertificateRevocationListHours',
} as const satisfies Record<WrittenCertificate, ClientCertificateName>

export type ClientCertificates = {
  domain: string
  /** Of the name, for TLS. Without it, one is made in the zone. */
  arn?: string
  /** In the truststore of the domain, and the issuers that people's Lambda allows: one file, so that they cannot differ. */
  issuersFile: string
  /** Whose certificates applications show (RFC 8705): in the truststore beside people's, and in nothing else. */
  applicationsFile?: string
  /** By what a certificate says whose it is. */
  identity: IdentitySource
  variables: Record<string, string>
}

/** The file's name beside the code of its Lambda. */
export const issuersName = 'issuers.pem'
export const applicationsName = 'client-issuers.pem'

/** What API Gateway lets in: whoever either file vouches for. Which Lambda believes whom is its own file's business. */
export function truststoreOf({ issuersFile, applicationsFile }: ClientCertificates): string {
  const files = [issuersFile, ...(applicationsFile === undefined ? [] : [applicationsFile])]
  const blocks = files.flatMap((file) => pemBlocks(readFileSync(file, 'utf8'), 'CERTIFICATE'))
  return [...new Set(blocks.map((block) => new X509Certificate(block).toString()))].join('')
}

/** `undefined` for a stage without any of them, and where `problems` got another. */
export function clientCertificatesOf(
  one: (name: ClientCertificateName) => string | undefined,
  problems: string[],
): ClientCertificates | undefined {
  const domain = one('clientCertificateDomain')
  const arn = one('clientCertificateDomainArn')
  const issuersFile = one('clientCertificateIssuers')
  const applicationsFile = one('clientCertificateApplications')
  const named = Object.keys(nameOf) as WrittenCertificate[]
  const written = Object.fromEntries(
    named.flatMap((name) => {
      const text = name === 'origin' && domain !== undefined ? `https://${domain}` : one(nameOf[name])
      return text === undefined ? [] : [[name, text]]
    }),
  )
  const read = parseCertificates(written)
  if (!read.ok) {
    const name = named.find((each) => each === read.at) ?? 'origin'
    problems.push(
      `${nameOf[name]}: ${name === 'origin' ? 'nothing given. Expected: a host name of its own' : read.detail}`,
    )
    return undefined
  }
  if (read.value === undefined || domain === undefined || issuersFile === undefined) {
    if (applicationsFile !== undefined)
      problems.push(
        'clientCertificateApplications: needs clientCertificateDomain and clientCertificateIssuers beside it',
      )
    return undefined
  }
  const files = { clientCertificateIssuers: issuersFile, clientCertificateApplications: applicationsFile }
  const troubles = Object.entries(files).flatMap(([name, file]) => {
    const trouble = file === undefined ? undefined : troubleOf(file)
    return trouble === undefined ? [] : [`${name}: ${trouble}`]
  })
  if (troubles.length > 0) {
    problems.push(...troubles)
    return undefined
  }
  const told: Partial<Record<WrittenCertificate, string>> = { ...written, issuers: issuersName }
  const variables = Object.fromEntries(
    named.flatMap((name) => (told[name] ? [[certificateVariables[name], told[name]]] : [])),
  )
  return {
    domain,
    issuersFile,
    identity: read.value.identity,
    ...(applicationsFile === undefined ? {} : { applicationsFile }),
    variables: { ...variables, ...(applicationsFile === undefined ? {} : { CLIENT_ISSUERS: applicationsName }) },
    ...(arn === undefined ? {} : { arn }),
  }
}

function troubleOf(file: string): string | undefined {
  if (!existsSync(file)) return `there is no file ${file}`
  try {
    readBundle(readFileSync(file, 'utf8'))
    return undefined
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : String(error)}`
  }
}
