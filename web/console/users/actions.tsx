/** What can be done to a user as a whole. Which question is open is a draft, so that it is open again after a step-up. */

import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { type Role, roles } from '../../../src/core/user.ts'
import { useAction } from '../../app/action.ts'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm, Dialog, DialogActions } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { CheckField, Form, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { words } from '../words/user.ts'
import { type User, userPage, userPath } from './model.ts'

type ActionsProps = { user: User; etag: string | undefined; put: (user: User, etag?: string) => void }
type AskProps = ActionsProps & { close: () => void }

const asks = { disable: Disable, password: Password, roles: Roles, remove: Remove }
type Ask = keyof typeof asks

export function UserActions(props: ActionsProps) {
  const { user, put } = props
  const { actions, enabled, unlocked } = useWords(words)
  const may = useMay()
  const open = useDraft<Ask | ''>('user-question', '')
  const { refused, run } = useAction()
  const change = async (ask: () => ReturnType<typeof api.patch<User>>, done: string) => {
    const changed = await run(ask)
    if (changed === undefined) return
    put(changed.data, changed.etag)
    say(done)
  }
  const { displayName } = user
  const path = userPath(user.id)
  const Open = open.value === '' ? undefined : asks[open.value]
  const button = (ask: Ask, kind = 'secondary') => (
    <button type="button" class={kind} onClick={() => open.set(ask)}>
      {actions[ask]}
    </button>
  )
  return (
    <>
      {refused && <Refusal refused={refused} />}
      {may('users:write') && (
        <>
          <a class="button secondary" href={`${userPage(user.id)}/edit`}>
            {actions.edit}
          </a>
          {user.waitsUntilDateTime !== undefined && (
            <button
              type="button"
              class="secondary"
              onClick={() => change(() => api.post<User>(`${path}/unlock`), unlocked(displayName))}
            >
              {actions.unlock}
            </button>
          )}
          {!user.directory && button('password')}
          {user.enabled ? (
            button('disable')
          ) : (
            <button
              type="button"
              class="secondary"
              onClick={() => change(() => api.patch<User>(path, { body: { enabled: true } }), enabled(displayName))}
            >
              {actions.enable}
            </button>
          )}
        </>
      )}
      {may('roles:write') && button('roles')}
      {may('users:write') && button('remove', 'danger')}
      {Open && <Open {...props} close={open.clear} />}
    </>
  )
}

function Disable({ user, put, close }: AskProps) {
  const { disable, actions } = useWords(words)
  const { busy, refused, run } = useAction()
  const go = async () => {
    const done = await run(() => api.patch<User>(userPath(user.id), { body: { enabled: false } }))
    if (done === undefined) return
    close()
    put(done.data, done.etag)
    say(disable.done(user.displayName))
  }
  return (
    <Confirm
      title={disable.title(user.displayName)}
      action={actions.disable}
      {...{ busy, refused }}
      onConfirm={go}
      onClose={close}
    >
      <p>{disable.lead}</p>
    </Confirm>
  )
}

/** The name is typed, because it is the only thing that a wrong tab and a right one do not have in common. */
function Remove({ user, etag, close }: AskProps) {
  const { remove } = useWords(words)
  const { route } = useLocation()
  const typed = useDraft('user-removal', '')
  const [isWrong, setWrong] = useState(false)
  const { busy, refused, run } = useAction()
  const leave = () => {
    typed.clear()
    close()
  }
  const go = async () => {
    setWrong(typed.value !== user.userName)
    if (typed.value !== user.userName) return
    const done = await run(() => api.delete(userPath(user.id), { ifMatch: etag }))
    if (done === undefined) return
    leave()
    say(remove.done(user.displayName))
    route('/console/users')
  }
  return (
    <Confirm
      title={remove.title(user.displayName)}
      action={remove.action}
      danger
      {...{ busy, refused }}
      onConfirm={go}
      onClose={leave}
    >
      <p>{remove.lead}</p>
      <TextField
        label={remove.type(user.userName)}
        value={typed.value}
        onChange={(value) => typed.set(value)}
        error={isWrong ? remove.mismatch : undefined}
      />
    </Confirm>
  )
}

function Password({ user, put, close }: AskProps) {
  const { password: said } = useWords(words)
  const [password, setPassword] = useState('')
  const { busy, refused, run } = useAction()
  const go = async () => {
    const done = await run(() => api.post<User>(`${userPath(user.id)}/password`, { body: { password } }))
    if (done === undefined) return
    close()
    put(done.data, done.etag)
    say(said.done)
  }
  return (
    <Dialog title={said.title(user.displayName)} onClose={close}>
      <Form onSubmit={go} refused={refused} busy={busy}>
        <TextField
          label={said.label}
          pointer="/password"
          type="password"
          autocomplete="new-password"
          required
          hint={said.hint}
          value={password}
          onChange={setPassword}
        />
        <Buttons action={said.action} busy={busy} close={close} />
      </Form>
    </Dialog>
  )
}

function Roles({ user, etag, put, close }: AskProps) {
  const { roles: said } = useWords(words)
  const chosen = useDraft<readonly Role[]>('user-roles', user.roles)
  const { busy, refused, run } = useAction()
  const leave = () => {
    chosen.clear()
    close()
  }
  const go = async () => {
    const asked = { body: { roles: chosen.value }, ifMatch: etag }
    const done = await run(() => api.put<User>(`${userPath(user.id)}/roles`, asked))
    if (done === undefined) return
    leave()
    put(done.data, done.etag)
    say(said.done)
  }
  return (
    <Dialog title={said.title(user.displayName)} onClose={leave}>
      <Form onSubmit={go} refused={refused} busy={busy}>
        <p>{said.lead}</p>
        {roles.map((role) => (
          <CheckField
            key={role}
            label={said[role]}
            checked={chosen.value.includes(role)}
            onChange={(checked) =>
              chosen.set((now) => (checked ? [...now, role] : now.filter((each) => each !== role)))
            }
          />
        ))}
        <Buttons action={said.save} busy={busy} close={leave} />
      </Form>
    </Dialog>
  )
}

function Buttons({ action, busy, close }: { action: string; busy: boolean; close: () => void }) {
  return <DialogActions action={action} busy={busy} onClose={close} />
}
