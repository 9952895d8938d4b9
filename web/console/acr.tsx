/** The realm's map of names to levels, what is asked for where nothing is, and which flow reaches what. */
import type { Flow } from '../../src/core/step-up/flow.ts'
import { enrollable, memberAt, parseRealmStepUp, type RealmStepUp } from '../../src/core/step-up/policy.ts'
import { api, type Reply } from '../app/api.ts'
import { useMay } from '../app/caller.ts'
import { CheckField, Form, SelectField, TextField } from '../app/form.tsx'
import { PageHead } from '../app/head.tsx'
import { useWords } from '../app/language.ts'
import { Notice } from '../app/notice.tsx'
import { Badge } from '../app/small.tsx'
import { Empty, Shown, useLoaded } from '../app/states.tsx'
import { Doubts, type Edited, SaveBar, Theirs, useEdited } from './edited.tsx'
import type { FlowRow } from './flows/list.tsx'
import { reachedBy } from './flows/reached.ts'
import { words } from './words/acr.ts'

/** As it is typed: names may be empty or alike for a while, numbers missing, and the default is a line of text. */
type Draft = Partial<RealmStepUp> & { rows?: Row[]; defaults?: string }
type Row = { name: string; loa: number | null }

export function Page() {
  const said = useWords(words)
  const edited = useEdited<RealmStepUp, Draft>('/step-up-policy', 'policy', written)
  const flows = useLoaded('/flows', allFlows)
  return (
    <>
      <PageHead title={said.title} lead={said.lead} />
      <Shown of={edited.loaded}>
        {(saved) => (
          <>
            <PolicyForm saved={saved} edited={edited} />
            <Shown of={flows}>
              {(all) => <Reach policy={edited.isEdited ? (read(edited.value) ?? saved) : saved} flows={all} />}
            </Shown>
          </>
        )}
      </Shown>
    </>
  )
}

const rowsOf = (draft: Draft): Row[] =>
  draft.rows ?? Object.entries(draft.acrToLoa ?? {}).map(([name, loa]) => ({ name, loa }))
const defaultsOf = (draft: Draft): string => draft.defaults ?? (draft.defaultAcr ?? []).join(' ')

/** What is sent of a draft. */
const written = (draft: Draft): unknown => ({
  acrToLoa: Object.fromEntries(rowsOf(draft).map(({ name, loa }) => [name, loa])),
  defaultAcr: defaultsOf(draft)
    .split(/\s+/)
    .filter((name) => name !== ''),
  unreachable: draft.unreachable,
  enrol: draft.enrol,
})

const read = (draft: Draft | undefined): RealmStepUp | undefined => {
  const parsed = parseRealmStepUp(written(draft ?? {}))
  return parsed.ok ? parsed.value : undefined
}

function PolicyForm({ saved, edited }: { saved: RealmStepUp; edited: Edited<RealmStepUp, Draft> }) {
  const said = useWords(words)
  const canWrite = useMay()('policy:write')
  const draft = edited.value ?? saved
  const parsed = parseRealmStepUp(written(draft))
  const rows = rowsOf(draft)
  const isTwice = new Set(rows.map(({ name }) => name)).size < rows.length
  const wrongAt = (pointer: string) => (!parsed.ok && parsed.at?.startsWith(pointer) ? parsed.detail : undefined)
  const wrongOf = (name: string) => (!parsed.ok && parsed.at === memberAt('acrToLoa', name) ? parsed.detail : undefined)
  const isWrongAsAWhole = !parsed.ok && parsed.at === '/acrToLoa'
  const change = (part: Draft) => edited.change({ ...draft, ...part })
  const can = parsed.ok && !isTwice
  return (
    <>
      {!canWrite && (
        <Notice kind="info">
          <p>{said.readOnly}</p>
        </Notice>
      )}
      <Theirs edited={edited} />
      <Doubts of={edited.warnings} />
      <Form onSubmit={() => can && edited.save()} refused={edited.refused} busy={edited.saving}>
        <h2>{said.map}</h2>
        <Names rows={rows} readOnly={!canWrite} wrong={wrongOf} put={(next) => change({ rows: next })} />
        {(isTwice || isWrongAsAWhole) && (
          <p class="field-error" role="status">
            {isTwice ? said.twice : wrongAt('/acrToLoa')}
          </p>
        )}
        <TextField
          label={said.defaults}
          hint={said.defaultsHint}
          pointer="/defaultAcr"
          mono
          readOnly={!canWrite}
          value={defaultsOf(draft)}
          error={wrongAt('/defaultAcr')}
          onChange={(defaults) => change({ defaults })}
        />
        <SelectField
          label={said.unreachable}
          pointer="/unreachable"
          readOnly={!canWrite}
          value={draft.unreachable ?? 'attempt'}
          choices={(['attempt', 'fail-fast'] as const).map((value) => ({ value, label: said[value] }))}
          onChange={(value) => change({ unreachable: value as RealmStepUp['unreachable'] })}
        />
        <CheckField
          label={said.enrol}
          pointer="/enrol"
          disabled={!canWrite}
          checked={(draft.enrol ?? []).includes('otp')}
          onChange={(checked) => change({ enrol: checked ? [...enrollable] : [] })}
        />
        <SaveBar edited={edited} can={can} />
      </Form>
    </>
  )
}

