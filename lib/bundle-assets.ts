/**
 * Makes what browsers load of us: the stylesheets, a script for each file in `web/browser/`, console and portal in parts
 * that load when they are needed, and pictures as they are. Each also compressed, where that is worth its while.
 *
 * The same sources give the same bytes.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The applications in the browser: each is `web/{name}/main.tsx`, and becomes `{name}.js`. */
const applications = ['console', 'portal'] as const

/** Answers with the files that went in. */
export async function bundleAssets(outdir: string, minify: boolean): Promise<string[]> {
  await rm(outdir, { recursive: true, force: true })
  await mkdir(outdir, { recursive: true })
  const scripts = (await namesIn('web/browser')).filter((name) => name.endsWith('.ts'))
  const pictures = (await namesIn('web/assets')).filter((name) => /\.(svg|png|ico)$/.test(name))
  const shared = { absWorkingDir: root, bundle: true, minify, metafile: true, logLevel: 'silent' } as const
  const forBrowsers = { ...shared, outdir, platform: 'browser', target: 'es2022', legalComments: 'none' } as const
  const made = await Promise.all([
    build({
      ...shared,
      entryPoints: ['web/keystep.css', 'web/app.css', 'web/api.css'],
      outdir,
      external: ['/assets/*'],
    }),
    build({
      ...forBrowsers,
      entryPoints: scripts.map((name) => ({ in: `web/browser/${name}`, out: basename(name, '.ts') })),
      format: 'iife',
    }),
    build({
      ...forBrowsers,
      entryPoints: applications.map((name) => ({ in: `web/${name}/main.tsx`, out: name })),
      format: 'esm',
      splitting: true,
      chunkNames: 'part-[hash]',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      charset: 'utf8',
    }),
    ...pictures.map((name) => cp(join(root, 'web/assets', name), join(outdir, name))),
  ])
  await compress(outdir, minify)
  const inputs = made.flatMap((one) => Object.keys(one?.metafile?.inputs ?? {}))
  return [...new Set([...inputs, ...pictures.map((name) => `web/assets/${name}`)])]
}

/** Below this, in bytes, the headers weigh more than what is saved. */
const worthwhile = 1400

/** `{name}.br` and `{name}.gz` beside each file; quickly rather than well for whoever waits for a reload. */
async function compress(outdir: string, well: boolean): Promise<void> {
  for (const name of (await readdir(outdir)).sort()) {
    const bytes = await readFile(join(outdir, name))
    if (bytes.length < worthwhile) continue
    const quality = { [zlib.BROTLI_PARAM_QUALITY]: well ? 11 : 4 }
    await writeFile(join(outdir, `${name}.br`), brotliCompressSync(bytes, { params: quality }))
    await writeFile(join(outdir, `${name}.gz`), gzipSync(bytes, { level: well ? 9 : 4 }))
  }
}

/** The files of a folder of the repository in a fixed order; none where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  const path = join(root, folder)
  return existsSync(path) ? (await readdir(path)).sort() : []
}
