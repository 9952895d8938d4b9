import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = join(root, 'packages/resource-server')
const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))

type Packed = { filename: string; name: string; files: { path: string }[] }

/** The Node that runs this, and not an older one that the machine has. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
const pack = (...words: string[]): Packed => {
  const said = execFileSync('npm', ['pack', '--json', '--silent', ...words], { cwd: source, env, encoding: 'utf8' })
  return (JSON.parse(said) as Packed[])[0] as Packed
}

let app: string
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'keystep-package-'))
})
afterAll(() => rmSync(app, { recursive: true, force: true }))

describe('what npm would publish', () => {
  it('is what is built, with its declarations, README and licence, and no source', () => {
    const { name, files } = pack('--dry-run')
    expect(name).toBe('@keystep/resource-server')
    const paths = files.map(({ path }) => path)
    const entries = ['access', 'client', 'fetch', 'middy']
    expect(paths).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'package.json'],
        ...entries.flatMap((entry) => [`dist/${entry}.js`, `dist/${entry}.d.ts`]),
      ]),
    )
    const beside = paths.filter((path) => !/^(dist\/[\w-]+\.(js|d\.ts)|LICENSE|README\.md|package\.json)$/.test(path))
    expect(beside).toEqual([])
    const exported = Object.values<Record<string, string> | string>(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target),
    )
    expect(exported.filter((target) => !paths.includes(target.replace('./', '')))).toEqual([])
  })

  it('installed, it is loaded and type-checked by an application', () => {
    const { filename } = pack('--pack-destination', app)
    const modules = join(app, 'node_modules')
    const installed = join(modules, '@keystep/resource-server')
    mkdirSync(installed, { recursive: true })
    execFileSync('tar', [
      '-xzf',
      join(app, filename.replace('@', '').replace('/', '-')),
      '-C',
      installed,
      '--strip-components=1',
    ])
    for (const peer of ['jose', '@middy', '@types', 'undici-types'])
      symlinkSync(join(root, 'node_modules', peer), join(modules, peer))
    writeFileSync(join(app, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(app, 'app.ts'), application)
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
    }
    const compilerOptions = { ...options, lib: ['es2024', 'dom', 'dom.iterable'], types: ['node'] }
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app.ts'] }))
    const run = (...words: string[]) => spawnSync(process.execPath, words, { cwd: app, encoding: 'utf8', env }).stdout

    // middy's own declarations want a package that it does not bring along.
    const faults = run(join(root, 'node_modules/typescript/bin/tsc'), '--project', app).split('\n')
    expect(faults.filter((line) => line !== '' && !line.includes('@middy/core/index.d.ts'))).toEqual([])
    expect(run('app.ts')).toBe('401 Bearer\n401 Bearer\nhttps://id.example/a?max_age=1\n')
  })
})

/** All four entries, as the README shows them. */
const application = `
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Context } from 'aws-lambda'
import { accessCheck, type Access } from '@keystep/resource-server/access'
import { readChallenge, stepUpRequest } from '@keystep/resource-server/client'
import { requireStepUp } from '@keystep/resource-server/fetch'
import { requireStepUp as stepUp } from '@keystep/resource-server/middy'

const demand = { issuer: 'https://id.example', audience: 'x', acr: { order: ['a', 'b'], required: 'b' }, maxAge: 300 }
const access: Access = await accessCheck(demand)(undefined)
const guarded = requireStepUp(demand)((_request, auth, more: number) => Response.json({ by: auth.subject, more }))
const response: Response = await guarded(new Request('https://api.example/'), 1)
const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyResultV2>()
  .use(stepUp(demand))
  .handler(async (event) => ({ statusCode: 200, body: event.auth.subject + event.rawPath }))
const result = await handler({ headers: {} } as never, {} as Context)
console.log(access.ok ? '' : access.status, response.headers.get('www-authenticate'))
console.log((result as { statusCode: number }).statusCode, response.headers.get('www-authenticate'))
console.log(stepUpRequest(readChallenge(response) ?? { acrValues: [], maxAge: 1 }, 'https://id.example/a').href)
`
