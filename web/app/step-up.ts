/**
 * What the person has to be asked before a request can be repeated: a better or fresher sign-in, or a sign-in at all.
 * `step-up-dialog.tsx` asks. One question at a time: what is refused meanwhile waits for the same answer.
 */
import { observed } from './observed.ts'
import type { Asked } from './sign-in.ts'

/** `changes`: something was about to be done, rather than looked at. */
export type Question = { kind: 'level'; asked: Asked; changes: boolean } | { kind: 'signed-out' }

type Open = { question: Question; stay: () => void; answered: Promise<void> }

export const openQuestion = observed<Open | undefined>(undefined)

/** Ends when the person stays; if they go, the document ends first. */
export function askToConfirm(question: Question): Promise<void> {
  const open = openQuestion.get()
  if (open !== undefined) return open.answered
  let stay = () => {}
  const answered = new Promise<void>((resolve) => {
    stay = () => {
      openQuestion.set(undefined)
      resolve()
    }
  })
  openQuestion.set({ question, stay, answered })
  return answered
}
