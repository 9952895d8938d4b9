/** Asks the person whether they want to confirm that it is them, and says why the API wants it (RFC 9470). */
import { Dialog } from './dialog.tsx'
import { useWords } from './language.ts'
import { useObserved } from './observed.ts'
import { leaveToSignIn } from './sign-in.ts'
import { openQuestion } from './step-up.ts'
import { words } from './words.ts'

export function StepUpDialog() {
  const open = useObserved(openQuestion)
  const { stepUp, signedOut } = useWords(words)
  if (open === undefined) return null
  const { question, stay } = open
  const level = question.kind === 'level' ? question : undefined
  const { acrValues, maxAge } = level?.asked ?? {}
  const go = () => leaveToSignIn(level?.asked, { repeat: level === undefined || level.changes })
  return (
    <Dialog title={level === undefined ? signedOut.title : stepUp.title} onClose={stay}>
      {level === undefined ? (
        <p>{signedOut.lead}</p>
      ) : (
        <>
          <p>{level.changes ? stepUp.changes : stepUp.reads}</p>
          <p class="asked">
            {acrValues && <span>{stepUp.asked(acrValues)} </span>}
            {maxAge !== undefined && <span>{stepUp.fresh(Math.max(1, Math.round(maxAge / 60)))}</span>}
          </p>
          <p>{stepUp.after}</p>
        </>
      )}
      <div class="actions">
        <button type="button" class="primary" onClick={go}>
          {level === undefined ? signedOut.go : stepUp.go}
        </button>
        <button type="button" class="secondary" onClick={stay}>
          {stepUp.stay}
        </button>
      </div>
    </Dialog>
  )
}
