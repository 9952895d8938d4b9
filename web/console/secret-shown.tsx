/** A secret that is shown this once: to be copied, and put away before the dialog closes. */
import { Dialog } from '../app/dialog.tsx'
import { inBoth, useWords } from '../app/language.ts'
import { Copy } from '../app/small.tsx'

type SecretShownProps = {
  title: string
  lead: string
  secret: string
  /** What becomes of it here, where it is not only its hash that is kept. */
  once?: string
  onClose: () => void
}

/** Never kept as a draft: with the page it is gone. */
export function SecretShown({ title, lead, secret, once, onClose }: SecretShownProps) {
  const said = useWords(words)
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{lead}</p>
      <code class="secret">{secret}</code>
      <p class="soft">{once ?? said.once}</p>
      <div class="actions">
        <Copy text={secret} name={title} />
        <button type="button" class="primary" onClick={onClose}>
          {said.done}
        </button>
      </div>
    </Dialog>
  )
}

const words = inBoth({
  en: {
    once: 'It is shown this once: only its hash is kept here. If it is lost, make another one.',
    done: 'I have put it away',
  },
  de: {
    once: 'Es wird nur dieses eine Mal angezeigt: Hier bleibt nur sein Hash. Geht es verloren, machen Sie ein neues.',
    done: 'Ich habe es sicher abgelegt',
  },
})
