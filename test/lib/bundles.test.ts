import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Lambda } from '../../lambdas/routes.ts'
import { type Bundle, bundleAll, type EventLambda } from '../../lib/bundle.ts'

/** Kilobytes, minified: some 15 % above what each Lambda was on 2026-11-22. A new Lambda has to name its own. */
const budget: Record<Lambda | EventLambda, number> = {
  authorize: 370,
  login: 395,
  password: 480,
  otp: 560,
  webauthn: 515,
  certificate: 515,
  activation: 395,
  token: 420,
  resource: 390,
  logout: 355,
  metadata: 375,
  description: 480,
  users: 400,
  authenticators: 680,
  'one-time-passwords': 480,
  // A key that is added is verified as an imported one is, with all that attestations take.
  account: 860,
  management: 425,
  scim: 420,
  settings: 545,
  audit: 400,
  'mail-feedback': 345,
  'rotate-keys': 350,
  'expire-pending': 320,
  'audit-chain': 330,
  'audit-archive': 740,
  'session-ended': 290,
  'backchannel-logout': 395,
  'audit-publish': 400,
  'webhook-deliver': 350,
  'account-mail': 400,
}

let outdir: string
let made: Record<string, Bundle>
beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'keystep-budget-'))
  made = await bundleAll(outdir)
})
afterAll(() => rm(outdir, { recursive: true }))

it('every bundle has a budget', () => {
  expect(Object.keys(made).sort()).toEqual(Object.keys(budget).sort())
})

it.each(Object.entries(budget))('the bundle of %s stays within %d kB', (lambda, limit) => {
  const { bytes = 0, inputs = [] } = made[lambda] ?? {}
  const packages = [...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []))]
  expect(
    bytes / 1000,
    `Each kilobyte is read and compiled at every cold start of '${lambda}'. Look at what came along (npm run bench -- ` +
      `--only bundles, git diff of the imports, and the packages: ${packages.join(', ')}); import less of it, or only ` +
      `where it is used. When it is worth its time, raise the figure here and say in the commit what it buys.`,
  ).toBeLessThanOrEqual(limit)
})
