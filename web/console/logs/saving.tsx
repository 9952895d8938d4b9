/** Saves what is looked at to a file: all pages of the export, one after the other, into one file. */
import { useState } from 'preact/hooks'
import { api, type Refused } from '../../app/api.ts'
import { useWords } from '../../app/language.ts'
import { Refusal, say } from '../../app/notice.tsx'
import { words } from '../words/logs.ts'
import { pathOf, type Wanted } from './wanted.ts'

type Format = 'jsonl' | 'ocsf'

const nextIn = (headers: Headers): string | undefined => /^<([^>]+)>; *rel="next"/.exec(headers.get('link') ?? '')?.[1]

function download(parts: readonly string[], name: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type: 'application/jsonl' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}

export function Saving({ wanted }: { wanted: Wanted }) {
  const said = useWords(words)
  const [lines, setLines] = useState<number>()
  const [refused, setRefused] = useState<Refused>()
  const busy = lines !== undefined
  const save = async (format: Format) => {
    setRefused(undefined)
    const parts: string[] = []
    let count = 0
    let next: string | undefined = pathOf(wanted, '/logs/export', { format, pageSize: '1000' })
    while (next !== undefined) {
      setLines(count)
      const reply: Awaited<ReturnType<typeof api.get<string>>> = await api.get<string>(next)
      if (!reply.ok) {
        setLines(undefined)
        return setRefused(reply)
      }
      parts.push(reply.data)
      count += reply.data.split('\n').length - 1
      next = nextIn(reply.headers)
    }
    setLines(undefined)
    download(parts, `audit-${new Date().toISOString().slice(0, 10)}-${format}.jsonl`)
    say(said.exported(count))
  }
  return (
    <>
      {(['jsonl', 'ocsf'] as const).map((format) => (
        <button key={format} type="button" class="secondary" aria-disabled={busy} onClick={() => busy || save(format)}>
          {said.save[format]}
        </button>
      ))}
      {busy && <p role="status">{said.exporting(lines)}</p>}
      {refused && <Refusal refused={refused} />}
    </>
  )
}
