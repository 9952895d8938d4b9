import { describe, expect, it } from 'vitest'
import { readValidatorSettings } from '../../../src/core/token-validator/validator-settings.ts'

describe('the settings of a token validator', () => {
  const read = (settings: object) => readValidatorSettings(JSON.stringify(settings))
  const radius = { protocol: 'radius', servers: ['10.0.0.5:1812'] }
  const https = { protocol: 'https', url: 'https://tokens.example.org/validate', keyId: 'agent-7' }

  it('are filled in with what is usual', () => {
    expect(read(radius)).toMatchObject({
      ok: true,
      value: { servers: [{ host: '10.0.0.5', port: 1812 }], askedBy: 'userName', firstWait: 1000, tries: 3 },
    })
    expect(read({ ...radius, servers: ['[fd00::5]', 'radius.example.org:1645'] })).toMatchObject({
      value: {
        servers: [
          { host: 'fd00::5', port: 1812 },
          { host: 'radius.example.org', port: 1645 },
        ],
      },
    })
    expect(read(https)).toMatchObject({ ok: true, value: { privateAddresses: false, timeout: 5000 } })
  })

  it.each<[object, string]>([
    [{}, '/protocol'],
    [{ ...radius, protocol: 'tacacs' }, '/protocol'],
    [{ ...radius, servers: [] }, '/servers'],
    [{ ...radius, servers: ['a b'] }, '/servers/0'],
    [{ ...radius, servers: ['a:0'] }, '/servers/0'],
    [{ ...radius, secret: 'x' }, '/secret'],
    [{ ...radius, tries: 0 }, '/tries'],
    [{ ...radius, firstWait: 5000 }, '/tries'],
    [{ ...radius, rules: [{ kind: 'new-pin', pattern: '(' }] }, '/rules/0/pattern'],
    [{ ...radius, rules: [{ kind: 'pin', pattern: 'x' }] }, '/rules/0/kind'],
    [{ ...radius, askedBy: 'telephone' }, '/askedBy'],
    [{ ...https, url: 'http://tokens.example.org/' }, '/url'],
    [{ ...https, url: 'http://127.0.0.1:9/' }, '/url'],
    [{ ...https, url: 'https://user@tokens.example.org/' }, '/url'],
    [{ ...https, url: 'https://tokens.example.org/?key=1' }, '/url'],
    [{ ...https, keyId: 'a"b' }, '/keyId'],
  ])('refuse %j at %s', (settings, at) => {
    expect(read(settings)).toMatchObject({ ok: false, at })
  })
})
