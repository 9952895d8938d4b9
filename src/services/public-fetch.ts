/**
 * Fetches from an address that somebody else wrote, and reaches nothing with it that the world cannot reach anyhow.
 *
 * Only public addresses, and hosts that the settings name; the address that was looked up is the one that is connected to,
 * so a name that changes its mind in between gains nothing. No redirect is followed, no credential sent, no proxy used, and
 * time and length are bounded (Keycloak CVE-2026-4366: a fetch that was led to inside).
 *
 * A service whose own address is this very machine reaches what else is there: applications on a laptop.
 */
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isLoopback } from '../core/oidc/registered-uri.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Stage } from '../stage.ts'

/** `bad-request`: it was understood, and answered 400. `gone`: 410, nobody is there any more. */
export type FetchRefusal = 'address-forbidden' | 'unreachable' | 'too-long' | 'bad-request' | 'gone' | 'bad-answer'

export type FetchOptions = {
  post?: { type: string; body: Buffer; headers?: Record<string, string> }
  /** Octets of the answer. */
  longest: number
  /** When to give up: before the answer has begun or in the middle of it. */
  signal: AbortSignal
  /** Default: 200 alone. */
  statuses?: readonly number[]
}

export type PublicFetch = (address: string, options: FetchOptions) => Promise<Result<Buffer, FetchRefusal>>

/** What addresses that applications registered are fetched with, where the route table grants `fetch`. */
export const openClientFetch = ({ issuer }: Pick<Stage, 'issuer'>): PublicFetch =>
  openPublicFetch(isLoopback(new URL(issuer).hostname) ? loopback : [])

const loopback = ['localhost', '127.0.0.1', '[::1]']

/**
 * @param hosts `host` or `host:port` that may be asked wherever they are: an authority of one's own network.
 * @param resolve who is asked for the addresses of a name; the system's resolver if left out.
 */
export function openPublicFetch(hosts: readonly string[], resolve: Resolver = lookup): PublicFetch {
  const guarded = publicAddressesBy(resolve)
  return async (address, options) => {
    const url = URL.parse(address)
    if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
      return forbidden(address)
    const trusted = hosts.includes(url.hostname) || hosts.includes(url.host)
    if (!trusted && !mayBePublic(url)) return forbidden(address)
    return send(url, trusted ? lookup : guarded, options)
  }
}

/** As far as the text says: not an address inside, and the usual port. Where a name leads is seen when it is looked up. */
export const mayBePublic = ({ hostname, port }: URL): boolean =>
  !isInside(hostname.replace(/^\[|\]$/g, '')) && usualPorts.includes(port)

/** By the address itself, or by a name that is this machine's whoever is asked (RFC 6761 §6.3). */
const isInside = (host: string): boolean => (isIP(host) === 0 ? /(^|\.)localhost\.?$/.test(host) : !isPublic(host))

/** The port that goes with the scheme is '' in a URL. */
const usualPorts = ['', '80', '443']

/** What it says goes into the audit log, and behind the question mark there may be what lets a caller in. */
const forbidden = (address: string) =>
  refuse('address-forbidden', { detail: address.replace(/\?.*$/, '?…').slice(0, 200) })

class Forbidden extends Error {}

type Resolver = (
  host: string,
  options: LookupAllOptions,
  callback: (failure: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/** A name of which any address is inside is refused: who answers so is up to something. */
const publicAddressesBy =
  (resolve: Resolver): LookupFunction =>
  (host, options, callback) =>
    resolve(host, { ...options, all: true }, (failure, found) => {
      if (failure !== null) return callback(failure, [])
      const [first] = found
      if (first === undefined || !found.every(({ address }) => isPublic(address)))
        return callback(new Forbidden(`${host} is not a public address`), [])
      return options.all ? callback(null, found) : callback(null, first.address, first.family)
    })

export const publicLookup: LookupFunction = publicAddressesBy(lookup)

const reasonOf: Readonly<Record<number, FetchRefusal>> = { 400: 'bad-request', 410: 'gone' }

function send(
  url: URL,
  lookup: LookupFunction,
  { post, longest, signal, statuses = [200] }: FetchOptions,
): Promise<Result<Buffer, FetchRefusal>> {
  const options: RequestOptions = {
    method: post === undefined ? 'GET' : 'POST',
    agent: false,
    lookup,
    signal,
    ...(post === undefined
      ? {}
      : { headers: { ...post.headers, 'content-type': post.type, 'content-length': post.body.length } }),
  }
  return new Promise((resolve) => {
    const fail = (failure: Error): void =>
      resolve(
        failure instanceof Forbidden
          ? forbidden(url.href)
          : refuse('unreachable', { detail: `${url.host}: ${failure.message}` }),
      )
    const asked = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (answer) => {
      const parts: Buffer[] = []
      let length = 0
      const stop = (refusal: Result<Buffer, FetchRefusal>): void => {
        resolve(refusal)
        asked.destroy()
      }
      if (!statuses.includes(answer.statusCode ?? 0))
        return stop(
          refuse(reasonOf[answer.statusCode ?? 0] ?? 'bad-answer', {
            detail: `${url.host} answered ${answer.statusCode}`,
          }),
        )
      answer.on('data', (part: Buffer) => {
        length += part.length
        if (length > longest)
          return stop(refuse('too-long', { detail: `${url.host} sent more than ${longest} octets` }))
        parts.push(part)
      })
      answer.on('end', () => resolve(ok(Buffer.concat(parts))))
      answer.on('error', fail)
    })
    asked.on('error', fail)
    asked.end(post?.body)
  })
}

/** What is not public (IANA's special-purpose registries); of IPv6, only global unicast is. */
const inside = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  inside.addSubnet(net, bits, 'ipv6')
const unicast = new BlockList()
unicast.addSubnet('2000::', 3, 'ipv6')

export const isPublic = (address: string): boolean =>
  isIP(address) === 4
    ? !inside.check(address, 'ipv4')
    : isIP(address) === 6 && unicast.check(address, 'ipv6') && !inside.check(address, 'ipv6')
