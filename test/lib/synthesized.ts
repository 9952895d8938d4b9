/** Stacks for tests: synthesized in a temporary folder, with a placeholder for each bundle. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { parseSettings, type Settings } from '../../lib/settings.ts'
import { addStacks, type Stacks } from '../../lib/stacks.ts'
import { createAuthority } from '../pki.ts'

export type Properties = Record<string, unknown>
export type Resource = { Type: string; Properties: Properties; DeletionPolicy?: string; DependsOn?: string[] }
export type Template = {
  Resources: Record<string, Resource>
  Outputs: Record<string, { Value: unknown; Description?: string }>
}
export type Areas = Record<keyof Stacks, Template>

/** The app and its flags as cdk.json has them, and nothing of the stages in it. */
export function openApp(): App {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>
  }
  const outdir = mkdtempSync(join(tmpdir(), 'keystep-synth-'))
  return new App({ context: { ...context, stages: {} }, outdir, analyticsReporting: false })
}

export function placeholder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keystep-bundle-'))
  writeFileSync(join(folder, 'index.mjs'), 'export const handler = async () => ({})\n')
  return folder
}

const given = {
  stage: 'test',
  domain: 'id.example.org',
  hostedZoneId: 'Z0123456789ABC',
  hostedZoneName: 'example.org',
  serviceName: 'Keystep',
  tenantCode: 'example',
  sender: 'no-reply@example.org',
  logRetentionDays: '90',
  alarmEmail: 'ops@example.org',
}

/** Settings of a stage that takes certificates, with a root to allow. `remove` its file once they are read. */
export async function clientCertificates(): Promise<{ settings: Record<string, string>; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'keystep-issuers-'))
  const file = join(folder, 'issuers.pem')
  writeFileSync(file, (await createAuthority('CN=Root')).pem)
  const settings = {
    clientCertificateDomain: 'cert.example.org',
    clientCertificateIssuers: file,
    clientCertificateSuffix: 'corp.example',
  }
  return { settings, remove: () => rmSync(folder, { recursive: true }) }
}

export function settingsFrom(change: Record<string, string> = {}): Settings {
  const context: Record<string, string> = { ...given, ...change }
  const settings = parseSettings((name) => context[name])
  if (!settings.ok) throw new Error(settings.problems.join('\n'))
  return settings.value
}

/** Throws where a rule of cdk-nag is broken without evidence. */
export function synthesize(change: Record<string, string> = {}): Areas {
  const app = openApp()
  const code = placeholder()
  const stacks = addStacks(app, settingsFrom(change), () => code)
  const assembly = app.synth()
  const templateOf = (area: keyof Stacks): Template =>
    assembly.getStackArtifact(stacks[area].artifactId).template as Template
  const areas = {
    data: templateOf('data'),
    keys: templateOf('keys'),
    archive: templateOf('archive'),
    audit: templateOf('audit'),
    mail: templateOf('mail'),
    api: templateOf('api'),
    logout: templateOf('logout'),
    rotation: templateOf('rotation'),
    expiry: templateOf('expiry'),
    events: templateOf('events'),
    watch: templateOf('watch'),
  }
  for (const folder of [app.outdir, code]) rmSync(folder, { recursive: true })
  return areas
}

export const resourcesOf = ({ Resources }: Template, type: string): [string, Resource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type)
