import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkFlow,
  doubtsAbout,
  type Flow,
  factorKinds,
  modes,
  parseFlow,
  requirements,
  writeFlow,
} from '../../../src/core/step-up/flow.ts'

const folder = new URL('../../../flows/', import.meta.url)
const acrToLoa = { pwd: 0, otp: 1, cba: 2, fido: 3 }

const usual: Flow = {
  id: 'two-levels',
  name: 'Two levels',
  description: '',
  version: 3,
  levels: [
    {
      alias: 'pwd',
      loa: 0,
      maxAge: 3600,
      mode: 'cumulative',
      steps: [{ authenticator: 'password', requirement: 'required', reference: 'pwd', referenceMaxAge: 3600 }],
    },
    {
      alias: 'fido',
      loa: 3,
      maxAge: 0,
      mode: 'direct',
      steps: [
        {
          authenticator: 'webauthn',
          requirement: 'required',
          referenceMaxAge: 0,
          demands: { userVerified: true, aaguids: ['ee882879-721c-4913-9775-3dfcce97072a'] },
        },
      ],
    },
  ],
}

/** The usual flow with the member at a JSON pointer replaced; `undefined` leaves it out. */
const having = (pointer: string, value: unknown): unknown => {
  const names = pointer.slice(1).split('/')
  const put = (data: unknown, [name = '', ...rest]: string[]): unknown => {
    const next = rest.length === 0 ? value : put(Reflect.get(Object(data), name), rest)
    return Array.isArray(data) ? data.with(Number(name), next) : { ...Object(data), [name]: next }
  }
  return put(usual, names)
}

describe('the flows that ship', () => {
  const files = readdirSync(folder)

  it('are the seed’s two and FIDO', () => {
    expect(files.toSorted()).toEqual(['fido.json', 'stepup-ldap-otp-cba.json', 'stepup-ldap-otp.json'])
  })

  it.each(files)('%s is a flow that works with the realm’s names, under its own id', (file) => {
    const parsed = parseFlow(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
    expect(parsed).toMatchObject({ ok: true, value: { id: file.replace('.json', '') } })
    if (parsed.ok) expect(checkFlow(parsed.value, acrToLoa)).toEqual(parsed)
  })
})

describe('writeFlow', () => {
  it.each(readdirSync(folder))('writes %s as the file is', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const flow = parseFlow(JSON.parse(text))
    expect(flow.ok && writeFlow(flow.value)).toBe(text)
  })

  it('writes the same bytes whatever order the members are in', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, each]) => [name, turned(each)]),
      )
    }
    expect(writeFlow(turned(usual) as Flow)).toBe(writeFlow(usual))
  })
})

describe('parseFlow', () => {
  it('reads what it wrote', () => {
    expect(parseFlow(JSON.parse(JSON.stringify(usual)))).toEqual({ ok: true, value: usual })
  })

  it('keeps AAGUIDs in lower case', () => {
    const at = '/levels/1/steps/0/demands/aaguids'
    expect(parseFlow(having(at, ['EE882879-721C-4913-9775-3DFCCE97072A']))).toEqual({ ok: true, value: usual })
  })

  it.each([
    ['/id', 'Two Levels'],
    ['/id', undefined],
    ['/name', ''],
    ['/description', 7],
    ['/version', -1],
    ['/levels', {}],
    ['/levels', undefined],
    ['/levels/0', null],
    ['/levels/0/alias', 'a b'],
    ['/levels/0/loa', '0'],
    ['/levels/0/loa', 0.5],
    ['/levels/1/loa', Number.MAX_SAFE_INTEGER],
    ['/levels/1/maxAge', -1],
    ['/levels/1/maxAge', undefined],
    ['/levels/1/mode', 'both'],
    ['/levels/0/steps', 'password'],
    ['/levels/0/steps/0/authenticator', 'sms'],
    ['/levels/0/steps/0/requirement', 'optional'],
    ['/levels/0/steps/0/reference', 'two words'],
    ['/levels/0/steps/0/referenceMaxAge', null],
    ['/levels/1/steps/0/demands', []],
    ['/levels/1/steps/0/demands/attested', 'yes'],
    ['/levels/1/steps/0/demands/aaguids', 'any'],
    ['/levels/1/steps/0/demands/aaguids/0', 'yubikey'],
    ['/levels/0/max_age', 60],
    ['/levels/1/steps/0/demands/userVerification', true],
  ])('points at %s when it is %o', (at, value) => {
    expect(parseFlow(having(at, value))).toMatchObject({ ok: false, reason: 'malformed-flow', at })
  })

  it('escapes the name of a stranger in its pointer', () => {
    expect(parseFlow({ ...usual, 'a/b~c': 1 })).toMatchObject({ ok: false, at: '/a~1b~0c' })
  })

  it('refuses more levels than any page could show', () => {
    const levels = Array.from({ length: 21 }, () => usual.levels[0])
    expect(parseFlow({ ...usual, levels })).toMatchObject({ ok: false, at: '/levels' })
  })

  it('answers whatever comes, and never throws', () => {
    fc.assert(fc.property(fc.anything(), (data) => void parseFlow(data)))
  })

  it('takes every flow there is', () => {
    const step = fc.record({
      authenticator: fc.constantFrom(...factorKinds),
      requirement: fc.constantFrom(...requirements),
      referenceMaxAge: fc.nat(),
    })
    const level = fc.record({
      alias: fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/),
      loa: fc.nat(),
      maxAge: fc.nat(),
      mode: fc.constantFrom(...modes),
      steps: fc.array(step, { maxLength: 5 }),
    })
    fc.assert(
      fc.property(fc.array(level, { maxLength: 5 }), (levels) => {
        const flow: Flow = { ...usual, levels }
        expect(parseFlow(structuredClone(flow))).toEqual({ ok: true, value: flow })
      }),
    )
  })
})

