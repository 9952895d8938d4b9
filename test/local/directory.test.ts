import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lambdas } from '../../lambdas/routes.ts'
import { directoryIn } from '../../local/directory.ts'
import { environmentOf } from '../../local/environment.ts'
import { readStage } from '../../src/stage.ts'

const shell = {
  PATH: '/usr/bin',
  DIRECTORY_KIND: 'openldap',
  DIRECTORY_URL: 'ldaps://localhost:636',
  DIRECTORY_BASE_DNS: 'ou=people,dc=example,dc=org',
  DIRECTORY_BIND_DN: 'cn=keystep,dc=example,dc=org',
  SECRETS_FILE: 'secrets.json',
}
const stage = {
  issuer: 'http://localhost:4400',
  enrolmentOrigin: 'http://localhost:4404',
  dynamodbEndpoint: 'http://localhost:4405',
  sesEndpoint: 'http://localhost:4401',
  tableNames: { config: 'c', people: 'p', sessions: 's', audit: 'a' },
  wrappingKeyFile: '/state/wrapping-key',
}

describe('a directory for a laptop', () => {
  it('is told to the Lambda that checks passwords, and to no other', () => {
    const told = { ...stage, directory: directoryIn(shell) }
    expect(readStage(environmentOf('password', told))).toMatchObject({
      directory: { kind: 'openldap', host: 'localhost', port: 636 },
      secrets: { file: resolve('secrets.json') },
    })
    const others = lambdas.filter((name) => name !== 'password').map((name) => readStage(environmentOf(name, told)))
    expect(others.filter(({ directory, secrets }) => directory ?? secrets)).toEqual([])
  })

  it('is none unless the shell says so', () => {
    expect(directoryIn({ PATH: '/usr/bin', SECRETS_FILE: 'secrets.json' })).toEqual({})
  })

  it.each([
    ['an address in clear', { DIRECTORY_URL: 'ldap://localhost' }, 'DIRECTORY_URL would send passwords in clear'],
    ['another kind', { DIRECTORY_KIND: 'nis' }, 'DIRECTORY_KIND is to be active-directory or openldap'],
    ['no secrets', { SECRETS_FILE: '' }, 'SECRETS_FILE is to name a file'],
  ])('with %s stops the start, with a sentence', (_, change, sentence) => {
    expect(() => directoryIn({ ...shell, ...change })).toThrow(sentence)
  })
})
