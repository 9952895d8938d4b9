/**
 * Bundles each Lambda into one file, for the stacks and for the laptop alike.
 *
 * The entry is generated from the route table, so that a Lambda serves exactly the routes that its role was made for,
 * and opens a signer or a mailer only if one of them has that right. It leaves out where bundles go: a caller names the
 * folder, and the same sources give the same bytes there.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'
import { type Lambda, lambdas, type Route, routesOf } from '../lambdas/routes.ts'
import { bundleAssets } from './bundle-assets.ts'

/** A Lambda that answers an event rather than a request, and so has a file of its own and no route. */
export const eventLambdas = {
  'mail-feedback': 'mail/feedback.ts',
  'rotate-keys': 'keys/rotate.ts',
  'expire-pending': 'authenticators/expire.ts',
  'audit-chain': 'audit/chain.ts',
  'audit-archive': 'audit/archive.ts',
  'session-ended': 'logout/session-ended.ts',
  'backchannel-logout': 'logout/deliver.ts',
  'audit-publish': 'events/publish.ts',
  'webhook-deliver': 'events/deliver.ts',
  'account-mail': 'account/mail.ts',
} as const
export type EventLambda = keyof typeof eventLambdas

export type BundleOptions = {
  /** Bundling once is all there is: who reloads bundles again, which takes some hundredths of a second. */
  watch?: false
  /** Default true. Stack traces name the sources either way, by the map. */
  minify?: boolean
}

/** `inputs` are the files that went in, from the repository's root, packages included: what a watcher has to watch. */
export type Bundle = { file: string; bytes: number; inputs: string[] }

const root = fileURLToPath(new URL('..', import.meta.url))

/** What `makeHandler` is given beside the routes, and which Lambdas have it: those with a route for which it is due. */
const providers: { name: string; file: string; due: (route: Route) => boolean }[] = [
  { name: 'openSigner', file: './src/services/signer.ts', due: ({ rights }) => rights?.includes('sign') ?? false },
  { name: 'openSealer', file: './src/services/sealer.ts', due: ({ rights }) => rights?.includes('unseal') ?? false },
  {
    name: 'openDirectory',
    file: './src/services/directory.ts',
    due: ({ rights }) => rights?.includes('directory') ?? false,
  },
  {
    name: 'openTokenValidator',
    file: './src/services/token-validator.ts',
    due: ({ rights }) => rights?.includes('validate') ?? false,
  },
  {
    name: 'openClientKeys',
    file: './src/services/client-keys.ts',
    due: ({ rights }) => rights?.includes('client-keys') ?? false,
  },
  {
    name: 'openClientCertificates',
    file: './src/services/client-certificates.ts',
    due: ({ rights, caller }) => caller === 'client' && (rights?.includes('client-keys') ?? false),
  },
  {
    name: 'openProofNonces',
    file: './src/services/proof-nonces.ts',
    due: ({ rights, caller }) => caller === 'client' || (rights?.includes('prove') ?? false),
  },
  { name: 'openMail', file: './src/services/mail.ts', due: ({ rights }) => rights?.includes('mail') ?? false },
  {
    name: 'openClientFetch',
    file: './src/services/public-fetch.ts',
    due: ({ rights }) => rights?.includes('fetch') ?? false,
  },
  {
    name: 'openWebhookQueue',
    file: './src/services/webhook-queue.ts',
    due: ({ rights }) => rights?.includes('enqueue') ?? false,
  },
  {
    name: 'openCertificates',
    file: './src/services/certificates.ts',
    due: ({ lambda }) => lambda === 'certificate',
  },
  { name: 'showFailure', file: './src/http/pages.ts', due: ({ caller }) => caller === 'browser' },
]

/**
 * Writes `index.mjs` and its map to `outdir`, beside it what is set apart, and for `metadata` the files that pages load to
 * `outdir/assets/`.
 */
