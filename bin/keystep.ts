/** The CDK app: reads the stage, bundles the Lambdas, makes the stacks. Needs no account, no network and no Docker. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App } from 'aws-cdk-lib'
import { bundleAll } from '../lib/bundle.ts'
import { applicationsName, issuersName } from '../lib/client-certificates.ts'
import { explain, parseSettings, problemsOfNames } from '../lib/settings.ts'
import { addStacks } from '../lib/stacks.ts'

const app = new App()
const settings = parseSettings((name) => app.node.tryGetContext(name))
const mistyped = problemsOfNames(Object.keys(app.node.getAllContext()))
if (settings.ok && mistyped.length === 0) {
  if (settings.value.domain.endsWith('example.org'))
    console.warn(
      `${settings.value.domain} is nobody's domain: good to synthesize, not to deploy. See "stages" in cdk.json.`,
    )
  const bundles = fileURLToPath(new URL('../cdk.out/bundles', import.meta.url))
  await bundleAll(bundles)
  const { clientCertificates } = settings.value
  // In the Lambda's code too, so that it needs no right on any bucket.
  if (clientCertificates) cpSync(clientCertificates.issuersFile, join(bundles, 'certificate', issuersName))
  if (clientCertificates?.applicationsFile)
    cpSync(clientCertificates.applicationsFile, join(bundles, 'token', applicationsName))
  addStacks(app, settings.value, (lambda) => join(bundles, lambda))
} else {
  console.error(explain([...(settings.ok ? [] : settings.problems), ...mistyped]))
  process.exit(1)
}
app.synth()
