/** Another application: what kind it is says what it begins with; the rest is edited after. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, type Refused } from '../../app/api.ts'
import { useDraft } from '../../app/drafts.ts'
import { AreaField, Form, TextField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { SecretShown } from '../secret-shown.tsx'
import { words } from '../words/clients.ts'
import { addressOfClient } from './list.tsx'
import { beginnings, documentOf, type Kind, kinds, type Registration } from './registration.ts'

type Typed = {
  kind: Kind
  name: string
  id: string
  redirects: string
  postLogouts: string
  scope: string
  identifiers: string
}
const nothing: Typed = { kind: 'web', name: '', id: '', redirects: '', postLogouts: '', scope: '', identifiers: '' }

const signsIn = (kind: Kind): boolean => ['web', 'spa', 'native'].includes(kind)

function bodyOf({ kind, name, id, redirects, postLogouts, scope, identifiers }: Typed): Registration {
  return documentOf({
    ...beginnings[kind],
    client_name: name.trim(),
    client_id: id.trim(),
    ...(signsIn(kind) ? { redirect_uris: redirects, post_logout_redirect_uris: postLogouts } : {}),
    ...(kind === 'machine' ? { scope: scope.trim() } : {}),
    ...(kind === 'resource' ? { resource_identifiers: identifiers } : {}),
  })
}

type Answer = { client: Registration; client_secret?: string }

export function Page() {
  const said = useWords(words)
  const { route } = useLocation()
  const draft = useDraft('new-client', nothing)
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const [made, setMade] = useState<{ id: string; secret: string }>()
  const create = async () => {
    setState({ busy: true })
    const reply = await api.post<Answer>('/clients', { body: bodyOf(draft.value) })
    if (!reply.ok) return setState({ busy: false, refused: reply })
    draft.clear()
    const { client, client_secret: secret } = reply.data
    const id = String(client.client_id)
    if (secret !== undefined) return setMade({ id, secret })
    say(said.registered)
    route(addressOfClient(id))
  }
  return (
    <>
      <PageHead title={said.create} back={{ href: '/console/clients', label: said.back }} />
      <Form label={said.create} busy={state.busy} refused={state.refused} onSubmit={create}>
        <Fields typed={draft.value} set={(change) => draft.set((now) => ({ ...now, ...change }))} />
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={state.busy}>
            {said.create}
          </button>
          <a class="button secondary" href="/console/clients" onClick={draft.clear}>
            {said.cancel}
          </a>
        </div>
      </Form>
      {made && (
        <SecretShown
          title={said.secretTitle}
          lead={said.secretLead(made.id)}
          secret={made.secret}
          onClose={() => route(addressOfClient(made.id))}
        />
      )}
    </>
  )
}

function Fields({ typed, set }: { typed: Typed; set: (change: Partial<Typed>) => void }) {
  const said = useWords(words)
  const { kind } = typed
  return (
    <>
      <fieldset>
        <legend>{said.kind}</legend>
        {kinds.map((each) => (
          <div class="field check" key={each}>
            <input
              type="radio"
              name="kind"
              id={`kind-${each}`}
              checked={kind === each}
              aria-describedby={`kind-${each}-hint`}
              onChange={() => set({ kind: each })}
            />
            <label for={`kind-${each}`}>{said.kinds[each]}</label>
            <p class="hint" id={`kind-${each}-hint`}>
              {said.kindHints[each]}
            </p>
          </div>
        ))}
      </fieldset>
      <TextField
        label={said.name}
        pointer="/client_name"
        required
        value={typed.name}
        onChange={(name) => set({ name })}
      />
      <TextField
        label={said.id}
        hint={said.idHint}
        pointer="/client_id"
        optional
        mono
        value={typed.id}
        onChange={(id) => set({ id })}
      />
      {signsIn(kind) && (
        <>
          <AreaField
            label={said.redirectUris}
            hint={said.redirectHint}
            pointer="/redirect_uris"
            required
            mono
            rows={3}
            value={typed.redirects}
            onChange={(redirects) => set({ redirects })}
          />
          <AreaField
            label={said.postLogoutUris}
            hint={said.oneALine}
            pointer="/post_logout_redirect_uris"
            optional
            mono
            rows={2}
            value={typed.postLogouts}
            onChange={(postLogouts) => set({ postLogouts })}
          />
        </>
      )}
      {kind === 'machine' && (
        <TextField
          label={said.scope}
          hint={said.scopeHint}
          pointer="/scope"
          mono
          value={typed.scope}
          onChange={(scope) => set({ scope })}
        />
      )}
      {kind === 'resource' && (
        <AreaField
          label={said.resourceIdentifiers}
          hint={said.resourceHint}
          pointer="/resource_identifiers"
          required
          mono
          rows={2}
          value={typed.identifiers}
          onChange={(identifiers) => set({ identifiers })}
        />
      )}
    </>
  )
}
