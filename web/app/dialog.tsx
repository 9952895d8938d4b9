/** A question over the page: the browser's own <dialog>, which keeps the focus in. What it was asked from gets it back. */
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
    const opener = document.activeElement
    dialog.current?.showModal()
    // The browser gives the focus back when a dialog is closed; this one is gone from the page by then.
    return () => giveBack(opener)
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

/** To the page's heading where nothing asked that is still there: the dialog was open when the page came, as after a step-up. */
function giveBack(opener: Element | null): void {
  const canTakeIt = opener instanceof HTMLElement && opener.isConnected && opener.tabIndex >= 0
  const place = canTakeIt ? opener : document.querySelector('h1')
  place?.focus()
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
