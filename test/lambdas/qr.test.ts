import { create } from 'qrcode'
import { expect, it } from 'vitest'
import { qrOf } from '../../lambdas/login/qr.ts'

it.each(['a', 'otpauth://totp/Example:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'x'.repeat(500)])(
  'the picture of %s has the dark squares of its QR code, with four light ones around',
  async (text) => {
    const { modules } = create(text, { errorCorrectionLevel: 'M' })
    const { size, path } = await qrOf(text)
    expect(size).toBe(modules.size + 8)
    const dark = new Set<string>()
    for (const [, x, y, width, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)) {
      expect(back).toBe(x)
      for (let at = Number(x); at < Number(x) + Number(width); at++) dark.add(`${at} ${y}`)
    }
    const expected = new Set<string>()
    for (let row = 0; row < modules.size; row++)
      for (let column = 0; column < modules.size; column++)
        if (modules.get(row, column)) expected.add(`${column + 4} ${row + 4}`)
    expect(dark).toEqual(expected)
    expect(path).toMatch(/^(M\d+ \d+h\d+v1H\d+z)+$/)
  },
)
