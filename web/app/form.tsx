/**
 * Forms that say at the field what is wrong with it: the pointer of a problem document (RFC 9457, RFC 6901) finds its
 * field, and what points nowhere is said above.
 */
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useId } from 'preact/hooks'
import type { Problem, Refused } from './api.ts'
import { useWords } from './language.ts'
import { Refusal } from './notice.tsx'
import { words } from './words.ts'

type Blamed = { pointer?: string | undefined; detail: string }

const blamedBy = ({ errors, pointer, detail, title }: Problem): readonly Blamed[] =>
  errors ?? (pointer === undefined ? [] : [{ pointer, detail: detail ?? title }])

const Blame = createContext<readonly Blamed[]>([])

type FormProps = {
  onSubmit: () => void
  refused?: Refused | undefined
  busy?: boolean
  label?: string
  children: ComponentChildren
}

/** What is sent while it is busy is not sent twice; its button stays where it is, so that the focus does. */
export function Form({ onSubmit, refused, busy, label, children }: FormProps) {
  return (
    <Blame.Provider value={refused === undefined ? [] : blamedBy(refused.problem)}>
      <form
        class="form"
        aria-busy={busy}
        aria-label={label}
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) onSubmit()
        }}
      >
        {refused && <Refusal refused={refused} />}
        {children}
      </form>
    </Blame.Provider>
  )
}

type FieldProps = {
  label: string
  /** As the API names it: `/userName`. What points below it is meant too. */
  pointer?: string
  hint?: ComponentChildren
  /** Found by the page itself, before anything is sent. */
  error?: string | undefined
  optional?: boolean
}

type Wiring = { id: string; describedBy: string | undefined; invalid: boolean; error: string | undefined }

function useWiring({ pointer, hint, error }: FieldProps): Wiring {
  const id = useId()
  const blamed = useContext(Blame).find(
    (one) => pointer !== undefined && (one.pointer === pointer || one.pointer?.startsWith(`${pointer}/`)),
  )
  const wrong = error ?? blamed?.detail
  const described = [...(hint ? [`${id}-hint`] : []), ...(wrong === undefined ? [] : [`${id}-error`])].join(' ')
  return { id, describedBy: described === '' ? undefined : described, invalid: wrong !== undefined, error: wrong }
}

function Frame({ field, wiring, children }: { field: FieldProps; wiring: Wiring; children: ComponentChildren }) {
  const { optional } = useWords(words)
  return (
    <div class="field">
      <label for={wiring.id}>
        {field.label}
        {field.optional && <span class="optional"> ({optional})</span>}
      </label>
      {children}
      {field.hint && (
        <p class="hint" id={`${wiring.id}-hint`}>
          {field.hint}
        </p>
      )}
      {wiring.error !== undefined && (
        <p class="field-error" id={`${wiring.id}-error`}>
          {wiring.error}
        </p>
      )}
    </div>
  )
}

type Typed = FieldProps & { value: string; onChange: (value: string) => void; required?: boolean; readOnly?: boolean }

type TextProps = Typed & {
  type?: 'text' | 'email' | 'url' | 'number' | 'password' | 'search' | 'date' | 'datetime-local'
  autocomplete?: 'off' | 'new-password' | 'current-password' | 'email' | 'username' | 'name'
  min?: number
  max?: number
  /** For identifiers, codes and JSON. */
  mono?: boolean
}

export function TextField({ type = 'text', autocomplete = 'off', min, max, mono, ...field }: TextProps) {
  const wiring = useWiring(field)
  return (
    <Frame field={field} wiring={wiring}>
      <input
        id={wiring.id}
        // Preact types an element for each kind; to this field they are one.
        type={type as 'text'}
        class={mono ? 'mono' : undefined}
        value={field.value}
        min={min}
        max={max}
        required={field.required}
        readOnly={field.readOnly}
        autocomplete={autocomplete}
        spellcheck={false}
        aria-invalid={wiring.invalid}
        aria-describedby={wiring.describedBy}
        onInput={(event) => field.onChange(event.currentTarget.value)}
      />
    </Frame>
  )
}

export function AreaField({ rows = 4, mono, ...field }: Typed & { rows?: number; mono?: boolean }) {
  const wiring = useWiring(field)
  return (
    <Frame field={field} wiring={wiring}>
      <textarea
        id={wiring.id}
        rows={rows}
        class={mono ? 'mono' : undefined}
        value={field.value}
        required={field.required}
        readOnly={field.readOnly}
        spellcheck={!mono}
        aria-invalid={wiring.invalid}
        aria-describedby={wiring.describedBy}
        onInput={(event) => field.onChange(event.currentTarget.value)}
      />
    </Frame>
  )
}

export type Choice = { value: string; label: string }

export function SelectField({ choices, ...field }: Typed & { choices: readonly Choice[] }) {
  const wiring = useWiring(field)
  return (
    <Frame field={field} wiring={wiring}>
      <select
        id={wiring.id}
        value={field.value}
        required={field.required}
        disabled={field.readOnly}
        aria-invalid={wiring.invalid}
        aria-describedby={wiring.describedBy}
        onChange={(event) => field.onChange(event.currentTarget.value)}
      >
        {choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </Frame>
  )
}

type CheckProps = Omit<FieldProps, 'optional'> & {
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

export function CheckField({ checked, onChange, disabled, ...field }: CheckProps) {
  const wiring = useWiring(field)
  return (
    <div class="field check">
      <input
        id={wiring.id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-invalid={wiring.invalid}
        aria-describedby={wiring.describedBy}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <label for={wiring.id}>{field.label}</label>
      {field.hint && (
        <p class="hint" id={`${wiring.id}-hint`}>
          {field.hint}
        </p>
      )}
      {wiring.error !== undefined && (
        <p class="field-error" id={`${wiring.id}-error`}>
          {wiring.error}
        </p>
      )}
    </div>
  )
}
