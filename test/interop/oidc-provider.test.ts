/** Keystep and npm `oidc-provider` are sent the same requests, and differ where that is listed, as it is listed. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differencesOf } from './peer/answer.ts'
import { differences } from './peer/differences/all.ts'
import { documentOf } from './peer/differences/document.ts'
import { listedAt } from './peer/differences/listed.ts'
import { requests } from './peer/requests.ts'
import { openSides, type Sides } from './peer/side.ts'

const listed = Object.values(differences).flat()
const names = Object.keys(requests)

describe('sent to both', () => {
  let sides: Sides
  beforeAll(async () => {
    sides = await openSides()
  })
  afterAll(() => sides?.close())

  it.each(Object.entries(requests))('%s', async (name, send) => {
    const ours = await send(sides.ours)
    const peer = await send(sides.peer)
    expect(sides.failures.splice(0), 'what went wrong inside the peer').toEqual([])
    expect(differencesOf(ours, peer)).toEqual(listedAt(name, listed))
  })
})

describe('the table of differences', () => {
  it('is about a great many requests, and of no other', () => {
    expect(names.length).toBeGreaterThan(350)
    expect(listed.flatMap(({ at }) => at).filter((name) => !names.includes(name))).toEqual([])
  })

  it('says where, by which clause and why, of each', () => {
    for (const { about, at, members, clause, why } of listed) {
      expect(at.length, about).toBeGreaterThan(0)
      expect(Object.keys(members).length, about).toBeGreaterThan(0)
      expect(clause, about).toMatch(/RFC|OpenID|OAuth|FAPI|Logout/)
      expect(why, about).toMatch(/\.$/)
    }
    const headings = listed.map(({ about }) => about)
    expect(headings).toEqual([...new Set(headings)])
  })

  it('is as long as docs/conformance.md says', () => {
    expect(readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')).toContain(
      `the same ${names.length} requests`,
    )
  })

  it('is what docs/differences.md says', async () => {
    await expect(documentOf(names)).toMatchFileSnapshot('../../docs/differences.md')
  })
})
