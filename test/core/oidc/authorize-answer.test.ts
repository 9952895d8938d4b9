import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerFields, withAnswer } from '../../../src/core/oidc/authorize-answer.ts'

const issuer = 'https://id.example'

describe('an answer', () => {
  it('has state as it came, and iss; the answer first', () => {
    expect(Object.entries(answerFields(issuer, { state: 'a&b=c' }, { code: 'x.y' }))).toEqual([
      ['code', 'x.y'],
      ['state', 'a&b=c'],
      ['iss', issuer],
    ])
  })

  it('has no state where none came', () => {
    expect(answerFields(issuer, {}, { error: 'access_denied' })).toEqual({ error: 'access_denied', iss: issuer })
  })
})

describe('a redirect URI with an answer behind it', () => {
  it.each([
    ['https://app.example/cb', 'https://app.example/cb?code=x.y'],
    ['https://app.example/cb?tenant=7', 'https://app.example/cb?tenant=7&code=x.y'],
    ['https://app.example/cb?', 'https://app.example/cb?code=x.y'],
    ['https://app.example/cb?a=b%20c&d=%7E', 'https://app.example/cb?a=b%20c&d=%7E&code=x.y'],
    ['com.example.app:/cb', 'com.example.app:/cb?code=x.y'],
  ])('%s keeps its own query to the letter', (redirectUri, expected) => {
    expect(withAnswer(redirectUri, { code: 'x.y' })).toBe(expected)
  })

  it('is read back as what was answered, whatever the state', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (state) => {
        const fields = answerFields(issuer, { state }, { code: 'c' })
        const { searchParams } = new URL(withAnswer('https://app.example/cb?x=1', fields))
        expect(Object.fromEntries(searchParams)).toEqual({ x: '1', ...fields, state: state.toWellFormed() })
      }),
    )
  })
})
