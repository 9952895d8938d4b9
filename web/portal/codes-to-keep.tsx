/** Recovery codes, shown this once: to be copied, saved as a file or printed. They are in no draft and in no address. */
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { Copy } from '../app/small.tsx'
import { words } from './words/authenticators.ts'

export function CodesToKeep({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const said = useWords(words)
  const text = `${codes.join('\n')}\n`
  const download = () => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = address
    link.download = said.fileName
    link.click()
    URL.revokeObjectURL(address)
  }
  return (
    <>
      <PageHead title={said.codesTitle} lead={said.codesLead} />
      <section class="card" aria-label={said.codesTitle}>
        <ol class="codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ol>
        <div class="actions no-print">
          <Copy text={text} name={said.recovery} />
          <button type="button" class="secondary small" onClick={download}>
            {said.download}
          </button>
          <button type="button" class="secondary small" onClick={() => print()}>
            {said.print}
          </button>
        </div>
      </section>
      <div class="actions no-print">
        <button type="button" class="primary" onClick={onKept}>
          {said.kept}
        </button>
      </div>
    </>
  )
}
