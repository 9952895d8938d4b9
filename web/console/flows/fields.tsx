/** The fields of a level and of a step, which open in the tree. What is typed is in the draft at once. */
import { useState } from 'preact/hooks'
import { factorKinds, modes, requirements } from '../../../src/core/step-up/flow.ts'
import { AreaField, CheckField, SelectField, TextField } from '../../app/form.tsx'
import { useWords } from '../../app/language.ts'
import { DurationField } from '../duration.tsx'
import { words } from '../words/flows.ts'
import { type DraftLevel, type DraftStep, type Examined, withDemands } from './draft.ts'

type Fields<Node> = { pointer: string; examined: Examined; put: (node: Node) => void }

/** The rule's own words, at the field that it points to. */
const errorAt =
  ({ trouble }: Examined, pointer: string) =>
  (member: string): string | undefined =>
    trouble?.at === `${pointer}/${member}` ? trouble.detail : undefined

const numberIn = (text: string): number | null =>
  text.trim() === '' || !Number.isFinite(Number(text)) ? null : Number(text)

export function LevelFields({ level, pointer, examined, put }: Fields<DraftLevel> & { level: DraftLevel }) {
  const said = useWords(words)
  const wrong = errorAt(examined, pointer)
  return (
    <div class="node-fields">
      <TextField
        label={said.alias}
        value={level.alias}
        pointer={`${pointer}/alias`}
        error={wrong('alias')}
        onChange={(alias) => put({ ...level, alias })}
      />
      <TextField
        label={said.loa}
        type="number"
        min={0}
        value={level.loa === null ? '' : String(level.loa)}
        pointer={`${pointer}/loa`}
        hint={said.loaHint}
        error={wrong('loa')}
        onChange={(text) => put({ ...level, loa: numberIn(text) })}
      />
      <SelectField
        label={said.mode}
        value={level.mode}
        pointer={`${pointer}/mode`}
        choices={modes.map((mode) => ({ value: mode, label: `${said[mode]}: ${said[`${mode}Lead`]}` }))}
        onChange={(mode) => put({ ...level, mode: mode as DraftLevel['mode'] })}
      />
      <DurationField
        label={said.maxAge}
        unitLabel={said.unit}
        unitNames={said.units}
        value={level.maxAge}
        pointer={`${pointer}/maxAge`}
        hint={said.maxAgeHint}
        error={wrong('maxAge')}
        onChange={(maxAge) => put({ ...level, maxAge })}
      />
    </div>
  )
}

export function StepFields({ step, pointer, examined, put }: Fields<DraftStep> & { step: DraftStep }) {
  const said = useWords(words)
  const wrong = errorAt(examined, pointer)
  const setReference = (text: string) => {
    const { reference: _, ...rest } = step
    put(text === '' ? rest : { ...rest, reference: text })
  }
  return (
    <div class="node-fields">
      <SelectField
        label={said.authenticator}
        value={step.authenticator}
        choices={factorKinds.map((kind) => ({ value: kind, label: said.factors[kind] }))}
        onChange={(kind) => put({ ...step, authenticator: kind as DraftStep['authenticator'] })}
      />
      <SelectField
        label={said.requirement}
        value={step.requirement}
        choices={requirements.map((each) => ({
          value: each,
          label: `${said.requirements[each]}: ${said.requirementLeads[each]}`,
        }))}
        onChange={(requirement) => put({ ...step, requirement: requirement as DraftStep['requirement'] })}
      />
      <TextField
        label={said.reference}
        optional
        mono
        value={step.reference ?? ''}
        pointer={`${pointer}/reference`}
        hint={said.referenceHint}
        error={wrong('reference')}
        onChange={setReference}
      />
      <DurationField
        label={said.referenceMaxAge}
        unitLabel={said.unit}
        unitNames={said.units}
        value={step.referenceMaxAge}
        pointer={`${pointer}/referenceMaxAge`}
        error={wrong('referenceMaxAge')}
        onChange={(referenceMaxAge) => put({ ...step, referenceMaxAge })}
      />
      {(step.authenticator === 'webauthn' || step.demands !== undefined) && (
        <DemandsFields {...{ step, pointer, examined, put }} />
      )}
    </div>
  )
}

function DemandsFields({ step, pointer, examined, put }: Fields<DraftStep> & { step: DraftStep }) {
  const said = useWords(words)
  const demands = step.demands ?? {}
  const [models, setModels] = useState((demands.aaguids ?? []).join('\n'))
  const wrong = examined.trouble?.at.startsWith(`${pointer}/demands`) ? examined.trouble.detail : undefined
  const typeModels = (text: string) => {
    setModels(text)
    const aaguids = text.split(/[\s,]+/).filter((one) => one !== '')
    const { aaguids: _, ...rest } = demands
    put(withDemands(step, aaguids.length === 0 ? rest : { ...rest, aaguids }))
  }
  return (
    <fieldset>
      <legend>{said.demands}</legend>
      {(['userVerified', 'attested', 'deviceBound'] as const).map((name) => (
        <CheckField
          key={name}
          label={said[name]}
          checked={demands[name] ?? false}
          onChange={(checked) => put(withDemands(step, { ...demands, [name]: checked }))}
        />
      ))}
      <AreaField
        label={said.aaguids}
        optional
        mono
        rows={3}
        value={models}
        pointer={`${pointer}/demands`}
        error={wrong}
        onChange={typeModels}
      />
    </fieldset>
  )
}
