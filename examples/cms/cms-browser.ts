/**
 * The CMS's page in the browser: asks the CMS, speaks to the key, and says what happened.
 *
 * Everything shown is set as text. One thing runs at a time; the buttons wait for it.
 */
import { type RegistrationResponseJSON, startRegistration, WebAuthnError } from '@simplewebauthn/browser'
import type { Begun, Exported, Failed, Found, Told } from './cms.ts'
import type { Key } from './keystep-api.ts'

function the<Kind extends HTMLElement>(id: string, kind: abstract new (...from: never[]) => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
  return found
}

const lookup = the('lookup', HTMLFormElement)
const enrol = the('enrol', HTMLFormElement)
const person = the('person', HTMLElement)
const offerRaw = the('offer-raw', HTMLElement)
const virtual = the('virtual', HTMLElement)
const revokeDialog = the('revoke', HTMLDialogElement)

/** A failure that has its words already. */
class Said extends Error {
  readonly reason: string
  readonly points: string[]
  constructor(reason: string, message: string, points: string[] = []) {
    super(message)
    this.reason = reason
    this.points = points
  }
}

function element(tag: string, about: { text?: string; class?: string } = {}, ...children: Node[]): HTMLElement {
  const made = document.createElement(tag)
  if (about.text !== undefined) made.textContent = about.text
  if (about.class !== undefined) made.className = about.class
  made.append(...children)
  return made
}

function say(text: string): void {
  the('error', HTMLElement).replaceChildren()
  the('status', HTMLElement).replaceChildren(...(text === '' ? [] : [element('p', { text, class: 'card' })]))
}

function sayFailure(error: unknown): void {
  const said = inWords(error)
  const points = said.points.map((text) => element('li', { text }))
  the('status', HTMLElement).replaceChildren()
  the('error', HTMLElement).replaceChildren(
    element(
      'div',
      { class: 'card bad' },
      element('p', { text: said.message }),
      ...(points.length > 0 ? [element('ul', {}, ...points)] : []),
    ),
  )
}

// WebAuthn §5.1.3: the names of what `create()` rejects with. Most are vague on purpose.
const ceremonyWords: Record<string, string> = {
  NotAllowedError:
    'The enrolment was cancelled, took too long, or the key could not check its user (PIN or fingerprint).',
  InvalidStateError: 'This key is already enrolled for this person.',
  SecurityError:
    'The browser does not let this page enrol keys for the service: open the CMS by the service’s own name.',
  NotSupportedError: 'This key knows none of the algorithms that the service takes.',
  ConstraintError: 'This key cannot check its user (PIN or fingerprint).',
}

function inWords(error: unknown): Said {
  if (error instanceof Said) return error
  if (!(error instanceof Error)) return new Said('unknown', 'Something broke.')
  const cause = error instanceof WebAuthnError && error.cause instanceof Error ? error.cause : error
  return new Said(cause.name, ceremonyWords[cause.name] ?? error.message)
}

