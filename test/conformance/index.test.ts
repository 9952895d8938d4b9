/** That docs/conformance.md, the modules and the tests that run them are about the same things. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { plans } from './plans.ts'

const text = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
const tests = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.test.ts') && name !== 'index.test.ts')
  .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))

/** A section for each plan, under its name, with a row for each of its modules. */
const written = Object.fromEntries(
  text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const plan = /`([a-z0-9-]+)`/.exec(section.split('\n')[0] ?? '')?.[1] ?? ''
      const rows = [...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, module = '']) => module)
      return [plan, rows] as const
    }),
)

describe('docs/conformance.md', () => {
  it('has the plans that are run, and no other', () => {
    expect(Object.keys(written).sort()).toEqual(Object.keys(plans).sort())
  })

  it.each(Object.entries(plans))('%s has the modules that are run, and no other', (plan, modules) => {
    // The form post plan has the modules of the basic one, and does not list them again.
    const rows = plan.includes('-formpost-') ? written['oidcc-basic-certification-test-plan'] : written[plan]
    expect(rows?.toSorted()).toEqual(Object.keys(modules).sort())
  })
})

describe('each plan', () => {
  it.each(Object.keys(plans))('%s is run by one test file, all of it', (plan) => {
    const its = tests.filter((test) => test.includes(`describe('${plan}'`))
    expect(its).toHaveLength(1)
    expect(its[0]).toMatch(/it\.each\(Object\.entries\(\w+\)\)\('%s'/)
  })
})
