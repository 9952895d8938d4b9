/** One application: its registration, its secrets, what step-up asks for it, a sign-in to try, and its end. */
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, type Refused } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { Form, TextField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import type { PageProps } from '../../app/pages.ts'
import { Identifier } from '../../app/small.tsx'
import { Shown } from '../../app/states.tsx'
import { Doubts, SaveBar, Theirs, useEdited } from '../edited.tsx'
import { SecretShown } from '../secret-shown.tsx'
import { words } from '../words/clients.ts'
import { MemberField } from './member-field.tsx'
import { PolicyCard } from './policy.tsx'
import { documentOf, groups, isJson, openGroups, type Registration, type Typed, typedOf } from './registration.ts'
import { Secrets } from './secrets.tsx'
import { TryIt } from './try-it.tsx'

/** The console and the portal: without them nobody could bring them back from here. */
const ours = ['console', 'portal']

export function Page({ params: { clientId = '' } }: PageProps) {
  const said = useWords(words)
  const may = useMay()
  const mayWrite = may('clients:write')
  const path = `/clients/${encodeURIComponent(clientId)}`
  const [secret, setSecret] = useState<string>()
  const edited = useEdited<Registration, Typed>(path, 'client', documentOf, ({ client_secret: made }) => {
    if (typeof made === 'string') setSecret(made)
  })
  return (
    <Shown
      of={edited.loaded}
      head={<PageHead title={clientId} back={{ href: '/console/clients', label: said.back }} />}
    >
      {(client) => (
        <>
          <PageHead
            title={String(client.client_name)}
            back={{ href: '/console/clients', label: said.back }}
            lead={<Identifier text={clientId} name={said.id} />}
          >
            <a class="button secondary" href="#try-it">
              {said.tryIt}
            </a>
            {mayWrite && !ours.includes(clientId) && <Delete client={client} path={path} />}
          </PageHead>
          {!mayWrite && <p class="soft">{said.readOnly}</p>}
          <RegistrationCard edited={edited} readOnly={!mayWrite} />
          <Secrets path={path} client={client} mayWrite={mayWrite} />
          {may('policy:read') && <PolicyCard path={path} mayWrite={may('policy:write')} />}
          <TryIt client={client} />
          {secret !== undefined && (
            <SecretShown
              title={said.secretTitle}
              lead={said.secretLead(clientId)}
              secret={secret}
              onClose={() => setSecret(undefined)}
            />
          )}
        </>
      )}
    </Shown>
  )
}

type CardProps = { edited: ReturnType<typeof useEdited<Registration, Typed>>; readOnly: boolean }

function RegistrationCard({ edited, readOnly }: CardProps) {
  const said = useWords(words)
  const value = edited.value ?? {}
  const isSound = isJson(value.jwks)
  const set = (name: string, typed: unknown) => edited.change({ ...value, [name]: typed })
  return (
    <section class="card" aria-labelledby="registration">
      <h2 id="registration">{said.registration}</h2>
      <Form
        label={said.registration}
        busy={edited.saving}
        refused={edited.refused}
        onSubmit={() => {
          if (isSound && edited.isEdited) edited.save()
        }}
      >
        <Theirs edited={edited} />
        <Doubts of={edited.warnings} />
        {Object.entries(groups).map(([group, members]) => (
          <details key={group} open={openGroups.includes(group)}>
            <summary>{said.groups[group]}</summary>
            {members.map((member) => (
              <MemberField
                key={member.name}
                member={member}
                value={typedOf(member.name, value[member.name])}
                readOnly={readOnly}
                onChange={(typed) => set(member.name, typed)}
              />
            ))}
          </details>
        ))}
      </Form>
      <SaveBar edited={edited} can={isSound} />
    </section>
  )
}

function Delete({ client, path }: { client: Registration; path: string }) {
  const said = useWords(words)
  const { route } = useLocation()
  const isOpen = useDraft('delete', false)
  const [typed, setTyped] = useState('')
  const [state, setState] = useState<{ busy: boolean; refused?: Refused }>({ busy: false })
  const [id, name] = [String(client.client_id), String(client.client_name)]
  const remove = async () => {
    if (typed !== id) return
    setState({ busy: true })
    const reply = await api.delete(path)
    if (!reply.ok) return setState({ busy: false, refused: reply })
    isOpen.clear()
    say(said.deleted(name))
    route('/console/clients')
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => isOpen.set(true)}>
        {said.delete}
      </button>
      {isOpen.value && (
        <Confirm
          title={said.deleteTitle(name)}
          action={said.delete}
          danger
          busy={state.busy || typed !== id}
          refused={state.refused}
          onConfirm={remove}
          onClose={isOpen.clear}
        >
          <p>{said.deleteLead}</p>
          <TextField label={said.deleteTyped(id)} mono value={typed} onChange={setTyped} />
        </Confirm>
      )}
    </>
  )
}