/** Calls the CMS. `Value` is what that endpoint answers (`cms.ts`), which is served by the same process as this script. */
async function call<Value>(method: string, path: string, body?: unknown): Promise<Value> {
  let response: Response
  let answer: Value | Failed
  try {
    response = await fetch(`/api/people${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    answer = await response.json()
  } catch {
    throw new Said('cms-away', 'The CMS itself does not answer. Is it still running?')
  }
  if (typeof answer === 'object' && answer !== null && 'problem' in answer) {
    const { reason, title, detail, points } = answer.problem
    throw new Said(reason, detail === undefined ? title : `${title}. ${detail}`, points)
  }
  return answer
}

let shown: Found | undefined

const userPath = (): string => `/${encodeURIComponent(shown?.user.id ?? '')}`

const nameOf = (key: Key): string => key.friendlyName ?? key.serialNumber ?? 'a key without a name'

const date = (iso: string | null | undefined): string => (iso ? new Date(iso).toLocaleString() : 'never')

function button(text: string, about: string, look: string, does: () => Promise<void>): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = look
  made.append(text, element('span', { text: ` ${about}`, class: 'unseen' }))
  made.addEventListener('click', () => run(does))
  return made
}

function fact(name: string, value: string | null | undefined): HTMLElement[] {
  return value ? [element('dt', { text: name }), element('dd', { text: value })] : []
}

function renameForm(key: Key, path: string): HTMLElement {
  const input = document.createElement('input')
  input.id = `name-${key.id}`
  input.required = true
  input.maxLength = the('friendlyName', HTMLInputElement).maxLength
  input.value = key.friendlyName ?? ''
  input.autocomplete = 'off'
  const label = document.createElement('label')
  label.htmlFor = input.id
  label.append('Name', element('span', { text: ` of ${nameOf(key)}`, class: 'unseen' }))
  const send = document.createElement('button')
  send.className = 'quiet'
  send.append('Rename', element('span', { text: ` ${nameOf(key)}`, class: 'unseen' }))
  const form = element('form', {}, element('div', { class: 'field' }, label, input), send)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    run(async () => {
      await call('PATCH', path, { friendlyName: input.value })
      await refresh(`The key is now called ${input.value.trim()}.`)
    })
  })
  return element('div', { class: 'actions' }, form)
}

/** Asks before what cannot be undone. */
function sure(about: string): Promise<boolean> {
  the('revoke-about', HTMLElement).textContent = about
  revokeDialog.returnValue = 'keep'
  revokeDialog.showModal()
  return new Promise((done) => {
    revokeDialog.addEventListener('close', () => done(revokeDialog.returnValue === 'revoke'), { once: true })
  })
}

function card(key: Key): HTMLElement {
  const path = `${userPath()}/authenticators/${encodeURIComponent(key.id)}`
  const name = nameOf(key)
  const move = (state: 'active' | 'suspended', done: string) => async () => {
    await call('PATCH', path, { state })
    await refresh(`${name} ${done}.`)
  }
  const title = element('h3', { text: `${name} ` })
  title.append(element('span', { text: key.state, class: `state ${key.state}` }))
  const actions = element('div', { class: 'actions' })
  // Only the user makes a pending key active, so there is nothing to suspend or resume before.
  if (key.state === 'active') actions.append(button('Suspend', name, 'quiet', move('suspended', 'is suspended')))
  if (key.state === 'suspended') actions.append(button('Resume', name, 'quiet', move('active', 'is active again')))
  const revoke = button('Revoke', name, 'danger', async () => {
    if (!(await sure(`${name} is deleted from the service at once, and the sessions it proved end.`))) return
    await call('DELETE', path)
    await refresh(`${name} is revoked.`)
  })
  if (key.origin !== 'local') actions.append(revoke)
  const about = element(
    'dl',
    {},
    ...fact('Serial number', key.serialNumber),
    ...fact('Made', [key.origin, key.provenance].filter(Boolean).join(', ')),
    ...fact('Model (AAGUID)', key.metadata?.aaguid),
    ...fact('Credential', key.metadata?.credentialId),
    ...fact('Exported', date(key.createdDateTime)),
    ...fact('Last used', date(key.lastUsedAuthnDateTime)),
    ...fact('Last success', date(key.lastSuccessAuthnDateTime)),
  )
  const made = element('article', { class: 'card' }, title, about, renameForm(key, path), actions)
  made.dataset.id = key.id
  made.dataset.state = key.state
  return made
}

function show(found: Found): void {
  shown = found
  const { user, authenticators } = found
  the('person-title', HTMLElement).textContent = `Keys of ${user.userName}`
  the('person-about', HTMLElement).textContent = user.email ?? ''
  const cards = authenticators.map(card)
  the('authenticators', HTMLElement).replaceChildren(
    ...(cards.length > 0 ? cards : [element('p', { text: 'No keys yet.' })]),
  )
  person.hidden = false
}

const find = (userName: string) => call<Found>('GET', `?${new URLSearchParams({ userName })}`)

async function refresh(said: string): Promise<void> {
  if (shown === undefined) return
  show(await find(shown.user.userName))
  say(said)
  // The button that was pressed is gone with its card: the heading takes the focus, so that it does not fall to the top.
  if (document.activeElement === null || document.activeElement === document.body)
    the('person-title', HTMLElement).focus()
}

let busy = false

/** Runs one thing; what is pressed meanwhile is ignored, and what fails is said. */
async function run(does: () => Promise<void>): Promise<void> {
  if (busy) return
  busy = true
  document.body.setAttribute('aria-busy', 'true')
  try {
    await does()
  } catch (error) {
    sayFailure(error)
  } finally {
    busy = false
    document.body.removeAttribute('aria-busy')
  }
}

type Unattested = { ceremony: string; response: RegistrationResponseJSON }
let unattested: Unattested | undefined

function forget(): void {
  unattested = undefined
  offerRaw.hidden = true
  virtual.hidden = true
  the('virtual-key', HTMLElement).textContent = ''
}

const field = (name: string): string => String(new FormData(enrol).get(name) ?? '').trim()
const labels = () => ({ friendlyName: field('friendlyName'), serialNumber: field('serialNumber') })

async function exported(said: string): Promise<void> {
  enrol.reset()
  kindChanged()
  await refresh(said)
}

const pendingNow = 'It is pending until its user activates it.'

async function makeVirtual(): Promise<void> {
  say('Making the key…')
  const made = await call<Exported>('POST', `${userPath()}/virtual`, labels())
  // First: it is shown once, so nothing that fails later may lose it.
  the('virtual-key', HTMLElement).textContent = JSON.stringify(made.virtual, null, 2)
  virtual.hidden = false
  await exported(`The virtual key was exported. ${pendingNow}`)
}

async function finish(made: Unattested, how: string): Promise<void> {
  say('Exporting…')
  await call<Exported>('POST', `${userPath()}/authenticators`, { ...made, ...labels(), export: how })
  forget()
  await exported(`The key was exported. ${pendingNow}`)
}

async function enrolKey(): Promise<void> {
  forget()
  if (field('kind') === 'virtual') return makeVirtual()
  const how = field('export')
  say('Preparing…')
  const begun = await call<Begun>('POST', `${userPath()}/ceremonies`, { attachment: field('kind'), export: how })
  say('Follow the browser’s instructions: insert or touch the key.')
  const response = await startRegistration({ optionsJSON: begun.options })
  const made = { ceremony: begun.ceremony, response }
  try {
    await finish(made, how)
  } catch (error) {
    const { reason, message } = inWords(error)
    if (reason !== 'no-attestation' && reason !== 'attestation-invalid') throw error
    say('')
    unattested = made
    the('offer-raw-about', HTMLElement).textContent = message
    offerRaw.hidden = false
    the('export-raw', HTMLElement).focus()
  }
}

function kindChanged(): void {
  const isVirtual = field('kind') === 'virtual'
  the('export', HTMLElement).hidden = isVirtual
  the('virtual-about', HTMLElement).hidden = !isVirtual
  the('enrol-button', HTMLElement).textContent = isVirtual ? 'Make and export' : 'Enrol and export'
}

lookup.addEventListener('submit', (event) => {
  event.preventDefault()
  run(async () => {
    forget()
    person.hidden = true
    say('Looking…')
    show(await find(String(new FormData(lookup).get('userName') ?? '').trim()))
    say('')
    the('person-title', HTMLElement).focus()
  })
})

enrol.addEventListener('change', kindChanged)
enrol.addEventListener('submit', (event) => {
  event.preventDefault()
  run(enrolKey)
})

the('export-raw', HTMLElement).addEventListener('click', () =>
  run(async () => {
    if (unattested !== undefined) await finish(unattested, 'raw')
  }),
)

const shownOf = new Set<string>()

/** What came by webhook since the last look, above the rest. A service that is away is no news: it is asked again. */
async function listen(): Promise<void> {
  try {
    const { heard } = (await (await fetch('/api/heard')).json()) as Told
    for (const { id, type, timestamp, data } of heard.filter((each) => !shownOf.has(each.id)).toReversed()) {
      shownOf.add(id)
      const about = [data.serialNumber ?? data.externalId ?? data.authenticator, data.state].filter(Boolean).join(', ')
      the('heard', HTMLElement).prepend(
        element('li', { text: `${new Date(timestamp).toLocaleTimeString('en-GB')}: ${type} (${about})` }),
      )
      the('heard-none', HTMLElement).hidden = true
    }
  } catch {
    // Asked again.
  }
  setTimeout(listen, 2000)
}
void listen()
