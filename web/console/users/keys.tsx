/** A user's security keys: what each is, as far as something vouches for it, and what may be done to it here. */
import { useAction } from '../../app/action.ts'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Confirm } from '../../app/dialog.tsx'
import { useDraft } from '../../app/drafts.ts'
import { AreaField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import type { Envelope } from '../../app/paged.ts'
import { Badge, Facts, Identifier, Time } from '../../app/small.tsx'
import { Empty, Shown, useLoaded } from '../../app/states.tsx'
import { words } from '../words/user.ts'
import { type Key, sinceOf, toneOf, type User, userPath } from './model.ts'

export type Model = { aaguid: string; description: string; icon?: string }

/** Only of what a certificate says: a claim gets no name and no picture. */
const certifiedModels = (keys: readonly Key[]): string[] => [
  ...new Set(
    keys.flatMap(({ provenance, metadata: { aaguid, aaguidCertified } }) =>
      provenance === 'attested' && aaguidCertified && aaguid !== undefined ? [aaguid] : [],
    ),
  ),
]

async function readModels(keys: readonly Key[]): Promise<readonly Model[]> {
  const aaguids = certifiedModels(keys)
  if (aaguids.length === 0) return []
  const reply = await api.get<{ items: readonly Model[] }>(`/fido-models?aaguid=${aaguids.join(',')}`, { quiet: true })
  // Without their names they are the same keys.
  return reply.ok ? reply.data.items : []
}

export function Keys({ user, onChange }: { user: User; onChange: () => void }) {
  const { keys: said } = useWords(words)
  const path = `${userPath(user.id)}/authenticators`
  const keys = useLoaded(path, () => api.get<Envelope<Key>>(`${path}?pageSize=100`))
  const items = keys.data?.page.items ?? []
  const wanted = certifiedModels(items).join(',')
  const models = useLoaded(wanted, async () => ({
    ok: true,
    status: 200,
    data: await readModels(items),
    headers: new Headers(),
  }))
  return (
    <section>
      <h2>{said.title}</h2>
      <Shown of={keys}>
        {({ page }) =>
          page.items.length === 0 ? (
            <Empty>
              <p>{said.none}</p>
            </Empty>
          ) : (
            page.items.map((key) => (
              <OneKey
                key={key.id}
                it={key}
                path={`${path}/${key.id}`}
                model={models.data?.find(({ aaguid }) => aaguid === key.metadata.aaguid)}
                reload={async () => {
                  onChange()
                  await keys.reload()
                }}
              />
            ))
          )
        }
      </Shown>
    </section>
  )
}

type OneKeyProps = { it: Key; path: string; model: Model | undefined; reload: () => Promise<void> }

function OneKey(props: OneKeyProps) {
  const { it: key, model } = props
  const { keys: said, states } = useWords(words)
  const name = key.friendlyName ?? said.unnamed
  const since = sinceOf(key)
  return (
    <article class="card key" aria-label={name}>
      <div class="key-head">
        {model?.icon && <img class="model-icon" src={model.icon} alt="" width="40" height="40" />}
        <div>
          <h3>{name}</h3>
          {model && <p class="soft">{model.description}</p>}
        </div>
        <p class="key-state">
          <Badge tone={toneOf[key.state]}>{states[key.state]}</Badge> {since && <Time at={since} />}
        </p>
      </div>
      <KeyFacts it={key} model={model} />
      <KeyActions {...props} name={name} />
    </article>
  )
}

function KeyFacts({ it: key, model }: { it: Key; model: Model | undefined }) {
  const { keys: said } = useWords(words)
  const { aaguid, aaguidCertified, credentialId } = key.metadata
  return (
    <Facts
      of={[
        [said.provenance, key.provenance === 'attested' ? said.attested : said.raw],
        [said.origin, key.origin === 'imported' ? said.imported : said.local],
        aaguidCertified && model === undefined && [said.model, said.unknownModel],
        aaguid !== undefined && [
          said.aaguid,
          <>
            <code>{aaguid}</code>
            {!aaguidCertified && ` (${said.claimed})`}
          </>,
        ],
        [said.lastUsed, <Time key="used" at={key.lastUsedAuthnDateTime ?? undefined} none={said.never} />],
        [said.created, <Time key="created" at={key.createdDateTime} />],
        key.activatedDateTime !== undefined && [said.activated, <Time key="active" at={key.activatedDateTime} />],
        key.expiresDateTime !== undefined && [said.expires, <Time key="ends" at={key.expiresDateTime} exact />],
        key.externalId !== undefined && [said.externalId, key.externalId],
        key.serialNumber !== undefined && [said.serialNumber, key.serialNumber],
        [said.credentialId, <Identifier key="id" text={credentialId} name={said.credentialId} />],
      ]}
    />
  )
}

type ActionsProps = OneKeyProps & { name: string }
type AskProps = ActionsProps & { close: () => void }

const asks = { rename: Rename, suspend: Suspend, remove: Remove, glass: BreakGlass }

function KeyActions(props: ActionsProps) {
  const { it: key, path, name, reload } = props
  const { keys: said } = useWords(words)
  const may = useMay()
  const open = useDraft<keyof typeof asks | ''>(`key-question-${key.id}`, '')
  const { refused, run } = useAction()
  const resume = async () => {
    if ((await run(() => api.patch(path, { body: { state: 'active' } }))) === undefined) return
    say(said.resumed(name))
    reload()
  }
  const Open = open.value === '' ? undefined : asks[open.value]
  const button = (ask: keyof typeof asks, text: string, kind = 'secondary') => (
    <button type="button" class={`small ${kind}`} onClick={() => open.set(ask)} aria-label={`${text}: ${name}`}>
      {text}
    </button>
  )
  if (!may('authenticators:write')) return null
  const isImported = key.origin === 'imported'
  return (
    <>
      {isImported && <p class="hint">{said.why}</p>}
      {refused && <Refusal refused={refused} />}
      <div class="actions">
        {button('rename', said.rename)}
        {key.state === 'active' && button('suspend', said.suspend)}
        {key.state === 'suspended' && (
          <button type="button" class="small secondary" onClick={resume} aria-label={`${said.resume}: ${name}`}>
            {said.resume}
          </button>
        )}
        {!isImported && button('remove', said.remove, 'danger')}
        {isImported && may('authenticators:break-glass') && button('glass', said.breakGlass, 'danger')}
      </div>
      {Open && <Open {...props} close={open.clear} />}
    </>
  )
}

function Rename({ it: key, path, name, reload, close }: AskProps) {
  const { keys: said } = useWords(words)
  const typed = useDraft(`key-name-${key.id}`, key.friendlyName ?? '')
  const { busy, refused, run } = useAction()
  const leave = () => {
    typed.clear()
    close()
  }
  const go = async () => {
    if ((await run(() => api.patch(path, { body: { friendlyName: typed.value } }))) === undefined) return
    leave()
    say(said.renamed)
    reload()
  }
  return (
    <Confirm title={said.renameTitle(name)} action={said.save} {...{ busy, refused }} onConfirm={go} onClose={leave}>
      <TextField label={said.nickname} required value={typed.value} onChange={(value) => typed.set(value)} />
    </Confirm>
  )
}

function Suspend({ path, name, reload, close }: AskProps) {
  const { keys: said } = useWords(words)
  const { busy, refused, run } = useAction()
  const go = async () => {
    if ((await run(() => api.patch(path, { body: { state: 'suspended' } }))) === undefined) return
    close()
    say(said.suspended(name))
    reload()
  }
  return (
    <Confirm
      title={said.suspendTitle(name)}
      action={said.suspend}
      {...{ busy, refused }}
      onConfirm={go}
      onClose={close}
    >
      <p>{said.suspendLead}</p>
    </Confirm>
  )
}

function Remove({ path, name, reload, close }: AskProps) {
  const { keys: said } = useWords(words)
  const { busy, refused, run } = useAction()
  const go = async () => {
    if ((await run(() => api.delete(path))) === undefined) return
    close()
    say(said.removed(name))
    reload()
  }
  return (
    <Confirm
      title={said.removeTitle(name)}
      action={said.remove}
      danger
      {...{ busy, refused }}
      onConfirm={go}
      onClose={close}
    >
      <p>{said.removeLead}</p>
    </Confirm>
  )
}

function BreakGlass({ it: key, path, name, reload, close }: AskProps) {
  const { keys: said } = useWords(words)
  const reason = useDraft(`key-glass-${key.id}`, '')
  const { busy, refused, run } = useAction()
  const leave = () => {
    reason.clear()
    close()
  }
  const go = async () => {
    const body = { reason: reason.value }
    if ((await run(() => api.post(`${path}/break-glass`, { body }))) === undefined) return
    leave()
    say(said.removed(name))
    reload()
  }
  return (
    <Confirm
      title={said.glassTitle(name)}
      action={said.glassAction}
      danger
      {...{ busy, refused }}
      onConfirm={go}
      onClose={leave}
    >
      <p>{said.glassLead}</p>
      <AreaField
        label={said.glassReason}
        pointer="/reason"
        hint={said.glassHint}
        required
        value={reason.value}
        onChange={(value) => reason.set(value)}
      />
    </Confirm>
  )
}