export async function bundle(
  lambda: Lambda | EventLambda,
  outdir: string,
  { minify = true }: BundleOptions = {},
): Promise<Bundle> {
  const file = join(outdir, 'index.mjs')
  const entry = { name: lambda, source: entryOf(lambda), lean: lambda === 'webauthn' }
  const { metafile } = await bundleModule(entry, file, minify)
  const beside = await bundleApart(metafile, outdir, minify)
  const inputs = [...new Set([...Object.keys(metafile.inputs), ...beside])].filter((it) => existsSync(join(root, it)))
  const assets = lambda === 'metadata' ? await bundleAssets(join(outdir, 'assets'), minify) : []
  const bytes = Object.entries(metafile.outputs).find(([path]) => path.endsWith('index.mjs'))?.[1].bytes ?? 0
  return { file, bytes, inputs: [...inputs, ...assets].sort() }
}

/**
 * Modules that few requests need and that are long: a file of their own beside `index.mjs`, read when they are asked for
 * and not at each cold start.
 */
const apart: Record<string, string> = { 'certified-client': './src/core/oidc/certified-client.ts' }

/** Answers with the files that went in. */
async function bundleApart({ outputs }: Metafile, outdir: string, minify: boolean): Promise<string[]> {
  const asked = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  const names = Object.keys(apart).filter((name) => asked.includes(`./${name}.mjs`))
  const made = names.map(async (name) => {
    const source = `export * from '${apart[name]}'\n`
    const { metafile } = await bundleModule({ name, source, lean: false }, join(outdir, `${name}.mjs`), minify)
    return Object.keys(metafile.inputs)
  })
  return (await Promise.all(made)).flat()
}

const setApart: Plugin = {
  name: 'set-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ path, kind }) => {
      const name = kind === 'dynamic-import' ? basename(path, '.ts') : ''
      return Object.hasOwn(apart, name) ? { path: `./${name}.mjs`, external: true } : undefined
    })
  },
}

/** What a Lambda's entry is made into. Exported for the test that compares answers with and without `lean`. */
export const bundleModule = (
  { name, source, lean }: { name: string; source: string; lean: boolean },
  file: string,
  minify: boolean,
) =>
  build({
    stdin: { contents: source, resolveDir: root, sourcefile: `${name}.entry.ts`, loader: 'ts' },
    absWorkingDir: root,
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The ES module builds of packages, which can be shaken; CommonJS comes along whole.
    mainFields: ['module', 'main'],
    banner: { js: "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
    plugins: [setApart, quickHttp, lambdaCredentials, leanQr, shortMap, ...(lean ? [leanWebauthn] : [])],
    minify,
    // The lines and not the sources, and of our own files only: the map is read at each cold start.
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    logLevel: 'silent',
  })

/** Every Lambda, each to a folder of its name. */
export async function bundleAll(
  outdir: string,
  options: BundleOptions = {},
): Promise<Record<Lambda | EventLambda, Bundle>> {
  const names = [...lambdas, ...(Object.keys(eventLambdas) as EventLambda[])]
  const made = names.map(async (name) => [name, await bundle(name, join(outdir, name), options)] as const)
  return Object.fromEntries(await Promise.all(made)) as Record<Lambda | EventLambda, Bundle>
}

/** The source of a Lambda's entry: its routes, and what they need opened. */
export function entryOf(lambda: Lambda | EventLambda): string {
  if (isEventLambda(lambda)) return `export { handler } from './lambdas/${eventLambdas[lambda]}'\n`
  const routes = [...new Map(routesOf(lambda).map((route) => [`${route.method} ${route.path}`, route])).values()]
  const files = [...new Set(routes.map((route) => route.file))]
  const provided = providers.filter(({ due }) => routes.some(due))
  return [
    "import { makeHandler } from './src/http/lambda.ts'",
    ...files.map((file, at) => `import * as route${at} from './lambdas/${file}'`),
    ...provided.map(({ name, file }) => `import { ${name} } from '${file}'`),
    'export const handler = makeHandler([',
    ...routes.map(({ name, method, path, caller, file }) => {
      const fields = JSON.stringify({ name, method, path, caller }).slice(0, -1)
      return `  ${fields},"handle":route${files.indexOf(file)}.handle},`
    }),
    `], { ${provided.map(({ name }) => name).join(', ')} })`,
    '',
  ].join('\n')
}

const isEventLambda = (lambda: string): lambda is EventLambda => lambda in eventLambdas

/**
 * Takes `node:http` and `node:https` by `process.getBuiltinModule`. An ES module import of either reads all their
 * exports, of which one loads undici: 21 ms of each cold start (nodejs/node issues 57649, 59686).
 */
const quickHttp: Plugin = {
  name: 'quick-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path }) => ({
      path: path.replace(/^(node:)?/, 'node:'),
      namespace: 'quick-http',
    }))
    onLoad({ filter: /.*/, namespace: 'quick-http' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
      loader: 'js',
    }))
  },
}

