/** A QR code as the path of an SVG: squares of one unit, with the quiet zone of four around it (ISO/IEC 18004 §9.1). */
import type { QrView } from '../../web/view.ts'

const quiet = 4

export async function qrOf(text: string): Promise<QrView> {
  // Loaded where it is used: it is longer than everything else in its Lambda.
  const { create } = await import('qrcode')
  const { modules } = create(text, { errorCorrectionLevel: 'M' })
  const runs: string[] = []
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; column++) {
      if (!modules.get(row, column)) continue
      const from = column
      while (column + 1 < modules.size && modules.get(row, column + 1)) column++
      runs.push(`M${from + quiet} ${row + quiet}h${column + 1 - from}v1H${from + quiet}z`)
    }
  }
  return { size: modules.size + 2 * quiet, path: runs.join('') }
}
