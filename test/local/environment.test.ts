import { describe, expect, it } from 'vitest'
import { environmentOf } from '../../local/environment.ts'
import { readStage } from '../../src/stage.ts'

describe('the environment of a Lambda on a laptop', () => {
  const environment = environmentOf('token', {
    issuer: 'http://localhost:4400',
    enrolmentOrigin: 'http://localhost:4404',
    dynamodbEndpoint: 'http://localhost:4405',
    sesEndpoint: 'http://localhost:4401',
    tableNames: { config: 'c', people: 'p', sessions: 's', audit: 'a' },
    wrappingKeyFile: '/state/wrapping-key',
  })

  it('is a stage, at the name that WebAuthn and cookies know', () => {
    expect(readStage(environment)).toEqual({
      issuer: 'http://localhost:4400',
      rpId: 'localhost',
      serviceName: 'Keystep',
      tenantCode: 'demo',
      mailSender: 'no-reply@keystep.example',
      importRpIds: ['localhost'],
      enrolmentOrigins: ['http://localhost:4400', 'http://localhost:4404'],
      tableNames: { config: 'c', people: 'p', sessions: 's', audit: 'a' },
      wrappingKey: { file: '/state/wrapping-key' },
      dynamodbEndpoint: 'http://localhost:4405',
      sesEndpoint: 'http://localhost:4401',
    })
  })

  it('holds nothing of the environment that we run in', () => {
    expect(environment).not.toHaveProperty('PATH')
    expect(environment).toMatchObject({ AWS_LAMBDA_FUNCTION_NAME: 'token', AWS_ACCESS_KEY_ID: 'local' })
  })
})
