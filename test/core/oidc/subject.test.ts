import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Client } from '../../../src/core/oidc/client.ts'
import { sectorOf, subjectIn, subjectOf } from '../../../src/core/oidc/subject.ts'

const realm = { pairwiseSecret: 'a secret of the realm' }

const client = (change: Partial<Client> = {}): Client => ({
  clientId: 'shop',
  clientName: 'Shop',
  redirectUris: ['https://shop.example/cb', 'https://shop.example/other'],
  postLogoutRedirectUris: [],
  grantTypes: ['authorization_code'],
  tokenEndpointAuthMethod: 'none',
  secrets: [],
  scopes: ['openid'],
  idTokenSignedResponseAlg: 'RS256',
  enforcement: 'strict',
  enabled: true,
  createdAt: 0,
  subjectType: 'pairwise',
  ...change,
})

describe('the sector of a client', () => {
  it.each<[string, Partial<Client>, string | undefined]>([
    ['public: none', { subjectType: 'public', sector: 'shop.example' }, undefined],
    ['the host of its redirect URIs', {}, 'shop.example'],
    ['the one that was worked out at registration', { sector: 'sector.example' }, 'sector.example'],
    ['of two hosts, itself', { redirectUris: ['https://a.example/', 'https://b.example/'] }, 'client shop'],
    ['of an app without a host, itself', { redirectUris: ['com.example.app:/cb'] }, 'client shop'],
  ])('%s', (_name, change, sector) => {
    expect(sectorOf(client(change))).toBe(sector)
  })

  it('is nobody’s who never asked for one', () => {
    const { subjectType, ...usual } = client()
    expect(sectorOf(usual)).toBeUndefined()
    expect(subjectType).toBe('pairwise')
  })
})

describe('pairwise names', () => {
  it('are the same within a sector, and no two sectors share one', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (one, other, ada, bela) => {
        const name = subjectIn(one, ada, realm)
        expect(subjectIn(one, ada, realm)).toBe(name)
        expect(subjectIn(other, ada, realm) === name).toBe(one === other)
        expect(subjectIn(one, bela, realm) === name).toBe(ada === bela)
        // §8.1, OpenID Connect Core §2: ASCII, 255 at most; and nothing of the id is in it.
        expect(name).toMatch(/^[A-Za-z0-9_-]{43}$/)
      }),
    )
  })

  it('depend on the realm’s secret, so that who knows an id can work out none', () => {
    expect(subjectIn('shop.example', 'ada', { pairwiseSecret: 'another' })).not.toBe(
      subjectIn('shop.example', 'ada', realm),
    )
  })

  it('a public client has the id', () => {
    expect(subjectIn(undefined, 'ada', realm)).toBe('ada')
    expect(subjectOf({ user: 'ada' })).toBe('ada')
    expect(subjectOf({ user: 'ada', subject: 'Xy' })).toBe('Xy')
  })
})
