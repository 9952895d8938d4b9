/**
 * Passwords at a directory, a real slapd over LDAPS on loopback, beside passwords that are kept here; and whole sign-ins
 * by what people type.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDirectory } from '../../src/core/directory/directory-settings.ts'
import { passwordHolds } from '../../src/core/password.ts'
import { newId } from '../../src/core/secret.ts'
import { openLdap } from '../../src/services/directory.ts'
import { directoryVariables } from '../../src/stage.ts'
import { findByUserName } from '../../src/store/people.ts'
import { everyonesPassword, servicePassword, startSlapd } from '../../test/slapd.ts'
import { formPost, goToPassword, signInByTyping } from '../browser.ts'
import { byEvent, type Carrier } from '../carriers.ts'
import { again, type Side } from '../measure.ts'
import { loadBundle } from '../ours.ts'
import { type Contests, pool, type Setting, type Supply, sideOf, withCode } from './contest.ts'
import { codeNow, copiesOf, must, type Named, openPeople, password } from './people.ts'

/** `whenDone`: what is to be closed after the last contest. */
export function directoryContests(setting: Setting, whenDone: (close: () => Promise<void>) => void): Contests {
  let opened: Promise<Opened> | undefined
  const open = () => {
    opened ??= openDirectory(setting, whenDone)
    return opened
  }
  return {
    ldap: async () => {
      const { carrier, members, ask } = await open()
      const { newcomers } = await openPeople(setting.ours)
      return {
        name: 'ldap',
        title: 'a password posted → session and code',
        atOnce: 8,
        sides: [
          sideOf('keystep, handler: a password at slapd', carrier, await posts(setting, carrier, members, atSlapd)),
          sideOf('keystep, handler: a password kept here', carrier, await posts(setting, carrier, newcomers, password)),
          again('slapd asked, by itself', ask),
          await argon2id(),
        ],
      }
    },
    'typed-sign-in': async () => {
      const { carrier, members } = await open()
      return {
        name: 'typed-sign-in',
        title: 'whole sign-in by what is typed, request to tokens, one after another',
        atOnce: 1,
        sides: await wholeSides(setting, carrier, members),
      }
    },
  }
}

const atSlapd = everyonesPassword

type People = (count: number) => Promise<Named[]>

/** `ask`: a right password, by `services/directory.ts` alone. */
type Opened = { carrier: Carrier; members: People; ask: () => Promise<void> }

/** Throws, with the name of the package, where slapd is not installed. */
async function openDirectory({ ours }: Setting, whenDone: (close: () => Promise<void>) => void): Promise<Opened> {
  const slapd = await startSlapd()
  const folder = await mkdtemp(join(tmpdir(), 'keystep-bench-directory-'))
  whenDone(async () => {
    await slapd.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'secrets.json')
  const secrets = { directoryPassword: servicePassword, directoryCa: slapd.ca }
  await writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
  const written = Object.entries(slapd.written).map(([name, value]) => [variableOf(name), value])
  const settings = { ...Object.fromEntries(written), SECRETS_FILE: file }
  Object.assign(process.env, settings)
  const bundled = await loadBundle('password', join(folder, 'password'))
  for (const name of Object.keys(settings)) delete process.env[name]

  const carrier = byEvent({ ...ours.bundled, password: bundled })
  const directory = parseDirectory(slapd.written)
  if (!directory.ok || directory.value === undefined) throw new Error('The directory has no settings')
  const read = async (name: keyof typeof secrets) => secrets[name]
  const ldap = openLdap(directory.value, { read })
  return {
    carrier,
    // Users since their first sign-in: what is measured are those after it.
    members: pool(async () => {
      const userName = `user-${newId().toLowerCase()}`
      await slapd.add(userName)
      await signInByTyping(carrier, { userName, password: atSlapd })
      const id = await findByUserName(ours.db, userName)
      if (id === undefined) throw new Error('A sign-in made nobody')
      return { id, userName }
    }),
    ask: async () => {
      const { outcome } = await ldap.check('anna', atSlapd)
      if (outcome !== 'right') throw new Error(`slapd's answer was ${outcome}`)
    },
  }
}

function variableOf(name: string): string {
  const found = Object.entries(directoryVariables).find(([each]) => each === name)
  if (found === undefined) throw new Error(`There is no variable for ${name}`)
  return found[1]
}

/** Of somebody else each: tries of one person go through one after another. */
async function posts({ ours }: Setting, carrier: Carrier, people: People, typed: string): Promise<Supply> {
  const [somebody] = await people(1)
  const page = await goToPassword(carrier, somebody?.userName ?? '', 'pwd')
  return async (count) => {
    const waiting = await copiesOf(ours, page, await people(count))
    return waiting.map(({ base, cookies }) => ({
      asked: formPost(`${base}/password`, cookies, { password: typed }),
      take: withCode,
    }))
  }
}

/** As `core/password.ts` does it: no sooner than that, whoever is asked. */
async function argon2id(): Promise<Side> {
  return again('argon2id, by itself', async () => void (await passwordHolds(undefined, password)))
}

async function wholeSides({ ours }: Setting, carrier: Carrier, members: People): Promise<Side[]> {
  const { newcomers, withCode: freshCode } = await openPeople(ours)
  const whole = (name: string, people: People, typed: string, hasCode: boolean): Side => ({
    name,
    prepare: async (count) =>
      (await people(count)).map(
        ({ userName }) =>
          async () =>
            signInByTyping(carrier, { userName, password: typed, ...(hasCode ? { code: await codeNow() } : {}) }),
      ),
  })
  const membersWithCode: People = async (count) => {
    const people = await members(count)
    await must(ours.db, await Promise.all(people.map(freshCode)))
    return people
  }
  return [
    whole('a password kept here, one-time code', newcomers, password, true),
    whole('a password at slapd, one-time code', membersWithCode, atSlapd, true),
    whole('a password kept here', newcomers, password, false),
    whole('a password at slapd', members, atSlapd, false),
  ]
}
