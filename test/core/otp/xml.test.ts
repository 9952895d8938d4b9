import { describe, expect, it } from 'vitest'
import { parseXml } from '../../../src/core/otp/xml.ts'

describe('XML', () => {
  it('of very many elements is read in a time that grows with their number', () => {
    const read = parseXml(`<r>${'<a/>'.repeat(50_000)}<b/></r>`)
    if (!read.ok) throw new Error(read.detail)
    const [first, second] = read.value.children
    expect([first?.at, second?.at, read.value.children.at(-1)?.at]).toEqual(['/r/a[1]', '/r/a[2]', '/r/b'])
  })

  it.each([
    ['with a quote that is open in its declaration', '<?xml version="1.0?><a/>'],
    ['with an instruction that does not end', '<a/><?b "'],
    ['nested deeper than anything is', `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`],
  ])('%s is refused', (_, text) => {
    expect(parseXml(text)).toMatchObject({ ok: false, reason: 'bad-xml' })
  })
})
