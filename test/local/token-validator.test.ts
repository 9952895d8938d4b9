import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CannotStart } from '../../local/ports.ts'
import { tokenValidatorFor, tokenValidatorIn } from '../../local/token-validator.ts'

const text = '{"protocol":"radius","servers":["127.0.0.1:1812"]}'
const shell = { TOKEN_VALIDATOR: text, SECRETS_FILE: 'secrets.json', PATH: '/usr/bin' }

describe('a token validator for a laptop', () => {
  it('is told to each Lambda, and its secret to the one that asks it', () => {
    const validator = tokenValidatorIn(shell)
    expect(tokenValidatorFor('login', validator)).toEqual({ TOKEN_VALIDATOR: text })
    expect(tokenValidatorFor('otp', validator)).toEqual({
      TOKEN_VALIDATOR: text,
      SECRETS_FILE: resolve('secrets.json'),
    })
    expect(tokenValidatorFor('otp', tokenValidatorIn({}))).toEqual({})
  })

  it('that cannot be asked stops the start with a sentence', () => {
    const starting = (change: object) => () => tokenValidatorIn({ ...shell, ...change })
    expect(starting({ TOKEN_VALIDATOR: '{"protocol":"radius"}' })).toThrow('TOKEN_VALIDATOR: /servers must be a list.')
    expect(starting({ SECRETS_FILE: '' })).toThrow(CannotStart)
  })
})
