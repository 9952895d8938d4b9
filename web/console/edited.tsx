/**
 * A document of the API that is edited as a whole: what was changed is kept as a draft with the version that it began from,
 * is saved on the condition of that version, and where somebody else was faster, both are there to choose from.
 */
import { useState } from 'preact/hooks'
import { differences } from '../../src/core/difference.ts'
import { api, type Refused } from '../app/api.ts'
import { useDraft } from '../app/drafts.ts'
import { inBoth, useWords } from '../app/language.ts'
import { Notice, say } from '../app/notice.tsx'
import { type Loaded, useLoaded } from '../app/states.tsx'
import { Overtaken } from './overtaken.tsx'

type Begun<Draft> = { etag: string; base: unknown; value: Draft }

export type Warning = { pointer: string; detail: string }

export type Edited<Saved, Draft> = {
  loaded: Loaded<Saved>
  /** What is on the page: the draft, or what is saved. */
  value: Draft | undefined
  isEdited: boolean
  change: (next: Draft) => void
  discard: () => void
  /** With `over`: whatever is there now. Answers with whether it was saved. */
  save: (over?: boolean) => Promise<boolean>
  saving: boolean
  refused: Refused | undefined
  /** What others changed since the draft was begun. */
  theirs: string | undefined
  warnings: readonly Warning[]
}

/**
 * @param member of the answer to a change, in which the document is.
 * @param written what is sent of a draft, which may lack what a document must have.
 * @param onSaved is told all that was answered.
 */
export function useEdited<Saved extends Draft, Draft extends object>(
  path: string,
  member: 'flow' | 'policy' | 'client',
  written: (draft: Draft) => unknown = (draft) => draft,
  onSaved?: (answer: Record<string, unknown>) => void,
): Edited<Saved, Draft> {
  const { saved } = useWords(words)
  const loaded = useLoaded(path, () => api.get<Saved>(path))
  const draft = useDraft<Begun<Draft> | undefined>(path, undefined)
  const [sending, setSending] = useState<{ saving: boolean; refused?: Refused; warnings: readonly Warning[] }>({
    saving: false,
    warnings: [],
  })
  const begun = draft.value
  const { data, etag = '' } = loaded
  const isStale = begun !== undefined && data !== undefined && begun.etag !== etag

  async function save(over = false): Promise<boolean> {
    if (begun === undefined || sending.saving) return false
    setSending({ saving: true, warnings: [] })
    const reply = await api.put<Record<string, unknown>>(path, {
      body: written(begun.value),
      ifMatch: over ? etag : begun.etag,
    })
    if (!reply.ok) {
      setSending({ saving: false, refused: reply, warnings: [] })
      // What is there now is shown beside what was typed.
      if (reply.status === 412) await loaded.reload()
      return false
    }
    draft.clear()
    loaded.put(reply.data[member] as Saved, reply.etag)
    setSending({ saving: false, warnings: (reply.data.warnings ?? []) as Warning[] })
    say(saved)
    onSaved?.(reply.data)
    return true
  }

  return {
    loaded,
    value: begun?.value ?? data,
    isEdited: begun !== undefined,
    change: (next) => draft.set((now) => ({ etag: now?.etag ?? etag, base: now?.base ?? data, value: next })),
    discard: () => {
      draft.clear()
      setSending({ saving: false, warnings: [] })
    },
    save,
    saving: sending.saving,
    refused: sending.refused?.status === 412 && isStale ? undefined : sending.refused,
    theirs: isStale ? differences(begun.base, data) : undefined,
    warnings: sending.warnings,
  }
}

/** That others were faster, what they did, and what can be done about it. */
export function Theirs<Saved, Draft>({ edited }: { edited: Edited<Saved, Draft> }) {
  return edited.theirs === undefined ? null : (
    <Overtaken theirs={edited.theirs} onOverwrite={() => edited.save(true)} onDiscard={edited.discard} />
  )
}

/** What works, and is perhaps not what was meant. */
export function Doubts({ of }: { of: readonly Warning[] }) {
  const { doubts } = useWords(words)
  if (of.length === 0) return null
  return (
    <Notice kind="info">
      <p>{doubts}</p>
      <ul>
        {of.map(({ pointer, detail }) => (
          <li key={pointer + detail} lang="en">
            {pointer !== '' && <code>{pointer}</code>} {detail}
          </li>
        ))}
      </ul>
    </Notice>
  )
}

/** What is here and not saved, and the two things to do about it. */
export function SaveBar<Saved, Draft>({ edited, can }: { edited: Edited<Saved, Draft>; can: boolean }) {
  const said = useWords(words)
  if (!edited.isEdited) return null
  return (
    <div class="save-bar">
      <p role="status">{can ? said.unsaved : said.notYet}</p>
      <button type="button" class="primary" aria-disabled={!can || edited.saving} onClick={() => can && edited.save()}>
        {said.save}
      </button>
      <button type="button" class="secondary" onClick={edited.discard}>
        {said.discard}
      </button>
    </div>
  )
}

const words = inBoth({
  en: {
    saved: 'Saved.',
    save: 'Save',
    discard: 'Discard my changes',
    unsaved: 'There are changes that are not saved. They are kept in this tab.',
    notYet: 'This cannot be saved yet: see what is marked.',
    doubts: 'It works. Is it what you mean?',
  },
  de: {
    saved: 'Gespeichert.',
    save: 'Speichern',
    discard: 'Meine Änderungen verwerfen',
    unsaved: 'Es gibt ungespeicherte Änderungen. Sie bleiben in diesem Tab erhalten.',
    notYet: 'So lässt es sich noch nicht speichern: siehe, was markiert ist.',
    doubts: 'Es funktioniert. Ist es so gemeint?',
  },
})
