/** Many authenticators from a file: read, looked at, tried out, imported, and told row by row. */
import Papa from 'papaparse'
import { useRef, useState } from 'preact/hooks'
import type { Refused } from '../../app/api.ts'
import { useDraft } from '../../app/drafts.ts'
import { TextField } from '../../app/form.tsx'
import { PageHead } from '../../app/head.tsx'
import { useWords } from '../../app/language.ts'
import { Notice, Refusal } from '../../app/notice.tsx'
import { Badge, type Tone } from '../../app/small.tsx'
import { type Column, Table } from '../../app/table.tsx'
import { words } from '../words/import.ts'
import type { Sendable } from './batches.ts'
import { columnNames, type Fault, type FileRefusal, largestFile, type Row, readRows } from './rows.ts'
import { type Outcome, sendAll } from './run.ts'

type Phase = 'none' | 'trying' | 'tried' | 'importing' | 'imported'

type Outcomes = ReadonlyMap<number, Outcome>

const isSendable = (row: Row): row is Sendable => 'item' in row

export function Page() {
  const said = useWords(words)
  const rpId = useDraft('rp-id', location.hostname)
  const [text, setText] = useState<string | undefined>()
  const [tooLarge, setTooLarge] = useState(false)
  const take = async (file: File | undefined) => {
    setTooLarge((file?.size ?? 0) > largestFile)
    setText(file === undefined || file.size > largestFile ? undefined : await file.text())
  }
  const why: Record<FileRefusal, string> = {
    'too-large': said.tooLarge,
    'not-json': said.notJson,
    'not-items': said.notItems,
    empty: said.empty,
  }
  const read = text === undefined ? undefined : readRows(text, rpId.value.trim())
  const refused = tooLarge ? 'too-large' : read?.ok === false ? read.refused : undefined
  return (
    <>
      <PageHead title={said.title} lead={said.lead} />
      <div class="card form">
        <label class="field" for="import-file">
          {said.file}
        </label>
        <input
          id="import-file"
          type="file"
          accept=".csv,.json,text/csv,application/json"
          aria-describedby="import-hint"
          onChange={(event) => take(event.currentTarget.files?.[0])}
        />
        <p class="hint" id="import-hint">
          {said.fileHint}
        </p>
        <p>
          <button type="button" class="link" onClick={() => save('authenticators.csv', `${columnNames.join(',')}\n`)}>
            {said.template}
          </button>
        </p>
        <TextField label={said.rpId} hint={said.rpIdHint} value={rpId.value} onChange={(value) => rpId.set(value)} />
      </div>
      {refused && (
        <Notice kind="error" focus>
          <p>{why[refused]}</p>
        </Notice>
      )}
      {read?.ok && <Import key={text} rows={read.rows} />}
    </>
  )
}

function Import({ rows }: { rows: readonly Row[] }) {
  const said = useWords(words)
  const [phase, setPhase] = useState<Phase>('none')
  const [outcomes, setOutcomes] = useState<Outcomes>(new Map())
  const [refused, setRefused] = useState<Refused | undefined>()
  const stopped = useRef(false)
  const sendable = rows.filter(isSendable)
  const isBusy = phase === 'trying' || phase === 'importing'
  const run = async (dryRun: boolean) => {
    stopped.current = false
    setRefused(undefined)
    setOutcomes(new Map())
    setPhase(dryRun ? 'trying' : 'importing')
    const onOutcome = (more: Outcomes) => setOutcomes((before) => new Map([...before, ...more]))
    const why = await sendAll(sendable, { dryRun, onOutcome, isStopped: () => stopped.current })
    setRefused(why)
    setPhase(dryRun ? 'tried' : 'imported')
  }
  const answered = [...outcomes.values()]
  const bad = answered.filter(({ kind }) => kind === 'refused').length
  const isWhole = answered.length === sendable.length
  const unfit = rows.length - sendable.length
  return (
    <section>
      <h2>{said.preview}</h2>
      <p>
        {said.rows(rows.length)}. {unfit > 0 && said.unfit(unfit)}
      </p>
      {refused && <Refusal refused={refused} />}
      {!isBusy && phase !== 'none' && !isWhole && (
        <Notice kind="info">
          <p>{refused ? said.interrupted : said.stopped}</p>
        </Notice>
      )}
      {!isBusy && phase !== 'none' && isWhole && (
        <Notice kind={bad > 0 ? 'info' : 'good'} focus>
          <p>
            {phase === 'tried' ? said.tried(answered.length - bad, bad) : said.imported(answered.length - bad, bad)}
          </p>
        </Notice>
      )}
      {isBusy && <Progress phase={phase} done={answered.length} all={sendable.length} />}
      <div class="actions">
        {isBusy ? (
          <button
            type="button"
            class="secondary"
            onClick={() => {
              stopped.current = true
            }}
          >
            {said.stop}
          </button>
        ) : (
          <Next phase={phase} isWhole={isWhole && bad === 0} isAny={sendable.length > 0} run={run} />
        )}
        {!isBusy && answered.length > 0 && (
          <button type="button" class="secondary" onClick={() => save('results.csv', resultsOf(rows, outcomes))}>
            {said.download}
          </button>
        )}
      </div>
      <Rows rows={rows} outcomes={outcomes} />
    </section>
  )
}

