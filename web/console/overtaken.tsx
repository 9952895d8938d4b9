/** That somebody else was faster: what they changed, that what was typed is still here, and the two ways on. */
import { inBoth, useWords } from '../app/language.ts'
import { Notice } from '../app/notice.tsx'

type OvertakenProps = { theirs: string; onOverwrite: () => void; onDiscard: () => void }

export function Overtaken({ theirs, onOverwrite, onDiscard }: OvertakenProps) {
  const said = useWords(words)
  return (
    <Notice kind="error" focus>
      <p>
        <strong>{said.title}</strong> {said.lead}
      </p>
      <ul class="changes">
        {theirs.split('; ').map((one) => (
          <li key={one}>
            <code>{one}</code>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="secondary" onClick={onOverwrite}>
          {said.overwrite}
        </button>
        <button type="button" class="secondary" onClick={onDiscard}>
          {said.discard}
        </button>
      </div>
    </Notice>
  )
}

const words = inBoth({
  en: {
    title: 'Somebody else changed this meanwhile.',
    lead: 'Yours is still here and not saved. They changed:',
    overwrite: 'Save mine over theirs',
    discard: 'Discard mine and go on with theirs',
  },
  de: {
    title: 'Jemand anders hat das inzwischen geändert.',
    lead: 'Ihre Fassung ist noch hier und nicht gespeichert. Geändert wurde:',
    overwrite: 'Meine Fassung darüber speichern',
    discard: 'Meine verwerfen und mit der anderen weitermachen',
  },
})
