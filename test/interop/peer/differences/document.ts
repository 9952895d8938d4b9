/** docs/differences.md, as the table of differences has it. */
import type { Difference } from '../answer.ts'
import { differences } from './all.ts'
import type { Listed } from './listed.ts'

const intro = (requests: number, different: number) => `# Where others answer differently

npm [\`oidc-provider\`](https://github.com/panva/node-oidc-provider), which is certified by the OpenID Foundation, is sent the
same ${requests} requests as Keystep: every endpoint, with each parameter missing, wrong, odd or twice, and with whatever else
somebody may get wrong. It has the same applications, the same person, and the same things switched on. What is compared is how each answers: its
status and its way, the \`error\`, headers, the members of JSON, the claims of tokens and their types, what the application
finds at its address. Words for people and values that are new each time are not.

${requests - different} are answered alike. Here are the others, each with the clause that allows ours, or demands it, and with why it is so. A
difference that is not here fails [the test](../test/interop/oidc-provider.test.ts), and so does one that is gone. This page is
made from [the table](../test/interop/peer/differences/all.ts): \`npx vitest run test/interop/oidc-provider.test.ts -u\` writes it.`

export function documentOf(names: readonly string[]): string {
  const different = new Set(Object.values(differences).flatMap((listed) => listed.flatMap(({ at }) => at)))
  const sections = Object.entries(differences).flatMap(([heading, listed]) => [`## ${heading}`, ...listed.map(entryOf)])
  return `${[intro(names.length, different.size), ...sections].map((part) => wrapped(part)).join('\n\n')}\n`
}

const entryOf = ({ about, members, clause, why, at }: Listed): string =>
  [
    `### ${about}`,
    `${why} (${clause})`,
    tableOf(members),
    `${at.length === 1 ? 'At' : `At ${at.length}:`} ${at.map((name) => `*${name}*`).join(', ')}.`,
  ].join('\n\n')

const tableOf = (members: Difference): string =>
  [
    '| | Keystep | `oidc-provider` |',
    '| --- | --- | --- |',
    ...Object.entries(members).map(
      ([name, [ours, peer]]) => `| ${name} | ${cellOf(ours, peer)} | ${cellOf(peer, ours)} |`,
    ),
  ].join('\n')

/** Of two long lists, what the other has not. */
function cellOf(value: string | undefined, other: string | undefined): string {
  if (value === undefined) return '—'
  if (other === undefined || value.length < 100) return value
  const more = value.split(' ').filter((word) => !other.split(' ').includes(word))
  return more.length === 0 ? 'what both have' : `${more.join(' ')}, beside what both have`
}

/** Paragraphs, in lines of 120 characters; tables and headings are left as they are. */
const wrapped = (text: string): string =>
  text
    .split('\n\n')
    .map((part) =>
      /^[|#]/.test(part)
        ? part
        : part
            .replaceAll('\n', ' ')
            .replace(/(.{1,119})(?: +|$)/g, '$1\n')
            .trimEnd(),
    )
    .join('\n\n')
