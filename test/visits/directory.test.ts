/** People of a directory at a real browser: their password is in a slapd, and the service was told of it by its shell. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { directoryVariables } from '../../src/stage.ts'
import { everyonesPassword, type Slapd, servicePassword, startSlapd } from '../slapd.ts'
import { startVisits, type Visits } from './visit.ts'

let slapd: Slapd
let folder: string
let visits: Visits
beforeAll(async () => {
  slapd = await startSlapd()
  folder = await mkdtemp(join(tmpdir(), 'keystep-directory-'))
  const file = join(folder, 'secrets.json')
  const secrets = { directoryPassword: servicePassword, directoryCa: slapd.ca }
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
  for (const [name, text] of Object.entries(slapd.startTls))
    vi.stubEnv(directoryVariables[name as keyof typeof directoryVariables], text)
  vi.stubEnv('SECRETS_FILE', file)
  visits = await startVisits()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await visits?.close()
  await slapd?.stop()
  await rm(folder, { recursive: true, force: true })
})
afterEach(() => visits.leave())

async function atPassword(userName: string) {
  const browser = await visits.opens()
  await browser.asks('App1')
  await browser.typesAndContinues('Username', userName)
  await browser.reads('Enter your password')
  return browser
}

describe('a person of the directory', () => {
  it('signs in to App1 with their password there, and App1 hears who they are', async () => {
    const browser = await atPassword('anna@example.org')
    await browser.typesAndContinues('Password', everyonesPassword)
    await browser.isSignedInTo('App1')
    expect(await browser.claims()).toMatchObject({ acr: 'pwd', amr: ['pwd'] })
  })

  it('steps up to App2 with a key that was imported for the user whom they are', async () => {
    await slapd.add('stepper')
    const first = await atPassword('stepper')
    await first.typesAndContinues('Password', everyonesPassword)
    await first.isSignedInTo('App1')
    const { sub } = await first.claims()
    const person = { id: String(sub), userName: 'stepper', email: '', password: everyonesPassword }
    await first.plugsIn(await visits.importsActive(person))
    await first.asks('App2')
    await first.isSignedInTo('App2')
    expect(await first.claims()).toMatchObject({ sub, acr: 'fido' })
  })

  it('reads that their password has expired', async () => {
    const browser = await atPassword('expired')
    await browser.typesAndContinues('Password', everyonesPassword)
    await browser.isWarned('Your password has expired')
  })
})

describe('a directory that is down', () => {
  it('is said to be, costs nothing, and leaves the other ways', async () => {
    await slapd.add('patient')
    const browser = await atPassword('patient')
    await slapd.halt()
    try {
      for (let tries = 0; tries < 6; tries++) {
        await browser.typesAndContinues('Password', everyonesPassword)
        await browser.isWarned('Passwords cannot be checked right now')
      }
      // Whose password is kept here does not need it.
      const other = await visits.opens()
      await other.signsInWithPassword('App1', await visits.newPerson('Local'))
    } finally {
      await slapd.start()
    }
    await browser.typesAndContinues('Password', everyonesPassword)
    await browser.isSignedInTo('App1')
  })

  it('that hangs is given up in time', async () => {
    await slapd.add('waiting')
    const browser = await atPassword('waiting')
    slapd.pause()
    try {
      await browser.typesAndContinues('Password', everyonesPassword)
      await browser.isWarned('Passwords cannot be checked right now')
    } finally {
      slapd.resume()
    }
  })
})