describe('checkFlow', () => {
  const check = (pointer: string, value: unknown) => {
    const flow = parseFlow(having(pointer, value))
    return flow.ok ? checkFlow(flow.value, acrToLoa) : flow
  }
  const refused = (at: string) => ({ ok: false, reason: 'unworkable-flow', at })

  it('takes a flow that works', () => expect(checkFlow(usual, acrToLoa)).toEqual({ ok: true, value: usual }))

  it('refuses a flow without levels', () => expect(check('/levels', [])).toMatchObject(refused('/levels')))

  it('refuses levels out of order', () => {
    const flow = { ...usual, levels: usual.levels.toReversed() }
    expect(checkFlow(flow, acrToLoa)).toMatchObject(refused('/levels/1/loa'))
  })

  it('refuses one loa twice', () => expect(check('/levels/1/loa', 0)).toMatchObject(refused('/levels/1/loa')))

  it('refuses one alias twice', () => {
    expect(check('/levels/1/alias', 'pwd')).toMatchObject(refused('/levels/1/alias'))
  })

  it('refuses a level without a step, or with disabled ones only', () => {
    expect(check('/levels/1/steps', [])).toMatchObject(refused('/levels/1/steps'))
    expect(check('/levels/1/steps/0/requirement', 'disabled')).toMatchObject(refused('/levels/1/steps'))
  })

  it('refuses demands that no other factor than webauthn could meet', () => {
    expect(check('/levels/0/steps/0/demands', { attested: true })).toMatchObject(refused('/levels/0/steps/0/demands'))
  })

  it('refuses a list of models with no model on it', () => {
    const at = '/levels/1/steps/0/demands/aaguids'
    expect(check(at, [])).toMatchObject(refused(at))
  })

  it('refuses a flow that reaches none of the names', () => {
    expect(checkFlow(usual, { gold: 4 })).toMatchObject(refused('/levels'))
  })

  it('takes a flow that reaches some of the names: use case 4 is about the others', () => {
    expect(checkFlow({ ...usual, levels: usual.levels.slice(0, 1) }, acrToLoa).ok).toBe(true)
    expect(checkFlow(usual, {}).ok).toBe(true)
  })
})

describe('doubtsAbout', () => {
  const step = usual.levels[0]?.steps[0]
  if (step === undefined) throw new Error('The usual flow has a step')
  const doubts = (pointer: string, value: unknown) => {
    const flow = parseFlow(having(pointer, value))
    return flow.ok ? doubtsAbout(flow.value).map(({ at, detail }) => `${at} ${detail}`) : flow
  }

  it('has none about a flow that says what it means', () => {
    expect(doubtsAbout(usual)).toEqual([])
    for (const file of readdirSync(folder)) {
      const flow = parseFlow(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
      expect(flow.ok && doubtsAbout(flow.value)).toEqual([])
    }
  })

  it('tells of a level that everybody has reached with the one below', () => {
    expect(doubts('/levels/1/steps', [step])).toEqual([
      '/levels/1/steps everybody is asked for nothing that pwd does not ask already',
    ])
    // Who has no one-time codes is asked for nothing more either.
    expect(doubts('/levels/1/steps', [step, { ...step, authenticator: 'otp', requirement: 'conditional' }])).toEqual([
      '/levels/1/steps everybody is asked for nothing that pwd does not ask already',
    ])
    const other = { ...step, authenticator: 'otp', requirement: 'alternative' }
    expect(doubts('/levels/1/steps', [{ ...step, requirement: 'alternative' }, other])).toContain(
      '/levels/1/steps everybody is asked for nothing that pwd does not ask already',
    )
  })

  it('tells demands apart', () => {
    const key = { authenticator: 'webauthn', requirement: 'required', referenceMaxAge: 3600 } as const
    const both = (lower: object, upper: object) =>
      doubtsAbout({
        ...usual,
        levels: usual.levels.map((level, index) => ({
          ...level,
          maxAge: 3600,
          steps: [{ ...key, demands: index === 0 ? lower : upper }],
        })),
      }).length
    expect(both({ userVerified: true }, { userVerified: true })).toBe(1)
    expect(both({}, { userVerified: true })).toBe(0)
  })

  it('tells of a level whose every step is conditional', () => {
    expect(doubts('/levels/0/steps/0/requirement', 'conditional')).toEqual([
      '/levels/0/steps every step is conditional: who has none of these factors never gets past here',
    ])
  })

  it('tells of an alternative that is none, or that is met anyhow', () => {
    expect(doubts('/levels/0/steps/0/requirement', 'alternative')).toEqual([
      '/levels/0/steps/0/requirement an alternative without another one is required',
    ])
    expect(doubts('/levels/0/steps', [step, { ...step, requirement: 'conditional' }])).toEqual([
      '/levels/0/steps/1 is met by the password that the level requires anyhow',
    ])
  })

  it('tells of a reference that amr forgets before the level is over', () => {
    expect(doubts('/levels/0/steps/0/referenceMaxAge', 60)).toEqual([
      '/levels/0/steps/0/referenceMaxAge amr forgets it before the level pwd does',
    ])
  })

  it('tells of a lowest level that no two applications share', () => {
    expect(doubts('/levels/0/maxAge', 0)).toEqual([expect.stringContaining('/levels/0/maxAge')])
  })

  it('tells of an alias that is another level’s number', () => {
    expect(doubts('/levels/0/alias', '3')).toEqual(['/levels/0/alias a max age for 3 would apply to fido as well'])
  })
})