type NextProps = { phase: Phase; isWhole: boolean; isAny: boolean; run: (dryRun: boolean) => void }

/** Trying out comes first; only then is importing offered. */
function Next({ phase, isWhole, isAny, run }: NextProps) {
  const said = useWords(words)
  if (!isAny) return null
  const [isTried, isDone] = [phase === 'tried', phase === 'imported']
  return (
    <>
      {!isDone && (
        <button type="button" class={isTried ? 'secondary' : 'primary'} onClick={() => run(true)}>
          {said.tryOut}
        </button>
      )}
      {(isTried || (isDone && !isWhole)) && (
        <button type="button" class="primary" onClick={() => run(false)}>
          {isDone ? said.doItAgain : said.doIt}
        </button>
      )}
    </>
  )
}

function Progress({ phase, done, all }: { phase: Phase; done: number; all: number }) {
  const said = useWords(words)
  const text = phase === 'trying' ? said.trying(done, all) : said.importing(done, all)
  return (
    <div role="status">
      <progress value={done} max={all} aria-label={text} />
      <p class="soft">{text}</p>
    </div>
  )
}

type Shown = Row & { outcome: Outcome | undefined }

const tones: Record<Outcome['kind'], Tone> = { would: 'info', created: 'good', existing: 'plain', refused: 'bad' }

function Rows({ rows, outcomes }: { rows: readonly Row[]; outcomes: Outcomes }) {
  const said = useWords(words)
  const faultOf = useFaults()
  const columns: Column<Shown>[] = [
    { key: 'row', title: said.row, kind: 'number', cell: ({ number }) => number },
    { key: 'user', title: said.user, kind: 'row', cell: ({ userId }) => userId || '–' },
    { key: 'key', title: said.key, kind: 'wide', cell: ({ key }) => key },
    {
      key: 'result',
      title: said.result,
      cell: (row) =>
        'fault' in row ? (
          <>
            <Badge tone="bad">{said.outcomes.unfit}</Badge> {faultOf(row.fault)}
          </>
        ) : (
          <Result outcome={row.outcome} />
        ),
    },
  ]
  const shown = rows.map((row): Shown => ({ ...row, outcome: outcomes.get(row.number) }))
  return <Table caption={said.preview} columns={columns} rows={shown} keyOf={({ number }) => String(number)} />
}

function Result({ outcome }: { outcome: Outcome | undefined }) {
  const { outcomes } = useWords(words)
  if (outcome === undefined) return <span>{outcomes.waiting}</span>
  return (
    <>
      <Badge tone={tones[outcome.kind]}>{outcomes[outcome.kind]}</Badge> {outcome.kind === 'refused' && said(outcome)}
    </>
  )
}

const said = ({ problem: { title, detail } }: Extract<Outcome, { kind: 'refused' }>): string =>
  detail === undefined ? title : `${title}: ${detail}`

function useFaults(): (fault: Fault) => string {
  const { missing, unknown, notNumber } = useWords(words)
  return (fault) => {
    if (fault.kind === 'not-number') return notNumber
    return fault.kind === 'missing' ? missing(fault.names.join(', ')) : unknown(fault.names.join(', '))
  }
}

/** For whoever mends the file: a line for each row, with the API's word for what became of it. */
function resultsOf(rows: readonly Row[], outcomes: Outcomes): string {
  const lines = rows.map((row) => {
    const outcome = outcomes.get(row.number)
    const about = { row: row.number, userId: row.userId, key: row.key }
    if ('fault' in row) return { ...about, result: 'unreadable', id: '', code: row.fault.kind, detail: '' }
    if (outcome === undefined) return { ...about, result: 'unanswered', id: '', code: '', detail: '' }
    if (outcome.kind !== 'refused')
      return { ...about, result: outcome.kind, id: outcome.id ?? '', code: '', detail: '' }
    return { ...about, result: 'refused', id: '', code: outcome.problem.code, detail: said(outcome) }
  })
  // A cell that begins like a formula is one to a spreadsheet, and the file came from outside.
  return Papa.unparse(lines, { escapeFormulae: true })
}

function save(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
