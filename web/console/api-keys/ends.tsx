/** When a key ends by itself: never, after some days, or on a date. */
import { SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { words } from '../words/api-keys.ts'

export type End = { choice: string; date: string }

const day = 86_400_000

/** ISO 8601; `undefined`: never. A date is good to its end, where the person is. */
export function endOf({ choice, date }: End): string | undefined {
  if (choice === 'never') return undefined
  if (choice !== 'date') return new Date(Date.now() + Number(choice) * day).toISOString()
  const end = new Date(`${date}T23:59:59`)
  return Number.isNaN(end.getTime()) ? date : end.toISOString()
}

export function EndFields({ end, onChange }: { end: End; onChange: (end: End) => void }) {
  const said = useWords(words)
  const choices = ['never', '90', '365', 'date'].map((value) => ({ value, label: said.ends[value] ?? value }))
  return (
    <>
      <SelectField
        label={said.end}
        pointer={end.choice === 'date' ? '/-' : '/expiresDateTime'}
        value={end.choice}
        choices={choices}
        onChange={(choice) => onChange({ ...end, choice })}
      />
      {end.choice === 'date' && (
        <TextField
          label={said.date}
          type="date"
          required
          pointer="/expiresDateTime"
          value={end.date}
          onChange={(date) => onChange({ ...end, date })}
        />
      )}
    </>
  )
}
