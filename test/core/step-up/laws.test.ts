/** Laws of the decision, over random questions: `RUNS=50000 npx vitest run test/core/step-up/laws.test.ts`. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Question, wantedOf } from '../../../src/core/step-up/decide.ts'
import type { Step } from '../../../src/core/step-up/flow.ts'
import { achieved, aProof, aQuestion, follow, law, lowestTarget, now } from './generated.ts'
import { naively, seenBy } from './naively.ts'

const rankOf = ({ policy }: Question, acr: string | undefined): number =>
  acr === undefined ? -1 : (policy.acrToLoa[acr] ?? -1)

describe('laws', () => {
  it('whichever offers are taken, and however slowly, a question ends', () => {
    law((question, ...choices) => void follow(question, choices, 100))
  })

  it('an offer towards a target in reach never leads nowhere: it ends in tokens for that target', () => {
    let inReach = 0
    law((question, ...choices) => {
      const [first, ...rest] = follow(question, choices, 0)
      if (first.do !== 'ask' || first.report.reason !== 'missing') return
      inReach++
      const last = rest.at(-1)
      expect(last?.do).toBe('issue')
      if (last) expect(achieved(last)).toBeGreaterThanOrEqual(lowestTarget([first, ...rest]))
    })
    expect(inReach).toBeGreaterThan(200)
  })

  it('an offer that cannot meet the request still reaches what it was for, and does not pretend to more', () => {
    law((question, ...choices) => {
      const [first, ...rest] = follow(question, choices, 0)
      if (first.do !== 'ask' || first.report.reason !== 'attempt') return
      const last = rest.at(-1)
      expect(last?.report.reason).not.toBe('reached')
      if (last) expect(achieved(last)).toBeGreaterThanOrEqual(lowestTarget([first, ...rest]))
    })
  })

  it('offers only what the user has, or the policy lets them get', () => {
    law((question) => {
      const decision = decide(question)
      if (decision.do !== 'ask' || question.enrolled === 'unknown') return
      for (const { factor, ways } of decision.offers) {
        const { webauthn, ...others } = question.enrolled
        const states: string[] =
          factor === 'webauthn' ? (webauthn.length ? webauthn.map(({ state }) => state) : ['none']) : [others[factor]]
        expect(ways.length).toBeGreaterThan(0)
        if (ways.includes('use')) expect(states).toContain('usable')
        if (ways.includes('activate')) expect(states).toContain('pending')
        if (ways.includes('enrol')) {
          expect(states).toEqual(['none'])
          expect(question.policy.enrol).toContain(factor)
          // Whoever knows a name must not be able to begin with a factor of their own.
          expect(question.proofs.length).toBeGreaterThan(0)
        }
      }
    })
  })

  /** What the flow says of one level, written anew and for one level only. */
  const rests = (question: Question, index: number, limit: number): boolean => {
    const level = question.flow.levels[index]
    if (!level || question.enrolled === 'unknown') return false
    const { enrolled, policy, proofs } = question
    const age = Math.min(level.maxAge, policy.maxAges[level.alias] ?? 1e9, policy.maxAges[`${level.loa}`] ?? 1e9, limit)
    const shown = ({ authenticator, demands: d = {} }: Step) =>
      proofs.some(
        (p) =>
          p.factor === authenticator &&
          (p.request === 'app2' || (age !== 0 && p.at >= question.now - age)) &&
          (!d.userVerified || p.userVerified === true) &&
          (!d.attested || p.attested === true) &&
          (!d.deviceBound || p.deviceBound === true) &&
          (!d.aaguids || d.aaguids.some((model) => model === p.aaguid)),
      )
    const of = (requirement: Step['requirement']) => level.steps.filter((each) => each.requirement === requirement)
    const enrolledFor = ({ authenticator, demands: d = {} }: Step) =>
      authenticator === 'webauthn'
        ? enrolled.webauthn.some(
            (k) =>
              k.state !== 'pending' &&
              (!d.userVerified || k.verifies !== false) &&
              (!d.attested || k.attested === true) &&
              (!d.deviceBound || k.deviceBound === true) &&
              (!d.aaguids || d.aaguids.some((model) => model === k.aaguid)),
          )
        : enrolled[authenticator] === 'usable' || enrolled[authenticator] === 'locked'
    const own =
      of('required').every(shown) &&
      of('conditional').every((each) => shown(each) || !enrolledFor(each)) &&
      (of('alternative').length === 0 || of('alternative').some(shown)) &&
      level.steps.some((each) => each.requirement !== 'disabled' && shown(each))
    const lower =
      level.mode === 'direct' || question.flow.levels.slice(0, index).every((_, i) => rests(question, i, 1e9))
    return own && lower
  }

  it('acr and loa are never above, and never below, what the proofs reach', () => {
    law((question) => {
      const { prompt, maxAge = 1e9 } = question.request
      const limit = prompt.includes('login') ? 0 : maxAge
      const reached = question.flow.levels.filter((_, index) => rests(question, index, limit)).map(({ loa }) => loa)
      const decision = decide(question)
      expect(achieved(decision)).toBe(Math.max(-1, ...reached))
      if (decision.do !== 'issue') return
      expect(decision.loa).toBe(Math.max(...reached))
      const { acrToLoa, minimumAcr } = question.policy
      if (decision.acr !== undefined) expect(acrToLoa[decision.acr]).toBeLessThanOrEqual(decision.loa)
      if (minimumAcr !== undefined) expect(acrToLoa[minimumAcr]).toBeLessThanOrEqual(decision.loa)
    })
  })

  it('a request that binds is never answered with less', () => {
    law((question) => {
      const { request, policy } = question
      const decision = decide(question)
      const { names, from } = wantedOf(request, policy)
      const strict =
        from === 'essential' || (policy.enforcement === 'strict' && ['acr_values', 'default'].includes(from))
      if (decision.do === 'issue' && strict) expect(names).toContain(decision.acr)
    })
  })

  it('a request that does not bind is refused only where its minimum is out of reach', () => {
    law((question, ...choices) => {
      const { request, policy, attempted } = question
      const { from } = wantedOf(request, policy)
      const strict =
        from === 'essential' || (policy.enforcement === 'strict' && ['acr_values', 'default'].includes(from))
      if (strict || attempted || request.prompt.includes('none')) return
      const [first, ...rest] = follow(question, choices, 0)
      if ((rest.at(-1) ?? first).do !== 'refuse') return
      const { acrToLoa, minimumAcr } = policy
      const floor = minimumAcr === undefined ? -1 : (acrToLoa[minimumAcr] ?? 1e9)
      expect(first.report.levels.filter(({ reachable, loa }) => reachable && loa >= floor)).toEqual([])
    })
  })

  it('auth_time is within max_age, or of this very request', () => {
    law((question) => {
      const decision = decide(question)
      const { maxAge, prompt } = question.request
      if (decision.do !== 'issue') return
      const times = question.proofs.filter(({ at }) => at === decision.authTime)
      expect(times.length).toBeGreaterThan(0)
      const mine = times.some((proof) => proof.request === 'app2')
      if (prompt.includes('login') || maxAge === 0) expect(mine).toBe(true)
      else if (maxAge !== undefined) expect(mine || now - decision.authTime <= maxAge).toBe(true)
    })
  })

  it('deciding twice changes nothing', () => {
    law((question) => {
      const before = structuredClone(question)
      const once = decide(question)
      expect(question).toEqual(before)
      expect(decide(question)).toEqual(once)
    })
  })

  it('the order of the proofs does not matter', () => {
    law((question, ...choices) => {
      const shuffled = question.proofs
        .map((proof, index) => ({ proof, rank: choices[index] ?? 0 }))
        .sort((one, other) => one.rank - other.rank)
      expect(decide({ ...question, proofs: shuffled.map(({ proof }) => proof) })).toEqual(decide(question))
    })
  })

  it('one more proof never lowers the level, nor takes away tokens that say what was asked', () => {
    fc.assert(
      fc.property(aQuestion, aProof, (question, proof) => {
        const before = decide(question)
        const after = decide({ ...question, proofs: [...question.proofs, proof] })
        expect(achieved(after)).toBeGreaterThanOrEqual(achieved(before))
        if (before.do === 'issue' && after.do === 'issue') {
          expect(after.amr).toEqual(expect.arrayContaining(before.amr))
          expect(rankOf(question, after.acr)).toBeGreaterThanOrEqual(rankOf(question, before.acr))
        }
        // With several names, or less than was asked, it may bring a better one into reach, and that is asked for then.
        const plain = before.report.wanted.names.length < 2 && before.report.reason === 'reached'
        if (before.do === 'issue' && plain) expect(after.do).toBe('issue')
      }),
      { numRuns: Number(process.env.RUNS ?? 2000) },
    )
  })

  it('time that passes never raises the level, nor does a larger max age lower it', () => {
    law((question, pause = 0) => {
      const later = decide({ ...question, now: question.now + pause * 30 })
      expect(achieved(later)).toBeLessThanOrEqual(achieved(decide(question)))
      const { maxAge } = question.request
      if (maxAge === undefined) return
      const laxer = decide({ ...question, request: { ...question.request, maxAge: maxAge + pause } })
      expect(achieved(laxer)).toBeGreaterThanOrEqual(achieved(decide(question)))
    })
  })

  it('a key that is gone, with all that was shown with it, never raises the level', () => {
    law((question, choice = 0) => {
      const { enrolled, flow, proofs } = question
      // Who has a factor no more is not asked for it where only those are who have it.
      const asksOwners = flow.levels.some(({ steps }) => steps.some(({ requirement }) => requirement === 'conditional'))
      if (enrolled === 'unknown' || asksOwners) return
      const gone = ['red', 'green', 'blue'][choice % 3]
      const after = decide({
        ...question,
        enrolled: { ...enrolled, webauthn: enrolled.webauthn.filter(({ credential }) => credential !== gone) },
        proofs: proofs.filter(({ credential }) => credential !== gone),
      })
      expect(achieved(after)).toBeLessThanOrEqual(achieved(decide(question)))
    })
  })

  it('is what a naive decision makes of the same facts', () => {
    const compared: Record<string, number> = {}
    law((given) => {
      const question: Question = { ...given, attempted: false, policy: { ...given.policy, enrol: [] } }
      const decision = decide(question)
      expect(seenBy(decision)).toEqual(naively(question))
      compared[decision.do] = (compared[decision.do] ?? 0) + 1
    })
    for (const times of ['issue', 'ask', 'refuse'].map((word) => compared[word])) expect(times).toBeGreaterThan(100)
  })

  it('prompt=none and a final verdict never ask', () => {
    law((question) => {
      const silent: Question = { ...question, request: { ...question.request, prompt: ['none'] } }
      expect(decide(silent).do).not.toBe('ask')
      expect(decide({ ...question, attempted: true }).do).not.toBe('ask')
    })
  })
})