type NamesProps = {
  rows: readonly Row[]
  readOnly: boolean
  wrong: (name: string) => string | undefined
  put: (rows: Row[]) => void
}

function Names({ rows, readOnly, wrong, put }: NamesProps) {
  const said = useWords(words)
  const set = (at: number, part: Partial<Row>) =>
    put(rows.map((row, index) => (index === at ? { ...row, ...part } : row)))
  return (
    <>
      {rows.length === 0 && <Empty>{said.empty}</Empty>}
      <ul class="acr-names">
        {rows.map(({ name, loa }, at) => (
          // A name has no name of its own while it is typed.
          <li key={at}>
            <TextField
              label={said.name}
              mono
              value={name}
              error={wrong(name)?.startsWith('the name') ? wrong(name) : undefined}
              readOnly={readOnly}
              onChange={(text) => set(at, { name: text })}
            />
            <TextField
              label={said.loa}
              type="number"
              min={0}
              error={wrong(name)?.startsWith('the name') ? undefined : wrong(name)}
              readOnly={readOnly}
              value={loa === null ? '' : String(loa)}
              onChange={(text) => set(at, { loa: text.trim() === '' ? null : Number(text) })}
            />
            {!readOnly && (
              <button
                type="button"
                class="secondary"
                aria-label={said.remove(name || said.unnamed)}
                onClick={() => put(rows.filter((_, index) => index !== at))}
              >
                {said.removeWord}
              </button>
            )}
          </li>
        ))}
      </ul>
      {!readOnly && (
        <button
          type="button"
          class="secondary acr-add"
          onClick={() => put([...rows, { name: '', loa: Math.max(-1, ...rows.map((row) => row.loa ?? 0)) + 1 }])}
        >
          {said.add}
        </button>
      )}
    </>
  )
}

type Known = { row: FlowRow; flow: Flow }

/** There are fifty at most. */
async function allFlows(): Promise<Reply<Known[]>> {
  const listed = await api.get<{ flows: FlowRow[] }>('/flows', { quiet: true })
  if (!listed.ok) return listed
  const all: Known[] = []
  for (const row of listed.data.flows) {
    const flow = await api.get<Flow>(`/flows/${encodeURIComponent(row.id)}`, { quiet: true })
    if (!flow.ok) return flow
    all.push({ row, flow: flow.data })
  }
  return { ...listed, data: all }
}

function Reach({ policy, flows }: { policy: RealmStepUp; flows: readonly Known[] }) {
  const said = useWords(words)
  const names = Object.entries(policy.acrToLoa)
  if (names.length === 0) return null
  return (
    <section aria-labelledby="reach">
      <h2 id="reach">{said.reach}</h2>
      <p class="soft">{said.reachLead}</p>
      <div class="pane">
        <table>
          <thead>
            <tr>
              <th scope="col">{said.flow}</th>
              {names.map(([name, loa]) => (
                <th scope="col" key={name}>
                  <code>{name}</code> ({loa})
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {flows.map(({ row, flow }) => (
              <tr key={row.id}>
                <th scope="row">
                  <a href={`/console/flows/${encodeURIComponent(row.id)}`}>{row.name}</a>{' '}
                  {row.bound && <Badge tone="good">{said.bound}</Badge>}
                </th>
                {names.map(([name, loa]) => {
                  const level = reachedBy(flow, loa)
                  return (
                    <td key={name}>
                      {level ? `✓ ${level.alias} (${level.loa})` : <span class="soft">{said.never}</span>}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
