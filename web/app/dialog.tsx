/** A question over the page: the browser's own <dialog>, which keeps the focus in and gives it back. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Refused } from './api.ts'
import { useWords } from './language.ts'
import { Refusal } from './notice.tsx'
import { words } from './words.ts'

type DialogProps = { title: string; onClose: () => void; wide?: boolean; children: ComponentChildren }

/** Drawn while it is open; `onClose` is called for Escape too. */
export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

type DialogActionsProps = {
  action: string
  danger?: boolean | undefined
  busy?: boolean | undefined
  onClose: () => void
}

/** The end of a form in a dialog: what it does, as a verb, and the way out. */
export function DialogActions({ action, danger, busy, onClose }: DialogActionsProps) {
  const { cancel } = useWords(words)
  return (
    <div class="actions">
      <button type="submit" class={danger ? 'danger' : 'primary'} aria-disabled={busy}>
        {action}
      </button>
      <button type="button" class="secondary" onClick={onClose}>
        {cancel}
      </button>
    </div>
  )
}

type ConfirmProps = {
  title: string
  /** What the button does, as a verb. */
  action: string
  /** Cannot be undone. */
  danger?: boolean
  busy?: boolean
  refused?: Refused | undefined
  onConfirm: () => void
  onClose: () => void
  children?: ComponentChildren
}

/** Asks before something is done. It stays open when that fails, with why. */
export function Confirm({ title, action, danger, busy, refused, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) onConfirm()
        }}
      >
        {refused && <Refusal refused={refused} />}
        {children}
        <DialogActions action={action} danger={danger} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  )
}
