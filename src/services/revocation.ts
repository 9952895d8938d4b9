/**
 * Whether a certificate was revoked: asked of OCSP responders and revocation lists, for it and for each link above it.
 *
 * Fails closed: what cannot be fetched, read, trusted or is too old is no answer, and without an answer nobody signs in.
 * Addresses out of certificates are visited only for chains that hold already (`judgeCertificate` comes first), through a
 * fetch that reaches nothing inside (`public-fetch.ts`). Answers of responders are not kept: each question has its nonce.
 */
import { randomBytes } from 'node:crypto'
import type { CertificateSettings, RevocationMethod } from '../core/certificate/certificate-settings.ts'
import type { Certificate } from '../core/certificate/x509/certificate.ts'
import { sameName } from '../core/certificate/x509/name.ts'
import { judgeOcsp, type OcspRefusal, ocspRequest } from '../core/certificate/x509/ocsp.ts'
import { type Bundle, findPath, type Path } from '../core/certificate/x509/path.ts'
import { checkList, type ListRefusal, type RevocationList, readList } from '../core/certificate/x509/revocation-list.ts'
import { ok, type Refusal, type Result, refuse, type Seconds } from '../core/result.ts'
import { type FetchRefusal, openPublicFetch } from './public-fetch.ts'

export type RevocationSettings = Pick<CertificateSettings, 'revocation' | 'methods' | 'lists' | 'hosts' | 'listHours'>

/** `unknown`: nobody could say; its detail says what was tried. */
export type RevocationRefusal = 'revoked' | 'revocation-unknown'

export type Revocation = {
  /** Nobody in the chain was revoked, but for the anchor, which nobody could revoke. */
  check(path: Path): Promise<Result<true, RevocationRefusal>>
}

/** What one source had to say. `none`: the certificate names no such source. */
type Word = 'good' | 'revoked' | 'none' | Refusal<ListRefusal | OcspRefusal | FetchRefusal | 'ocsp-unknown'>

type Pair = { certificate: Certificate; issuer: Certificate }

/** As many octets as fit the values that `readList` takes. */
const longestList = 4 * 1024 * 1024
const longestAnswer = 64 * 1024
/** For all that is asked of one chain: a person waits, and API Gateway does so for 30 seconds. */
const patience = 8000
const patienceEach = 4000

export function openRevocation(settings: RevocationSettings, bundle: Bundle, now: () => Seconds): Revocation {
  const fetchPublic = openPublicFetch(settings.hosts)
  const lists = keepLists({
    now,
    keep: settings.listHours * 3600,
    fetch: (address, signal) => fetchPublic(address, { longest: longestList, signal }),
  })

  async function byList({ certificate, issuer }: Pair, signal: AbortSignal): Promise<Word> {
    const points = certificate.distributionPoints.filter(({ partial }) => !partial)
    const named = points.flatMap(({ addresses }) => addresses)
    const addresses = [...new Set([...named.filter(isFetchable), ...settings.lists])]
    if (addresses.length === 0) return unaskable(certificate)
    let word: Word = 'none'
    for (const address of addresses) {
      const list = await lists.read(address, signal)
      const checked = list.ok
        ? checkList(list.value, certificate, { signers: signersOf(issuer), addresses: [...named, address], now: now() })
        : list
      if (list.ok && checked.ok) return list.value.revoked.has(certificate.serial) ? 'revoked' : 'good'
      if (checked.ok) continue
      // A configured list of another issuer says nothing, and is no reason to doubt.
      if (checked.reason === 'crl-issuer' && !named.includes(address)) continue
      word = checked
      // What somebody on the way put in its place is not kept in place of the real one.
      lists.forget(address)
    }
    return word
  }

  /** The issuer, and who else signs lists in its name: another key of the same authority, with a chain of its own. */
  const signersOf = (issuer: Certificate): Certificate[] => [
    issuer,
    ...[...bundle.links, ...bundle.anchors].filter(
      (each) =>
        each.thumbprint !== issuer.thumbprint &&
        sameName(each.subject, issuer.subject) &&
        each.keyUsage?.has('crlSign') &&
        (bundle.anchors.includes(each) || findPath(each, bundle, { now: now(), purposes: each.purposes ?? [] }).ok),
    ),
  ]

  async function byResponder({ certificate, issuer }: Pair, signal: AbortSignal): Promise<Word> {
    let word: Word = 'none'
    for (const address of certificate.ocspAddresses.filter(isFetchable)) {
      const nonce = randomBytes(32)
      const body = ocspRequest(certificate, issuer, nonce)
      const answer = await fetchPublic(address, {
        post: { type: 'application/ocsp-request', body },
        longest: longestAnswer,
        signal: soon(signal),
      })
      const verdict = answer.ok ? judgeOcsp(answer.value, certificate, { issuer, nonce, now: now() }) : answer
      if (!verdict.ok) {
        word = verdict
        continue
      }
      const { status, responder } = verdict.value
      if (responder !== undefined && !(await mayAnswer(responder, issuer, signal))) word = refuse('ocsp-responder')
      else if (status !== 'unknown') return status
      else word = refuse('ocsp-unknown')
    }
    return word
  }

  /** A responder that the issuer certified may be revoked itself, unless the issuer says not to ask. */
  const mayAnswer = async (responder: Certificate, issuer: Certificate, signal: AbortSignal): Promise<boolean> =>
    responder.ocspNoCheck || (await byList({ certificate: responder, issuer }, signal)) === 'good'

  const ask: Record<RevocationMethod, (pair: Pair, signal: AbortSignal) => Promise<Word>> = {
    ocsp: byResponder,
    crl: byList,
  }

  async function checkPair(pair: Pair, signal: AbortSignal): Promise<Result<true, RevocationRefusal>> {
    const tried: string[] = []
    for (const method of settings.methods) {
      const word = await ask[method](pair, signal)
      if (word === 'good') return ok(true)
      if (word === 'revoked') return refuse('revoked', { detail: method })
      if (word !== 'none') tried.push(`${word.reason}${word.detail === undefined ? '' : ` (${word.detail})`}`)
    }
    if (tried.length === 0 && settings.revocation === 'if-named' && !namesAnything(pair.certificate)) return ok(true)
    return refuse('revocation-unknown', { detail: tried.join(', ') || 'the certificate names no source that is asked' })
  }

  return {
    async check({ certificates }) {
      const signal = AbortSignal.timeout(patience)
      for (const [at, issuer] of certificates.slice(1).entries()) {
        const certificate = certificates[at]
        if (certificate === undefined) throw new Error('A chain with a gap')
        const checked = await checkPair({ certificate, issuer }, signal)
        if (!checked.ok) return checked
      }
      return ok(true)
    },
  }
}

