/** The documents are held to what they speak of: links, commands, settings, reasons, and the table of Lambdas. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { problems } from '../lambdas/api/problems.ts'
import { lambdas, routesOf } from '../lambdas/routes.ts'
import { explain, parseSettings } from '../lib/settings.ts'
import { auditTypes } from '../src/core/audit-event.ts'
import { defaultSettings } from '../src/core/realm.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  join('bench', 'README.md'),
]

/** As GitHub makes them of headings. */
const anchorsIn = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )

/** Addresses in links and pictures, without those of the web. */
const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((link) => !/^[a-z]+:/i.test(link))

/** A row for each Lambda, as docs/architecture.md has it. */
function tableOfLambdas(): string {
  const rows = lambdas.map((lambda) => {
    const routes = routesOf(lambda)
    const names = [...new Set(routes.map(({ name }) => `\`${name}\``))].join(', ')
    const access = new Map<string, Set<string>>()
    for (const { tables } of routes)
      for (const [table, its] of Object.entries(tables))
        access.set(table, new Set([...(access.get(table) ?? []), ...its]))
    const tables = [...access].map(([table, its]) => `${table}: ${[...its].join(', ')}`).join('; ')
    const rights = [...new Set(routes.flatMap((route) => route.rights ?? []))].join(', ')
    return `| \`${lambda}\` | ${names} | ${tables} | ${rights} |`
  })
  return ['| Lambda | routes | tables | beside |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

describe.each(documents)('%s', (document) => {
  const text = read(document)

  it('links to what is there', () => {
    const broken = linksIn(text).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? document : relative(root, join(root, dirname(document), path))
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && !anchorsIn(read(target)).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  it('has a text for each footnote, and a use', () => {
    const used = new Set([...text.matchAll(/(?<!^)\[\^(\w+)\]/gm)].map(([, name]) => name))
    const told = new Set([...text.matchAll(/^\[\^(\w+)\]:/gm)].map(([, name]) => name))
    expect(used).toEqual(told)
  })
})

describe('what is listed', () => {
  it('the first decision lists all the others', () => {
    const decisions = readdirSync(join(root, 'docs/adr')).filter((name) => !name.startsWith('0001'))
    const listed = linksIn(read('docs/adr/0001-record-architecture-decisions.md'))
    expect(listed.sort()).toEqual(decisions.sort())
  })

  it('docs/architecture.md has each file of a login that is no route', () => {
    const routed = new Set(lambdas.flatMap((lambda) => routesOf(lambda).map(({ file }) => file)))
    const beside = readdirSync(join(root, 'lambdas/login')).filter((name) => !routed.has(`login/${name}`))
    const table = read('docs/architecture.md').split('### A login, file by file')[1]?.split('\n##')[0] ?? ''
    const listed = [...table.matchAll(/^\| `([\w-]+\.ts)` \|/gm)].map(([, name = '']) => name)
    expect(listed.sort()).toEqual(beside.sort())
  })

  it('the folders of the README are there', () => {
    const folders = [...read('README.md').matchAll(/^\| ((?:`[\w/]+\/`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, folder = '']) => folder),
    )
    expect(folders.length).toBeGreaterThan(8)
    expect(folders.filter((folder) => !existsSync(join(root, folder)))).toEqual([])
  })

  it('the README has every setting of a stage, and no other', () => {
    const unknown = parseSettings((name) => (name === 'stages' ? { demo: { surely: 'none' } } : undefined))
    const known = unknown.ok ? '' : (/Expected: (.*)/.exec(explain(unknown.problems))?.[1] ?? '')
    const table = read('README.md').split('| setting | needed | what |')[1]?.split('\n\n')[0] ?? ''
    const listed = [...table.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    )
    expect(listed.sort()).toEqual(known.split(', ').sort())
  })

  it('docs/operations.md has every setting of the realm and every kind of audit record', () => {
    const text = read('docs/operations.md')
    const names = [...Object.keys(defaultSettings), 'pendingLifetime', ...auditTypes]
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('docs/api.md has every reason with its status', () => {
    const text = read('docs/api.md')
    expect(Object.values(problems).filter(({ status, code }) => !text.includes(`| ${status} | \`${code}\` |`))).toEqual(
      [],
    )
  })

  it('SECURITY.md names tests that are there', () => {
    const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.test.ts'),
    )
    const tests = files.map((name) => read(join('test', name))).join('\n')
    const table = read('SECURITY.md').split('| | threat | defence | shown by |')[1]?.split('\n\n')[0] ?? ''
    const named = [...table.matchAll(/ \*([^*]+)\*/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(20)
    // A name may be cut short by an ellipsis.
    const parts = named.flatMap((name) => name.split('…').map((part) => part.trim())).filter((part) => part !== '')
    expect(parts.filter((part) => !tests.includes(part))).toEqual([])
  })

  it('docs/architecture.md has the Lambdas as the route table has them', () => {
    const written = read('docs/architecture.md').split('<!-- lambdas -->\n')[1]?.split('\n<!-- /lambdas -->')[0]
    expect(written).toBe(tableOfLambdas())
  })
})
