/**
 * What a route can reach. A route's signature picks what it needs of it; the entry of each Lambda is generated with the
 * services that its rights allow, so that what a route may not do is not in its bundle either.
 */
import type { Seconds } from './core/result.ts'
import type { TokenValidator } from './core/token-validator/token-validation.ts'
import type { Certificates } from './services/certificates.ts'
import type { ClientCertificates } from './services/client-certificates.ts'
import type { ClientKeys } from './services/client-keys.ts'
import type { Directory } from './services/directory.ts'
import type { Mail } from './services/mail.ts'
import type { ProofNonces } from './services/proof-nonces.ts'
import type { PublicFetch } from './services/public-fetch.ts'
import type { Sealer } from './services/sealer.ts'
import type { Signer } from './services/signer.ts'
import type { Verifier } from './services/verifier.ts'
import type { WebhookQueue } from './services/webhook-queue.ts'
import type { Stage } from './stage.ts'
import type { Db } from './store/db.ts'

export type World = {
  now(): Seconds
  stage: Stage
  db: Db
  /** Checks what this provider signed. */
  verifier: Verifier
  /** What DPoP proofs must name. Only where the route table grants `prove`, and where tokens are issued. */
  proofNonces: ProofNonces
  /** Only where the route table grants `sign`. */
  signer: Signer
  /** Only where the route table grants `unseal`. */
  sealer: Sealer
  /** Only where the route table grants `directory`. */
  directory: Directory
  /** Only behind the host that asks for certificates. */
  certificates: Certificates
  /** Only where the route table grants `validate`. */
  tokenValidator: TokenValidator
  /** Only where the route table grants `client-keys`. */
  clientKeys: ClientKeys
  /** Only where the route table grants `client-keys`, and never asked but for applications. */
  clientCertificates: ClientCertificates
  /** Only where the route table grants `mail`. */
  mail: Mail
  /** Only where the route table grants `fetch`. */
  fetchPublic: PublicFetch
  /** Only where the route table grants `enqueue`. */
  webhookQueue: WebhookQueue
  log: Log
}

/** One line of JSON. Facts by name, never an event, a header, a body or a secret. */
export type Log = (message: string, facts?: Record<string, string | number | boolean | undefined>) => void
