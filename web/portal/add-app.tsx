/** Sets up an app with one-time codes: a picture to scan, a code of it to confirm, and recovery codes to keep. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, type Refused } from '../app/api.ts'
import { Form, TextField } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { say } from '../app/notice.tsx'
import { Copy } from '../app/small.tsx'
import { CodesToKeep } from './codes-to-keep.tsx'
import { words } from './words/authenticators.ts'

type Begun = { enrolmentId: string; secret: string; uri: string; qr: { size: number; path: string } }

export function Page() {
  const said = useWords(words)
  const { route } = useLocation()
  const [begun, setBegun] = useState<Begun>()
  const [codes, setCodes] = useState<readonly string[]>()
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const away = () => route('/portal/authenticators')

  async function begin() {
    setSending({ busy: true })
    const reply = await api.post<Begun>('/me/one-time-passwords/enrolments')
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    setSending({ busy: false })
    setBegun(reply.data)
  }

  const added = (name: string, fresh: readonly string[] | undefined) => {
    say(said.added(name))
    if (fresh === undefined) away()
    else setCodes(fresh)
  }

  if (codes !== undefined) return <CodesToKeep codes={codes} onKept={away} />
  return (
    <>
      <PageHead
        title={said.addApp}
        lead={said.addAppLead}
        back={{ href: '/portal/authenticators', label: said.back }}
      />
      {begun === undefined ? (
        <Form onSubmit={begin} busy={sending.busy} refused={sending.refused}>
          <button type="submit" class="primary" aria-disabled={sending.busy}>
            {said.addAppGo}
          </button>
        </Form>
      ) : (
        <Scan begun={begun} onAdded={added} />
      )}
    </>
  )
}

function Scan({ begun, onAdded }: { begun: Begun; onAdded: (name: string, codes?: readonly string[]) => void }) {
  const said = useWords(words)
  const [typed, setTyped] = useState({ code: '', name: said.appDefault })
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const { size, path } = begun.qr

  async function confirm() {
    setSending({ busy: true })
    const reply = await api.post<{ recoveryCodes?: readonly string[] }>('/me/one-time-passwords', {
      body: { enrolmentId: begun.enrolmentId, code: typed.code, friendlyName: typed.name },
    })
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    onAdded(typed.name, reply.data.recoveryCodes)
  }

  return (
    <Form onSubmit={confirm} busy={sending.busy} refused={sending.refused}>
      <p>{said.scan}:</p>
      <svg class="qr" role="img" aria-label={said.qr} viewBox={`0 0 ${size} ${size}`}>
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <p>
        {said.typeIt}: <code class="secret">{begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>{' '}
        <Copy text={begun.secret} name={said.secret} />
      </p>
      <p>
        <a href={begun.uri}>{said.openApp}</a>
      </p>
      <TextField
        label={said.code}
        pointer="/code"
        value={typed.code}
        onChange={(code) => setTyped({ ...typed, code })}
        mono
        required
      />
      <TextField
        label={said.name}
        pointer="/friendlyName"
        hint={said.nameHint}
        value={typed.name}
        onChange={(name) => setTyped({ ...typed, name })}
        required
      />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={sending.busy}>
          {said.confirm}
        </button>
      </div>
    </Form>
  )
}
