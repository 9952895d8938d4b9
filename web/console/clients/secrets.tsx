/** The secrets of an application: which are good and until when, another one, and the end of the one before. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { SelectField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { Time } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { SecretShown } from '../secret-shown.tsx'
import { words } from '../words/clients.ts'
import type { Registration } from './registration.ts'

type Secret = { state: 'current' | 'retiring'; createdDateTime: string; expiresDateTime?: string }
type Answer = { secrets: readonly Secret[] }

type SecretsProps = { path: string; client: Registration; mayWrite: boolean }

export function Secrets({ path, client, mayWrite }: SecretsProps) {
  const said = useWords(words)
  const key = `${path}/secrets ${String(client.token_endpoint_auth_method)}`
  const secrets = useLoaded(key, () => api.get<Answer>(`${path}/secrets`))
  const [made, setMade] = useState<string>()
  const [refused, setRefused] = useState<Refused>()
  const isOpen = useDraft('rotate', false)
  const end = async () => {
    const reply = await api.delete(`${path}/secrets/retiring`)
    setRefused(reply.ok ? undefined : reply)
    if (!reply.ok) return
    say(said.ended)
    await secrets.reload()
  }
  const hasSecret = String(client.token_endpoint_auth_method).startsWith('client_secret_')
  return (
    <section class="card" aria-labelledby="secrets">
      <h2 id="secrets">{said.secrets}</h2>
      <p class="soft">{hasSecret ? said.secretsLead : said.noSecret}</p>
      {refused && <Refusal refused={refused} />}
      <Shown of={secrets}>
        {({ secrets: all }) => (
          <>
            <ul class="plain-list">
              {all.map((secret) => (
                <li key={secret.createdDateTime + secret.state}>
                  {secret.state === 'current' ? said.current : said.retiring}{' '}
                  <Time at={secret.state === 'current' ? secret.createdDateTime : secret.expiresDateTime} exact />
                </li>
              ))}
            </ul>
            {mayWrite && hasSecret && (
              <div class="actions">
                <button type="button" class="secondary" onClick={() => isOpen.set(true)}>
                  {said.rotate}
                </button>
                {all.some(({ state }) => state === 'retiring') && (
                  <button type="button" class="danger" onClick={end}>
                    {said.endRetiring}
                  </button>
                )}
              </div>
            )}
          </>
        )}
      </Shown>
      {isOpen.value && (
        <Rotate
          path={path}
          onClose={isOpen.clear}
          onMade={(secret) => {
            isOpen.clear()
            setMade(secret)
            secrets.reload()
          }}
        />
      )}
      {made !== undefined && (
        <SecretShown
          title={said.secretTitle}
          lead={said.secretLead(String(client.client_id))}
          secret={made}
          onClose={() => setMade(undefined)}
        />
      )}
    </section>
  )
}

type RotateProps = { path: string; onClose: () => void; onMade: (secret: string) => void }

function Rotate({ path, onClose, onMade }: RotateProps) {
  const said = useWords(words)
  const [overlap, setOverlap] = useState('86400')
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const rotate = async () => {
    setState({ busy: true })
    const body = { overlap: Number(overlap) }
    const reply = await api.post<{ client_secret: string }>(`${path}/secrets`, { body })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    onMade(reply.data.client_secret)
  }
  return (
    <Confirm
      title={said.rotateTitle}
      action={said.rotate}
      busy={state.busy}
      refused={state.refused}
      onConfirm={rotate}
      onClose={onClose}
    >
      <p>{said.rotateLead}</p>
      <SelectField
        label={said.overlap}
        value={overlap}
        choices={Object.entries(said.overlaps).map(([value, label]) => ({ value, label }))}
        onChange={setOverlap}
      />
    </Confirm>
  )
}
