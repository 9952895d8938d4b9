/** One authenticator: what it is, what it waits for, and what may be done about it. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../app/api.ts'
import { Confirm, Dialog, DialogActions } from '../app/dialog.tsx'
import { useDraft } from '../app/drafts.ts'
import { Form, TextField } from '../app/form.tsx'
import { useWords } from '../app/language.ts'
import { say } from '../app/notice.tsx'
import { Badge, Facts, Time, type Tone } from '../app/small.tsx'
import type { Own } from './account.ts'
import { Activate } from './pending.tsx'
import { words } from './words/authenticators.ts'

const tones: Record<Own['state'], Tone> = { pending: 'info', active: 'good', suspended: 'warn', locked: 'bad' }

type CardProps = { own: Own; acr: string | undefined; onChange: () => void }

export function AuthenticatorCard({ own, acr, onChange }: CardProps) {
  const said = useWords(words)
  const kind = own.kind === 'fido' && own.backupEligible === true ? 'passkey' : own.kind
  const name = own.friendlyName ?? said.kind[kind]
  const { facts } = said
  return (
    <article class="card authenticator" aria-labelledby={own.id}>
      <div class="level-head">
        <h2 id={own.id}>{name}</h2>
        <Badge tone={tones[own.state]}>{said.state[own.state]}</Badge>
      </div>
      <p class="soft">
        {said.kind[kind]} · {own.origin === 'imported' ? said.imported : said.local}
      </p>
      {own.state === 'pending' && <p class="tip">{said.tip}</p>}
      {own.state === 'suspended' && <p class="tip">{said.suspended}</p>}
      {own.state === 'locked' && <p class="tip">{said.locked}</p>}
      <Facts
        of={[
          own.serialNumber !== undefined && [facts.serial, <code key="serial">{own.serialNumber}</code>],
          [facts.added, <Time key="added" at={own.createdDateTime} />],
          own.activatedDateTime !== undefined && [facts.activated, <Time key="activated" at={own.activatedDateTime} />],
          own.expiresDateTime !== undefined && [facts.expires, <Time key="expires" at={own.expiresDateTime} exact />],
          own.state !== 'pending' && [facts.used, <Time key="used" at={own.lastUsedDateTime} none={facts.never} />],
          // Where nothing was said of it, nothing is.
          own.backupEligible !== undefined && [facts.copies, own.backupEligible ? facts.synced : facts.bound],
        ]}
      />
      <Actions own={own} name={name} acr={acr} onChange={onChange} />
    </article>
  )
}

function Actions({ own, name, acr, onChange }: CardProps & { name: string }) {
  const said = useWords(words)
  const [open, setOpen] = useState<'rename' | 'remove'>()
  const close = () => setOpen(undefined)
  const done = () => {
    close()
    onChange()
  }
  return (
    <>
      <div class="actions">
        {own.may.includes('activate') && acr !== undefined && (
          <Activate acr={acr} name={name}>
            {said.activate}
          </Activate>
        )}
        {own.may.includes('rename') && (
          <button
            type="button"
            class="secondary small"
            aria-label={said.renameTitle(name)}
            onClick={() => setOpen('rename')}
          >
            {said.rename}
          </button>
        )}
        {own.may.includes('remove') && (
          <button
            type="button"
            class="danger small"
            aria-label={`${said.remove}: ${name}`}
            onClick={() => setOpen('remove')}
          >
            {said.remove}
          </button>
        )}
      </div>
      {own.origin === 'imported' && <p class="hint">{said.managed}</p>}
      {open === 'rename' && <Rename own={own} name={name} onClose={close} onDone={done} />}
      {open === 'remove' && <Remove own={own} name={name} onClose={close} onDone={done} />}
    </>
  )
}

type DialogProps = { own: Own; name: string; onClose: () => void; onDone: () => void }

function Rename({ own, name, onClose, onDone }: DialogProps) {
  const said = useWords(words)
  const draft = useDraft(`name ${own.id}`, name)
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  async function save() {
    setSending({ busy: true })
    const reply = await api.patch(`/me/authenticators/${own.id}`, { body: { friendlyName: draft.value } })
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    draft.clear()
    say(said.renamed)
    onDone()
  }
  return (
    <Dialog title={said.renameTitle(name)} onClose={onClose}>
      <Form onSubmit={save} busy={sending.busy} refused={sending.refused}>
        <TextField
          label={said.name}
          pointer="/friendlyName"
          hint={said.nameHint}
          value={draft.value}
          onChange={draft.set}
          required
        />
        <DialogActions action={said.save} busy={sending.busy} onClose={onClose} />
      </Form>
    </Dialog>
  )
}

function Remove({ own, name, onClose, onDone }: DialogProps) {
  const said = useWords(words)
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  async function remove() {
    setSending({ busy: true })
    const reply = await api.delete(`/me/authenticators/${own.id}`)
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    say(said.removed)
    onDone()
  }
  return (
    <Confirm
      title={said.removeTitle(name)}
      action={said.remove}
      danger
      busy={sending.busy}
      refused={sending.refused}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{said.removeLead}</p>
      {own.kind === 'fido' && <p>{said.removeKey}</p>}
    </Confirm>
  )
}
