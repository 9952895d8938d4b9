/** Seconds as people say them: in the largest unit that they are a whole number of. */
import { useState } from 'preact/hooks'
import { SelectField, TextField } from '../app/form.tsx'

export const units = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const
export type Unit = keyof typeof units

const unitOf = (seconds: number): Unit =>
  (['day', 'hour', 'minute'] as const).find((unit) => seconds > 0 && seconds % units[unit] === 0) ?? 'second'

/** `90 minutes`, in the language of the tag. */
export function ageIn(tag: string, seconds: number | null): string {
  if (seconds === null) return '–'
  const unit = unitOf(seconds)
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / units[unit])
}

type DurationProps = {
  label: string
  unitLabel: string
  unitNames: Record<Unit, string>
  /** Seconds. `null`: nothing that is a number. */
  value: number | null
  onChange: (seconds: number | null) => void
  pointer: string
  error?: string | undefined
  hint?: string
}

/** A number and its unit. Another unit keeps the number: who types 5 and then chooses days means five days. */
export function DurationField({ label, unitLabel, unitNames, value, onChange, pointer, error, hint }: DurationProps) {
  const [unit, setUnit] = useState<Unit>(unitOf(value ?? 0))
  const [text, setText] = useState(value === null ? '' : String(value / units[unit]))
  const tell = (typed: string, inUnit: Unit) => {
    setText(typed)
    setUnit(inUnit)
    onChange(typed.trim() === '' || !Number.isFinite(Number(typed)) ? null : Number(typed) * units[inUnit])
  }
  return (
    <div class="duration">
      <TextField
        label={label}
        type="number"
        min={0}
        value={text}
        pointer={pointer}
        error={error}
        hint={hint}
        onChange={(typed) => tell(typed, unit)}
      />
      <SelectField
        label={unitLabel}
        value={unit}
        choices={Object.entries(unitNames).map(([name, label]) => ({ value: name, label }))}
        onChange={(name) => tell(text, name as Unit)}
      />
    </div>
  )
}