/** LDAP addresses are common beside others; nothing here speaks it for lists. */
const isFetchable = (address: string): boolean => /^https?:/i.test(address)

/** It names lists, but none that can be asked for; or it names none. */
const unaskable = ({ distributionPoints }: Certificate): Word =>
  distributionPoints.length === 0
    ? 'none'
    : distributionPoints.every(({ partial }) => partial)
      ? refuse('crl-indirect')
      : refuse('address-forbidden', { detail: 'no list that HTTP leads to' })

const namesLists = ({ distributionPoints }: Certificate): boolean => distributionPoints.length > 0
const namesAnything = (certificate: Certificate): boolean =>
  namesLists(certificate) || certificate.ocspAddresses.length > 0

const soon = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(patienceEach)])

const octetsOf = (kept: Map<string, KeptList>): number =>
  [...kept.values()].reduce((sum, { list }) => sum + list.signed.signed.length, 0)

type KeptList = { list: RevocationList; until: Seconds }

/** Octets kept at most, over all lists: whoever may name lists may name many. The oldest go. */
const mostKept = 15 * longestList

/** Lists in memory, each fetched once for all who wait for it, and again once it is due. A failure is not kept. */
function keepLists({
  now,
  keep,
  fetch,
}: {
  now: () => Seconds
  keep: Seconds
  fetch: (address: string, signal: AbortSignal) => Promise<Result<Buffer, FetchRefusal>>
}) {
  const kept = new Map<string, KeptList>()
  const underWay = new Map<string, Promise<Result<RevocationList, FetchRefusal | 'crl-malformed'>>>()

  async function load(address: string, signal: AbortSignal) {
    const fetched = await fetch(address, soon(signal))
    const list = fetched.ok ? readList(fetched.value) : fetched
    if (!list.ok) return list
    kept.set(address, { list: list.value, until: Math.min(now() + keep, list.value.nextUpdate ?? 0) })
    for (const oldest of kept.keys()) if (octetsOf(kept) > mostKept) kept.delete(oldest)
    return list
  }

  return {
    forget(address: string): void {
      kept.delete(address)
    },
    async read(address: string, signal: AbortSignal): Promise<Result<RevocationList, FetchRefusal | 'crl-malformed'>> {
      const found = kept.get(address)
      if (found !== undefined && found.until > now()) return ok(found.list)
      kept.delete(address)
      const loading = underWay.get(address) ?? load(address, signal).finally(() => underWay.delete(address))
      underWay.set(address, loading)
      return loading
    },
  }
}
