/** One setting: as it is, and as it is typed. */
import { AreaField, CheckField, SelectField, TextField } from '../../app/form.tsx'
import { tagOf, useLanguage, useWords } from '../../app/language.ts'
import { ageIn, DurationField } from '../duration.tsx'
import { words } from '../words/settings.ts'
import { fieldOf, type Name } from './fields.ts'

/** Read by whoever does not edit. */
export function SettingValue({ name, value }: { name: Name; value: unknown }) {
  const said = useWords(words)
  const tag = tagOf(useLanguage())
  const field = fieldOf[name]
  switch (field.kind) {
    case 'switch':
      return value === true ? said.enabled : said.disabled
    case 'choice':
      return said.choices[String(value)] ?? String(value)
    case 'duration':
      return value === undefined ? said.forever : ageIn(tag, Number(value))
    case 'number':
      return name === 'counterFailuresToLock' && value === 0 ? said.never : String(value)
    case 'pem':
      return Array.isArray(value) && value.length > 0 ? said.certificates(value.length) : said.none
    case 'lines':
      return <Several of={value} none={said.any} />
    case 'algorithms':
      return <Several of={value} none={said.none} />
    case 'acr':
      return <code>{String(value)}</code>
  }
}

const Several = ({ of, none }: { of: unknown; none: string }) =>
  Array.isArray(of) && of.length > 0 ? (
    <ul class="plain-list">
      {of.map((each: string) => (
        <li key={each}>
          <code>{each}</code>
        </li>
      ))}
    </ul>
  ) : (
    <span>{none}</span>
  )

type SettingFieldProps = {
  name: Name
  value: unknown
  onChange: (typed: unknown) => void
  /** The names of the realm's map. */
  acrs: readonly string[]
}

export function SettingField({ name, value, onChange, acrs }: SettingFieldProps) {
  const said = useWords(words)
  const { label, hint } = said.settings[name]
  const field = fieldOf[name]
  const common = { label, pointer: `/${name}`, ...(hint === undefined ? {} : { hint }) }
  const text = value === undefined || value === null ? '' : String(value)
  switch (field.kind) {
    case 'switch':
      return <CheckField {...common} checked={value === true} onChange={onChange} />
    case 'choice': {
      const choices = field.of.map((each) => ({ value: each, label: said.choices[each] ?? each }))
      return <SelectField {...common} value={text} choices={choices} onChange={onChange} />
    }
    case 'number': {
      const { least: min, most: max } = field
      const tell = (typed: string) => onChange(typed === '' ? null : Number(typed))
      return <TextField {...common} type="number" min={min} max={max} value={text} onChange={tell} />
    }
    case 'duration': {
      const seconds = typeof value === 'number' ? value : null
      const naming = { unitLabel: said.unit, unitNames: said.units }
      return <DurationField {...common} {...naming} value={seconds} onChange={onChange} />
    }
    case 'acr': {
      const choices = [...new Set([...acrs, text])].map((each) => ({ value: each, label: each }))
      return <SelectField {...common} value={text} choices={choices} onChange={onChange} />
    }
    case 'algorithms':
      return <Algorithms {...common} value={value} onChange={onChange} />
    case 'lines':
    case 'pem':
      return <AreaField {...common} mono rows={field.kind === 'pem' ? 6 : 4} value={text} onChange={onChange} />
  }
}

/** As `src/core/oidc/signing.ts` has them; the first and the third are always there. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']
const required = ['RS256', 'ES256']

type AlgorithmsProps = { label: string; hint?: string; value: unknown; onChange: (typed: unknown) => void }

function Algorithms({ label, hint, value, onChange }: AlgorithmsProps) {
  const chosen = Array.isArray(value) ? value : []
  return (
    <fieldset>
      <legend>{label}</legend>
      {hint && <p class="hint">{hint}</p>}
      {algorithms.map((alg) => (
        <CheckField
          key={alg}
          label={alg}
          checked={chosen.includes(alg)}
          disabled={required.includes(alg)}
          onChange={(isOn) => onChange(algorithms.filter((each) => (each === alg ? isOn : chosen.includes(each))))}
        />
      ))}
    </fieldset>
  )
}
