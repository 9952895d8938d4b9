/**
 * Fetches from an address that somebody else wrote, and reaches nothing with it that the world cannot reach anyhow.
 *
 * Only public addresses, and hosts that the settings name; the address that was looked up is the one that is connected to,
 * so a name that changes its mind in between gains nothing. No redirect is followed, no credential sent, no proxy used, and
 * time and length are bounded (Keycloak CVE-2026-4366: a fetch that was led to inside).
 */
import { type LookupAddress, lookup } from 'node:dns'
import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ok, type Result, refuse } from '../core/result.ts'

export type FetchRefusal = 'address-forbidden' | 'unreachable' | 'too-long' | 'bad-answer'

export type PublicFetch = (
  address: string,
  options: { post?: { type: string; body: Buffer }; longest: number; signal: AbortSignal },
) => Promise<Result<Buffer, FetchRefusal>>

/** @param hosts `host` or `host:port` that may be asked wherever they are: an authority of one's own network. */
export function openPublicFetch(hosts: readonly string[]): PublicFetch {
  return async (address, options) => {
    const url = URL.parse(address)
    if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
      return forbidden(address)
    const trusted = hosts.includes(url.hostname) || hosts.includes(url.host)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (!trusted && ((isIP(host) !== 0 && !isPublic(host)) || !usualPorts.includes(url.port))) return forbidden(address)
    return send(url, trusted ? lookup : publicLookup, options)
  }
}

/** The port that goes with the scheme is '' in a URL. */
const usualPorts = ['', '80', '443']

const forbidden = (address: string) => refuse('address-forbidden', { detail: address.slice(0, 200) })

class Forbidden extends Error {}

/** A name of which any address is inside is refused: who answers so is up to something. */
export const publicLookup: LookupFunction = (host, options, callback) =>
  lookup(host, { ...options, all: true }, (failure: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
    if (failure !== null) return callback(failure, [])
    const [first] = found
    if (first === undefined || !found.every(({ address }) => isPublic(address)))
      return callback(new Forbidden(`${host} is not a public address`), [])
    return options.all ? callback(null, found) : callback(null, first.address, first.family)
  })

function send(
  url: URL,
  lookup: LookupFunction,
  { post, longest, signal }: Parameters<PublicFetch>[1],
): Promise<Result<Buffer, FetchRefusal>> {
  const options: RequestOptions = {
    method: post === undefined ? 'GET' : 'POST',
    agent: false,
    lookup,
    signal,
    ...(post === undefined ? {} : { headers: { 'content-type': post.type, 'content-length': post.body.length } }),
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
      if (answer.statusCode !== 200)
        return stop(refuse('bad-answer', { detail: `${url.host} answered ${answer.statusCode}` }))
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
