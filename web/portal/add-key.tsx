/** Adds a passkey or a security key: a name, the browser's own ceremony, done. */
import { startRegistration, WebAuthnError } from '@simplewebauthn/browser'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, type Refused } from '../app/api.ts'
import { useDraft } from '../app/drafts.ts'
import { Form, TextField } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { Notice, say } from '../app/notice.tsx'
import type { Own } from './account.ts'
import { words } from './words/authenticators.ts'

type Begun = { publicKey: Parameters<typeof startRegistration>[0]['optionsJSON']; challengeId: string }
type Trouble = 'already' | 'cancelled' | 'unsupported'

/** Browsers say NotAllowedError for a press of `Cancel` and for a timeout alike. */
function troubleOf(error: unknown): Trouble {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') return 'already'
  const isCancelled = name === 'NotAllowedError' || name === 'AbortError'
  return isCancelled || (error instanceof WebAuthnError && name !== 'NotSupportedError') ? 'cancelled' : 'unsupported'
}

type Sending = { busy: boolean; waiting?: boolean; refused?: Refused; trouble?: Trouble }

export function Page() {
  const said = useWords(words)
  const { route } = useLocation()
  const name = useDraft('name', said.addKeyDefault)
  const [sending, setSending] = useState<Sending>({ busy: false })

  async function add() {
    setSending({ busy: true })
    const begun = await api.post<Begun>('/me/authenticators/creation-options')
    if (!begun.ok) return setSending({ busy: false, refused: begun })
    setSending({ busy: true, waiting: true })
    const made = await startRegistration({ optionsJSON: begun.data.publicKey }).catch(troubleOf)
    if (typeof made === 'string') return setSending({ busy: false, trouble: made })
    const { clientDataJSON, attestationObject, transports } = made.response
    const discoverable = made.clientExtensionResults.credProps?.rk
    const added = await api.post<Own>('/me/authenticators', {
      body: {
        challengeId: begun.data.challengeId,
        friendlyName: name.value,
        response: { clientDataJSON, attestationObject, ...(transports === undefined ? {} : { transports }) },
        ...(discoverable === undefined ? {} : { discoverable }),
      },
    })
    if (!added.ok) return setSending({ busy: false, refused: added })
    name.clear()
    say(said.added(name.value))
    route('/portal/authenticators')
  }

  return (
    <>
      <PageHead
        title={said.addKey}
        lead={said.addKeyLead}
        back={{ href: '/portal/authenticators', label: said.back }}
      />
      {sending.trouble && (
        <Notice kind="error" focus>
          <p>{said[sending.trouble]}</p>
        </Notice>
      )}
      <Form onSubmit={add} busy={sending.busy} refused={sending.refused}>
        <TextField
          label={said.name}
          pointer="/friendlyName"
          hint={said.nameHint}
          value={name.value}
          onChange={name.set}
          required
        />
        <p role="status">{sending.waiting ? said.addKeyWaiting : ''}</p>
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={sending.busy}>
            {said.addKeyGo}
          </button>
        </div>
      </Form>
    </>
  )
}
