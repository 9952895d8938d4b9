/** Makes new recovery codes in place of those that there are. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, type Refused } from '../app/api.ts'
import { Form } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { CodesToKeep } from './codes-to-keep.tsx'
import { words } from './words/authenticators.ts'

export function Page() {
  const said = useWords(words)
  const { route } = useLocation()
  const [codes, setCodes] = useState<readonly string[]>()
  const [sending, setSending] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })

  async function make() {
    setSending({ busy: true })
    const reply = await api.post<{ recoveryCodes: readonly string[] }>('/me/recovery-codes')
    if (!reply.ok) return setSending({ busy: false, refused: reply })
    setCodes(reply.data.recoveryCodes)
  }

  if (codes !== undefined) return <CodesToKeep codes={codes} onKept={() => route('/portal/authenticators')} />
  return (
    <>
      <PageHead
        title={said.makeCodesTitle}
        lead={said.makeCodesLead}
        back={{ href: '/portal/authenticators', label: said.back }}
      />
      <Form onSubmit={make} busy={sending.busy} refused={sending.refused}>
        <button type="submit" class="primary" aria-disabled={sending.busy}>
          {said.makeCodes}
        </button>
      </Form>
    </>
  )
}
