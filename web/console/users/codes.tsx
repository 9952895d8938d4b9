/** A user's one-time passwords, and how many recovery codes are left to them. */
import { useAction } from '../../app/action.ts'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { Badge, Time } from '../../app/small.tsx'
import { Shown, useLoaded } from '../../app/states.tsx'
import { type Column, Table } from '../../app/table.tsx'
import { words } from '../words/user.ts'
import { type OneTimePassword, toneOf, type User, userPath } from './model.ts'

/** Without recovery codes there are none left. */
type Theirs = { items: readonly OneTimePassword[]; recoveryCodesLeft: number }

export function Codes({ user }: { user: User }) {
  const { codes: said } = useWords(words)
  const path = `${userPath(user.id)}/one-time-passwords`
  const codes = useLoaded(path, () => api.get<Theirs>(path))
  const columns = useColumns(path, codes.reload)
  return (
    <section>
      <h2>{said.title}</h2>
      <Shown of={codes}>
        {({ items, recoveryCodesLeft }) => (
          <>
            <Table
              caption={said.title}
              columns={columns}
              rows={items}
              keyOf={({ id }) => id}
              empty={<p>{said.none}</p>}
            />
            <p class="soft after-table">{said.recovery(recoveryCodesLeft)}</p>
          </>
        )}
      </Shown>
    </section>
  )
}

function useColumns(path: string, reload: () => Promise<void>): Column<OneTimePassword>[] {
  const { codes: said, states } = useWords(words)
  const may = useMay()
  const columns: Column<OneTimePassword>[] = [
    { key: 'name', title: said.name, kind: 'row', cell: (otp) => nameOf(otp, said) },
    {
      key: 'state',
      title: said.state,
      kind: 'tight',
      cell: ({ state }) => <Badge tone={toneOf[state]}>{states[state]}</Badge>,
    },
    { key: 'serial', title: said.serial, kind: 'wide', cell: ({ serialNumber }) => serialNumber ?? '–' },
    {
      key: 'used',
      title: said.lastUsed,
      kind: 'wide',
      cell: ({ lastUsedDateTime }) => <Time at={lastUsedDateTime ?? undefined} />,
    },
  ]
  if (!may('otp:write')) return columns
  const cell = (otp: OneTimePassword) => <CodeActions it={otp} path={`${path}/${otp.id}`} reload={reload} />
  return [...columns, { key: 'do', title: said.do, kind: 'tight', cell }]
}

const nameOf = (
  { friendlyName, type, digits }: OneTimePassword,
  said: { totp: string; hotp: string; digits: (count: number) => string },
): string => `${friendlyName ?? said[type]}, ${said.digits(digits)}`

type CodeProps = { it: OneTimePassword; path: string; reload: () => Promise<void> }

function CodeActions({ it: otp, path, reload }: CodeProps) {
  const { codes: said } = useWords(words)
  const asking = useDraft(`code-removal-${otp.id}`, false)
  const { busy, refused, run } = useAction()
  const name = otp.friendlyName ?? said[otp.type]
  const change = async (state: 'active' | 'suspended') => {
    if ((await run(() => api.patch(path, { body: { state } }))) === undefined) return
    say(state === 'active' ? said.resumed(name) : said.suspended(name))
    reload()
  }
  const remove = async () => {
    if ((await run(() => api.delete(path))) === undefined) return
    asking.clear()
    say(said.removed(name))
    reload()
  }
  const button = (text: string, act: () => void, kind = 'secondary') => (
    <button type="button" class={`small ${kind}`} onClick={act} aria-label={`${text}: ${name}`}>
      {text}
    </button>
  )
  return (
    <span class="row-actions">
      {otp.state === 'active' && button(said.suspend, () => change('suspended'))}
      {otp.state === 'suspended' && button(said.resume, () => change('active'))}
      {button(said.remove, () => asking.set(true), 'danger')}
      {refused && !asking.value && <Refusal refused={refused} />}
      {asking.value && (
        <Confirm
          title={said.removeTitle(name)}
          action={said.remove}
          danger
          {...{ busy, refused }}
          onConfirm={remove}
          onClose={asking.clear}
        >
          <p>{said.removeLead}</p>
        </Confirm>
      )}
    </span>
  )
}
