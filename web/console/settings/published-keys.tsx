/** The keys that /jwks has, which anybody may read. */
import type { Reply } from '../../app/api.ts'
import { useWords } from '../../app/language.ts'
import { place } from '../../app/place.ts'
import { Shown, useLoaded } from '../../app/states.tsx'
import { Table } from '../../app/table.tsx'
import { words } from '../words/settings.ts'

type Key = { kid: string; alg: string }

async function readKeys(): Promise<Reply<Key[]>> {
  try {
    const response = await fetch(`${place.issuer}/jwks`)
    const { keys } = (await response.json()) as { keys: Key[] }
    return { ok: true, status: response.status, data: keys, headers: response.headers }
  } catch {
    return { ok: false, status: 0, problem: { code: 'no-answer', title: 'no-answer' } }
  }
}

export function PublishedKeys() {
  const said = useWords(words)
  const keys = useLoaded('jwks', readKeys)
  return (
    <>
      <h3>{said.published}</h3>
      <p class="soft">{said.publishedLead}</p>
      <Shown of={keys}>
        {(all) => (
          <Table
            caption={said.published}
            rows={all}
            keyOf={({ kid }) => kid}
            columns={[
              { key: 'alg', title: said.algorithm, kind: 'tight', cell: ({ alg }) => alg },
              { key: 'kid', title: said.keyId, kind: 'row', cell: ({ kid }) => <code>{kid}</code> },
            ]}
          />
        )}
      </Shown>
    </>
  )
}