/**
 * Takes credentials from the environment, where Lambda puts its role's for as long as the environment lives. The SDK's
 * own provider also knows profiles, SSO, STS and instance metadata: a third of a bundle and 13 to 21 ms of a cold start.
 */
const lambdaCredentials: Plugin = {
  name: 'lambda-credentials',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({
      path,
      namespace: 'lambda-credentials',
    }))
    onLoad({ filter: /.*/, namespace: 'lambda-credentials' }, () => ({
      contents: `
        export const defaultProvider = () => async () => {
          const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env
          if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) throw new Error('The environment has no AWS credentials')
          const secretAccessKey = AWS_SECRET_ACCESS_KEY
          return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey, sessionToken: AWS_SESSION_TOKEN }
        }`,
      loader: 'js',
    }))
  },
}

/** Takes of `qrcode` what a browser would: the picture of a secret is an SVG of ours, and PNGs are drawn nowhere. */
const leanQr: Plugin = {
  name: 'lean-qr',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^qrcode$/ }, ({ kind, resolveDir }) => resolve('qrcode/lib/browser.js', { kind, resolveDir }))
  },
}

/**
 * Shortens the source map, which is read at each cold start, to the lines of our own files. A stack trace still names
 * the file of a package, and no line in it.
 */
const shortMap: Plugin = {
  name: 'short-map',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      // One mapping for the whole file: to its first line.
      const map = JSON.stringify({ version: 3, sources: [basename(path)], mappings: 'AAAA' })
      const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`
      return { contents: `${await readFile(path, 'utf8')}\n${comment}`, loader: 'js' }
    })
  },
}

/**
 * Leaves out what an assertion does not use of @simplewebauthn/server: the attestation statements and their ASN.1, a
 * fifth of that Lambda's start. Their packages do not say that they are free of side effects, and registering one would
 * be an effect; so only for the Lambda that verifies assertions alone, and a test compares its answers.
 *
 * It says so of each of their files however it is imported, by the package's name or from beside it: esbuild goes by the
 * import that it sees first, and where two differ the bytes differ from build to build.
 */
const leanWebauthn: Plugin = {
  name: 'lean-webauthn',
  setup({ onResolve, resolve }) {
    const packages =
      /^(@simplewebauthn\/|@peculiar\/|@levischuck\/|@hexagon\/|(asn1js|pvtsutils|pvutils|tsyringe)(\/|$))/
    const isIn = (file: string): boolean => packages.test(file.split(/[\\/]node_modules[\\/]/).at(-1) ?? '')
    onResolve({ filter: /^[@aptu.]/ }, async ({ path, pluginData, kind, importer, resolveDir }) => {
      if (pluginData === 'resolved' || !(packages.test(path) || (path.startsWith('.') && isIn(importer))))
        return undefined
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: 'resolved' })
      return { path: found.path, errors: found.errors, sideEffects: false }
    })
  },
}
