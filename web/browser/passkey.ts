/**
 * Talks to the authenticator, puts its answer into the form that the page came with, and sends that form.
 *
 * Runs on three pages. `#ceremony` is there for nothing else: it starts by itself, unless the page says that the last
 * try failed, and `Continue` starts it again. `#passkey` is the quiet one beside `Username`: the browser offers passkeys
 * in the list of names, and a button asks for one outright.
 *
 * Options and answers are converted by hand and not by PublicKeyCredential's JSON methods: a third of the browsers in
 * use lack one of them, and password managers that stand in for the browser return objects whose `toJSON` throws.
 */
import type { RequestOptionsJson } from '../view.ts'

const decode = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0))

const encode = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

const parse = (json: string): PublicKeyCredentialRequestOptions => {
  const options: RequestOptionsJson = JSON.parse(json)
  const descriptors = options.allowCredentials?.map((each) => ({ ...each, id: decode(each.id) }))
  return {
    ...options,
    challenge: decode(options.challenge),
    allowCredentials: descriptors ?? [],
  } as PublicKeyCredentialRequestOptions
}

/** AuthenticationResponseJSON of WebAuthn Level 3 §5.1.6. */
const write = (credential: PublicKeyCredential): string => {
  const response = credential.response as AuthenticatorAssertionResponse
  return JSON.stringify({
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      clientDataJSON: encode(response.clientDataJSON),
      authenticatorData: encode(response.authenticatorData),
      signature: encode(response.signature),
      userHandle: response.userHandle ? encode(response.userHandle) : undefined,
    },
  })
}

type Failure = 'cancelled' | 'unsupported' | 'other'

/** Browsers say NotAllowedError for a press of `Cancel`, for a timeout and for "no such key here", on purpose alike. */
const failureOf = (error: unknown): Failure => {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'AbortError') return 'cancelled'
  return name === 'NotSupportedError' ? 'unsupported' : 'other'
}

const find = (selector: string): HTMLElement | null => document.querySelector<HTMLElement>(selector)

function attend(form: HTMLFormElement): void {
  const data = form.dataset
  const button = form.querySelector('button')
  const title = document.title
  /** The one request under way. A browser refuses a second one, so a new one ends it first. */
  let current: AbortController | undefined
  let asked = false

  const say = (progress: string, problem = ''): void => {
    const [progressLine, problemBox] = [find('#progress'), find('#problem')]
    if (progressLine) progressLine.textContent = progress
    if (problemBox) {
      problemBox.hidden = problem === ''
      problemBox.textContent = problem
    }
    document.title = problem === '' || title.startsWith(data.error ?? '') ? title : `${data.error}${title}`
  }

  const busy = (is: boolean): void => {
    asked = is
    form.setAttribute('aria-busy', String(is))
    button?.setAttribute('aria-disabled', String(is))
  }

  const send = (credential: Credential | null): void => {
    const field = form.elements.namedItem('response')
    if (!(field instanceof HTMLInputElement) || credential === null) return
    field.value = write(credential as PublicKeyCredential)
    say(data.done ?? '')
    form.submit()
  }

  const request = (mediation?: 'conditional'): Promise<Credential | null> => {
    current?.abort()
    current = new AbortController()
    const publicKey = parse(data.options ?? '')
    return navigator.credentials.get({ publicKey, signal: current.signal, ...(mediation && { mediation }) })
  }

  const ask = async (): Promise<void> => {
    if (asked) return
    busy(true)
    find('#notice.error')?.remove()
    say(data.waiting ?? '')
    try {
      if (!window.PublicKeyCredential) throw new DOMException('', 'NotSupportedError')
      send(await request())
    } catch (error) {
      // Left by the back button, not cancelled: `pageshow` has the word.
      if (!asked) return
      busy(false)
      say('', data[failureOf(error)])
      button?.focus()
      if (form.id === 'passkey') void offer()
    }
  }

  /** Autofill fails without a word: nobody asked for it. */
  const offer = async (): Promise<void> => {
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return
    await request('conditional').then(send, () => undefined)
  }

  const start = (): void => {
    if (form.id === 'passkey') void offer()
    else if ('start' in data) void ask()
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void ask()
  })
  window.addEventListener('pagehide', () => {
    busy(false)
    current?.abort()
  })
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    // Shown again from the browser's memory: its challenge is spent, so the server says where the person is now.
    if (data.page) return location.replace(data.page)
    say('')
    start()
  })
  if (form.id === 'passkey' && button && 'PublicKeyCredential' in window) button.hidden = false
  start()
}

for (const form of document.querySelectorAll<HTMLFormElement>('#ceremony, #passkey')) attend(form)
