/**
 * One section that is being edited: what was typed in it is kept with the version that it began from, and saved into the
 * whole document on the condition of that version. What others changed elsewhere is never undone by it.
 */
import { useState } from 'preact/hooks'
import { differences } from '../../../src/core/difference.ts'
import type { Settings } from '../../../src/core/realm.ts'
import { api, type Refused } from '../../app/api.ts'
import { useDraft } from '../../app/drafts.ts'
import type { Loaded } from '../../app/states.tsx'
import { type Changes, documentOf, type Name, type Section, typedOf } from './fields.ts'

type Begun = { etag: string; base: Settings; changes: Changes }

export type Editing = {
  isOpen: boolean
  begin: () => void
  cancel: () => void
  valueOf: (name: Name) => unknown
  change: (name: Name, typed: unknown) => void
  /** With `over`: on top of what is there now. */
  save: (over?: boolean) => Promise<boolean>
  saving: boolean
  refused: Refused | undefined
  /** What others changed since it was begun. */
  theirs: string | undefined
}

export function useEditing(section: Section, loaded: Loaded<Settings>): Editing {
  const draft = useDraft<Begun | undefined>(`settings-${section}`, undefined)
  const [sending, setSending] = useState<{ saving: boolean; refused?: Refused }>({ saving: false })
  const begun = draft.value
  const { data, etag = '' } = loaded
  const isStale = begun !== undefined && data !== undefined && begun.etag !== etag
  const isOvertaken = sending.refused?.status === 412

  async function save(over = false): Promise<boolean> {
    if (begun === undefined || data === undefined || sending.saving) return false
    setSending({ saving: true })
    const body = documentOf(over ? data : begun.base, begun.changes)
    const reply = await api.put<Settings>('/settings', { body, ifMatch: over ? etag : begun.etag })
    setSending({ saving: false, ...(reply.ok ? {} : { refused: reply }) })
    if (!reply.ok) {
      // What is there now is shown beside what was typed.
      if (reply.status === 412) await loaded.reload()
      return false
    }
    draft.clear()
    loaded.put(reply.data, reply.etag)
    return true
  }

  return {
    isOpen: begun !== undefined,
    begin: () => {
      if (data !== undefined) draft.set({ etag, base: data, changes: {} })
    },
    cancel: () => {
      draft.clear()
      setSending({ saving: false })
    },
    valueOf: (name) =>
      begun && name in begun.changes ? begun.changes[name] : typedOf(name, (begun?.base ?? data)?.[name]),
    change: (name, typed) => draft.set((now) => now && { ...now, changes: { ...now.changes, [name]: typed } }),
    save,
    saving: sending.saving,
    refused: isOvertaken && isStale ? undefined : sending.refused,
    theirs: isOvertaken && isStale ? differences(begun.base, data) : undefined,
  }
}
