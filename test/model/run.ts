/**
 * Does one command to the model and to the service. A command says what somebody means to do; what that comes to, where
 * things stand, is worked out from the model.
 */
import { change } from './changes.ts'
import type { Command, Post, StepCommand } from './commands.ts'
import type { Seen } from './facts.ts'
import type { openReference } from './reference.ts'
import type { openService } from './service.ts'

type Model = ReturnType<typeof openReference>
type Service = ReturnType<typeof openService>

/** What it came to in words; and, where a browser sees it, what the model expects and what the service answered. */
export type Done = { said: string; expected?: Seen; seen?: Seen }

/** A name, and as many steps as any flow here has. */
const mostSteps = 6

/** `check` is told of each thing that was done, and throws where the two part. */
export async function run(
  command: Command,
  model: Model,
  service: Service,
  check: (done: Done) => void,
): Promise<void> {
  switch (command.do) {
    case 'authorize': {
      const { browser, client, request, onward } = command
      const said = `browser ${browser}: authorize ${client} ${JSON.stringify(request)}`
      const expected = model.authorize(browser, client, request)
      let seen = await service.authorize(browser, client, request)
      check({ said, expected, seen })
      if (onward === undefined) return
      // Until they are back, or it went wrong: a name that nobody has, a password they do not have, a touch alone.
      for (let steps = 0; steps < mostSteps && seen.at === 'page' && isOnTheWay(seen); steps++) {
        const done: Done = await takeStep({ ...onward, browser, tab: 0 }, model, service)
        check(done)
        if (done.seen === undefined) return
        seen = done.seen
      }
      return
    }
    case 'logout': {
      const { browser } = command
      return check({
        said: `browser ${browser}: log out`,
        expected: model.logout(browser),
        seen: await service.logout(browser),
      })
    }
    case 'wait':
      model.wait(command.seconds)
      service.wait(command.seconds)
      return check({ said: `wait ${command.seconds} s` })
    default:
      if ('tab' in command) return check(await takeStep(command, model, service))
      if (await change(command, model, service)) check({ said: JSON.stringify(command) })
  }
}

const isOnTheWay = ({ page, notice }: Extract<Seen, { at: 'page' }>): boolean =>
  page in asked && (notice === undefined || notice === 'key-unfit')

async function takeStep(command: StepCommand, model: Model, service: Service): Promise<Done> {
  const { browser } = command
  const open = model.tabsOf(browser)
  if (open === 0) return { said: '(no tab)' }
  const tab = Math.max(0, open - 1 - command.tab)
  const { kind, name, text, key } = command.do === 'go' ? honest(command, model, tab) : { ...command, kind: command.do }
  const at = `browser ${browser}, tab ${tab}:`
  switch (kind) {
    case 'username': {
      const expected = model.username(browser, tab, name)
      return { said: `${at} username ${name}`, expected, seen: await service.username(browser, tab, name) }
    }
    case 'password': {
      const expected = model.password(browser, tab, text)
      return { said: `${at} password ${text}`, expected, seen: await service.password(browser, tab, text) }
    }
    case 'otp': {
      const code = command.do === 'go' || text === 'first' ? 'now' : text === 'second' ? 'next' : 'wrong'
      const expected = model.otp(browser, tab, code)
      return { said: `${at} one-time code ${code}`, expected, seen: await service.otp(browser, tab, code) }
    }
    case 'webauthn': {
      const how = { verified: command.verified, stale: command.do === 'webauthn' && command.stale }
      const expected = model.webauthn(browser, tab, key, how)
      const said = `${at} touch ${key} ${JSON.stringify(how)}`
      return { said, expected, seen: await service.webauthn(browser, tab, key, how) }
    }
    case 'method': {
      const expected = model.method(browser, tab, command.factor)
      return {
        said: `${at} rather ${command.factor}`,
        expected,
        seen: await service.method(browser, tab, command.factor),
      }
    }
    default:
      return { said: `${at} ${kind}`, expected: model[kind](browser, tab), seen: await service[kind](browser, tab) }
  }
}

/** What each page asks somebody to do who means to get on. */
const asked: Record<string, Post> = {
  username: 'username',
  password: 'password',
  otp: 'otp',
  webauthn: 'webauthn',
  activate: 'skip',
  consent: 'allow',
  'no-credential': 'cancel',
  locked: 'cancel',
  unmet: 'cancel',
}

function honest({ browser, name, key }: StepCommand, model: Model, tab: number) {
  const { page, person, keys } = model.standingOf(browser, tab)
  const text = (person === undefined ? undefined : model.given.people[person]?.password?.text) ?? 'wrong'
  return { kind: asked[page] ?? 'reload', name, text, key: keys.includes(key) ? key : (keys[0] ?? key) } as const
}
