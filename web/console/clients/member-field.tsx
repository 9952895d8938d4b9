/** One member of a registration, by its registered name: who knows the standard knows the form. */
import { AreaField, CheckField, SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { words } from '../words/clients.ts'
import { isJson, type Member } from './registration.ts'

type MemberFieldProps = { member: Member; value: unknown; readOnly: boolean; onChange: (typed: unknown) => void }

export function MemberField({ member, value, readOnly, onChange }: MemberFieldProps) {
  const said = useWords(words)
  const common = { label: member.name, pointer: `/${member.name}` }
  const text = value === undefined || value === null ? '' : String(value)
  switch (member.kind) {
    case 'switch':
      return <CheckField {...common} checked={value === true} disabled={readOnly} onChange={onChange} />
    case 'text':
      return (
        <TextField
          {...common}
          mono={member.name !== 'client_name'}
          readOnly={readOnly}
          value={text}
          onChange={onChange}
        />
      )
    case 'number': {
      const tell = (typed: string) => onChange(typed === '' ? undefined : Number(typed))
      return <TextField {...common} type="number" min={0} readOnly={readOnly} value={text} onChange={tell} />
    }
    case 'lines':
      return (
        <AreaField
          {...common}
          hint={said.oneALine}
          mono
          rows={3}
          readOnly={readOnly}
          value={text}
          onChange={onChange}
        />
      )
    case 'json': {
      const error = isJson(value) ? undefined : said.notJson
      return <AreaField {...common} mono rows={6} readOnly={readOnly} error={error} value={text} onChange={onChange} />
    }
    case 'choice': {
      const choices = [
        ...(member.optional ? [{ value: '', label: said.notSet }] : []),
        ...member.of.map((each) => ({ value: each, label: each })),
      ]
      const tell = (chosen: string) => onChange(chosen === '' ? undefined : chosen)
      return <SelectField {...common} choices={choices} readOnly={readOnly} value={text} onChange={tell} />
    }
    case 'several': {
      const chosen = Array.isArray(value) ? value : []
      return (
        <fieldset>
          <legend>{member.name}</legend>
          {member.of.map((each) => (
            <CheckField
              key={each}
              label={each}
              checked={chosen.includes(each)}
              disabled={readOnly}
              onChange={(isOn) => onChange(member.of.filter((one) => (one === each ? isOn : chosen.includes(one))))}
            />
          ))}
        </fieldset>
      )
    }
  }
}
