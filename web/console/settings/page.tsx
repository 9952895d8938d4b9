/** The settings, by section: as they are, and behind Edit as they can be, with Save and Cancel. */
import { useEffect, useRef } from 'preact/hooks'
import type { Settings } from '../../../src/core/realm.ts'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/caller.ts'
import { Form } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { say } from '../../app/notice.tsx'
import { Facts } from '../../app/small.tsx'
import { type Loaded, Shown, useLoaded } from '../../app/states.tsx'
import { Overtaken } from '../overtaken.tsx'
import { words } from '../words/settings.ts'
import { useEditing } from './editing.ts'
import { namesIn, type Section, sections } from './fields.ts'
import { PublishedKeys } from './published-keys.tsx'
import { SettingField, SettingValue } from './setting-field.tsx'

export function Page() {
  const { title, lead, readOnly } = useWords(words)
  const loaded = useLoaded('/settings', () => api.get<Settings>('/settings'))
  const policy = useLoaded('/step-up-policy', () =>
    api.get<{ acrToLoa: Record<string, number> }>('/step-up-policy', { quiet: true }),
  )
  const mayWrite = useMay()('settings:write')
  const acrs = Object.keys(policy.data?.acrToLoa ?? {})
  return (
    <>
      <PageHead title={title} lead={lead} />
      {!mayWrite && <p class="soft">{readOnly}</p>}
      <Shown of={loaded}>
        {() =>
          sections.map((section) => (
            <SectionCard key={section} section={section} loaded={loaded} mayWrite={mayWrite} acrs={acrs} />
          ))
        }
      </Shown>
    </>
  )
}

type CardProps = { section: Section; loaded: Loaded<Settings>; mayWrite: boolean; acrs: readonly string[] }

function SectionCard({ section, loaded, mayWrite, acrs }: CardProps) {
  const said = useWords(words)
  const editing = useEditing(section, loaded)
  const title = said.sections[section]
  const id = `section-${section}`
  const names = namesIn(section)
  const isEdited = editing.isOpen && mayWrite
  const edit = useFocusAfter(isEdited)
  const save = async (over = false) => {
    if (await editing.save(over)) say(said.saved)
  }
  return (
    <section class="card" aria-labelledby={id}>
      <div class="title-row">
        <h2 id={id}>{title}</h2>
        {mayWrite && !isEdited && (
          <button
            ref={edit}
            type="button"
            class="secondary small"
            aria-label={said.editSection(title)}
            onClick={editing.begin}
          >
            {said.edit}
          </button>
        )}
      </div>
      <p class="lead">{said.leads[section]}</p>
      {isEdited ? (
        <Form label={title} refused={editing.refused} busy={editing.saving} onSubmit={() => save()}>
          {editing.theirs !== undefined && (
            <Overtaken theirs={editing.theirs} onOverwrite={() => save(true)} onDiscard={editing.cancel} />
          )}
          {names.map((name) => (
            <SettingField
              key={name}
              name={name}
              value={editing.valueOf(name)}
              acrs={acrs}
              onChange={(typed) => editing.change(name, typed)}
            />
          ))}
          <div class="actions">
            <button type="submit" class="primary" aria-disabled={editing.saving}>
              {said.save}
            </button>
            <button type="button" class="secondary" onClick={editing.cancel}>
              {said.cancel}
            </button>
          </div>
        </Form>
      ) : (
        <Facts
          of={names.map((name) => [
            said.settings[name].label,
            <SettingValue key={name} name={name} value={loaded.data?.[name]} />,
          ])}
        />
      )}
      {section === 'keys' && <PublishedKeys />}
    </section>
  )
}

/** Whoever ended editing by keyboard is where they began it. */
function useFocusAfter(isEdited: boolean) {
  const button = useRef<HTMLButtonElement>(null)
  const was = useRef(isEdited)
  useEffect(() => {
    if (was.current && !isEdited) button.current?.focus()
    was.current = isEdited
  }, [isEdited])
  return button
}
