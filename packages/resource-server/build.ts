/**
 * Makes `dist/` of `src/`: a module for each entry of package.json with what they share beside them, and declarations.
 * `npm pack` and `npm publish` run it first.
 */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const outdir = join(here, 'dist')

rmSync(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: here,
  entryPoints: ['src/access.ts', 'src/client.ts', 'src/fetch.ts', 'src/middy.ts'],
  outdir,
  bundle: true,
  splitting: true,
  // What an application has already, and must have once only, for `instanceof`.
  packages: 'external',
  platform: 'neutral',
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
})

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
execFileSync(process.execPath, [compiler, '--project', join(here, 'tsconfig.json')], { stdio: 'inherit' })
