/** A user made, or what they are called changed: one form for both. */

import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { useAction } from '../../app/action.ts'
import { api } from '../../app/api.ts'
import { useDraft } from '../../app/drafts.ts'
import { CheckField, Form, TextField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { Notice, say } from '../../app/notice.tsx'
import type { PageProps } from '../../app/pages.ts'
import { Shown, useLoaded } from '../../app/states.tsx'
import { words } from '../words/users.ts'
import { type User, userPage, userPath } from './model.ts'

const texts = ['userName', 'displayName', 'givenName', 'familyName', 'email', 'locale', 'externalId'] as const
type Text = (typeof texts)[number]

/** What was typed, and only that: the rest is as it is. */
type Typed = Partial<Record<Text, string>> & { emailVerified?: boolean }

/** `null` takes a member away (RFC 7396); a name that was emptied is refused by the API, in words. */
function patchOf(typed: Typed, saved: Partial<User>): Record<string, unknown> {
  const changed = texts.filter((name) => typed[name] !== undefined && typed[name] !== (saved[name] ?? ''))
  const { emailVerified } = typed
  return {
    ...Object.fromEntries(
      changed.map((name) => [name, typed[name] === '' && name !== 'userName' ? null : typed[name]]),
    ),
    ...(emailVerified === undefined || emailVerified === (saved.emailVerified ?? false) ? {} : { emailVerified }),
  }
}

type FieldsProps = { typed: Typed; saved: Partial<User>; onType: (change: Typed) => void }

function Fields({ typed, saved, onType }: FieldsProps) {
  const { fields } = useWords(words)
  const hints: Partial<Record<Text, string>> = {
    email: fields.emailHint,
    locale: fields.localeHint,
    externalId: fields.externalIdHint,
  }
  const field = (name: Text) => (
    <TextField
      key={name}
      label={fields[name]}
      pointer={`/${name}`}
      type={name === 'email' ? 'email' : 'text'}
      hint={hints[name]}
      value={typed[name] ?? saved[name] ?? ''}
      onChange={(value) => onType({ [name]: value })}
      {...(name === 'userName' ? { required: true } : { optional: true })}
    />
  )
  const hasEmail = (typed.email ?? saved.email ?? '') !== ''
  return (
    <>
      {texts.slice(0, 5).map(field)}
      {hasEmail && (
        <CheckField
          label={fields.emailVerified}
          pointer="/emailVerified"
          checked={typed.emailVerified ?? saved.emailVerified ?? false}
          onChange={(emailVerified) => onType({ emailVerified })}
        />
      )}
      {texts.slice(5).map(field)}
    </>
  )
}

export function NewPage() {
  const said = useWords(words)
  const { route } = useLocation()
  const draft = useDraft<Typed & { directory?: boolean }>('new-user', {})
  // In memory only: what is secret is no draft.
  const [password, setPassword] = useState('')
  const { busy, refused, run } = useAction()
  const { directory = false, ...typed } = draft.value
  const create = async () => {
    const body = {
      ...Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== '')),
      ...(directory ? { directory } : password === '' ? {} : { password }),
    }
    const made = await run(() => api.post<User>('/users', { body }))
    if (made === undefined) return
    draft.clear()
    say(said.new.made(made.data.displayName))
    route(userPage(made.data.id))
  }
  return (
    <>
      <PageHead title={said.new.title} lead={said.new.lead} back={{ href: '/console/users', label: said.title }} />
      <Form onSubmit={create} refused={refused} busy={busy}>
        <Fields typed={typed} saved={{}} onType={(change) => draft.set((now) => ({ ...now, ...change }))} />
        <CheckField
          label={said.fields.directory}
          pointer="/directory"
          checked={directory}
          onChange={(checked) => draft.set((now) => ({ ...now, directory: checked }))}
        />
        {!directory && (
          <TextField
            label={said.fields.password}
            pointer="/password"
            type="password"
            autocomplete="new-password"
            hint={said.fields.passwordHint}
            optional
            value={password}
            onChange={setPassword}
          />
        )}
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={busy}>
            {said.new.save}
          </button>
        </div>
      </Form>
    </>
  )
}

export function EditPage({ params: { userId = '' } }: PageProps) {
  const said = useWords(words)
  const user = useLoaded(userId, () => api.get<User>(userPath(userId)))
  const back = { href: userPage(userId), label: user.data?.displayName ?? said.title }
  return (
    <>
      <PageHead title={said.edit.title(user.data?.displayName ?? '…')} back={back} />
      <Shown of={user}>
        {(saved) => <EditForm saved={saved} etag={user.etag} put={user.put} reload={user.reload} />}
      </Shown>
    </>
  )
}

type EditFormProps = {
  saved: User
  etag: string | undefined
  put: (user: User, etag?: string) => void
  reload: () => Promise<void>
}

function EditForm({ saved, etag, put, reload }: EditFormProps) {
  const said = useWords(words)
  const { route } = useLocation()
  const draft = useDraft<Typed>('profile', {})
  const { busy, refused, run, forget } = useAction()
  const isOvertaken = refused?.status === 412
  const save = async () => {
    const body = patchOf(draft.value, saved)
    const done = await run(() => api.patch<User>(userPath(saved.id), { body, ifMatch: etag }))
    if (done === undefined) return
    draft.clear()
    put(done.data, done.etag)
    say(said.edit.saved)
    route(userPage(saved.id))
  }
  const look = async () => {
    await reload()
    forget()
  }
  return (
    <Form onSubmit={save} refused={isOvertaken ? undefined : refused} busy={busy}>
      {isOvertaken && (
        <Notice kind="error" focus>
          <p>{said.edit.conflict}</p>
          <button type="button" class="small secondary" onClick={look}>
            {said.edit.look}
          </button>
        </Notice>
      )}
      <Fields typed={draft.value} saved={saved} onType={(change) => draft.set((now) => ({ ...now, ...change }))} />
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={busy}>
          {said.edit.save}
        </button>
        <button
          type="button"
          class="secondary"
          onClick={() => {
            draft.clear()
            route(userPage(saved.id))
          }}
        >
          {said.edit.discard}
        </button>
      </div>
    </Form>
  )
}
