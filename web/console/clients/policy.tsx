/** What step-up asks of people at one application: its flow, its names, its default and its minimum. */
import { api } from '../../app/api.ts'
import { AreaField, CheckField, Form, SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { Shown, useLoaded } from '../../app/states.tsx'
import { Doubts, SaveBar, Theirs, useEdited } from '../edited.tsx'
import { words } from '../words/clients.ts'

type Policy = {
  flow?: string
  acrToLoa?: Record<string, number>
  defaultAcr?: readonly string[]
  minimumAcr?: string
  enforcement: string
  maxAges?: Record<string, number>
  amr: boolean
}

/** Maps and lists are texts while they are typed. */
type Typed = Partial<Omit<Policy, 'acrToLoa' | 'defaultAcr' | 'maxAges'>> & {
  acrToLoa?: Policy['acrToLoa'] | string
  defaultAcr?: Policy['defaultAcr'] | string
  maxAges?: Policy['maxAges'] | string
}

const mapAsText = (map: Record<string, number> | string | undefined): string => {
  if (map === undefined || typeof map === 'string') return map ?? ''
  return Object.entries(map)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')
}

/** What is no number stays the text that it is, and the answer says so. */
function mapIn(text: string): Record<string, unknown> {
  const rows = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    rows.map((row) => {
      const at = row.lastIndexOf('=')
      const [name, value] = at < 0 ? [row.trim(), ''] : [row.slice(0, at).trim(), row.slice(at + 1).trim()]
      return [name, /^\d+$/.test(value) ? Number(value) : value]
    }),
  )
}

const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')

function documentOf(typed: Typed): unknown {
  const { acrToLoa, defaultAcr, maxAges, flow, minimumAcr, ...rest } = typed
  const mapped = (map: Typed['maxAges']) => (typeof map === 'string' ? mapIn(map) : map)
  const given: [string, unknown][] = [
    ['flow', flow === '' ? undefined : flow],
    ['acrToLoa', acrToLoa === '' ? undefined : mapped(acrToLoa)],
    ['defaultAcr', typeof defaultAcr === 'string' ? wordsIn(defaultAcr) : defaultAcr],
    ['minimumAcr', minimumAcr === '' ? undefined : minimumAcr],
    ['maxAges', maxAges === '' ? undefined : mapped(maxAges)],
  ]
  const isThere = ([name, value]: [string, unknown]) =>
    value !== undefined && !(name === 'defaultAcr' && Array.isArray(value) && value.length === 0)
  return { ...rest, ...Object.fromEntries(given.filter(isThere)) }
}

export function PolicyCard({ path, mayWrite }: { path: string; mayWrite: boolean }) {
  const said = useWords(words)
  const edited = useEdited<Policy, Typed>(`${path}/step-up-policy`, 'policy', documentOf)
  return (
    <section class="card" aria-labelledby="policy">
      <h2 id="policy">{said.policy}</h2>
      <p class="soft">{said.policyLead}</p>
      <Shown of={edited.loaded}>
        {() => (
          <Form
            label={said.policy}
            busy={edited.saving}
            refused={edited.refused}
            onSubmit={() => {
              if (edited.isEdited) edited.save()
            }}
          >
            <Theirs edited={edited} />
            <Doubts of={edited.warnings} />
            <Fields value={edited.value ?? {}} readOnly={!mayWrite} onChange={edited.change} />
          </Form>
        )}
      </Shown>
      <SaveBar edited={edited} can />
    </section>
  )
}

type FieldsProps = { value: Typed; readOnly: boolean; onChange: (value: Typed) => void }

function Fields({ value, readOnly, onChange }: FieldsProps) {
  const said = useWords(words)
  const flows = useLoaded('/flows', () => api.get<{ flows: { id: string; name: string }[] }>('/flows', { quiet: true }))
  const realm = useLoaded('/step-up-policy', () =>
    api.get<{ acrToLoa: Record<string, number> }>('/step-up-policy', { quiet: true }),
  )
  const own = typeof value.acrToLoa === 'string' ? mapIn(value.acrToLoa) : value.acrToLoa
  const names = Object.keys(own && Object.keys(own).length > 0 ? own : (realm.data?.acrToLoa ?? {}))
  const set = (change: Typed) => onChange({ ...value, ...change })
  const flowChoices = (flows.data?.flows ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))
  const known = [...new Set([...names, ...(value.minimumAcr ? [value.minimumAcr] : [])])]
  const defaults = typeof value.defaultAcr === 'string' ? value.defaultAcr : (value.defaultAcr ?? []).join(' ')
  return (
    <>
      <SelectField
        label={said.flow}
        pointer="/flow"
        readOnly={readOnly}
        value={value.flow ?? ''}
        choices={[{ value: '', label: said.ofRealm }, ...flowChoices]}
        onChange={(flow) => set({ flow })}
      />
      <SelectField
        label={said.minimumAcr}
        pointer="/minimumAcr"
        readOnly={readOnly}
        value={value.minimumAcr ?? ''}
        choices={[{ value: '', label: said.minimumNone }, ...known.map((name) => ({ value: name, label: name }))]}
        onChange={(minimumAcr) => set({ minimumAcr })}
      />
      <TextField
        label={said.defaultAcr}
        hint={said.defaultAcrHint}
        pointer="/defaultAcr"
        mono
        readOnly={readOnly}
        value={defaults}
        onChange={(defaultAcr) => set({ defaultAcr })}
      />
      <SelectField
        label={said.enforcement}
        pointer="/enforcement"
        readOnly={readOnly}
        value={value.enforcement ?? 'strict'}
        choices={Object.entries(said.enforcements).map(([name, label]) => ({ value: name, label }))}
        onChange={(enforcement) => set({ enforcement })}
      />
      <AreaField
        label={said.acrMap}
        hint={said.acrMapHint}
        pointer="/acrToLoa"
        mono
        rows={3}
        readOnly={readOnly}
        value={mapAsText(value.acrToLoa)}
        onChange={(acrToLoa) => set({ acrToLoa })}
      />
      <AreaField
        label={said.maxAges}
        hint={said.maxAgesHint}
        pointer="/maxAges"
        mono
        rows={3}
        readOnly={readOnly}
        value={mapAsText(value.maxAges)}
        onChange={(maxAges) => set({ maxAges })}
      />
      <CheckField
        label={said.amr}
        pointer="/amr"
        disabled={readOnly}
        checked={value.amr !== false}
        onChange={(amr) => set({ amr })}
      />
    </>
  )
}
