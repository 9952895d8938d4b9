/** People whose tokens a validator knows, at a real browser: the example's server plays it, and `npm start` was told of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RunningValidator, startTokenValidator } from '../../examples/token-validator/token-validator.ts'
import { startVisits, type Visits } from './visit.ts'

const validatorSecret = 'agent-key-agent-key-agent-key-32'
const keys = { keystep: validatorSecret }

let validator: RunningValidator
let folder: string
let visits: Visits
beforeAll(async () => {
  validator = await startTokenValidator({ keys })
  folder = await mkdtemp(join(tmpdir(), 'keystep-validator-'))
  const file = join(folder, 'secrets.json')
  await writeFile(file, JSON.stringify({ validatorSecret }), { mode: 0o600 })
  const settings = { protocol: 'https', url: validator.url, keyId: 'keystep', privateAddresses: true }
  vi.stubEnv('TOKEN_VALIDATOR', JSON.stringify(settings))
  vi.stubEnv('SECRETS_FILE', file)
  visits = await startVisits()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await visits?.close()
  await validator?.close()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => visits.leave())

/** Somebody of the demo who has no codes of their own, signed in to App1 by password and asked for a code by App2. */
async function asked(userName: string) {
  const browser = await visits.opens()
  await browser.signsInWithPassword('App1', visits.person(userName))
  await browser.asks('App2', '?acr_values=otp')
  await browser.reads('Enter a one-time code')
  return browser
}

describe('a person with a token', () => {
  it('signs in with its code', async () => {
    const browser = await asked('ada')
    await browser.typesAndContinues('One-time code', '123457')
    await browser.isWarned('That is not the right code')
    await browser.typesAndContinues('One-time code', '123456')
    await browser.isSignedInTo('App2')
    expect(await browser.claims()).toMatchObject({ acr: 'otp', amr: ['pwd', 'otp', 'mfa'] })
  })

  it('answers what the server asks, over a reload and the back button', async () => {
    const browser = await asked('fatima')
    await browser.typesAndContinues('One-time code', 'x')
    await browser.reads('Answer your token server')
    await browser.page.reload()
    await browser.readsText('Please respond to the challenge: 19863257')
    await browser.page.goBack()
    await browser.page.goForward()
    await browser.reads('Answer your token server')
    expect(await browser.faults()).toEqual([])
    await browser.typesAndContinues('One-time code', '75236891')
    await browser.isSignedInTo('App2')
  })

  it('chooses a PIN, twice, and uses it', async () => {
    const browser = await asked('emil')
    await browser.typesAndContinues('One-time code', '123456')
    await browser.reads('Choose a PIN')
    expect(await browser.faults()).toEqual([])
    const choose = async (pin: string, again: string): Promise<void> => {
      await browser.types('New PIN', pin)
      await browser.typesAndContinues('Repeat new PIN', again)
    }
    await choose('4711', '4712')
    await browser.isWarned('The two are not the same')
    await choose('1111', '1111')
    await browser.isWarned('Your token server did not accept that PIN')
    await choose('4711', '4711')
    await browser.reads('Enter the next code')
    await browser.typesAndContinues('One-time code', '4711654321')
    await browser.isSignedInTo('App2')
  })

  it('finds the step in a second tab, and starts again there; the first tab says where things stand', async () => {
    const browser = await asked('emil')
    await browser.typesAndContinues('One-time code', '123456')
    await browser.reads('Choose a PIN')
    const tab = await browser.opensTab()
    await tab.page.goto(browser.page.url())
    await tab.reads('Choose a PIN')
    await tab.presses('Start again with a code')
    await tab.reads('Enter a one-time code')
    await browser.types('New PIN', '4711')
    await browser.typesAndContinues('Repeat new PIN', '4711')
    await browser.isTold('That step is already done')
    await browser.reads('Enter a one-time code')
  })
})

it('a validator that is down says so, costs nothing, and is asked again when it is back', async () => {
  const browser = await asked('ada')
  const port = Number(new URL(validator.url).port)
  await validator.close()
  try {
    for (let tries = 0; tries < 6; tries++) {
      await browser.typesAndContinues('One-time code', '123456')
      await browser.isWarned('Codes cannot be checked right now')
    }
  } finally {
    validator = await startTokenValidator({ keys, port })
  }
  await browser.typesAndContinues('One-time code', '123456')
  await browser.isSignedInTo('App2')
})
